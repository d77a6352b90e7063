/** Ops as the lines that people know: for plans, for pasting into a shell, and for the tools' own batch modes. */
import { assertNever } from '../model/bug.ts';
import type { BridgeSet, LinkSet, Op, PortSet } from './op.ts';
import { renderFile, renderFlows, renderService, shellWord } from './render-service.ts';

type Words = readonly string[];

/**
 * A line for a shell: `ip -n blue link set dev eth0 up`. Several lines for an nft table. Whatever the values are, the
 * shell takes them for words.
 */
export function renderOp(op: Op): string {
  switch (op.op) {
    case 'nft-replace':
      return `${inNetns(op.netns)}nft -f - <<'EOF'\n${nftText(op)}EOF`;
    case 'nft-del':
      return [...enter(op.netns), 'nft', 'delete', 'table', op.family, op.name].map(shellWord).join(' ');
    case 'sysctl-set':
      return [...enter(op.netns), 'sysctl', '-qw', `${sysctlKey(op.key)}=${op.value}`].map(shellWord).join(' ');
    case 'netns-add':
    case 'netns-del':
      return ['ip', ...lineWords(op)].map(shellWord).join(' ');
    case 'flows-end':
      return renderFlows(inNetns(op.netns), op.ip);
    case 'file-write':
    case 'file-del':
      return renderFile(op);
    case 'service-start':
    case 'service-reload':
    case 'service-stop':
      return renderService(op);
    default:
      return [isForwarding(op) ? 'bridge' : 'ip', ...(op.netns === '' ? [] : ['-n', op.netns]), ...lineWords(op)].map(shellWord).join(' ');
  }
}

/** A line for `ip -batch` or `bridge -batch`: without the tool and the namespace, which are those of the op's lane. */
export function batchLine(op: Op): string {
  return lineWords(op).map(batchWord).join(' ');
}

/** What `nft -f` reads. Replacing is one transaction; deleting what is not there succeeds. */
export function nftText(op: Op): string {
  if (op.op !== 'nft-replace' && op.op !== 'nft-del') throw new Error(`bug: ${op.op} is no act of nft`);
  const both = `table ${op.family} ${op.name}\ndelete table ${op.family} ${op.name}\n`;
  return op.op === 'nft-replace' ? both + op.text : both;
}

function lineWords(op: Op): Words {
  switch (op.op) {
    case 'netns-add':
      return ['netns', 'add', op.name];
    case 'netns-del':
      return ['netns', 'del', op.name];
    case 'link-del':
      return ['link', 'del', 'dev', op.name];
    case 'link-set':
      return ['link', 'set', 'dev', op.name, ...linkWords(op.set)];
    case 'port-set':
      return ['link', 'set', 'dev', op.name, 'type', 'bridge_slave', ...portWords(op.set)];
    case 'vxlan-set':
      return ['link', 'set', 'dev', op.name, 'type', 'vxlan', ...said('local', op.set.local), ...learningWords(op.set.learning)];
    case 'bridge-set':
      return ['link', 'set', 'dev', op.name, 'type', 'bridge', ...bridgeWords(op.set)];
    case 'addr-add':
    case 'addr-del':
      return ['addr', op.op.slice(5), `${op.ip}/${op.prefix}`, 'dev', op.link];
    case 'route-add':
    case 'route-del':
      return routeWords(op);
    case 'neigh-replace':
      return ['neigh', 'replace', op.ip, 'lladdr', op.mac, 'dev', op.link, 'nud', 'permanent', 'proto', String(op.proto)];
    case 'neigh-del':
      // `neigh del` of an entry that is gone ends a batch without saying at which line (iproute2 6.1); a flush of one address does not.
      return ['neigh', 'flush', 'to', op.ip, 'dev', op.link, 'nud', 'permanent'];
    case 'rule-add':
    case 'rule-del':
      return ruleWords(op);
    case 'proxy-replace':
      return ['neigh', 'replace', 'proxy', op.ip, 'dev', op.link, 'proto', String(op.proto)];
    case 'proxy-del':
      // As with neighbours: a deletion of what is gone would end the batch without saying at which line.
      return ['neigh', 'flush', 'proxy', 'to', op.ip, 'dev', op.link];
    case 'nft-replace':
    case 'nft-del':
    case 'sysctl-set':
    case 'flows-end':
    case 'file-write':
    case 'file-del':
    case 'service-start':
    case 'service-reload':
    case 'service-stop':
      throw new Error(`bug: ${op.op} is no line of ip or bridge`);
    default:
      return isForwarding(op) ? fdbWords(op) : addWords(op);
  }
}

type Forwarding = Extract<Op, { op: 'flood-append' | 'flood-del' | 'vtep-replace' | 'vtep-del' | 'fdb-replace' | 'fdb-del' }>;

const FORWARDING: ReadonlySet<string> = new Set<Forwarding['op']>(['flood-append', 'flood-del', 'vtep-replace', 'vtep-del', 'fdb-replace', 'fdb-del']);

function isForwarding(op: Op): op is Forwarding {
  return FORWARDING.has(op.op);
}

function fdbWords(op: Forwarding): Words {
  const any = '00:00:00:00:00:00';
  switch (op.op) {
    case 'flood-append':
      return ['fdb', 'append', any, 'dev', op.link, 'dst', op.dst, 'self', 'permanent'];
    case 'flood-del':
      return ['fdb', 'del', any, 'dev', op.link, 'dst', ...op.dst.split(','), 'self'];
    case 'vtep-replace':
      return ['fdb', 'replace', op.mac, 'dev', op.link, 'dst', op.dst, 'self', 'static'];
    case 'vtep-del':
      return ['fdb', 'del', op.mac, 'dev', op.link, 'self'];
    case 'fdb-replace':
      return ['fdb', 'replace', op.mac, 'dev', op.link, 'master', 'static', 'sticky'];
    case 'fdb-del':
      return ['fdb', 'del', op.mac, 'dev', op.link, 'master'];
    default:
      return assertNever(op);
  }
}

type Adding = Extract<Op, { op: 'bridge-add' | 'vxlan-add' | 'veth-add' | 'tap-add' }>;

// `name X` always: without it `ip link add a ...` reads `a` as an abbreviation of `address`.
function addWords(op: Adding): Words {
  if (op.op === 'tap-add') {
    const owner = op.owner === undefined ? [] : ['user', String(op.owner)];
    return ['tuntap', 'add', 'dev', op.name, 'mode', 'tap', ...owner, ...(op.multiQueue ? ['multi_queue'] : [])];
  }
  const common = ['link', 'add', 'name', op.name, 'address', op.mac, 'mtu', String(op.mtu), 'group', String(op.group), 'type'];
  switch (op.op) {
    case 'bridge-add':
      return [...common, 'bridge', ...bridgeWords(op.set ?? {})];
    case 'vxlan-add':
      return [...common, 'vxlan', 'id', String(op.vni), 'dstport', String(op.port), 'local', op.local, ...learningWords(op.learning)];
    case 'veth-add':
      return [...common, 'veth', ...peerWords(op)];
    default:
      return assertNever(op);
  }
}

// The far end gets everything at birth but `up`, which the kernel refuses there.
function peerWords(op: Extract<Op, { op: 'veth-add' }>): Words {
  if (op.netns !== '' && op.netns !== op.peer.netns) throw new Error(`bug: the near end ${op.name} is not in the node's own namespace`);
  const elsewhere = op.netns === op.peer.netns ? [] : ['netns', op.peer.netns];
  return ['peer', 'name', op.peer.name, ...elsewhere, 'address', op.peer.mac, 'mtu', String(op.mtu), 'group', String(op.group)];
}

function linkWords(set: LinkSet): Words {
  const master = set.master === '' ? ['nomaster'] : said('master', set.master);
  const up = set.up === undefined ? [] : [set.up ? 'up' : 'down'];
  return [
    ...said('group', set.group),
    ...said('name', set.name),
    ...said('address', set.mac),
    ...said('mtu', set.mtu),
    ...said('alias', set.alias),
    ...master,
    ...said('addrgenmode', set.addrgenmode),
    ...up,
  ];
}

// States of a bridge's port, as numbers (linux/if_bridge.h): `ip` knows no words for them.
const STATE = { disabled: 0, forwarding: 3 } as const;

function portWords(set: PortSet): Words {
  return [
    ...said('learning', onOff(set.learning)),
    ...said('flood', onOff(set.flood)),
    ...said('neigh_suppress', onOff(set.suppress)),
    ...said('locked', onOff(set.locked)),
    ...said('isolated', onOff(set.isolated)),
    ...said('hairpin', onOff(set.hairpin)),
    ...said('mcast_flood', onOff(set.mcastFlood)),
    ...said('bcast_flood', onOff(set.bcastFlood)),
    ...['proxy_arp', 'proxy_arp_wifi'].flatMap(word => said(word, onOff(set.proxyArp))),
    ...said('state', set.forwarding === undefined ? undefined : set.forwarding ? STATE.forwarding : STATE.disabled),
  ];
}

function bridgeWords(set: BridgeSet): Words {
  return [
    ...said('stp_state', bit(set.stp)),
    ...said('forward_delay', set.forwardDelay),
    ...said('mcast_snooping', bit(set.snooping)),
    ...said('vlan_filtering', bit(set.vlanFiltering)),
    ...said('ageing_time', set.ageing),
    ...['iptables', 'ip6tables', 'arptables'].flatMap(name => said(`nf_call_${name}`, bit(set.netfilter))),
  ];
}

function ruleWords(op: Op & { readonly op: 'rule-add' | 'rule-del' }): readonly string[] {
  const which = [...(op.link === undefined ? [] : ['iif', op.link]), ...(op.mark === undefined ? [] : ['fwmark', `0x${op.mark.toString(16)}`])];
  const past = op.suppress === undefined ? [] : ['suppress_prefixlength', String(op.suppress)];
  return ['rule', op.op.slice(5), 'pref', String(op.priority), ...which, 'table', op.table, ...past, 'proto', String(op.proto)];
}

function routeWords(op: Extract<Op, { op: 'route-add' | 'route-del' }>): Words {
  const table = op.table === '254' ? [] : ['table', op.table];
  return ['route', op.op.slice(6), op.dst, ...said('via', op.via), ...said('dev', op.link), ...table, ...said('metric', op.metric), 'proto', String(op.proto)];
}

function learningWords(learning: boolean | undefined): Words {
  return learning === undefined ? [] : [learning ? 'learning' : 'nolearning'];
}

function said(word: string, value: string | number | undefined): Words {
  return value === undefined ? [] : [word, String(value)];
}

function onOff(value: boolean | undefined): string | undefined {
  return value === undefined ? undefined : value ? 'on' : 'off';
}

function bit(value: boolean | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

/** sysctl reads dots as separators unless the key has slashes; names of links may have dots. */
function sysctlKey(key: string): string {
  return key.includes('.') ? key : key.replaceAll('/', '.');
}

function enter(netns: string): Words {
  return netns === '' ? [] : ['ip', 'netns', 'exec', netns];
}

function inNetns(netns: string): string {
  return enter(netns)
    .map(word => `${shellWord(word)} `)
    .join('');
}

// iproute2 cuts lines at `#`, joins them at `\`, and knows no way to write a quote inside quotes.
function batchWord(word: string): string {
  if (/^[\w:./-]+$/.test(word)) return word;
  if (/[\p{Cc}'"\\#]/u.test(word)) throw new Error(`bug: ${JSON.stringify(word)} cannot be said in a batch`);
  return word === '' || /\s/.test(word) ? `"${word}"` : word;
}
