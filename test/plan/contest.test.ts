import { describe, expect, test } from 'vitest';
import { KINDS } from '../../src/kinds/index.ts';
import type { Observed, Resource } from '../../src/kinds/kind.ts';
import { afterPass, type Contests, contesting, contestText, leaving, leftAlone, repairsIn } from '../../src/plan/contest.ts';
import { diff } from '../../src/plan/diff.ts';

const MIN = 60_000;
const from = [{ definition: 'Network default/lan', at: { file: 'lan.yaml', line: 1, col: 1 } }];
const sysctl = (value: string): Resource => ({
  kind: 'sysctl',
  ref: 'sysctl:/net.ipv4.ip_forward',
  spec: { netns: '', key: 'net.ipv4.ip_forward', value },
  from,
});
const route = (via: string): Resource => ({
  kind: 'route',
  ref: 'route:/254/10.9.0.0/24',
  spec: { netns: '', table: '254', dst: '10.9.0.0/24', via },
  from,
});
const there = ({ kind, ref, spec }: Resource): Observed => ({ kind, ref, spec, owner: 'ours' });

interface Quarrel {
  /** A pass that finds this; what it did, and what it left alone, a line each. */
  pass(have: readonly Observed[], now: number, want?: readonly Resource[]): readonly string[];
  memory(): Contests;
}

/** A node whose things another program changes back, pass by pass. */
function quarrelAbout(usual: readonly Resource[]): Quarrel {
  let memory: Contests = new Map();
  return {
    memory: () => memory,
    pass: (have, now, want = usual) => {
      const planned = (known: Contests) => {
        const { want: agreed, contested } = contesting(want, have, leftAlone(known, now));
        return { steps: diff(agreed, have, KINDS).steps, contested };
      };
      const known = leaving(memory, repairsIn(planned(memory).steps, want, KINDS), now, () => ['NetworkManager']);
      const { steps, contested } = planned(known);
      memory = afterPass(known, repairsIn(steps, want, KINDS), contested, now);
      return [...steps.map(({ verb, ref }) => `${verb} ${ref}`), ...contested.map(({ ref, field }) => `leaves ${ref} ${field}`.trim())];
    },
  };
}

const REPAIRED = ['update sysctl:/net.ipv4.ip_forward'];
const LEFT = ['leaves sysctl:/net.ipv4.ip_forward value'];

/** Five repairs, and the pass that gives way: at minute 5. */
function given(): Quarrel {
  const quarrel = quarrelAbout([sysctl('1')]);
  for (let minute = 0; minute < 5; minute++) expect(quarrel.pass([there(sysctl('0'))], minute * MIN)).toEqual(REPAIRED);
  expect(quarrel.pass([there(sysctl('0'))], 5 * MIN)).toEqual(LEFT);
  return quarrel;
}

describe('what another program changes back', () => {
  test('is put right five times in a row, then left alone, told with who may be the other one', () => {
    const quarrel = given();
    expect(quarrel.pass([there(sysctl('0'))], 6 * MIN)).toEqual(LEFT);
    const [contest] = [...quarrel.memory().values()];
    expect(contest).toMatchObject({ field: 'value', rounds: 1, who: ['NetworkManager'], leftAt: 5 * MIN });
    const text = contestText({ ref: 'sysctl:/net.ipv4.ip_forward', field: 'value', want: '1', have: '0', who: ['NetworkManager'] });
    expect(text).toContain('value of sysctl:/net.ipv4.ip_forward was put right 5 times and is 0 again instead of 1');
    expect(text).toContain('perhaps NetworkManager');
    expect(text).toContain('netloom resume');
  });

  test('other things go on being put right', () => {
    const want = [
      sysctl('1'),
      { ...sysctl('2'), ref: 'sysctl:/net.ipv4.conf.all.rp_filter' as const, spec: { netns: '', key: 'net.ipv4.conf.all.rp_filter', value: '2' } },
    ];
    const quarrel = quarrelAbout(want);
    const [first, second] = want.map(each => there({ ...each, spec: { ...each.spec, value: '0' } }));
    const well = there(want[1] as Resource);
    for (let minute = 0; minute < 5; minute++) quarrel.pass([first as Observed, well], minute * MIN);
    expect(quarrel.pass([first as Observed, second as Observed], 5 * MIN)).toEqual(['update sysctl:/net.ipv4.conf.all.rp_filter', ...LEFT]);
  });

  test('repairs that are a quarter of an hour apart are no row', () => {
    const quarrel = quarrelAbout([sysctl('1')]);
    for (let nth = 0; nth < 12; nth++) expect(quarrel.pass([there(sysctl('0'))], nth * 16 * MIN)).toEqual(REPAIRED);
  });

  test('a clock that was set back or forth makes no row', () => {
    const quarrel = quarrelAbout([sysctl('1')]);
    for (const now of [5, 4, 3, 2, 1, 0]) expect(quarrel.pass([there(sysctl('0'))], now * MIN)).toEqual(REPAIRED);
  });

  test('it is taken up again when another value is wanted', () => {
    const quarrel = given();
    expect(quarrel.pass([there(sysctl('0'))], 6 * MIN, [sysctl('2')])).toEqual(REPAIRED);
    expect(quarrel.pass([there(sysctl('0'))], 7 * MIN, [sysctl('2')])).toEqual(REPAIRED);
  });

  test('it is forgotten when it is as wanted again', () => {
    const quarrel = given();
    expect(quarrel.pass([there(sysctl('1'))], 6 * MIN)).toEqual([]);
    expect(quarrel.memory().size).toBe(0);
  });

  test('it is tried once more after a while, and left for twice as long when that was in vain', () => {
    const quarrel = given();
    expect(quarrel.pass([there(sysctl('0'))], 14 * MIN)).toEqual(LEFT);
    expect(quarrel.pass([there(sysctl('0'))], 15 * MIN)).toEqual(REPAIRED);
    expect(quarrel.pass([there(sysctl('0'))], 16 * MIN)).toEqual(LEFT);
    expect(quarrel.pass([there(sysctl('0'))], 35 * MIN)).toEqual(LEFT);
    expect(quarrel.pass([there(sysctl('0'))], 36 * MIN)).toEqual(REPAIRED);
    // This time it lasts.
    expect(quarrel.pass([there(sysctl('1'))], 52 * MIN)).toEqual([]);
    expect(quarrel.memory().size).toBe(0);
  });

  test('what is gone each time is left away, what is there each time is left there', () => {
    const gone = quarrelAbout([route('192.0.2.1')]);
    for (let minute = 0; minute < 5; minute++) expect(gone.pass([], minute * MIN)).toEqual(['make route:/254/10.9.0.0/24']);
    expect(gone.pass([], 5 * MIN)).toEqual(['leaves route:/254/10.9.0.0/24']);
    const back = quarrelAbout([]);
    const others = there(route('192.0.2.1'));
    for (let minute = 0; minute < 5; minute++) expect(back.pass([others], minute * MIN)).toEqual(['delete route:/254/10.9.0.0/24']);
    expect(back.pass([others], 5 * MIN)).toEqual(['leaves route:/254/10.9.0.0/24']);
    // Gone by itself: nothing is left to quarrel about.
    expect(back.pass([], 6 * MIN)).toEqual([]);
    expect(back.memory().size).toBe(0);
  });

  test('marks, filters, files and services are put right however often', () => {
    const marked = [...KINDS.values()].filter(({ fields }) => 'group' in fields);
    expect(marked.map(({ insists }) => insists)).toEqual(marked.map(() => ['group', 'alias']));
    const insisting = [...KINDS.values()].filter(({ insists }) => insists === true).map(({ name }) => name);
    expect(insisting.sort()).toEqual(['file', 'nft', 'service']);
    const file: Resource = { kind: 'file', ref: 'file:a', spec: { path: 'a', hash: '1', text: '' }, from };
    const quarrel = quarrelAbout([file]);
    const other = there({ ...file, spec: { path: 'a', hash: '2', text: '' } });
    for (let minute = 0; minute < 9; minute++) expect(quarrel.pass([other], minute * MIN)).toEqual(['update file:a']);
  });
});
