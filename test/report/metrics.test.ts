import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { exposition, type Family } from '../../src/report/exposition.ts';
import { buildMetric, metricsOf } from '../../src/report/metrics.ts';
import { afterPass, DURATION_BOUNDS, type Numbers, PASS_RESULTS, type PassFacts } from '../../src/report/pass-numbers.ts';
import { ROOT } from '../house/tree.ts';
import { readExposition } from '../support/exposition.ts';

const PASS: PassFacts = {
  version: '0.1.0',
  node: 'n1',
  end: 'ok',
  at: 1_700_000_000.5,
  durationS: 0.3,
  operations: [
    { kind: 'tap', isFailed: false },
    { kind: 'tap', isFailed: true },
    { kind: 'port', isFailed: false },
  ],
  drift: { found: 2, repaired: 1 },
  push: 'pushed',
  isFetchFailed: false,
  isSuspended: false,
  isHeldBack: false,
  waiting: { deletions: 0, upgrade: 0 },
  standing: {
    mode: 'enforce',
    revision: { observed: 'a'.repeat(40), accepted: 'b'.repeat(40), applied: 'c'.repeat(40) },
    conditions: [
      { type: 'Ready', status: true },
      { type: 'Stalled', status: false },
    ],
    objects: { Network: { ready: 2, waiting: 0, degraded: 0, error: 1, deleting: 0 } },
    drift: 0,
    pendingAllocations: 1,
    pools: { edge: { size: 16, taken: 5, free: 11 } },
    nearlyFullNetworks: 0,
  },
};
const following = (...passes: readonly Partial<PassFacts>[]): Numbers =>
  passes.reduce<Numbers | null>((before, pass) => afterPass(before, { ...PASS, ...pass }), null) as Numbers;
const read = (numbers: Numbers) => readExposition(exposition(metricsOf(numbers)));
const value = (numbers: Numbers, name: string, labels: Readonly<Record<string, string>> = {}) =>
  read(numbers)
    .get(name)
    ?.samples.find(sample => Object.entries(labels).every(([key, text]) => sample.labels[key] === text))?.value;

describe('after passes', () => {
  test('counters go on, and what stands is as of the last', () => {
    const numbers = following({}, { end: 'partly', at: 1_700_000_060, durationS: 1, push: 'failed', isFetchFailed: true, isSuspended: true });
    expect([value(numbers, 'netloom_passes_total', { result: 'ok' }), value(numbers, 'netloom_passes_total', { result: 'partly' })]).toEqual([1, 1]);
    expect(value(numbers, 'netloom_operations_total', { kind: 'tap', result: 'failed' })).toBe(2);
    expect(value(numbers, 'netloom_operations_total', { kind: 'port', result: 'failed' })).toBe(0);
    expect([value(numbers, 'netloom_drift_found_total'), value(numbers, 'netloom_drift_repaired_total')]).toEqual([4, 2]);
    expect([value(numbers, 'netloom_last_pass_timestamp_seconds'), value(numbers, 'netloom_last_success_timestamp_seconds')]).toEqual([
      1_700_000_060, 1_700_000_000.5,
    ]);
    expect([value(numbers, 'netloom_pushes_total', { result: 'pushed' }), value(numbers, 'netloom_pushes_total', { result: 'failed' })]).toEqual([1, 1]);
    expect([value(numbers, 'netloom_fetch_failures_total'), value(numbers, 'netloom_suspended'), value(numbers, 'netloom_held_back')]).toEqual([1, 1, 0]);
    expect(value(numbers, 'netloom_pool_addresses', { pool: 'edge', state: 'free' })).toBe(11);
    expect([value(numbers, 'netloom_condition', { type: 'Ready' }), value(numbers, 'netloom_condition', { type: 'Stalled' })]).toEqual([1, 0]);
  });

  test('one that did not come so far leaves what stood', () => {
    const numbers = following({}, { end: 'error', standing: null, operations: [], waiting: { deletions: 12, upgrade: 0 } });
    expect(value(numbers, 'netloom_objects', { kind: 'Network', state: 'error' })).toBe(1);
    expect(value(numbers, 'netloom_deletions_waiting_for_approval')).toBe(12);
    expect(read(following({ standing: null })).has('netloom_condition')).toBe(false);
  });

  test('durations are counted where they belong', () => {
    const durations = [0.1, 0.11, 2, 1000];
    const histogram = read(following(...durations.map(durationS => ({ durationS })))).get('netloom_pass_duration_seconds');
    const buckets = histogram?.samples.filter(({ name }) => name.endsWith('_bucket')).map(({ labels, value }) => [labels['le'], value]);
    expect(buckets).toEqual([...DURATION_BOUNDS, '+Inf'].map(le => [String(le), durations.filter(each => le === '+Inf' || each <= Number(le)).length]));
    expect(histogram?.samples.at(-2)?.value).toBe(1002.21);
  });

  test('a pass that never was, and one that never was well, have no time', () => {
    expect([...readExposition(exposition([buildMetric('0.1.0')])).keys()]).toEqual(['netloom_build_info']);
    expect(read(following({ end: 'error' })).has('netloom_last_success_timestamp_seconds')).toBe(false);
  });
});

describe('the text format', () => {
  const odd: Family = {
    name: 'netloom_odd_info',
    help: 'A \\ and\na line.',
    type: 'gauge',
    samples: [{ labels: { text: 'a"b\\c\nd', other: '{},= #' }, value: 1 }],
  };

  test('escapes what stands in labels and help, and reads back the same', () => {
    const text = exposition([odd]);
    expect(text).toBe(
      '# HELP netloom_odd_info A \\\\ and\\na line.\n# TYPE netloom_odd_info gauge\nnetloom_odd_info{text="a\\"b\\\\c\\nd",other="{},= #"} 1\n',
    );
    expect(readExposition(text).get('netloom_odd_info')).toEqual({ ...odd, samples: [{ name: odd.name, labels: odd.samples[0]?.labels, value: 1 }] });
  });

  test.each([
    ['a counter without _total', '# HELP a_seconds x\n# TYPE a_seconds counter\na_seconds 1\n'],
    ['a gauge with it', '# HELP a_total x\n# TYPE a_total gauge\na_total 1\n'],
    ['no help', 'a_seconds 1\n'],
    ['one series twice', '# HELP a_info x\n# TYPE a_info gauge\na_info{a="b"} 1\na_info{a="b"} 1\n'],
    ['a quote that is not escaped', '# HELP a_info x\n# TYPE a_info gauge\na_info{a="b"c"} 1\n'],
    ['no number', '# HELP a_seconds x\n# TYPE a_seconds gauge\na_seconds x\n'],
    ['no end', '# HELP a_seconds x\n# TYPE a_seconds gauge\na_seconds 1'],
    [
      'buckets that fall',
      '# HELP a_seconds x\n# TYPE a_seconds histogram\na_seconds_bucket{le="1"} 2\na_seconds_bucket{le="+Inf"} 1\na_seconds_sum 1\na_seconds_count 1\n',
    ],
    ['no base unit', '# HELP a_milliseconds x\n# TYPE a_milliseconds gauge\na_milliseconds 1\n'],
  ])('the reader of these tests refuses %s', (_, text) => expect(() => readExposition(text)).toThrow());
});

describe('documents', () => {
  const named = (text: string): ReadonlySet<string> => new Set(text.match(/\bnetloom_[a-z_]+/g) ?? []);
  const there = [...read(following({})).keys()];
  const page = readFileSync(join(ROOT, 'docs', 'metrics.md'), 'utf8');

  test('docs/metrics.md lists every metric, with its type and labels, and no other', () => {
    const rows = [...page.matchAll(/^\| `(netloom_[a-z_]+)` \| (\w+) \|([^|]*)\|/gm)].map(([, name, type, labels = '']) => [
      name,
      type,
      labels.match(/`\w+`/g)?.length ?? 0,
    ]);
    const labelsOf = (name: string): number =>
      new Set(
        read(following({}))
          .get(name)
          ?.samples.flatMap(({ labels }) => Object.keys(labels).filter(key => key !== 'le')),
      ).size;
    expect(rows).toEqual(there.map(name => [name, read(following({})).get(name)?.type, labelsOf(name)]));
    for (const result of PASS_RESULTS) expect(page).toContain(`\`${result}\``);
  });

  test('docs/alerts.yaml is a file of rules that speak of metrics that are there', () => {
    const text = readFileSync(join(ROOT, 'docs', 'alerts.yaml'), 'utf8');
    const { groups } = parse(text) as { groups: readonly { name: string; rules: readonly Record<string, unknown>[] }[] };
    const rules = groups.flatMap(group => group.rules);
    expect(rules.length).toBeGreaterThan(7);
    expect([...named(text)].filter(name => !there.includes(name.replace(/_(bucket|sum|count)$/, '')))).toEqual([]);
    for (const rule of rules) {
      expect(Object.keys(rule).filter(key => !['alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'].includes(key))).toEqual([]);
      expect([rule['alert'], rule['annotations']]).toEqual([
        expect.stringMatching(/^Netloom[A-Za-z]+$/),
        { summary: expect.any(String), description: expect.any(String) },
      ]);
      const expr = String(rule['expr']);
      expect([expr, expr.split('(').length]).toEqual([expr, expr.split(')').length]);
    }
  });
});
