/** What doctor says: what is broken and what to do about it, what is well, and what could not be tried. */

/** Causes before what follows from them: the order in which findings are told. */
export const CODES = [
  'program-missing',
  'kernel-feature-missing',
  'wrong-machine',
  'underlay-address',
  'underlay-device',
  'underlay-duplicate',
  'clock',
  'suspended',
  'observe-only',
  'remote',
  'node-silent',
  'node-behind',
  'node-wrong',
  'peer-unreachable',
  'underlay-mtu',
  'vxlan-blocked',
  'vxlan-closed',
  'egress-device',
  'forward-dropped',
  'ip-forward',
  'link-down',
  'port-stopped',
  'mesh-entry',
  'dnsmasq',
  'kernel-differs',
  'definition',
  'upstream-gateway',
  'floating-unanswered',
  'duplicate-address',
  'foreign-dhcp',
  'vxlan-back',
  'router-silent',
  'dhcp-silent',
] as const;

export type Code = (typeof CODES)[number];

export interface Finding {
  readonly code: Code;
  /** Where it is to be put right. */
  readonly node: string;
  /** What is concerned: `Network red/lan`, `AddressPool edge`. */
  readonly about: readonly string[];
  /** One sentence, lower case. */
  readonly message: string;
  /** What to do; a command, or the line of a definition. */
  readonly cure: string;
}

/** Something that was tried and is as it should be; told in groups. */
export interface Healthy {
  readonly check: string;
  readonly message: string;
}

/** Something that nobody knows: neither well nor broken. */
export interface Untested {
  readonly check: string;
  readonly message: string;
}

export interface Judged {
  readonly findings: readonly Finding[];
  readonly healthy: readonly Healthy[];
  readonly untested: readonly Untested[];
}

export const NOTHING: Judged = { findings: [], healthy: [], untested: [] };

/** All of them as one, in their order. */
export function together(all: readonly Judged[]): Judged {
  return {
    findings: all.flatMap(({ findings }) => findings),
    healthy: all.flatMap(({ healthy }) => healthy),
    untested: all.flatMap(({ untested }) => untested),
  };
}

export function broken(finding: Finding): Judged {
  return { ...NOTHING, findings: [finding] };
}

export function well(check: string, message: string): Judged {
  return { ...NOTHING, healthy: [{ check, message }] };
}

export function unknown(check: string, message: string): Judged {
  return { ...NOTHING, untested: [{ check, message }] };
}

/** `; red/lan and 3 more networks with it`: how much hangs on one thing. Nothing for none. */
export function withNetworks(networks: readonly string[]): string {
  const [first, ...more] = networks;
  if (first === undefined) return '';
  if (more.length === 0) return `, and Network ${first} with it`;
  return `, and ${networks.length} networks with it (${networks.slice(0, NAMED).join(', ')}${networks.length > NAMED ? ', …' : ''})`;
}

const NAMED = 3;

/** `a`, `a and b`, `3 things: a, b, …`. */
export function some(things: readonly string[], most = NAMED): string {
  if (things.length <= most) return things.join(', ');
  return `${things.slice(0, most).join(', ')} and ${things.length - most} more`;
}
