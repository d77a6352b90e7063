import { describe, expect, test } from 'vitest';
import type { NodeReport } from '../../src/report/node-report.ts';
import { type Change, definition, filesIn, reviewed } from '../review/cluster.ts';

const EXAMPLE = filesIn('example-repo');
/** The reasons that keep n1's plan from being sure, of an unrelated change. */
const reasons = (report: Change['report']): readonly string[] => {
  const review = reviewed({ main: EXAMPLE, edits: { 'x.yaml': definition('Namespace', 'x') }, ...(report === undefined ? {} : { report }) });
  return review.nodes.filter(({ node }) => node === 'n1').flatMap(({ caveats }) => caveats.map(({ reason }) => reason));
};
const condition = (type: 'Stalled' | 'FetchFailed' | 'Suspended', status: boolean) => ({
  type,
  status,
  reason: 'Why',
  message: 'so',
  since: '2026-11-21T10:00:00Z',
});

describe('a plan without a kernel is said to be unsure where', () => {
  test.each<readonly [string, (told: NodeReport) => NodeReport | null, readonly string[]]>([
    ['nothing is the matter', told => told, []],
    ['the node never reported', () => null, ['NeverHeard']],
    ['it was not heard of for two heartbeats', told => ({ ...told, heard: '2026-11-21T09:11:59Z' }), ['Silent']],
    ['it applies nothing', told => ({ ...told, mode: 'observe' }), ['ObserveMode']],
    [
      'its last word is that it refuses, cannot fetch, or is suspended',
      told => ({ ...told, conditions: [condition('Stalled', true), condition('FetchFailed', true), condition('Suspended', true)] }),
      ['Why', 'Why', 'Why'],
    ],
    ['it once did', told => ({ ...told, conditions: [condition('Stalled', false)] }), []],
    [
      'a network is not as base has it',
      told => ({ ...told, networks: { ...told.networks, 'bakery/shop': { digest: 'other', state: 'ready' } } }),
      ['Outdated'],
    ],
    [
      'a guest of it waits',
      told => ({
        ...told,
        interfaces: { ...told.interfaces, 'bakery/lb-1': { digest: told.interfaces['bakery/lb-1']?.digest ?? '', state: 'waiting', reason: 'GuestMissing' } },
      }),
      ['Outdated'],
    ],
    ['drift was left', told => ({ ...told, drift: [{ ref: 'link:/x', field: '', want: 'absent', have: 'there' }] }), ['OpenDrift']],
  ])('%s', (_, report, expected) => {
    expect(reasons(report)).toEqual(expected);
  });

  test('a guest that is missing now is missing in the plan too', () => {
    const waiting = (told: NodeReport): NodeReport => ({
      ...told,
      interfaces: { ...told.interfaces, 'bakery/lb-1': { digest: told.interfaces['bakery/lb-1']?.digest ?? '', state: 'waiting', reason: 'GuestMissing' } },
    });
    const change = { main: EXAMPLE, edits: { 'namespaces/bakery/networks/shop.yaml': (text: string) => text.replace('spec:', 'spec:\n  mtu: 1400') } };
    const n1 = (review: ReturnType<typeof reviewed>) => review.nodes.find(({ node }) => node === 'n1')?.plan;
    const isOfGuest = ({ ref }: { readonly ref: string }): boolean => ref.includes('bakery-lb-1');
    expect(n1(reviewed(change))?.steps.some(isOfGuest)).toBe(true);
    const missing = n1(reviewed({ ...change, report: waiting }));
    expect([missing?.steps.some(isOfGuest), missing?.held.some(isOfGuest)]).toEqual([false, true]);
  });
});
