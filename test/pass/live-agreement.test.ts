import { describe, expect, test } from 'vitest';
import { livePlansIn } from '../../src/pass/live-agreement.ts';
import { summaryOf } from '../../src/plan/summary.ts';
import { toJson } from '../../src/plan/to-json.ts';
import { type LivePlan, livePlanFile, livePlanPath } from '../../src/report/live-plan.ts';
import { printMarkdown } from '../../src/review/markdown.ts';
import type { Review } from '../../src/review/review.ts';
import { definition, filesIn, reviewed } from '../review/cluster.ts';

const HEAD = '2222222222222222222222222222222222222222';
const CHANGE = { main: filesIn('example-repo'), edits: { 'namespaces/bakery/x.yaml': definition('Interface', 'bakery/x', { network: 'shop', node: 'n1' }) } };

type Record = { readonly [key: string]: never };

/** What a node plans itself: what was planned for it, but for these fields. */
function liveOf(review: Review, node: string, changed: Partial<LivePlan> = {}): LivePlan {
  const plan = review.nodes.find(each => each.node === node)?.plan;
  if (plan === undefined) throw new Error(`no node ${node}`);
  const base = {
    node,
    version: '0.1.0',
    branch: 'pr/1',
    commit: HEAD,
    base: 'x',
    contains_base: true,
    made: '2026-11-21T10:10:00Z',
    refusal: null,
    notes: [],
    text: ['Plan: it.'],
    cut: false,
  };
  return { ...base, summary: { ...summaryOf(plan) } as unknown as Record, plan: toJson(plan) as Record, ...changed };
}

const plain = reviewed(CHANGE);
const wordOf = (live: LivePlan) => reviewed({ ...CHANGE, live: [live] }).nodes.find(({ node }) => node === live.node);

describe('a node that planned the branch against its own kernel', () => {
  test('says the same: then that is told, with its age', () => {
    expect(wordOf(liveOf(plain, 'n1'))?.live).toMatchObject({ agrees: true, ageSeconds: 120 });
    const review = reviewed({ ...CHANGE, live: [liveOf(plain, 'n1'), liveOf(plain, 'n2')] });
    expect(printMarkdown(review)).toContain('2 nodes planned it against the live kernel too, 2 minutes ago or later: the same.');
  });

  test('says it in numbers alone, where its plan is too long for the file', () => {
    expect(wordOf(liveOf(plain, 'n1', { plan: null }))?.live?.agrees).toBe(true);
    expect(wordOf(liveOf(plain, 'n1', { plan: null, summary: { add: 99, change: 0, destroy: 0, held: 0 } as unknown as Record }))?.live?.agrees).toBe(false);
  });

  test('says otherwise: then its own plan is shown, made harmless', () => {
    const other = liveOf(plain, 'n1', {
      plan: { steps: [] } as unknown as Record,
      summary: { add: 0, change: 1, destroy: 0 } as unknown as Record,
      text: ['```', '</details> \u001b[31m'],
    });
    expect(wordOf(other)?.caveats).toEqual([
      { reason: 'LiveDiffers', message: 'against its live kernel it is otherwise: 0 to add, 1 to change, 0 to destroy' },
    ]);
    const comment = printMarkdown(reviewed({ ...CHANGE, live: [other] }));
    expect(comment).toContain('Against its live kernel:');
    expect(comment).toMatch(/^````diff$/m);
    expect(comment).not.toContain('\u001b');
  });

  test('would refuse it', () => {
    const refused = liveOf(plain, 'n1', { plan: null, summary: null, refusal: { reason: 'NeedsApproval', message: 'ask', diagnostics: [] } });
    expect(wordOf(refused)?.caveats[0]?.message).toBe('against its live kernel it is otherwise: it would refuse this: NeedsApproval: ask');
  });
});

describe('of the plans on the status branch', () => {
  const texts = (...all: readonly LivePlan[]) => new Map(all.map(live => [livePlanPath(live.branch, live.node), livePlanFile(live)]));
  const kept = (...all: readonly LivePlan[]) => [...livePlansIn(texts(...all), [HEAD]).values()].map(({ branch }) => branch);

  test('only those for this very commit count, on top of what is in force; of several the newest', () => {
    expect(kept(liveOf(plain, 'n1'))).toEqual(['pr/1']);
    expect(kept(liveOf(plain, 'n1', { commit: '3'.repeat(40) }))).toEqual([]);
    expect(kept(liveOf(plain, 'n1', { contains_base: false }))).toEqual([]);
    expect(kept(liveOf(plain, 'n1', { branch: 'pr/2', made: '2026-11-21T10:11:00Z' }), liveOf(plain, 'n1'))).toEqual(['pr/2']);
  });

  test('a file that is none, or stands elsewhere, is passed over', () => {
    const [[path, text] = ['', '']] = [...texts(liveOf(plain, 'n1'))];
    expect(
      livePlansIn(
        new Map([
          [path, text.slice(5)],
          [path.replace('n1', 'n2'), text],
          ['nodes/n1.yaml', text],
        ]),
        [HEAD],
      ).size,
    ).toBe(0);
  });
});
