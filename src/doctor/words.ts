/** A difference between the kernel and what is wanted, in words: what is wrong, and what comes of it. */
import type { Step } from '../kinds/step.ts';
import type { Names } from './evidence.ts';
import type { Code } from './finding.ts';

export interface Told {
  readonly code: Code;
  /** `ip_forward is 0`: a clause. */
  readonly what: string;
  /** `nothing is routed`: a clause; '' where that goes without saying. */
  readonly harm: string;
}

/** One step's reason to be there. */
export function tell(step: Step, names: Names): Told {
  return (TELLERS[step.kind] ?? plain)(step, names);
}

type Teller = (step: Step, names: Names) => Told;

const TELLERS: Readonly<Record<string, Teller>> = {
  sysctl: tellSysctl,
  port: tellPort,
  bridge: tellLink,
  vxlan: tellLink,
  veth: tellLink,
  far: tellLink,
  tap: tellLink,
  vtep: (step, names) => entry(step, `the forwarding entry of ${guest(step, names)}`, 'what is sent to it goes to no node'),
  fdb: (step, names) => entry(step, `the bridge's entry of ${guest(step, names)}`, 'what is sent to it is dropped or goes to the wrong port'),
  flood: (step, names) => entry(step, `the flood entry to ${peer(step, names)}`, 'broadcast (ARP, DHCP) does not get there'),
  neigh: (step, names) => entry(step, `the neighbour entry of ${address(step, names)}`, 'its MAC is not known'),
  address: step => entry(step, `the address ${last(step, 2)}`, 'nobody answers for it'),
  route: step => entry(step, `the route to ${routeOf(step)}`, 'packets there take another way or none'),
  nft: step => ({ code: 'kernel-differs', what: `the filter ${table(step)} ${state(step)}`, harm: 'packets are dropped or let through that should not be' }),
  service: tellService,
};

function plain(step: Step): Told {
  return { code: 'kernel-differs', what: `the ${step.title} ${step.ref.slice(step.ref.indexOf(':') + 1)} ${state(step)}`, harm: '' };
}

const MISSING = { adopt: 'is not taken over yet', make: 'is missing', delete: 'is there and is not wanted' } as const;

function state(step: Step): string {
  if (step.verb !== 'update' && !step.replacing) return MISSING[step.verb];
  const [first, ...more] = step.changes.filter(change => step.verb === 'update' || change.forces === true);
  if (first === undefined) return 'differs';
  if (first.told !== undefined || typeof first.want === 'object' || typeof first.have === 'object') return 'is not as wanted';
  return `has ${first.field} ${String(first.have ?? 'none')} instead of ${String(first.want ?? 'none')}${more.length === 0 ? '' : `, and ${more.length} more fields differ`}`;
}

function entry(step: Step, what: string, harm: string): Told {
  const isMesh = ['vtep', 'fdb', 'flood', 'neigh'].includes(step.kind);
  return { code: isMesh ? 'mesh-entry' : 'kernel-differs', what: `${what} on ${linkOf(step)} ${state(step)}`, harm: step.verb === 'delete' ? '' : harm };
}

function tellSysctl(step: Step): Told {
  const key = keyOf(step);
  const { want, have } = step.changes.find(({ field }) => field === 'value') ?? { want: '', have: '' };
  const what = `${key.includes('.') ? key : key.replaceAll('/', '.')} is ${String(have ?? 'not there')} and must be ${String(want)}${inside(step)}`;
  if (key === 'net/ipv4/ip_forward') return { code: 'ip-forward', what, harm: 'nothing is routed between networks, pools and the outside' };
  if (key.startsWith('net/bridge/')) return { code: 'kernel-differs', what, harm: "frames between guests meet the node's own IP filters" };
  return { code: 'kernel-differs', what, harm: '' };
}

function tellPort(step: Step): Told {
  const port = linkOf(step);
  const bridge = step.changes.find(({ field }) => field === 'bridge');
  if (step.verb === 'delete') return { code: 'port-stopped', what: `${port} is in a bridge that it does not belong to`, harm: '' };
  if (step.changes.some(({ field, have }) => field === 'forwarding' && have === false) && step.verb === 'update')
    return { code: 'port-stopped', what: `the bridge port ${port} is stopped (its state is not forwarding)`, harm: 'no frame passes it' };
  if (step.verb === 'make')
    return { code: 'port-stopped', what: `${port} is not in its bridge ${String(bridge?.want ?? '')}`.trimEnd(), harm: 'no frame passes it' };
  return { code: 'kernel-differs', what: `the bridge port ${port} ${state(step)}`, harm: '' };
}

function tellLink(step: Step): Told {
  const name = linkOf(step);
  const isDown = step.changes.some(({ field, want, have }) => field === 'up' && want === true && have === false);
  if (isDown && step.verb === 'update') return { code: 'link-down', what: `${name} is down${inside(step)}`, harm: 'nothing passes it' };
  if (step.verb === 'make' && !step.replacing) return { code: 'link-down', what: `${name} is missing${inside(step)}`, harm: 'nothing passes it' };
  return { code: 'kernel-differs', what: `${name}${inside(step)} ${state(step)}`, harm: '' };
}

function tellService(step: Step, names: Names): Told {
  const [netns = '', program = ''] = refPath(step);
  const network = names.namespaces[netns] ?? netns;
  const isDead = step.changes.some(({ field, have }) => field === 'answers' && have === false) || (step.verb === 'make' && !step.replacing);
  if (step.verb === 'delete' && !step.replacing) return { code: 'dnsmasq', what: `${program} of ${network} runs and is not wanted`, harm: '' };
  if (isDead)
    return {
      code: 'dnsmasq',
      what: `${program} of ${network} ${step.replacing ? 'does not answer' : 'does not run'}`,
      harm: 'guests get no address by DHCP, and no names',
    };
  return { code: 'dnsmasq', what: `${program} of ${network} runs with older settings than wanted`, harm: '' };
}

function refPath({ ref }: Step): readonly string[] {
  return ref.slice(ref.indexOf(':') + 1).split('/');
}

function linkOf(step: Step): string {
  return refPath(step)[1] ?? '';
}

function keyOf(step: Step): string {
  return refPath(step).slice(1).join('/');
}

function last(step: Step, count: number): string {
  return refPath(step).slice(-count).join('/');
}

// route:<netns>/<table>/<dst>[/<metric>], and a prefix has a slash of its own.
function routeOf(step: Step): string {
  const [, , ...rest] = refPath(step);
  return rest.join('/');
}

function table(step: Step): string {
  return `${last(step, 2).replace('/', ' ')}${inside(step)}`;
}

function inside(step: Step): string {
  const [netns = ''] = refPath(step);
  return netns === '' ? '' : ` in the namespace ${netns}`;
}

function guest(step: Step, { macs }: Names): string {
  const mac = refPath(step).at(-1) ?? '';
  return macs[mac] === undefined ? mac : `${macs[mac]} (${mac})`;
}

function peer(step: Step, { nodes }: Names): string {
  const to = refPath(step).at(-1) ?? '';
  return nodes[to] === undefined ? to : `${nodes[to]} (${to})`;
}

function address(step: Step, { addresses }: Names): string {
  const ip = refPath(step).at(-1) ?? '';
  const owner = addresses[`${linkOf(step)} ${ip}`];
  return owner === undefined ? ip : `${owner} (${ip})`;
}
