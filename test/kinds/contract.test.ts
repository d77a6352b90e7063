/** What every kind must answer, asked of all of them: a new kind is checked by being in the table. */
import { describe, expect, it } from 'vitest';
import { IMPACTS } from '../../src/kinds/impact.ts';
import { KINDS } from '../../src/kinds/index.ts';
import { lane, type Op } from '../../src/kinds/op.ts';
import { batchLine, nftText, renderOp } from '../../src/kinds/render.ts';
import type { Rows } from '../../src/kinds/rows.ts';
import { SAMPLES, type Sample } from './samples.ts';

const NOTHING: Rows = {
  netns: '',
  namespaces: [],
  links: [],
  routes: [],
  neighs: [],
  rules: [],
  proxies: [],
  fdb: [],
  tables: [],
  sysctls: {},
  files: [],
  services: [],
};
const OF_FATE = (sample: Sample, fate: string) => Object.keys(sample.spec).filter(field => sample.kind.fields[field] === fate);

describe('the table of kinds', () => {
  it('names each kind as it names itself, and has an example of each that netloom makes', () => {
    for (const [name, kind] of KINDS) expect(kind.name).toBe(name);
    const made = [...KINDS.keys()].filter(name => name !== 'other-link');
    expect(new Set(SAMPLES.map(({ kind }) => kind.name))).toEqual(new Set(made));
  });

  it('reads nothing out of an empty namespace', () => {
    for (const kind of KINDS.values()) expect(kind.parse(NOTHING)).toEqual([]);
  });

  it('answers how a change meets packets for every verb and every live field', () => {
    for (const kind of KINDS.values()) {
      const live = Object.entries(kind.fields).flatMap(([field, fate]) => (fate === 'live' ? [field] : []));
      expect(Object.keys(kind.impact.fields).sort(), kind.name).toEqual(live.sort());
      for (const impact of [kind.impact.make, kind.impact.delete, ...Object.values(kind.impact.fields)]) expect(IMPACTS).toContain(impact);
    }
  });
});

describe.each(SAMPLES)('$title', sample => {
  const { kind, spec } = sample;

  it('has a fate for every field of its spec', () => {
    for (const field of Object.keys(spec)) expect(kind.fields[field], field).toMatch(/^(key|live|fixed|covered|policy)$/);
  });

  it('has a ref that only its key fields make', () => {
    expect(kind.ref(spec)).toMatch(/^[a-z]+:/);
    const others = Object.fromEntries(Object.keys(spec).map(field => [field, kind.fields[field] === 'key' ? spec[field] : changed(spec[field])]));
    expect(kind.ref(others)).toBe(kind.ref(spec));
    for (const field of OF_FATE(sample, 'key')) expect(kind.ref({ ...spec, [field]: changed(spec[field]) }), field).not.toBe(kind.ref(spec));
  });

  it('claims by key and fixed fields alone', () => {
    const live = Object.fromEntries(OF_FATE(sample, 'live').map(field => [field, changed(spec[field])]));
    expect(kind.claims({ ...spec, ...live })).toEqual(kind.claims(spec));
  });

  it('is tied to what it stands on', () => {
    // What it drifts to stands on things as well.
    const tied = new Set([spec, { ...spec, ...sample.drift }].flatMap(one => kind.ties(one).map((tie: { to: string }) => tie.to)));
    for (const below of sample.on) {
      const names = [below.kind.ref(below.spec), ...(below.kind.groups?.(below.spec) ?? [])];
      const direct = names.some(name => tied.has(name));
      const through = sample.on.some(other => other !== below && other.kind.ties(other.spec).some((tie: { to: string }) => names.includes(tie.to as never)));
      expect(direct || through, `${below.title} below ${sample.title}`).toBe(true);
    }
  });

  it('is made, changed and removed by acts of one lane, or passes from one to the next once', () => {
    for (const ops of [kind.create(spec), kind.update(spec, OF_FATE(sample, 'live')), kind.update(spec, []), kind.remove(spec)]) {
      const lanes = ops.map(lane).filter((name, at, all) => name !== all[at - 1]);
      expect(lanes.length).toBeLessThanOrEqual(kind.name === 'announce' ? 2 : 1);
      for (const op of ops) expect(spoken(op)).not.toBe('');
    }
  });

  it('says the live fields that changed, and all of them when it is said again', () => {
    const live = OF_FATE(sample, 'live');
    for (const field of live) expect(kind.update(spec, [field]).length, field).toBeGreaterThan(0);
    expect(kind.update(spec, [])).toEqual(kind.update(spec, live));
  });
});

function spoken(op: Op): string {
  const tool = lane(op).split(':')[0];
  const text = tool === 'nft' ? nftText(op) : tool === 'ip' || tool === 'bridge' ? batchLine(op) : renderOp(op);
  return text === '' ? '' : renderOp(op);
}

function changed(value: unknown): unknown {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'boolean') return !value;
  return typeof value === 'string' ? `${value}x` : value;
}
