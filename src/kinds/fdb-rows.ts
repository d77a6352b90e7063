/** How rows of the forwarding database divide into three identities: flood destinations, remote MACs, MACs behind a port. */
import { linksOfType } from './link-fields.ts';
import type { FdbRow, Rows } from './rows.ts';

/** The MAC that stands for every unknown destination. */
export const ANY_MAC = '00:00:00:00:00:00';

/** An entry that a VXLAN device itself keeps: a MAC and the peer that it is sent to. */
export interface PeerRow {
  readonly link: string;
  readonly mac: string;
  /** Canonical; followed by the words for a port, vni or device that is not the VXLAN device's own: `10.9.0.2,vni,77`. */
  readonly dst: string;
}

/** Entries that somebody set on VXLAN devices; learned ones have no state and are not among them. */
export function peerRows(rows: Rows): readonly PeerRow[] {
  const vxlans = new Set(linksOfType(rows, 'vxlan').map(row => row.ifname));
  return rows.fdb.flatMap(row => {
    if (!row.flags.includes('self') || !vxlans.has(row.ifname) || row.dst === undefined || !isSet(row)) return [];
    return [{ link: row.ifname, mac: row.mac, dst: [row.dst, ...elsewhere(row)].join(',') }];
  });
}

// Frames to the right peer in another vni reach another tenant: such an entry is never the one that is wanted.
function elsewhere({ port, vni, viaIf }: FdbRow): readonly string[] {
  return Object.entries({ port, vni, via: viaIf }).flatMap(([word, value]) => (value === undefined ? [] : [word, String(value)]));
}

function isSet(row: FdbRow): boolean {
  return row.state === 'static' || row.state === 'permanent' || row.state === 'noarp';
}
