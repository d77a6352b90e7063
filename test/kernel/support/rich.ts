/** A cluster that has, on n1, every kind of kernel state in every shape that definitions can ask for. */
import { compile } from '../../../src/compile/compile.ts';
import type { Kind, Resource } from '../../../src/kinds/kind.ts';
import { type Definitions, FACTS, GATEWAY, given } from './definitions.ts';

/** The definitions of it. */
export const RICH_DEFINITIONS: Definitions = {
  ...GATEWAY,
  networks: { lan: '{ cidr: 10.0.0.0/24, dns: true }', open: '{ cidr: 10.1.0.0/24, mesh: { learning: true } }', wire: '{}' },
  interfaces: {
    vm: '{ network: lan, node: n1, attach: { tap: { owner: daemon, multiQueue: true } } }',
    web: '{ network: lan, node: n1, attach: { netns: { name: g1 } }, allowedAddresses: [10.0.0.128/25] }',
    back: '{ network: lan, node: n1, attach: { host: { ifname: back0 } } }',
    'lan-2': '{ network: lan, node: n2 }',
    'lan-3': '{ network: lan, node: n3 }',
    scan: '{ network: open, node: n1, attach: { tap: {} } }',
    'open-2': '{ network: open, node: n2 }',
    cam: '{ network: wire, node: n1, attach: { netns: { name: g2 } } }',
    'wire-2': '{ network: wire, node: n2 }',
  },
  floatingIPs: { front: '{ interface: web }' },
  routedIPs: { whole: '{ network: lan }' },
};

export const RICH = given(RICH_DEFINITIONS);

/** What is wanted on n1. */
export const WANTED: readonly Resource[] = compile({ ...RICH, facts: FACTS }).resources;

/** The first wanted one of a kind whose spec holds these values. */
export function wanted<S extends object>(kind: Kind<S>, match: Partial<NoInfer<S>> = {}): S {
  const holds = (spec: object): boolean => Object.entries(match).every(([field, value]) => (spec as Readonly<Record<string, unknown>>)[field] === value);
  const found = WANTED.find(resource => resource.kind === kind.name && holds(resource.spec));
  if (found === undefined) throw new Error(`the rich cluster has no ${kind.name} like ${JSON.stringify(match)}`);
  return found.spec as S;
}
