/** The kernel against what is wanted, from the plan that a pass would make: what it would put right, told by what it means. */
import type { Step } from '../kinds/step.ts';
import type { Evidence, Kernel, Obstacle } from './evidence.ts';
import { broken, type Code, type Finding, type Judged, together, unknown, well } from './finding.ts';
import { tell } from './words.ts';

/** The node's own filters count only where bridged frames, or routed ones, meet them. */
export function judgeKernel(evidence: Evidence): Judged {
  const { kernel } = evidence;
  const bridged = bridgedDrops(evidence);
  if ('why' in kernel) return together([bridged, unknown('kernel', `what the kernel holds against what is wanted: ${kernel.why}`)]);
  const findings = [...differences(kernel, evidence), ...kernel.obstacles.flatMap(each => obstacle(each, evidence))];
  const waiting = kernel.obstacles
    .filter(({ state }) => state === 'waiting')
    .map(({ definition, message }) => unknown('definitions', `${definition}: ${message}`));
  const whole =
    findings.length + bridged.findings.length === 0 ? [well('kernel', 'links, addresses, routes, entries, filters and services are as wanted')] : [];
  return together([bridged, { findings, healthy: [], untested: [] }, ...whole, ...waiting]);
}

/** True where the kernel lacks something of these definitions: what does not answer there is a consequence. */
export function differsIn(kernel: Evidence['kernel'], definitions: readonly string[]): boolean {
  if ('why' in kernel) return false;
  const ofThem = new Set(definitions);
  const isBad = ({ definition, state }: Obstacle): boolean => state === 'error' && ofThem.has(definition);
  return kernel.steps.some(step => step.from.some(({ definition }) => ofThem.has(definition))) || kernel.obstacles.some(isBad);
}

/** Addresses that links of ours have and must not have: a pass takes them off. */
export function strays(kernel: Evidence['kernel']): ReadonlySet<string> {
  return new Set('why' in kernel ? [] : kernel.steps.flatMap(step => strayOf(step) ?? []));
}

function strayOf({ kind, verb, replacing, ref }: Step): string | undefined {
  return kind === 'address' && verb === 'delete' && !replacing ? ref.split('/').at(-2) : undefined;
}

// One address on two guests is told by who answers for it.
function rivalsOf(steps: readonly Step[], segments: Evidence['segments']): ReadonlySet<Step> {
  const contested = new Set(segments.flatMap(({ addresses }) => addresses.filter(({ macs, mac }) => macs.some(each => each !== mac)).map(({ ip }) => ip)));
  return new Set(steps.filter(step => contested.has(strayOf(step) ?? '')));
}

const SHOWN = 3;

// One sentence for what is of one kind and one definition, the first of them speaks.
function differences({ steps, names, definitions }: Kernel, { node, word, machine, segments }: Evidence): readonly Finding[] {
  const cure =
    word.suspended === null && word.mode === 'enforce'
      ? 'netloom reconcile (netloom plan shows all of it)'
      : 'netloom plan shows all of it; nothing is repaired while this node applies nothing';
  const groups = new Map<string, { readonly code: Code; readonly about: string; readonly told: { readonly what: string; readonly harm: string }[] }>();
  const meant = new Set(definitions);
  const taken = rivalsOf(steps, segments);
  for (const step of rootsOf(steps)) {
    if (step.from.length > 0 && !step.from.some(({ definition }) => meant.has(definition))) continue;
    const { code, ...told } = tell(step, names);
    // What bridged frames meet is told with who drops them.
    if (step.ref.startsWith('sysctl:/net/bridge/') && machine.forwardDrops.length > 0) continue;
    if (taken.has(step)) continue;
    const about = step.from[0]?.definition ?? `Node ${node}`;
    const key = `${about} ${code}`;
    groups.set(key, groups.get(key) ?? { code, about, told: [] });
    groups.get(key)?.told.push(told);
  }
  return [...groups.values()].map(({ code, about, told }) => ({ code, node, about: [about], message: sentence(about, told), cure }));
}

function sentence(about: string, told: readonly { readonly what: string; readonly harm: string }[]): string {
  const shown = told.slice(0, SHOWN).map(({ what }) => what);
  const more = told.length > SHOWN ? `, and ${told.length - SHOWN} more such things` : '';
  const harm = told.find(each => each.harm !== '')?.harm ?? '';
  return `${about}: ${shown.join(', ')}${more}${harm === '' ? '' : `: ${harm}`}`;
}

// What is missing with something else, and what is only said again because of it, is not told; half of a replacement neither.
function rootsOf(steps: readonly Step[]): readonly Step[] {
  const isMade = (index: number): boolean => steps[index]?.verb === 'make' && steps[index]?.because === undefined;
  return steps.filter(step => {
    if (step.because !== undefined || (step.verb === 'delete' && step.replacing)) return false;
    return step.verb !== 'make' || !step.needs.some(isMade);
  });
}

const CURES: Readonly<Record<string, { readonly code: Code; readonly cure: string }>> = {
  EgressDeviceDown: { code: 'egress-device', cure: 'ip link set DEVICE up, and see that its cable is in' },
  EgressDeviceMissing: { code: 'egress-device', cure: 'plug the card in, or name another: egress of the Node, or device of the pool' },
  ForwardDropped: { code: 'forward-dropped', cure: 'let it pass there' },
  DnsmasqMissing: { code: 'program-missing', cure: 'apt install dnsmasq-base' },
  Contested: { code: 'kernel-differs', cure: 'make the other program leave it alone, then netloom resume' },
  Suspended: { code: 'suspended', cure: 'take suspend out of the definition of the network' },
};

// What is told better by the probes of the underlay is left to them.
const OWN_WORDS: ReadonlySet<string> = new Set(['UnderlayAddressMissing', 'UnderlayMtuTooSmall', 'BridgeNetfilter']);

function obstacle({ definition, state, reason, message }: Obstacle, { node, outside }: Evidence): readonly Finding[] {
  if (state === 'waiting' || OWN_WORDS.has(reason)) return [];
  const { code, cure } = CURES[reason] ?? { code: 'definition', cure: `netloom describe ${definition.toLowerCase()} says more` };
  const pool = definition.startsWith('AddressPool ') ? definition.slice('AddressPool '.length) : '';
  const device = outside.gateways.find(each => each.pool === pool)?.device;
  const done = reason === 'ForwardDropped' ? forwardCure(message, 'egr-br-*') : cure;
  return [{ code, node, about: [definition], message: `${definition}: ${message}`, cure: device === undefined ? done : done.replace('DEVICE', device) }];
}

function bridgedDrops({ node, machine, networks, kernel }: Evidence): Judged {
  const { filtersBridged, forwardDrops } = machine;
  if (!filtersBridged || forwardDrops.length === 0 || networks.length === 0) return { findings: [], healthy: [], untested: [] };
  // Where the definition says keep, netloom leaves the switch alone.
  const isKept = !('why' in kernel) && kernel.obstacles.some(({ reason }) => reason === 'BridgeNetfilter');
  return broken({
    code: 'forward-dropped',
    node,
    about: [`Node ${node}`, ...networks.map(network => `Network ${network}`)],
    message: `br_netfilter hands frames between guests to ${forwardDrops.join(', ')}, which drops what it does not know: guests of one node do not reach each other`,
    cure: isKept
      ? `write bridgeNetfilter: off in Node ${node}, or ${forwardCure(forwardDrops[0] ?? '', 'br-vxlan-*')}`
      : 'netloom reconcile (it sets net.bridge.bridge-nf-call-iptables, -ip6tables and -arptables to 0)',
  });
}

// Docker leaves a chain for what its administrator wants.
function forwardCure(text: string, links: string): string {
  const [, family = 'ip', table = '', chain = ''] = /\b(ip|inet) (\S+) ([^\s,:;]+)/.exec(text) ?? [];
  return `let it pass there: nft insert rule ${family} ${table} ${chain} iifname "${links}" accept, and the same with oifname (Docker: iptables -I DOCKER-USER)`;
}
