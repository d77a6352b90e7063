import { describe, expect, test } from 'vitest';
import { IGNORABLE } from '../../src/kinds/ignorable.ts';
import { KINDS } from '../../src/kinds/index.ts';
import type { Observed, Resource } from '../../src/kinds/kind.ts';
import { diff } from '../../src/plan/diff.ts';
import { type IgnoreRule, ignoredText, ignoring } from '../../src/plan/ignore.ts';
import { toJson } from '../../src/plan/to-json.ts';
import { doc, look, node } from '../consent/world.ts';

const KEY = 'net/ipv4/ip_forward';
const FROM = [{ definition: 'Node n1', at: { file: 'a.yaml', line: 1, col: 1 } }];
const sysctl = (key: string, value: string) => ({ kind: 'sysctl', ref: `sysctl:/${key}` as const, spec: { netns: '', key, value } });
const want = (key: string, value: string): Resource => ({ ...sysctl(key, value), from: FROM });
const have = (key: string, value: string): Observed => ({ ...sysctl(key, value), owner: 'common' });
const rule = (ref?: string): IgnoreRule => ({ kind: 'sysctl', field: 'value', ...(ref === undefined ? {} : { ref }) });

/** Refs that a plan changes, and those that it ignores. */
function outcome(rules: readonly IgnoreRule[], wanted: readonly Resource[], there: readonly Observed[]): readonly [readonly string[], readonly string[]] {
  const spared = ignoring(wanted, there, rules);
  return [diff(spared.want, there, KINDS).steps.map(step => step.ref), spared.ignored.map(each => each.ref)];
}

describe('a field that is left alone', () => {
  const wanted = [want(KEY, '1'), want('net/ipv4/conf/all/rp_filter', '2')];
  const there = [have(KEY, '0'), have('net/ipv4/conf/all/rp_filter', '0')];
  const [forward, filter] = [`sysctl:/${KEY}`, 'sysctl:/net/ipv4/conf/all/rp_filter'];
  test.each([
    ['is repaired where no rule covers it', [], [filter, forward], []],
    ['is neither repaired nor counted', [rule()], [], [filter, forward]],
    ['is named by its ref', [rule(forward)], [filter], [forward]],
    ['is named by a pattern', [rule('sysctl:*rp_*er')], [forward], [filter]],
    ['is not named by a pattern that overlaps itself', [rule(`${forward}*ip_forward`)], [filter, forward], []],
    ['is of its kind', [{ kind: 'bridge', field: 'value' }], [filter, forward], []],
    ['is that field', [{ kind: 'sysctl', field: 'key' }], [filter, forward], []],
  ] as const)('%s', (_, rules, steps, ignored) => expect(outcome(rules, wanted, there).map(refs => [...refs].sort())).toEqual([steps, ignored]));

  test('is not worth a word where it is as defined', () =>
    expect(outcome([rule()], wanted, [have(KEY, '1'), have('net/ipv4/conf/all/rp_filter', '2')])).toEqual([[], []]));

  test('has its defined value in what is made anew', () => {
    const spared = ignoring([want(KEY, '1')], [], [rule()]);
    expect(spared).toEqual({ want: [want(KEY, '1')], ignored: [] });
  });

  test('is shown with both values and its definition, to people and to programs', () => {
    const { ignored } = ignoring([want(KEY, '1')], [have(KEY, '0')], [rule()]);
    expect(ignoredText(ignored)).toContain(`${forward} value: "0", defined "1" (Node n1)`);
    expect(ignoredText([])).toContain('nothing differs');
    expect(toJson({ steps: [], swept: [], bystanders: [], held: [], ignored })).toMatchObject({
      ignored: [{ ref: forward, kind: 'sysctl', field: 'value', before: '0', after: '1', definition: 'Node n1' }],
    });
  });
});

test('every field that can be ignored is one that a pass would repair, and no mark of ours', () => {
  for (const [name, fields] of Object.entries(IGNORABLE)) {
    const fates = KINDS.get(name)?.fields as Readonly<Record<string, string>> | undefined;
    for (const field of fields) expect([name, field, ['live', 'fixed'].includes(fates?.[field] ?? '')]).toEqual([name, field, true]);
    expect(fields.filter(field => ['group', 'alias', 'rows'].includes(field))).toEqual([]);
  }
});

describe('a rule that means nothing is refused with the nearest name that does', () => {
  const said = (rules: string): readonly string[] =>
    look(doc('Cluster test', `ignoreDrift: [${rules}]`), node('n1')).diagnostics.map(
      ({ code, message, hint, at }) => `${at.line} ${code}: ${message} (${hint})`,
    );
  test.each([
    ['{ kind: brigde, field: mtu }', [expect.stringMatching(/^4 wrong-value: no field of a "brigde".*did you mean bridge\?/)]],
    ['{ kind: nft, field: rows }', [expect.stringMatching(/wrong-value: .*one of bridge, /)]],
    ['{ kind: bridge, field: mut }', [expect.stringMatching(/wrong-value: field "mut" of a bridge.*did you mean mtu\?/)]],
    ['{ kind: bridge, field: group }', [expect.stringMatching(/wrong-value: field "group"/)]],
    ['{ kind: toString, field: length }', [expect.stringMatching(/wrong-value/)]],
    ['{ kind: bridge, field: mtu, nodes: [n11] }', [expect.stringMatching(/unknown-reference: there is no Node n11.*did you mean n1\?/)]],
    ['{ kind: bridge, feild: mtu }', [expect.stringMatching(/unknown-field|missing-field/), expect.stringMatching(/unknown-field|missing-field/)]],
    ['{ kind: tap, field: owner, ref: "link:/tap-*", nodes: [n1], comment: why }', []],
  ] as const)('%s', (rules, expected) => expect(said(rules)).toEqual(expected));
});
