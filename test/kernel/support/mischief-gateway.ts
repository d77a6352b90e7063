/** What somebody could add, take away or stop behind netloom's back in the namespace of a network's router. */
import { announce } from '../../../src/kinds/announce.ts';
import { bridge } from '../../../src/kinds/bridge.ts';
import { far } from '../../../src/kinds/far.ts';
import { file } from '../../../src/kinds/file.ts';
import { nft } from '../../../src/kinds/nft.ts';
import { proxy } from '../../../src/kinds/proxy.ts';
import { processesOf } from '../../../src/kinds/render-service.ts';
import { route } from '../../../src/kinds/route.ts';
import { rule } from '../../../src/kinds/rule.ts';
import { service } from '../../../src/kinds/service.ts';
import { RUNTIME_DIR } from './definitions.ts';
import type { Mischief } from './mischief.ts';
import { inside, ip } from './mutations.ts';
import { wanted } from './rich.ts';

const PROXY = wanted(proxy);
const AT = { netns: PROXY.netns };
const DEFAULT = wanted(route, { ...AT, dst: 'default', table: '254' });
const ROUTED = wanted(route, { ...AT, dst: `${PROXY.ip}/32` });
const RULE = wanted(rule, AT);
const TABLE = wanted(nft, AT);
const SERVICE = wanted(service, AT);
const HOSTS = wanted(file, { path: SERVICE.files.find(path => path.endsWith('/hosts')) ?? '' });
const LEASES = wanted(file, { path: SERVICE.leases?.path ?? '' });
const FLOATING = wanted(announce, { ...AT, target: wanted(announce, AT).target === '' ? '10.0.0.6' : wanted(announce, AT).target });
const OUTER = wanted(far, { ...AT, name: FLOATING.link }).near.slice(1);
const INNER = wanted(far, { ...AT, name: PROXY.link });
const EGRESS = wanted(bridge, { name: 'egr-br-eth1' });
const STRAY = '0b5e2f5c-1d2e-8f3a-9b4c-6e6c6d000001';

const enter = inside(AT);
const tool = ip(AT);

/** Each must be seen, named and put right in one round. */
export const GATEWAY_MISCHIEF: readonly Mischief[] = [
  { title: "a router's default route is deleted", lines: `${tool} route del default`, told: [`make ${route.ref(DEFAULT)}`] },
  {
    title: "a router's way out loses its addresses",
    lines: `${tool} addr flush dev ${PROXY.link}`,
    told: [`make ${route.ref(DEFAULT)}`, `make ${proxy.ref(PROXY)}`],
  },
  { title: 'the route of a routed address is deleted', lines: `${tool} route del ${ROUTED.dst}`, told: [`make ${route.ref(ROUTED)}`] },
  { title: 'a routed address is no longer answered for', lines: `${tool} neigh del proxy ${PROXY.ip} dev ${PROXY.link}`, told: [`make ${proxy.ref(PROXY)}`] },
  {
    title: 'a router answers for an address too many',
    lines: `${tool} neigh add proxy 198.51.100.200 dev ${PROXY.link}`,
    told: [`delete proxy:${AT.netns}/${PROXY.link}/198.51.100.200`],
  },
  { title: 'the rule of a floating address is deleted', lines: `${tool} rule del pref ${RULE.priority} fwmark ${RULE.mark}`, told: [`make ${rule.ref(RULE)}`] },
  { title: 'there is a rule too many', lines: `${tool} rule add pref 900 fwmark 7 table 7 proto 97`, told: [`delete rule:${AT.netns}/900/7`] },
  {
    title: 'the table of a floating address is flushed',
    lines: `${tool} route flush table ${RULE.table}`,
    told: [`make route:${AT.netns}/${RULE.table}/default`],
  },
  { title: 'the pair of a floating address is deleted', lines: `ip link del dev ${OUTER}`, told: [`make link:/${OUTER}`, `make ${announce.ref(FLOATING)}`] },
  { title: "a router's end is down", lines: `${tool} link set dev ${INNER.name} down`, told: [`update ${far.ref(INNER)}`, `make ${proxy.ref(PROXY)}`] },
  { title: "a router's table is deleted", lines: `${enter}nft delete table ip netloom`, told: [`make ${nft.ref(TABLE)}`] },
  { title: 'all tables of a router are flushed', lines: `${enter}nft flush ruleset`, told: [`make ${nft.ref(TABLE)}`] },
  { title: 'a router no longer forwards', lines: `${enter}sysctl -qw net.ipv4.ip_forward=0`, told: [`update sysctl:${AT.netns}/net/ipv4/ip_forward`] },
  { title: 'the node no longer forwards', lines: 'sysctl -qw net.ipv4.ip_forward=0', told: ['update sysctl:/net/ipv4/ip_forward'] },
  { title: 'the bridge on the way out is deleted', lines: `ip link del dev ${EGRESS.name}`, told: [`make ${bridge.ref(EGRESS)}`] },
  {
    title: "a router's namespace is deleted under its services",
    lines: `ip netns del ${AT.netns}`,
    told: [`make netns:${AT.netns}`, `make ${service.ref(SERVICE)}`],
  },
  {
    title: 'a service is killed',
    lines: `kill -9 ${processesOf(SERVICE)}`,
    told: [`make ${service.ref(SERVICE)}`],
  },
  { title: 'the leases of a service are deleted under it', lines: `rm ${LEASES.path}`, told: [`make ${file.ref(LEASES)}`, `update ${service.ref(SERVICE)}`] },
  { title: 'a file of a service is deleted', lines: `rm ${HOSTS.path}`, told: [`make ${file.ref(HOSTS)}`, `update ${service.ref(SERVICE)}`] },
  {
    title: 'a file of a network that is gone was left behind',
    lines: `mkdir ${RUNTIME_DIR}/networks/${STRAY}\necho x > ${RUNTIME_DIR}/networks/${STRAY}/hosts`,
    told: [`delete file:${RUNTIME_DIR}/networks/${STRAY}/hosts`],
  },
  {
    title: 'a service of a network that is gone was left behind',
    lines: `mkdir ${RUNTIME_DIR}/networks/${STRAY}
echo port=0 > ${RUNTIME_DIR}/networks/${STRAY}/dnsmasq.conf
dnsmasq --conf-file=${RUNTIME_DIR}/networks/${STRAY}/dnsmasq.conf --user=dnsmasq --pid-file=`,
    told: [`delete service:${STRAY}/dnsmasq`, `delete file:${RUNTIME_DIR}/networks/${STRAY}/dnsmasq.conf`],
  },
];
