/**
 * The impact class of every change, told by packets: while flows pass each part of a gateway node, every row of the table of
 * kinds is provoked and put right again. No traffic and new flows only: not one of more than a thousand requests is lost on any
 * flow, and every TCP connection lives on. Existing flows: they are really cut.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { updateImpact, worst } from '../../src/kinds/impact.ts';
import { KINDS } from '../../src/kinds/index.ts';
import type { AnyKind, Impact } from '../../src/kinds/kind.ts';
import type { Step } from '../../src/kinds/step.ts';
import { type Fate, type Flow, type Mark, serveIn, startFlow } from './support/flows.ts';
import { CASES, type Case, UNPROVOKED } from './support/impact-cases.ts';
import { BASE, compiledOn, endLab, make, makeLab, plugIn, SERVERS, WAYS } from './support/impact-lab.ts';
import { named, paste, sayAll } from './support/node.ts';

let servers: readonly (() => Promise<void>)[] = [];
let flows: readonly Flow[] = [];
/** What was seen of a row: `netns delete: cut`. */
const proven = new Set<string>();
let unharmed = 0;

beforeAll(async () => {
  await makeLab();
  servers = await Promise.all(SERVERS.map(serveIn));
  flows = await Promise.all(WAYS.map(startFlow));
});

afterAll(async () => {
  await Promise.all([...flows.map(flow => flow.stop()), ...servers.map(stop => stop())]);
  await endLab();
});

const PATIENT_MS = 5000;
const BRIEF_MS = 250;

/** Does something under all flows; those that were harmed, as sentences. Waits as long as `impact` calls for. */
async function harmedBy(impact: Impact, act: () => Promise<unknown>): Promise<readonly string[]> {
  const marks = flows.map(flow => flow.mark());
  await act();
  const fates = await Promise.all(flows.map((flow, at) => flow.since(marks[at] as Mark, impact === 'existing-flows' ? BRIEF_MS : PATIENT_MS)));
  const harmed = fates.flatMap((fate: Fate, at) =>
    fate.lost === 0 && fate.talks ? [] : [`${flows[at]?.name}: ${fate.lost} lost${fate.talks ? '' : ', TCP ended'}`],
  );
  if (harmed.length === 0) unharmed += 1;
  return harmed;
}

function classOf({ kind: name, row, want }: Case): Impact {
  const kind = KINDS.get(name) as AnyKind;
  if (row === 'make' || row === 'delete') return kind.impact[row];
  const have = BASE.find(each => each.kind === name && kind.ref(each.spec) === kind.ref(want));
  return updateImpact(kind, [row], want ?? {}, have?.spec ?? {});
}

/** The case itself: by acts of the kind, or by definitions and the plan that they make. */
async function provoke(one: Case): Promise<void> {
  if (one.drift !== undefined) await paste(one.drift);
  if (one.ops === undefined && one.given === undefined) return;
  let impact: Impact = one.given === undefined ? classOf(one) : 'existing-flows';
  const harmed = await harmedBy(impact, async () => {
    if (one.given === undefined) await sayAll(one.ops ?? []);
    else impact = worst((await make(compiledOn(one.given))).steps.map(step => step.impact));
    if (one.afterwards !== undefined) await paste(one.afterwards);
  });
  if (impact !== 'existing-flows') expect(harmed, `${one.title} is said to be: ${impact}`).toEqual([]);
  proven.add(`${one.kind} ${one.row}: ${harmed.length > 0 ? 'cut' : 'kept'}`);
}

/** Back to what is wanted, by a plan; judged where all flows go. */
async function putRight(one: Case): Promise<void> {
  const before = flows.map(flow => flow.mark());
  const isGoing = (await Promise.all(flows.map((flow, at) => flow.since(before[at] as Mark, BRIEF_MS)))).every(fate => fate.talks);
  if (!isGoing) {
    await make(BASE);
    return;
  }
  let steps: readonly Step[] = [];
  const harmed = await harmedBy('no-traffic', async () => {
    steps = (await make(BASE)).steps;
  });
  const impact = worst(steps.map(step => step.impact));
  if (impact !== 'existing-flows') expect(harmed, `${one.title}, put right, is said to be: ${impact}`).toEqual([]);
  if (harmed.length > 0) return;
  for (const { kind, verb, changes } of steps)
    for (const row of verb === 'update' ? changes.map(({ field }) => field) : [verb]) proven.add(`${kind} ${row}: kept`);
}

describe.each(named(CASES))('%s', (_, one) => {
  it('meets packets as its class says, and so does what puts it right', async () => {
    await provoke(one);
    await putRight(one);
    if (one.kind === 'tap' && ['up', 'delete'].includes(one.row)) await plugIn();
    // Who was told of a smaller mtu on the way remembers it for minutes.
    if (one.row === 'mtu') await paste(WAYS.map(({ from }) => `ip -n ${from} route flush cache`).join('\n'));
    await Promise.all(flows.map(flow => flow.revive()));
  });
});

describe('the table of impacts', () => {
  const rows = [...KINDS.values()].flatMap(kind =>
    (['make', 'delete', ...Object.keys(kind.impact.fields)] as const).map(row => {
      const impact = row === 'make' || row === 'delete' ? kind.impact[row] : (kind.impact.fields as Record<string, Impact>)[row];
      return { title: `${kind.name} ${row}`, impact };
    }),
  );

  it.each(named(rows.filter(({ title }) => UNPROVOKED[title] === undefined)))('has a proof of %s', (title, { impact }) => {
    expect([...proven]).toContain(`${title}: ${impact === 'existing-flows' ? 'cut' : 'kept'}`);
  });

  it('names only rows that there are as unprovoked', () => {
    expect(Object.keys(UNPROVOKED).filter(title => !rows.some(row => row.title === title))).toEqual([]);
  });

  it('was held against more than a thousand requests on each flow', () => {
    expect(Math.min(...flows.map(flow => flow.answered()))).toBeGreaterThan(1000);
    expect(unharmed).toBeGreaterThan(50);
  });
});
