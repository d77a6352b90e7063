/** `netloom watch` on a real node and a real git server: passes by themselves, an end in time, and branches planned but never applied. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type LongChild, spawnLong } from '../../src/host/spawn-long.ts';
import { configOf } from '../../src/lab/lab.ts';
import { livePlanPath, parseLivePlan } from '../../src/report/live-plan.ts';
import { ROOT } from '../house/tree.ts';
import { definition, type GitLab, gitLab, guest, linksOf, STATUS } from './support-git.ts';

let yard: GitLab;
let watcher: LongChild;
let heard = '';

beforeAll(async () => {
  const files = {
    'red/namespace.yaml': definition('Namespace', 'red'),
    'red/lan.yaml': [definition('Network', 'red/lan', { cidr: '10.0.0.0/24', vxid: 16 }), guest('red/r1', 'lan', 'n1')].join('---\n'),
  };
  yard = await gitLab(1, files, [['n1', 'r1']]);
  const words = ['watch', '--config', configOf(yard.lab.dir, 'n1'), '--poll', '1s', '--interval', '1h', '--plan-branches', 'pr/*'];
  watcher = spawnLong('nsenter', [...yard.node('n1').into(), process.execPath, join(ROOT, 'dist', 'netloom.js'), ...words]);
  watcher.stdout.on('data', (chunk: Uint8Array) => {
    heard += Buffer.from(chunk).toString();
  });
});
afterAll(async () => {
  await watcher?.stop();
  await yard?.end();
});

async function until(what: string, met: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 20_000; !(await met()); await sleep(100)) if (Date.now() > end) throw new Error(`${what}: ${heard}${watcher.stderr()}`);
}

const has = async (link: string): Promise<boolean> => (await linksOf(yard.node('n1'))).includes(link);
const planOf = async (branch: string) => {
  const path = livePlanPath(branch, 'n1');
  return parseLivePlan(path, (await yard.files(STATUS).catch(() => new Map<string, string>())).get(path) ?? '');
};

test('the first pass comes at once, the next with a commit', async () => {
  await until('no first pass', () => has('vxlan-10'));
  await yard.commit('a second network', {
    'red/more.yaml': [definition('Network', 'red/more', { vxid: 17 }), guest('red/m1', 'more', 'n1', { attach: { tap: {} } })].join('---\n'),
  });
  await until('no pass for a commit', () => has('vxlan-11'));
});

const third = [definition('Network', 'red/third', { vxid: 18 }), guest('red/t1', 'third', 'n1', { attach: { tap: {} } })].join('---\n');

test('a branch is planned against the live kernel, anew when it moves, and nothing of it is applied', async () => {
  const path = join(yard.base, 'work', 'red', 'third.yaml');
  await yard.git('checkout', '-q', '-b', 'pr/7');
  writeFileSync(path, third);
  await yard.git('add', '--all');
  await yard.git('commit', '-q', '-m', 'a third network');
  await yard.git('push', '-q', 'origin', 'pr/7');
  await until('no plan of the branch', async () => (await planOf('pr/7')) !== null);
  const first = await planOf('pr/7');
  expect(first).toMatchObject({ node: 'n1', branch: 'pr/7', base: await yard.tip('main'), contains_base: true, refusal: null, cut: false });
  expect(first?.commit).toBe(await yard.tip('pr/7'));
  expect(first?.text.join('\n')).toContain('+ vxlan interface vxlan-12 ');
  expect(await has('vxlan-12')).toBe(false);
  writeFileSync(path, third.replace('Network', 'Netwrok'));
  await yard.git('commit', '-qam', 'a mistake');
  await yard.git('push', '-q', 'origin', 'pr/7');
  await until('no refusal of the branch', async () => (await planOf('pr/7'))?.refusal?.reason === 'InvalidDefinitions');
  expect((await planOf('pr/7'))?.refusal?.diagnostics.join('\n')).toContain('unknown-kind');
});

test('a plan goes with its branch', async () => {
  await yard.git('push', '-q', 'origin', ':pr/7');
  await until('the plan stays', async () => (await planOf('pr/7')) === null);
});

test('it ends in time with 0 when it is told to', async () => {
  const since = performance.now();
  await watcher.stop();
  expect(await watcher.ended).toMatchObject({ exitCode: 0 });
  expect(performance.now() - since).toBeLessThan(5000);
});
