/** The few sentences that all forms of a review begin with, as pieces: names stay apart from words, since each form guards them in its own way. */
import type { NodeReview, Review } from './review.ts';
import type { Family, Telling } from './telling.ts';

/** Guards a text that came from definitions, or from a kernel. */
export type Guard = (text: string) => string;

const VERBS = { removed: 'removes', changed: 'changes', added: 'adds' } as const;

/** `removes 1 Network and 3 Interfaces, adds 1 Interface, on 3 of 3 nodes`; kinds only, no names. */
export function whatMergingDoes({ changes, nodes }: Review, { busy }: Telling): string {
  const where = busy.length === 0 ? `and nothing on any of ${count(nodes.length, 'node')}` : `on ${busy.length} of ${count(nodes.length, 'node')}`;
  const parts = (['removed', 'changed', 'added'] as const).flatMap(change => {
    const kinds = changes.filter(one => one.change === change).map(({ definition }) => definition.split(' ')[0] ?? '');
    return kinds.length === 0 ? [] : [`${VERBS[change]} ${countedKinds(kinds)}`];
  });
  if (parts.length === 0)
    return busy.length === 0 ? `changes nothing on any of ${count(nodes.length, 'node')}` : `changes no definition, and something ${where}`;
  return `${parts.join(', ')}, ${where}`;
}

const PLURALS: Readonly<Record<string, string>> = { FloatingIP: 'FloatingIPs', RoutedIP: 'RoutedIPs' };

function countedKinds(kinds: readonly string[]): string {
  const numbers = new Map<string, number>();
  for (const kind of kinds) numbers.set(kind, (numbers.get(kind) ?? 0) + 1);
  return listed([...numbers].map(([kind, n]) => `${n} ${n === 1 ? kind : (PLURALS[kind] ?? `${kind}s`)}`));
}

/** Who loses what, the gravest first: a sentence each. One alone when nobody does. */
export function whoLosesTraffic({ families }: Telling, guard: Guard): readonly { readonly grave: 'cut' | 'new' | 'none'; readonly text: string }[] {
  const whom = (impact: Family['impact']): string => someOf(families.filter(family => family.impact === impact).map(family => hitText(family, guard)));
  const [cut, fresh] = [whom('existing-flows'), whom('new-flows')];
  if (cut === '' && fresh === '') return [{ grave: 'none', text: 'No traffic is affected.' }];
  return [
    ...(cut === '' ? [] : [{ grave: 'cut' as const, text: `Existing connections are cut: ${cut}.` }]),
    ...(fresh === '' ? [] : [{ grave: 'new' as const, text: `New connections only: ${fresh}.` }]),
  ];
}

const MOST_HIT = 3;

/** Whom a family's impact meets: all of it, or some guests. */
export function hitText({ name, hit, changes }: Family, guard: Guard): string {
  const isRemoved = changes.some(({ definition, change }) => definition === name && change === 'removed');
  if (hit.includes(name) || hit.length === 0) return `${guard(name === '' ? 'what is no longer defined' : name)}${isRemoved ? ' (removed)' : ''}`;
  const removed = new Set(changes.filter(({ change }) => change === 'removed').map(({ definition }) => definition));
  const gone = hit.every(one => removed.has(one)) ? ' (removed)' : '';
  return `${someOf(hit.map(guard), MOST_HIT)}${gone} in ${guard(name)}`;
}

const MOST_NAMED = 6;

/** `a, b and c`; of many the first ones and how many more. */
export function someOf(names: readonly string[], most = MOST_NAMED): string {
  return names.length <= most ? listed(names) : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}

/** `a`, `a and b`, `a, b and c`. */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** `1 node`, `3 nodes`. */
export function count(n: number, word: string): string {
  return `${n} ${word}${n === 1 ? '' : 's'}`;
}

/** What kinds of things go, and how many: `3 x vxlan interface, 1 x namespace, and 51 things with them`. Titles only, no names. */
export function whatIsDestroyed(nodes: readonly NodeReview[]): string {
  const plans = nodes.flatMap(({ plan, later }) => (later === null ? [plan] : [plan, later]));
  const numbers = new Map<string, number>();
  for (const { title } of plans.flatMap(({ steps }) => steps.filter(step => step.verb === 'delete' && !step.replacing))) {
    numbers.set(title, (numbers.get(title) ?? 0) + 1);
  }
  const along = plans.reduce((sum, { swept }) => sum + swept.length, 0);
  const own = [...numbers].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([title, n]) => `${n} x ${title}`);
  return along === 0 ? listed(own) : `${own.join(', ')}, and ${count(along, 'thing')} with ${own.length === 1 && along === 1 ? 'it' : 'them'}`;
}

/** `12 minutes`, `3 hours`, `2 days`. */
function age(seconds: number): string {
  if (seconds < 120) return count(seconds, 'second');
  if (seconds < 7200) return count(Math.floor(seconds / 60), 'minute');
  if (seconds < 172_800) return count(Math.floor(seconds / 3600), 'hour');
  return count(Math.floor(seconds / 86_400), 'day');
}

/** How fresh what the plans stand on is: one sentence without names. */
export function howFresh(nodes: readonly NodeReview[]): string {
  const ages = nodes.flatMap(({ ageSeconds }) => (ageSeconds === null ? [] : [ageSeconds]));
  if (ages.length === 0) return nodes.length === 0 ? '' : 'No node has reported yet.';
  const never = nodes.length - ages.length;
  const oldest = `${ages.length === 1 ? 'the report is' : 'the oldest report is'} ${age(Math.max(...ages))} old`;
  const rest = never === 0 ? '' : `, and ${count(never, 'node')} never reported`;
  return `Planned from what ${count(ages.length, 'node')} last reported, not from live kernels: ${oldest}${rest}.${liveSentence(nodes)}`;
}

function liveSentence(nodes: readonly NodeReview[]): string {
  const words = nodes.flatMap(({ live }) => live ?? []);
  const same = words.filter(({ agrees }) => agrees);
  if (words.length === 0) return '';
  const oldest = age(Math.max(...words.map(({ ageSeconds }) => ageSeconds)));
  return ` ${count(words.length, 'node')} planned it against the live kernel too, ${oldest} ago or later: ${same.length === words.length ? 'the same' : `${same.length} the same, ${words.length - same.length} otherwise`}.`;
}

/** The command by which somebody agrees to deletions, on each node. */
export function howToAgree(hash: string): string {
  return `netloom approve --ahead ${hash}`;
}
