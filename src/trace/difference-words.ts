/** The sentences of a difference: what moves, leads elsewhere, comes and goes has words of its own, all else its field and both values. */
import type { Definition } from '../objects/object.ts';
import { type DifferenceLine, valueText } from '../plan/print-changes.ts';
import type { Differing } from './difference.ts';

/** What follows the name of a definition: `moves from n2 to n3`, or, after a colon, `dhcp true -> false`. */
export interface Words {
  readonly text: string;
  readonly isVerb: boolean;
}

/** At least one. */
export function wordsOn({ was, is, fields }: Differing): readonly Words[] {
  if (is === undefined) return [verb('is removed')];
  if (was === undefined) return [verb(`is new${factsOf(is)}`)];
  const own = VERBS.filter(([kind, field]) => kind === is.kind && fields.some(line => isOf(line, field)));
  const told = own.map(([, field, say]) => verb(say(value(was, field), value(is, field))));
  const rest = fields.filter(line => !own.some(([, field]) => isOf(line, field)));
  return [...told, ...rest.map(line => ({ text: fieldText(line, was), isVerb: false }))];
}

function verb(text: string): Words {
  return { text, isVerb: true };
}

type Say = (was: string, is: string) => string;

const NOBODY = '';

/** Fields whose change people have a word for. */
const VERBS: readonly (readonly [kind: string, field: string, say: Say])[] = [
  ['Interface', 'node', move('is placed on no node any more')],
  ['Interface', 'migrateTo', (was, is) => (is === NOBODY ? `is not being moved any more (was to ${was})` : `may move to ${is} while it runs${before(was)}`)],
  ['Interface', 'network', (was, is) => `goes from the network ${was} into the network ${is}`],
  ['FloatingIP', 'interface', (was, is) => (is === NOBODY ? `leads nowhere any more (was ${was})` : `now leads to ${is}${before(was)}`)],
  ['FloatingIP', 'pool', (was, is) => `now is of the pool ${is}${before(was)}`],
  ['RoutedIP', 'network', (was, is) => `is now routed into the network ${is}${before(was)}`],
  ['Network', 'gateway', (was, is) => (is === NOBODY ? `has its router on any gateway node (was ${was})` : `has its router on ${is}${before(was)}`)],
];

function move(away: string): Say {
  return (was, is) => {
    if (is === NOBODY) return `${away} (was ${was})`;
    return was === NOBODY ? `is placed on ${is}` : `moves from ${was} to ${is}`;
  };
}

function before(was: string): string {
  return was === NOBODY ? '' : ` (was ${was})`;
}

function value(definition: Definition, field: string): string {
  const found = (definition.spec as Readonly<Record<string, unknown>>)[field];
  return found === undefined || found === null ? NOBODY : String(found);
}

function isOf({ path }: DifferenceLine, field: string): boolean {
  return path === field || path.startsWith(`${field}[`) || path.startsWith(`${field}.`);
}

// What is in a list comes and goes; a field is set or is not.
function fieldText({ sign, path, text }: DifferenceLine, was: Definition): string {
  if (sign === '~') return `${path} ${text}`;
  if (Array.isArray(at(was.spec, path.split('.')))) return sign === '+' ? `${path} gains ${text}` : `${path} loses ${text}`;
  return sign === '+' ? `${path} is set to ${text}` : `${path} is not set any more (was ${text})`;
}

function at(found: unknown, path: readonly string[]): unknown {
  const [key, ...rest] = path;
  if (key === undefined || typeof found !== 'object' || found === null) return found;
  return at((found as Readonly<Record<string, unknown>>)[key], rest);
}

/** What tells most about a new one. */
const FACTS: Readonly<Record<string, readonly string[]>> = {
  Network: ['cidr', 'egress', 'pool'],
  Interface: ['network', 'node', 'address'],
  FloatingIP: ['pool', 'address', 'interface'],
  RoutedIP: ['pool', 'address', 'network'],
  AddressPool: ['cidr', 'device'],
  Node: ['gateway'],
};

function factsOf({ kind, spec }: Definition): string {
  const said = (FACTS[kind] ?? []).flatMap(field => {
    const found = (spec as Readonly<Record<string, unknown>>)[field];
    return found === undefined ? [] : [`${field} ${valueText(found)}`];
  });
  return said.length === 0 ? '' : `: ${said.join(', ')}`;
}
