/**
 * Repositories of definitions in several revisions, as random values: definitions from the schemas, tied together, and what a
 * check refuses taken out again where its diagnostic points, until nothing is refused. So a rule that is added needs no word here.
 */
import fc from 'fast-check';
import { KIND_SCHEMAS, schemaAt } from '../../src/load/schema.ts';
import type { KindName } from '../../src/objects/object.ts';
import { type Revision, withoutWrong } from './revision.ts';
import { schemaArbitrary } from './schema-arbitrary.ts';
import { type Document, LIKELY, ORDER, type Scope, THIS_NODE, TIES, type Tie } from './ties.ts';
import type { Value } from './yaml-lines.ts';

export const KINDS = Object.keys(KIND_SCHEMAS) as readonly KindName[];

/** A number that becomes a value when its revision is known. */
class Late {
  readonly tie: Tie;
  readonly n: number;
  constructor(tie: Tie, n: number) {
    this.tie = tie;
    this.n = n;
  }
}

/** One definition through all revisions: two versions of it, and which of their fields each revision has. */
interface Entry {
  readonly kind: KindName;
  readonly name: number;
  readonly tenant: number;
  readonly versions: readonly [Body, Body];
  /** By revision: 0 as before, 1 or 2 that version, 3 gone, more: the bits choose each field from one of the two. */
  readonly turns: readonly number[];
}

/** What the generator is asked for. */
export interface Wish {
  readonly revisions: number;
  /** The most definitions of a kind; others have two. */
  readonly most?: Partial<Readonly<Record<KindName, number>>>;
  /** What is chosen otherwise here, by kind and path. */
  readonly ties?: Readonly<Record<string, Tie>>;
}

const NAMES = ['a', 'web', 'db-1', 'lan', 'x0', 'b', 'vm', 'c', 'mail', 'd', `${'long-name-'.repeat(6)}end`];
const TENANTS = ['', '', '', '', 'blue', 'red'] as const;
const MOST: Wish['most'] = { Node: 2, Network: 4, Interface: 9, FloatingIP: 3, RoutedIP: 4 };

/** Random revisions; each a list of documents that `load` takes without an error. */
export function anyHistory(wish: Wish): fc.Arbitrary<readonly Revision[]> {
  return anyEntries(wish).map(entries => revisionsOf(entries, wish.revisions));
}

function anyEntries(wish: Wish): fc.Arbitrary<readonly Entry[]> {
  const of = (kind: KindName): fc.Arbitrary<Entry> => anyEntry(kind, wish);
  const others = KINDS.filter(kind => kind !== 'Cluster').map(kind =>
    fc.array(of(kind), { minLength: kind === 'Network' ? 1 : 0, maxLength: wish.most?.[kind] ?? MOST?.[kind] ?? 2, size: 'max' }),
  );
  return fc.tuple(of('Cluster'), of('Node'), ...others).map(([cluster, node, ...more]) => [cluster, node, ...more.flat()]);
}

function anyEntry(kind: KindName, { revisions, ties = {} }: Wish): fc.Arbitrary<Entry> {
  const schema = KIND_SCHEMAS[kind];
  const all = { ...TIES, ...ties };
  const version: fc.Arbitrary<Body> = schemaArbitrary(schema, schema, '', {
    instead: ({ path }) => {
      const tie = all[`${kind} ${path}`];
      if (path === 'metadata.name' || path === 'metadata.namespace') return fc.constant('?');
      return tie === undefined ? undefined : fc.nat(997).map(n => new Late(tie, n));
    },
    isLikely: path => LIKELY.has(`${kind} ${path}`),
  }) as fc.Arbitrary<Body>;
  const turn = fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 3, arbitrary: fc.integer({ min: 4, max: 0xffff }) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 3 }) },
  );
  return fc.record({
    kind: fc.constant(kind),
    name: fc.nat(97),
    tenant: fc.nat(97),
    versions: fc.tuple(version, version),
    turns: fc.array(turn, { minLength: revisions, maxLength: revisions }),
  });
}

interface Named extends Entry {
  readonly metadata: Document['metadata'];
}

function revisionsOf(entries: readonly Entry[], count: number): readonly Revision[] {
  const all = identified(entries);
  return Array.from({ length: count }, (_, at) => withoutWrong(resolved(all.flatMap(entry => versionAt(entry, at)))));
}

// A definition keeps its name through all revisions; the second that would have one is left out.
function identified(entries: readonly Entry[]): readonly Named[] {
  const taken = new Set<string>();
  let nodes = 0;
  return entries.flatMap(entry => {
    const metadata = identityOf(entry, entry.kind === 'Node' ? ++nodes : 0);
    const key = `${entry.kind} ${metadata.namespace ?? ''} ${metadata.name}`;
    if (taken.has(key)) return [];
    taken.add(key);
    return [{ ...entry, metadata }];
  });
}

function identityOf({ kind, name, tenant }: Entry, node: number): Document['metadata'] {
  if (kind === 'Cluster') return { name: 'test' };
  if (kind === 'Node') return { name: `n${node}` };
  if (kind === 'Namespace') return { name: TENANTS[4 + (tenant % 2)] as string };
  const chosen = TENANTS[tenant % TENANTS.length] ?? '';
  const isTenants = schemaAt(KIND_SCHEMAS[kind], ['metadata', 'namespace']) !== null;
  return { name: NAMES[name % NAMES.length] as string, ...(isTenants && chosen !== '' ? { namespace: chosen } : {}) };
}

const isHere = ({ kind, metadata: { name } }: Named): boolean => kind === 'Cluster' || (kind === 'Node' && name === THIS_NODE);

type Body = Readonly<Record<string, unknown>>;

function versionAt(entry: Named, at: number): readonly Body[] {
  const turn = entry.turns.slice(0, at + 1).findLast(one => one !== 0) ?? 1;
  if (turn === 3 && !isHere(entry)) return [];
  const [one, two] = entry.versions;
  const body = turn > 3 ? mixed(one, two, turn) : turn === 2 ? two : one;
  return [{ ...body, metadata: { ...(body['metadata'] as Body), namespace: undefined, ...entry.metadata }, spec: body['spec'] ?? {} }];
}

function mixed(one: Body, two: Body, bits: number): Body {
  const [first = {}, second = {}] = [one['spec'], two['spec']] as readonly Body[];
  const keys = [...new Set([...Object.keys(first), ...Object.keys(second)])].sort();
  const chosen = keys.map((key, at) => [key, ((bits >> (at % 14)) & 1 ? second : first)[key]] as const);
  return { ...one, spec: Object.fromEntries(chosen.filter(([, value]) => value !== undefined)) };
}

/** Numbers become values: kind by kind, field by field, so that each can see what came before. */
function resolved(bodies: readonly Body[]): readonly Document[] {
  const rank = (kind: unknown): number => (ORDER.includes(kind as KindName) ? ORDER.indexOf(kind as KindName) : ORDER.length);
  const sorted = [...bodies].sort((a, b) => rank(a['kind']) - rank(b['kind']));
  const done: Document[] = sorted.map(({ spec: _, ...rest }) => ({ ...(settle(rest, {}, NOBODY) as object), spec: {} }) as unknown as Document);
  const all = (kind: KindName): readonly Document[] => done.filter(one => one.kind === kind);
  sorted.forEach(({ spec }, at) => {
    const self = { ...(done[at] as Document), spec: {} };
    done[at] = self;
    fill(self.spec, spec as Body, { self, all });
  });
  return done;
}

const NOBODY = { self: { kind: 'Cluster', metadata: { name: '' }, spec: {} }, all: () => [] } as Pick<Scope, 'self' | 'all'>;

/** The value that a random one stands for; undefined: it is left out. */
function settle(value: unknown, beside: Readonly<Record<string, Value>>, scope: Pick<Scope, 'self' | 'all'>): Value | undefined {
  if (value instanceof Late) return value.tie(value.n, { ...scope, beside });
  if (Array.isArray(value)) return value.flatMap(one => settle(one, beside, scope) ?? []);
  return typeof value === 'object' && value !== null ? fill({}, value as Body, scope) : (value as Value | undefined);
}

// Field by field into what others look at already.
function fill(into: Record<string, Value>, body: Body, scope: Pick<Scope, 'self' | 'all'>): Readonly<Record<string, Value>> {
  for (const [key, one] of Object.entries(body)) {
    const value = settle(one, into, scope);
    if (value !== undefined) Object.defineProperty(into, key, { value, enumerable: true, writable: true, configurable: true });
  }
  return into;
}
