/** How rows of the forwarding database divide into three identities: flood destinations, remote MACs, MACs behind a port. */
import { linksOfType } from './link-fields.ts';
import type { FdbRow, Rows } from './rows.ts';

/** The MAC that stands for every unknown destination. */
export const ANY_MAC = '00:00:00:00:00:00';

/** An entry that a VXLAN device itself keeps: a MAC and the peer that it is sent to. */
export interface PeerRow {
  readonly link: string;
  readonly mac: string;
  /** Canonical. */
  readonly dst: string;
}

/** Entries that somebody set on VXLAN devices; learned ones have no state and are not among them. */
export function peerRows(rows: Rows): readonly PeerRow[] {
  const vxlans = new Set(linksOfType(rows, 'vxlan').map(row => row.ifname));
  return rows.fdb.flatMap(row => {
    if (!row.flags.includes('self') || !vxlans.has(row.ifname) || row.dst === undefined || !isSet(row)) return [];
    return [{ link: row.ifname, mac: row.mac, dst: row.dst }];
  });
}

function isSet(row: FdbRow): boolean {
  return row.state === 'static' || row.state === 'permanent' || row.state === 'noarp';
}
