/** What `plan -o commands` prints, pasted into a shell, does what `apply` does: on two nodes that are alike, with the built program. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { privateNode, type TestNode } from '../support/lab-node.ts';
import type { Definitions } from './support/definitions.ts';
import { dump, expectDump, type Row, settledDump, type Tool } from './support/dump.ts';
import { WIRES } from './support/node.ts';
import { local } from './support/program.ts';
import { RICH_DEFINITIONS } from './support/rich.ts';
import { TRANSITIONS } from './support/transitions.ts';

type Node = Awaited<ReturnType<typeof privateNode>>;
let applied: Node;
let pasted: Node;

const one = local();
const other = local(one);

beforeAll(async () => {
  applied = await privateNode('applied');
  pasted = await privateNode('pasted');
  for (const node of [applied, pasted]) await node.ok(['bash', '-e'], WIRES);
});

afterAll(async () => {
  await applied?.end();
  await pasted?.end();
});

function toolOf(node: TestNode): Tool {
  return (argv, stdin) => node.ok(argv, stdin);
}

/** Takes both nodes to these definitions, each in its way; what each of them did. */
async function go(definitions: Definitions): Promise<string> {
  one.define(definitions);
  await applied.ok(one.argv('apply'));
  const text = await pasted.ok(other.argv('plan', '-o', 'commands'));
  const { exitCode, stderr } = await pasted.run(['bash'], { stdin: text });
  expect([exitCode, stderr]).toEqual([0, '']);
  return text;
}

async function expectAlike(): Promise<readonly Row[]> {
  const left = await settledDump({ tool: toolOf(applied) });
  await expectDump(left, { tool: toolOf(pasted) });
  return left;
}

const titled = (title: string) => TRANSITIONS.filter(transition => transition.title === title).flatMap(({ before, after }) => [before, after]);

const WAY: readonly (readonly [string, Definitions])[] = [
  ['everything at once', RICH_DEFINITIONS],
  ...titled('two networks swap their vxids').map((each, nth) => [`vxids, ${nth === 0 ? 'before' : 'swapped'}`, each] as const),
  ...titled('two guests swap their namespaces')
    .slice(1)
    .map(each => ['guests, swapped', each] as const),
];

it('two empty nodes are alike', async () => {
  const rows = await expectAlike();
  expect(rows.some(row => row.text.includes('"group":"97"'))).toBe(false);
});

it.each(WAY)('%s: the pasted commands give what apply gives, and nothing is left to plan', async (_, definitions) => {
  const text = await go(definitions);
  expect(text).toMatch(/^(ip|bridge|nft|sysctl) /m);
  const rows = await expectAlike();
  expect(rows.some(row => row.text.includes('"group":"97"'))).toBe(true);
  expect(await pasted.ok(other.argv('plan', '-o', 'commands'))).toBe('# nothing to do\n');
  expect((await applied.run(one.argv('plan', '--detailed-exitcode'))).exitCode).toBe(0);
});

it('a folder that would delete much changes nothing before somebody says that it is meant', async () => {
  one.define({});
  const before = await settledDump({ tool: toolOf(applied) });
  const { exitCode, stderr } = await applied.run(one.argv('apply', '--approve', '0123456789abcdef'));
  expect([exitCode, stderr]).toEqual([
    5,
    expect.stringMatching(/(\d+) of \1 links of networks would be deleted .* the last Network; .* --approve [0-9a-f]{16}\n$/),
  ]);
  await expectDump(before, { tool: toolOf(applied) });
});

it('a plan that deletes everything, pasted, leaves what apply leaves: an empty node', async () => {
  await go({});
  const rows = await expectAlike();
  expect(rows.some(row => /"group":"97"|"netloom"/.test(row.text))).toBe(false);
  const empty = await privateNode('empty');
  try {
    await empty.ok(['bash', '-e'], WIRES);
    // Forwarding is switched on for routers, and never off.
    await empty.ok(['sysctl', '-qw', 'net.ipv4.ip_forward=1']);
    // What bridges hand to the IP filters of the node is turned off, and never on again.
    const but = (all: readonly Row[]) => all.filter(row => !row.text.startsWith('bridge/bridge-nf-call-'));
    await expectDump(but(rows), { tool: toolOf(empty), only: but });
    expect((await dump({ tool: toolOf(empty) })).length).toBeGreaterThan(20);
  } finally {
    await empty.end();
  }
});
