/**
 * Reads the kernel by netlink, inside this process: the thread visits each namespace, asks, and is back before anything else
 * runs. The rows are those of the command reader.
 */
import { isHome, OURS } from '../../kinds/marks.ts';
import type { FdbRow } from '../../kinds/rows.ts';
import { listTable } from '../command-reader.ts';
import type { RawLink } from '../corrections.ts';
import { HostError } from '../errors.ts';
import { namespacesNow } from '../namespace.ts';
import type { RawReading, Reader } from '../reader.ts';
import { askService } from './ask-service.ts';
import { type Channel, NETFILTER, openChannel, ROUTE } from './channel.ts';
import type { Library } from './library.ts';
import { readAddresses, readLinks } from './links.ts';
import { inNamespace, readNames } from './namespaces.ts';
import { readFdb, readNeighs, readProxies } from './neighbours.ts';
import { type NameOf, readRoutes, readRules } from './routes.ts';
import { settingsReader } from './settings.ts';
import { readForwardChains, readHeads, readTable } from './tables.ts';

export function netlinkReader(lib: Library): Reader {
  const readSettings = settingsReader(lib);
  return {
    readNetns: async (netns, ownTablesOnly) => {
      const nft = isHome(netns) && ownTablesOnly ? lib.nft : null;
      const { heads, tables, ...found } = inNamespace(lib, netns, () => {
        const heads = withChannel(lib, NETFILTER, readHeads).filter(head => !ownTablesOnly || head.name === OURS.table);
        return { ...withChannel(lib, ROUTE, channel => readAll(channel, netns)), heads, tables: nft === null ? null : heads.map(head => readTable(nft, head)) };
      });
      // What strangers wrote is listed by a process of its own: whoever makes nft crash crashes nothing else.
      return { netns, ...found, tables: tables ?? (await Promise.all(heads.map(head => listTable(netns, head)))) };
    },
    forwardChains: async () => withChannel(lib, NETFILTER, readForwardChains),
    ask: question => askService(lib, question),
    readSysctls: async (netns, keys) => (keys.length === 0 ? {} : inNamespace(lib, netns, () => readSettings(keys))),
  };
}

function withChannel<T>(lib: Library, protocol: number, work: (channel: Channel) => T): T {
  const channel = openChannel(lib, protocol);
  try {
    return work(channel);
  } finally {
    channel.close();
  }
}

function readAll(channel: Channel, netns: string): Omit<RawReading, 'netns' | 'tables'> {
  const bare = readLinks(channel);
  const addresses = readAddresses(channel);
  const links: readonly RawLink[] = bare.map(link => ({ ...link, addr_info: addresses.get(link.ifindex) ?? [] }));
  const nameOf = namesOf(links);
  const namespaces = netns === '' ? namespacesNow() : [];
  return {
    links,
    routes: readRoutes(channel, nameOf),
    rules: readRules(channel),
    neighs: readNeighs(channel, nameOf),
    proxies: readProxies(channel, nameOf),
    fdb: fdbOf(channel, netns, links, nameOf),
    namespaces,
    names: readNames(channel, namespaces),
  };
}

// Ids of other namespaces lead from a veth to the name of its other end; ends in other namespaces are found from ours.
function namesOf(links: readonly RawLink[]): NameOf {
  const names = new Map(links.map(link => [link.ifindex, link.ifname]));
  return ifindex => {
    const name = names.get(ifindex);
    if (name === undefined) throw new HostError('interrupted', `something is said of a link that came while links were read (${ifindex})`);
    return name;
  };
}

function fdbOf(channel: Channel, netns: string, links: readonly RawLink[], nameOf: NameOf): readonly FdbRow[] {
  const forwards = netns === '' || links.some(link => ['bridge', 'vxlan'].includes(link.linkinfo?.info_kind ?? ''));
  return forwards ? readFdb(channel, nameOf) : [];
}
