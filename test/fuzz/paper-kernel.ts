/**
 * A node on paper: what Linux holds after the acts of a plan, one act after another, for the real kinds. It refuses what Linux
 * refuses, takes along what Linux takes along, and refuses also what Linux would do and netloom must not: to touch what is
 * foreign, to take away what is not there, or what a service still stands on. Its rows are those of a reader (`paper-rows.ts`).
 */
import type { Op } from '../../src/kinds/op.ts';
import type { FdbRow, NftJson, RouteRow, RuleRow } from '../../src/kinds/rows.ts';
import { contains, parseCidr } from '../../src/model/ip.ts';
import { deleteLink, flushNeighbours, linkAct } from './paper-links.ts';
import { emptyRoom, hasSetting, linkOf, type PaperLink, type PaperNode, Refused, type Room, roomOf } from './paper-node.ts';

/** Does one act. `rows` are those of the table that an act replaces. Throws Refused. */
export function act(node: PaperNode, op: Op, rows: readonly NftJson[] = []): void {
  switch (op.op) {
    case 'netns-add':
      if (node.rooms.has(op.name)) throw new Refused('it is there');
      node.rooms.set(op.name, emptyRoom());
      return;
    case 'netns-del':
      deleteRoom(node, op.name);
      return;
    case 'file-write':
      node.files.set(op.path, op.text);
      return;
    case 'file-del':
      if (!node.files.delete(op.path)) throw new Refused('it is not there');
      return;
    case 'service-start':
    case 'service-reload':
      serve(node, op);
      return;
    case 'service-stop':
      if (!node.services.delete(op.id)) throw new Refused('it does not run');
      return;
    default:
      actIn(node, roomOf(node, op.netns), op, rows);
      return;
  }
}

type RoomOp = Exclude<Op, { op: 'netns-add' | 'netns-del' | 'file-write' | 'file-del' | 'service-start' | 'service-reload' | 'service-stop' }>;

function actIn(node: PaperNode, room: Room, op: RoomOp, rows: readonly NftJson[]): void {
  switch (op.op) {
    case 'nft-replace':
      room.tables.set(`${op.family} ${op.name}`, rows);
      return;
    case 'nft-del':
      if (!room.tables.delete(`${op.family} ${op.name}`)) throw new Refused('it is not there');
      return;
    case 'sysctl-set':
      setSetting(room, op.key, op.value);
      return;
    case 'flows-end':
      return;
    case 'rule-add':
    case 'rule-del':
      rule(room, op);
      return;
    case 'route-add':
    case 'route-del':
      route(room, op);
      return;
    case 'addr-add':
    case 'addr-del':
      address(room, op);
      return;
    case 'neigh-replace':
    case 'neigh-del':
    case 'proxy-replace':
    case 'proxy-del':
      neighbour(room, op);
      return;
    case 'flood-append':
    case 'flood-del':
    case 'vtep-replace':
    case 'vtep-del':
    case 'fdb-replace':
    case 'fdb-del':
      forwarding(room, op);
      return;
    default:
      linkAct(node, room, op);
      return;
  }
}

function address(room: Room, op: Extract<Op, { op: 'addr-add' | 'addr-del' }>): void {
  const link = linkOf(room, op.link);
  const { ip, prefix } = op;
  if (!link.isOurs) throw new Refused(`${op.link} is not ours`);
  const has = link.addresses.some(one => one.ip === ip && one.prefix === prefix);
  if (op.op === 'addr-add') {
    if (has) throw new Refused('it is there');
    link.addresses.push({ ip, prefix });
    return;
  }
  if (!has) throw new Refused('it is not there');
  // Others of its subnet stay: `promote_secondaries`, as systemd sets it.
  link.addresses = link.addresses.filter(one => one.ip !== ip || one.prefix !== prefix);
  const isOf = (other: string): boolean => other.includes(':') === ip.includes(':');
  if (link.addresses.some(one => isOf(one.ip))) return;
  room.routes = room.routes.filter(({ dev, family }) => dev !== op.link || (family === 'inet6') !== ip.includes(':'));
  flushNeighbours(room, op.link, isOf);
}

function route(room: Room, op: Extract<Op, { op: 'route-add' | 'route-del' }>): void {
  const v6 = [op.dst, op.via ?? ''].some(text => text.includes(':'));
  const metric = op.metric ?? (v6 ? 1024 : 0);
  const same = (row: RouteRow): boolean => row.dst === op.dst && row.table === op.table && (row.metric ?? 0) === metric;
  if (op.op === 'route-del') {
    if (!room.routes.some(row => same(row) && row.protocol === String(op.proto))) throw new Refused('it is not there');
    room.routes = room.routes.filter(row => !same(row));
    return;
  }
  if (room.routes.some(same)) throw new Refused('it is there');
  const link = op.link === undefined ? undefined : linkOf(room, op.link);
  if (link?.up === false) throw new Refused(`${op.link} is down`);
  if (op.via !== undefined && link !== undefined && !isReached(room, link, op.via)) throw new Refused(`nothing on ${op.link} reaches ${op.via}`);
  const { dst, table, via, link: dev, proto } = op;
  room.routes.push({
    family: v6 ? 'inet6' : 'inet',
    dst,
    table,
    metric,
    protocol: String(proto),
    ...(via === undefined ? {} : { gateway: via }),
    ...(dev === undefined ? {} : { dev }),
  });
}

function isReached(room: Room, link: PaperLink, via: string): boolean {
  const onLink = room.routes.flatMap(row => (row.dev === link.name && row.gateway === undefined && row.dst !== 'default' ? [row.dst] : []));
  const near = [...link.addresses.map(({ ip, prefix }) => `${ip}/${prefix}`), ...onLink].map(text => parseCidr(text));
  return /^fe[89ab]/.test(via) || near.some(range => range !== null && contains(range, via));
}

function rule(room: Room, op: Extract<Op, { op: 'rule-add' | 'rule-del' }>): void {
  const row: RuleRow = {
    priority: op.priority,
    src: 'all',
    table: op.table,
    protocol: String(op.proto),
    ...(op.mark === undefined ? {} : { fwmark: `0x${op.mark.toString(16)}` }),
    ...(op.link === undefined ? {} : { iif: op.link }),
    ...(op.suppress === undefined ? {} : { suppress_prefixlen: op.suppress }),
  };
  const at = room.rules.findIndex(other => JSON.stringify(other) === JSON.stringify(row));
  if (op.op === 'rule-add' ? at >= 0 : at < 0) throw new Refused(at < 0 ? 'it is not there' : 'it is there');
  if (op.op === 'rule-add') room.rules.push(row);
  else room.rules.splice(at, 1);
}

function neighbour(room: Room, op: Extract<Op, { op: 'neigh-replace' | 'neigh-del' | 'proxy-replace' | 'proxy-del' }>): void {
  linkOf(room, op.link);
  const others = <R extends { readonly dev: string; readonly dst: string }>(rows: readonly R[]): R[] =>
    rows.filter(({ dev, dst }) => dev !== op.link || dst !== op.ip);
  // What was flushed meanwhile may be taken away all the same: see render.ts.
  if (op.op.startsWith('neigh')) room.neighs = others(room.neighs);
  else room.proxies = others(room.proxies);
  if (op.op === 'neigh-replace') room.neighs.push({ dst: op.ip, dev: op.link, lladdr: op.mac, protocol: String(op.proto), state: ['PERMANENT'] });
  if (op.op === 'proxy-replace') room.proxies.push({ dst: op.ip, dev: op.link, protocol: String(op.proto) });
}

const ANY = '00:00:00:00:00:00';

type ForwardingOp = Extract<Op, { op: 'vtep-replace' | 'vtep-del' | 'fdb-replace' | 'fdb-del' | 'flood-append' | 'flood-del' }>;

function forwarding(room: Room, op: ForwardingOp): void {
  const link = linkOf(room, op.link);
  const isMaster = op.op.startsWith('fdb');
  if (isMaster ? link.master === '' : link.type !== 'vxlan') throw new Refused(isMaster ? 'it is in no bridge' : 'it is no vxlan');
  const mac = 'mac' in op ? op.mac : ANY;
  const same = (row: FdbRow): boolean => {
    if (row.mac !== mac) return false;
    if (isMaster) return row.master === link.master && (op.op !== 'fdb-del' || row.ifname === link.name);
    return row.ifname === link.name && row.master === undefined && (mac !== ANY || row.dst === (op as { readonly dst?: string }).dst);
  };
  const there = room.fdb.some(same);
  if (op.op.endsWith('-del') && !there) throw new Refused('it is not there');
  if (op.op === 'flood-append' && there) throw new Refused('it is there');
  room.fdb = room.fdb.filter(row => !same(row));
  if (op.op.endsWith('-del')) return;
  const row = { mac, ifname: link.name, state: mac === ANY ? 'permanent' : 'static' };
  room.fdb.push(isMaster ? { ...row, flags: ['sticky'], master: link.master } : { ...row, flags: ['self'], dst: (op as { readonly dst: string }).dst });
}

// What is below a link is there while the link is.
function setSetting(room: Room, key: string, value: string): void {
  if (!hasSetting(room, key)) throw new Refused(`there is no ${key}`);
  room.settings.set(key, value);
}

function serve(node: PaperNode, op: Extract<Op, { op: 'service-start' | 'service-reload' }>): void {
  const room = roomOf(node, op.netns);
  if (op.op === 'service-start' ? node.services.has(op.id) : !node.services.has(op.id))
    throw new Refused(op.op === 'service-start' ? 'it runs' : 'it does not run');
  for (const name of op.links) {
    const { up, addresses } = linkOf(room, name);
    if (!up || addresses.length === 0) throw new Refused(`${name} is down, or has no address`);
  }
  for (const word of op.argv) {
    const path = /^--conf-file=(.*)$/.exec(word)?.[1];
    if (path !== undefined && !node.files.has(path)) throw new Refused(`there is no ${path}`);
  }
  node.services.set(op.id, op);
}

function deleteRoom(node: PaperNode, name: string): void {
  const room = roomOf(node, name);
  for (const { netns, id } of node.services.values()) if (netns === name) throw new Refused(`${id} still runs in it`);
  for (const link of [...room.links.values()]) if (room.links.has(link.name)) deleteLink(node, room, link.name);
  node.rooms.delete(name);
}
