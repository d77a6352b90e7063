import { beforeAll, beforeEach, expect, it } from 'vitest';
import { apply } from '../../src/host/apply.ts';
import { KINDS } from '../../src/kinds/index.ts';
import type { Resource } from '../../src/kinds/kind.ts';
import { diff } from '../../src/plan/diff.ts';
import { emptyNode, insistOnLab, say, seen } from '../kinds/kernel-room.ts';
import { type Sample, SAMPLES } from '../kinds/samples.ts';
beforeAll(insistOnLab);
beforeEach(emptyNode);
const ALL = SAMPLES.filter(({ title }) => !['IPv6 neigh', 'IPv6 route to a link'].includes(title));
const KEYS = ALL.flatMap(({ kind, spec }) => kind.keys?.(spec) ?? []);
let seed = Number(process.env.SEED ?? 1);
const rnd = () => { seed = (seed * 1103515245 + 12345) & 0x7fffffff; return seed / 0x7fffffff; };
const FIX: Record<string, object[]> = { vxlan: [{ vni: 3 }, {port: 4790}], tap: [{ owner: 1001 }, { owner: null }], address: [{ ip: '10.0.0.7' }], 'IPv6 address': [{ ip: 'fd00:1::7' }], veth: [{ }], 'port of the mesh': [{}], 'route over a next hop': [{ via: '10.0.0.9' }], flood: [{ dst: '10.9.0.7' }] };
function vary(s: Sample): Sample {
  const fields = Object.keys(s.drift).filter(f => !['group','up','stp'].includes(f));
  let spec = { ...s.spec };
  if (rnd() < 0.3 && fields.length) { const f = fields[Math.floor(rnd() * fields.length)]!; spec = { ...spec, [f]: s.drift[f] }; }
  const fx = FIX[s.title]; if (fx && rnd() < 0.3) spec = { ...spec, ...fx[Math.floor(rnd() * fx.length)] };
  return { ...s, spec };
}
const wanted = ({ kind, spec, title }: Sample): Resource => ({ kind: kind.name, ref: kind.ref(spec), spec, from: [{ definition: title, at: { file: 't', line: 1, col: 1 } }] });
it('soak', async () => {
  let bad = 0;
  for (let i = 0; i < 70; i++) {
    const p = 0.5 + rnd() * 0.5;
    
    const picked = new Set<Sample>();
    const pick = (s: Sample) => { if (picked.has(s)) return; picked.add(s); s.on.forEach(pick); const mate: Record<string,string> = { veth: 'far', 'veth with both ends in the root': 'far end in the root' }; const m = ALL.find(x => x.title === mate[s.title]); if (m && !picked.has(m)) pick(m); };
    ALL.filter(() => rnd() < p - 0.3).forEach(pick);
    const want = [...picked].map(vary).map(wanted);
    if (rnd() < 0.4) { // hand drift of a thing that exists
      const have = await seen();
      const s = ALL[Math.floor(rnd() * ALL.length)]!;
      if (have.some(o => o.ref === s.kind.ref(s.spec) && o.kind === s.kind.name)) {
        const f = Object.keys(s.drift).filter(x => x !== 'group'); 
        const ops = f.length && rnd() < 0.6 ? s.kind.update({ ...s.spec, ...s.drift }, [f[Math.floor(rnd() * f.length)]!] as never) : s.kind.remove(s.spec);
        await say(ops).catch(() => undefined);
      }
    }
    const plan = diff(want, await seen(KEYS), KINDS);
    const outcomes = await apply(plan.steps);
    const fails = outcomes.filter(o => o.status !== 'done').map(o => `${o.step.verb} ${o.step.ref}: ${o.status}: ${o.error}`);
    const again = diff(want, await seen(KEYS), KINDS);
    if (fails.length || again.steps.length) { bad++; console.log(i, 'HELD', plan.held.map(h => `${h.why} ${h.ref} on ${h.on}`), 'STEPS', plan.steps.map(s => `${s.verb} ${s.ref}`), 'FAIL', fails, 'AGAIN', JSON.stringify(again.steps.map(s => [s.verb, s.ref, s.changes.length > 4 ? '' : s.changes])));
      await apply(again.steps); const third = diff(want, await seen(KEYS), KINDS); if (third.steps.length) console.log('THIRD', JSON.stringify(third.steps.map(s => [s.verb, s.ref]))); }
  }
  expect(bad).toBe(0);
}, 500000);
