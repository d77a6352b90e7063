/** Saved plans as values: what the file takes, and what makes a plan stale. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { KINDS } from '../../src/kinds/index.ts';
import type { Observed, Resource } from '../../src/kinds/kind.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { type Made, readSavedPlan, type SavedPlan, savedParts, savedPlanFile } from '../../src/plan/saved-plan.ts';
import { chooseSteps, sourceMoved } from '../../src/plan/stale.ts';
import { applied, GUEST, guestPair, guestTap, planOf, segment } from './demo.ts';

const made = (want: readonly Resource[], have: readonly Observed[]): Made => ({ plan: planOf(want, have), resources: want, observed: have });

const savedOf = (from: Made, more: Partial<SavedPlan> = {}): SavedPlan => ({
  netloom: '0.1.0',
  node: 'n1',
  made: '2026-11-21T10:00:00Z',
  source: { local: null, revision: 'a'.repeat(40), files: { 'a.yaml': '1' } },
  ledger: { 'Network default/demo': 'vxid 2' },
  ...savedParts(from, KINDS),
  ...more,
});

const WANT = segment();
/** The mtu of the mesh is to change. */
const HAVE = applied(segment()).map(one => (one.ref === 'link:/vxlan-2' ? { ...one, spec: { ...one.spec, mtu: 1400 } } : one));
const NOW = made(WANT, HAVE);
const SAVED = savedOf(NOW);
const LEDGER = SAVED.ledger;

const moved = (now: Made, ledger = LEDGER, version = '0.1.0'): readonly string[] => {
  const chosen = chooseSteps(SAVED, now, ledger, version);
  return 'moved' in chosen ? chosen.moved : [];
};
const refs = (plan: Plan): readonly string[] => plan.steps.map(({ verb, ref }) => `${verb} ${ref}`);

describe('the file', () => {
  test('reads back as it was written, in the shape of its schema', () => {
    const text = savedPlanFile(SAVED);
    const read = readSavedPlan(text, 'n1');
    expect('saved' in read && read.saved).toMatchObject(JSON.parse(JSON.stringify(SAVED)));
    const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync('schemas/output/saved-plan.json', 'utf8')));
    validate(JSON.parse(text));
    expect(validate.errors ?? []).toEqual([]);
  });

  test('is refused when it is cut or altered anywhere, of another node, or of another major format', () => {
    const text = savedPlanFile(SAVED);
    for (let end = 0; end < text.length - 2; end += 97) expect(readSavedPlan(text.slice(0, end), 'n1')).toHaveProperty('problem');
    expect(readSavedPlan(text.replace('mtu 1450', 'mtu 1451'), 'n1')).toEqual({ problem: expect.stringContaining('damaged') });
    expect(readSavedPlan(text, 'n2')).toEqual({ problem: 'it is a plan for n1, and this node is n2' });
    expect(readSavedPlan(text.replace('"1.0"', '"2.0"'), 'n1')).toEqual({ problem: expect.stringContaining('format is 2.0') });
    expect(readSavedPlan('[]', 'n1')).toHaveProperty('problem');
  });
});

describe('a saved plan', () => {
  test('is carried out step by step while nothing moved', () => {
    expect(chooseSteps(SAVED, NOW, LEDGER, '0.1.0')).toEqual(NOW.plan);
    expect(refs(NOW.plan)).toEqual(['update link:/vxlan-2']);
  });

  test('is not stale for what it neither reads nor writes, and leaves that alone', () => {
    const others = made([...WANT, ...guestTap()], HAVE);
    expect(others.plan.steps.length).toBeGreaterThan(1);
    const chosen = chooseSteps(SAVED, others, { ...LEDGER, 'Interface default/web': 'address 192.168.0.2' }, '0.1.0');
    expect('moved' in chosen ? chosen.moved : refs(chosen)).toEqual(['update link:/vxlan-2']);
  });

  test('is stale when what it writes or stands on moved, and says which field, was and is', () => {
    const touched = HAVE.map(one => (one.ref === 'link:/vxlan-2' ? { ...one, spec: { ...one.spec, mtu: 1300 } } : one));
    expect(moved(made(WANT, touched))).toContain('link:/vxlan-2 mtu: was 1400, is 1300');
    expect(
      moved(
        made(
          WANT,
          HAVE.filter(({ ref }) => ref !== 'link:/vxlan-2'),
        ),
      ),
    ).toContain('link:/vxlan-2: was there, is gone');
    const foreign = HAVE.map(one => (one.ref === 'link:/vxlan-2' ? { ...one, owner: 'foreign' as const } : one));
    expect(moved(made(WANT, foreign))).toContain('link:/vxlan-2 owner: was ours, is foreign');
    const fresh = savedOf(made(WANT, []));
    const stale = chooseSteps(fresh, made(WANT, applied(segment())), LEDGER, '0.1.0');
    expect('moved' in stale && stale.moved).toContain('link:/vxlan-2: was not there, is now');
  });

  test('is stale when other steps would be done with the same state, and says of which allocation', () => {
    const want = WANT.map(one => (one.ref === 'link:/vxlan-2' ? { ...one, spec: { ...one.spec, mtu: 1350 } } : one));
    const lines = moved(made(want, HAVE), { 'Network default/demo': 'vxid 3' });
    expect(lines).toContain('allocation of Network default/demo: was vxid 2, is vxid 3');
    expect(lines).toContain('  update link:/vxlan-2: planned, and is not what would be done now');
    expect(moved(made(want, HAVE), LEDGER, '0.2.0')).toContain('netloom: was 0.1.0, is 0.2.0');
  });

  test('is stale when a step of it is not to be done any more, with the same state', () => {
    const want = WANT.map(one => (one.ref === 'link:/vxlan-2' ? { ...one, spec: { ...one.spec, mtu: 1400 } } : one));
    expect(moved(made(want, HAVE))).toContain('  update link:/vxlan-2: planned, and is not what would be done now');
  });

  test('is stale when more is to be done with what was planned: what a step needs now, or another step for the same thing', () => {
    const pair = guestPair('guest');
    const there = [...applied(pair.filter(({ kind }) => kind !== 'route')), GUEST];
    const routed = savedOf(made(pair, there));
    expect(routed.steps.map(({ ref }) => ref)).toEqual(['route:guest/254/default']);
    const more = 'more is to be done with what was planned than was planned';
    const without = there.filter(({ kind }) => kind !== 'address');
    expect(chooseSteps(routed, made(pair, without), LEDGER, '0.1.0')).toEqual({ moved: [more] });
    const mesh = WANT.filter(({ kind }) => kind === 'vxlan');
    const gone = savedOf(made([], applied(mesh)));
    const other = mesh.map(one => ({ ...one, spec: { ...one.spec, vni: 99 } }));
    expect(chooseSteps(gone, made(other, applied(mesh)), LEDGER, '0.1.0')).toEqual({ moved: [more] });
  });

  test('is stale when a deletion would take along more than it was to', () => {
    const before = made([], applied(segment()));
    const saved = savedOf(before);
    const now = made([], applied(segment('2', { peers: ['10.2.1.11', '10.2.1.13'] })));
    const stale = chooseSteps(saved, now, LEDGER, '0.1.0');
    expect('moved' in stale && stale.moved.join('\n')).toContain('planned, and is not what would be done now');
  });

  test('is stale when the definitions moved, with the files that did', () => {
    const is = { local: null, revision: 'b'.repeat(40), files: { 'a.yaml': '2', 'b.yaml': '1' } };
    expect(sourceMoved(SAVED.source, is)).toEqual(['commit: was aaaaaaaaaa, is bbbbbbbbbb', '  a.yaml: changed', '  b.yaml: new']);
    expect(sourceMoved(SAVED.source, SAVED.source)).toEqual([]);
  });
});
