/** README's "When it does not ping", played word for word in a lab of the example repository. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { labDown } from '../../src/lab/down.ts';
import { labRun } from '../../src/lab/enter.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { castOf } from '../../src/lab/topology.ts';
import { labUp } from '../../src/lab/up.ts';
import { loadFolder } from '../../src/pass/local.ts';
import { ROOT } from '../house/tree.ts';
import { isShown, type Step, stepsOf } from '../support/transcript.ts';

const STEPS = stepsOf(readFileSync(join(ROOT, 'README.md'), 'utf8'), '## When it does not ping');

/** What happens beside the terminals. */
const DIRECTIONS: Readonly<Record<string, readonly [node: string, script: string]>> = {
  'a firewall of the site on n3 drops what n2 sends': [
    'n3',
    `nft -f - <<END
table inet site {
  chain input { type filter hook input priority -10; ip saddr 10.2.1.12 udp dport 4789 drop; }
}
END`,
  ],
  'the firewall is put right': ['n3', 'nft delete table inet site'],
  'somebody tidies up on n3': ['n3', 'ip link del vxlan-2786ee'],
};

const base = mkdtempSync(join(tmpdir(), 'netloom-does-not-ping-'));
let lab: Lab;

beforeAll(async () => {
  const folder = join(ROOT, 'example-repo');
  const { catalog } = await loadFolder(folder, null);
  if (catalog === null) throw new Error('the example is not valid');
  lab = await labUp({ dir: join(base, 'lab'), definitions: { folder, cast: castOf(catalog) }, home: ROOT });
  for (const { name } of lab.nodes) await on(name, 'netloom reconcile', [0]);
}, 120_000);

afterAll(async () => {
  await labDown(join(base, 'lab'));
  rmSync(base, { recursive: true, force: true });
});

async function on(node: string, script: string, okCodes?: readonly number[]) {
  const result = await labRun(lab, node, ['bash', '-c', `exec 2>&1\n${script}`], { timeoutMs: 60_000 });
  if (okCodes !== undefined) expect(okCodes, `${node}# ${script}\n${result.stdout}`).toContain(result.exitCode);
  return result;
}

async function play({ who, typed, shown }: Step): Promise<void> {
  if (who === null) {
    const [node, script] = DIRECTIONS[typed] ?? [];
    if (node === undefined || script === undefined) throw new Error(`README has a stage direction that nobody knows: (${typed})`);
    await on(node, script, [0]);
    return;
  }
  const { stdout, exitCode } = await on(who, typed);
  if (process.env['NETLOOM_TRANSCRIPT'] !== undefined) process.stderr.write(`${who}# ${typed}\n${stdout}(${exitCode})\n`);
  const lines = stdout.trimEnd() === '' ? [] : stdout.trimEnd().split('\n');
  if (!isShown(shown, lines)) expect.soft(lines.join('\n'), `${who}# ${typed}`).toBe(shown.join('\n'));
}

it('leads from a ping without an answer to what is wrong, and to the cure', async () => {
  expect(STEPS.length).toBeGreaterThan(10);
  for (const step of STEPS) await play(step);
}, 240_000);
