import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { branchFolder, isLiveNews, type LivePlan, livePlanFile, livePlanPath, MOST_BYTES, parseLivePlan } from '../../src/report/live-plan.ts';

const LIVE: LivePlan = {
  node: 'n1',
  version: '0.1.0',
  branch: 'pr/42',
  commit: 'a'.repeat(40),
  base: 'b'.repeat(40),
  contains_base: true,
  made: '2026-11-21T10:00:00Z',
  refusal: null,
  notes: ['the pass would allocate …'],
  summary: { add: 1 },
  text: ['Network default/demo', '  + vxlan interface vxlan-2'],
  plan: { format_version: '1.0', steps: [] },
  cut: false,
};
const REFUSED: LivePlan = {
  ...LIVE,
  summary: null,
  plan: null,
  text: [],
  refusal: { reason: 'InvalidDefinitions', message: 'no', diagnostics: ['a.yaml:1:1'] },
};

const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync('schemas/output/live-plan.json', 'utf8')));

test.each([LIVE, REFUSED, { ...LIVE, contains_base: null, base: '' }])('a plan reads back as it was written, in the shape of its schema', live => {
  const text = livePlanFile(live);
  expect(parseLivePlan(livePlanPath(live.branch, live.node), text)).toMatchObject(live as object);
  expect(validate(JSON.parse(text)), JSON.stringify(validate.errors)).toBe(true);
});

test('a file at the place of another branch or node, of another major version, cut or damaged is none', () => {
  const [path, text] = [livePlanPath('pr/42', 'n1'), livePlanFile(LIVE)];
  expect(parseLivePlan(path, text)).not.toBeNull();
  expect(parseLivePlan(livePlanPath('pr/43', 'n1'), text)).toBeNull();
  expect(parseLivePlan(livePlanPath('pr/42', 'n2'), text)).toBeNull();
  expect(parseLivePlan(path, text.replace('"1.0"', '"2.0"'))).toBeNull();
  expect(parseLivePlan(path, text.replace('"1.0"', '"1.7"'))).not.toBeNull();
  for (let end = 0; end < text.length - 2; end += 7) expect(parseLivePlan(path, text.slice(0, end))).toBeNull();
  for (const field of Object.keys(LIVE)) expect(parseLivePlan(path, JSON.stringify({ ...JSON.parse(text), [field]: 5 })), field).toBeNull();
  expect(parseLivePlan(path, `${text}${' '.repeat(MOST_BYTES)}`)).toBeNull();
});

test('no two branches share a folder, whatever they are called, and every folder is safe', () => {
  const seen = new Map<string, string>();
  const odd = ['pr/1', 'pr=2f1', 'pr-1', 'PR/1', 'pr.1', 'pr/1.lock', 'é', 'e\u0301', '=', '==', 'x'.repeat(121), `${'x'.repeat(121)}y`, '/'.repeat(60), '=x'];
  const name = fc.oneof(
    fc.constantFrom(...odd),
    fc.string({ unit: 'binary' }),
    fc.string({ unit: fc.constantFrom('a', 'A', '=', '/', '.', '2', 'f'), maxLength: 300 }),
  );
  fc.assert(
    fc.property(name, branch => {
      const folder = branchFolder(branch);
      if (branch !== '') expect(folder).toMatch(/^[a-z0-9_=-]{1,120}$/);
      expect(seen.get(folder) ?? branch).toBe(branch);
      seen.set(folder, branch);
    }),
    { numRuns: 3000 },
  );
  expect(branchFolder('pr/42')).toBe('pr=2f42');
  // A short name cannot be written so that it meets the shape of a long one.
  expect(branchFolder(branchFolder('x'.repeat(121)))).not.toBe(branchFolder('x'.repeat(121)));
});

test.each([
  ['a large plan', { plan: { steps: Array.from({ length: 9000 }, () => 'é'.repeat(40)) } }],
  ['many lines', { text: Array.from({ length: 50_000 }, () => 'x'.repeat(60)) }],
  ['one endless line', { text: ['x'.repeat(10 * MOST_BYTES)] }],
  ['lines of other letters', { text: Array.from({ length: 3000 }, () => '網'.repeat(60)) }],
  ['many diagnostics', { refusal: { reason: 'InvalidDefinitions', message: '', diagnostics: Array.from({ length: 50_000 }, () => '\u0001'.repeat(90)) } }],
  ['many notes', { notes: Array.from({ length: 50_000 }, () => 'x'.repeat(90)) }],
])('%s is cut, and says so', (_, more) => {
  const text = livePlanFile({ ...LIVE, ...more });
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MOST_BYTES);
  expect(parseLivePlan(livePlanPath('pr/42', 'n1'), text)).toMatchObject({ cut: true, branch: 'pr/42', summary: { add: 1 } });
});

test('the same plan made again is no news; another one, or a newer commit, is', () => {
  expect(isLiveNews(null, LIVE)).toBe(true);
  expect(isLiveNews(LIVE, { ...LIVE, made: '2026-11-21T11:00:00Z', base: 'c'.repeat(40) })).toBe(false);
  for (const more of [{ commit: 'c'.repeat(40) }, { text: [] }, { contains_base: false }]) expect(isLiveNews(LIVE, { ...LIVE, ...more })).toBe(true);
});
