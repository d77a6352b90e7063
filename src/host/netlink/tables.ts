/** nft tables: which there are by netlink, what is in them by libnftables, as `nft -j list table` prints it. */
import type { NftTable } from '../../kinds/rows.ts';
import { nftObjects, tableRows } from '../corrections.ts';
import { codeOfText, HostError } from '../errors.ts';
import type { ForwardChain } from '../reader.ts';
import type { Channel } from './channel.ts';
import type { NftLibrary } from './library.ts';
import { attributesOf, be32, nested, text } from './message.ts';

export type TableHead = Pick<NftTable, 'family' | 'name'>;

const NFT_MSG_GETTABLE = (10 << 8) | 1;
const NFTA_TABLE_NAME = 1;

/** The families that rows know, by number (NFPROTO_*). */
const FAMILIES: Readonly<Record<number, TableHead['family']>> = { 1: 'inet', 2: 'ip', 7: 'bridge', 10: 'ip6' };

// linux/netfilter/nf_tables.h
const NFT_MSG_GETCHAIN = (10 << 8) | 4;
const NFTA_CHAIN_TABLE = 1;
const NFTA_CHAIN_NAME = 3;
const NFTA_CHAIN_HOOK = 4;
const NFTA_CHAIN_POLICY = 5;
const NFTA_HOOK_HOOKNUM = 1;
const NF_INET_FORWARD = 2;
const NF_DROP = 0;

/** Base chains of the families ip and inet at the forward hook. Throws HostError. */
export function readForwardChains(channel: Channel): readonly ForwardChain[] {
  return channel.dump('nft chains', { type: NFT_MSG_GETCHAIN, fixed: Buffer.alloc(4) }, forwardChainOf);
}

function forwardChainOf(bytes: Buffer, from: number, to: number): ForwardChain | null {
  const family = FAMILIES[bytes[from] as number];
  const chain = attributesOf(bytes, from + 4, to);
  const hook = nested(chain, NFTA_CHAIN_HOOK);
  if ((family !== 'ip' && family !== 'inet') || hook === undefined || be32(hook, NFTA_HOOK_HOOKNUM) !== NF_INET_FORWARD) return null;
  const [table = '', name = ''] = [text(chain, NFTA_CHAIN_TABLE), text(chain, NFTA_CHAIN_NAME)];
  return { family, table, name, drops: be32(chain, NFTA_CHAIN_POLICY) === NF_DROP };
}

/** Tables of the families inet, ip, ip6 and bridge. Throws HostError, `unsupported` where the kernel has no nf_tables. */
export function readHeads(channel: Channel): readonly TableHead[] {
  try {
    return channel.dump('nft tables', { type: NFT_MSG_GETTABLE, fixed: Buffer.alloc(4) }, headOf);
  } catch (error) {
    // What it knows of netfilter knows nothing of tables.
    if (error instanceof HostError && error.code === 'invalid') throw new HostError('unsupported', error.message, { command: 'netlink', cause: error });
    throw error;
  }
}

function headOf(bytes: Buffer, from: number, to: number): TableHead | null {
  const family = FAMILIES[bytes[from] as number];
  return family === undefined ? null : { family, name: text(attributesOf(bytes, from + 4, to), NFTA_TABLE_NAME) ?? '' };
}

/** One table in the calling thread's namespace. Throws HostError. */
export function readTable(nft: NftLibrary, { family, name }: TableHead): NftTable {
  const command = `list table ${family} ${name}`;
  const { stdout, stderr } = nft.run(command);
  if (stderr.trim() !== '') throw new HostError(codeOfText(stderr), `nft ${command}: ${stderr.trim().split('\n').slice(0, 3).join('; ')}`, { command: 'nft' });
  return { family, name, rows: tableRows(nftObjects(stdout)) };
}
