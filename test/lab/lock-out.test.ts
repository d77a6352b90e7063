/** A change that cuts a node off from git comes back by itself, whoever is killed when: by real definitions, processes and packets. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Journal } from '../../src/pass/journal.ts';
import { expectDump, type Row, type Tool } from '../kernel/support/dump.ts';
import { journalOf, type Pass, restedDump, startPass, until, watchersOf } from './support-armed.ts';
import { definition, type GitLab, gitLab, guest } from './support-git.ts';

const NODES = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6'];
/** What an armed change has in these tests. */
const TIMEOUT_S = 3;

const GOOD = {
  'red/namespace.yaml': definition('Namespace', 'red'),
  'red/lan.yaml': [definition('Network', 'red/lan', { cidr: '10.0.0.0/24', vxid: 16 }), ...NODES.map(node => guest(`red/r-${node}`, 'lan', node))].join(
    '---\n',
  ),
};

/** The nodes join a network whose prefix holds the git server's address: they look for it there from then on. */
const cutting = (round: number) => ({
  'red/cut.yaml': [
    definition('Network', 'red/cut', { cidr: '198.51.100.240/28', vxid: 17 }),
    ...NODES.map(node => definition('Interface', `red/host-${node}`, { network: 'cut', node, attach: { host: {} } })),
  ].join('---\n'),
  'README.md': `round ${round}\n`,
});

let yard: GitLab;
const before = new Map<string, readonly Row[]>();
const configs = new Map<string, string>();

const toolOf =
  (node: string): Tool =>
  (argv, stdin) =>
    yard.node(node).ok(argv, stdin);
const isCut = async (node: string): Promise<boolean> => (await yard.node(node).ok('ip -4 route show')).includes('198.51.100.240/28');
const start = (node: string): Pass => startPass(yard, node, '--config', configs.get(node) ?? '');
const pass = (node: string) => yard.netloom(node, 'reconcile', '--config', configs.get(node) ?? '');
const conditionOf = async (node: string, type: string) => (await yard.status(node)).conditions.find((each: { type: string }) => each.type === type);

async function expectBack(node: string, where: string): Promise<void> {
  await expectDump(before.get(node) ?? [], { tool: toolOf(node), where: `${node}: ${where}` });
}

beforeAll(async () => {
  yard = await gitLab(
    NODES.length,
    GOOD,
    NODES.map(node => [node, `r-${node}`]),
  );
  for (const node of NODES) configs.set(node, yard.config(node, 'short', { confirmTimeout: `${TIMEOUT_S}s` }));
  await yard.pass();
  for (const node of NODES) before.set(node, await restedDump(toolOf(node)));
});
afterAll(() => yard?.end());

/** Ways back that were met while they were gone. */
let met = 0;

/** The journal of a node that is on its way back; null where that was over before anybody saw it. */
async function wayBack(node: string): Promise<Journal | null> {
  await until('a journal', () => journalOf(yard, node));
  const { journal } = await until('the way back', () => {
    const now = journalOf(yard, node);
    return now === null || now.phase === 'undoing' ? { journal: now } : null;
  });
  if (journal !== null) met += 1;
  return journal;
}

/** What happens to a pass, and to who watches over it; each ends with nobody alive who was meant to be killed. */
const FATES: Readonly<Record<string, (node: string, running: Pass) => Promise<'watcher' | 'next pass'>>> = {
  'it is killed while it is armed': async (node, running) => {
    await until('a journal', () => journalOf(yard, node));
    running.child.kill('SIGKILL');
    return 'next pass';
  },
  'it is killed as soon as it is armed': async (node, running) => {
    await until('an armed journal', () => journalOf(yard, node)?.phase === 'applying');
    running.child.kill('SIGKILL');
    return 'watcher';
  },
  'it is killed in the middle of apply': async (node, running) => {
    await until('the cut', () => isCut(node));
    running.child.kill('SIGKILL');
    return 'watcher';
  },
  'it hangs in the middle of apply': async (node, running) => {
    await until('the cut', () => isCut(node));
    running.child.kill('SIGSTOP');
    return 'watcher';
  },
  'it is killed while it takes the change back': async (node, running) => {
    if ((await wayBack(node)) !== null) running.child.kill('SIGKILL');
    return 'watcher';
  },
  'its watcher is killed, and then it is': async (node, running) => {
    const journal = await until('a journal', () => journalOf(yard, node));
    const [watcher = 0] = await until('its watcher', () => watchersOf(journal).length > 0 && watchersOf(journal));
    await until('the cut', () => isCut(node));
    process.kill(watcher, 'SIGKILL');
    running.child.kill('SIGKILL');
    return 'next pass';
  },
  'it is killed in the middle of apply, and the watcher while it takes the change back': async (node, running) => {
    await until('the cut', () => isCut(node));
    running.child.kill('SIGKILL');
    const journal = await wayBack(node);
    for (const watcher of journal === null ? [] : watchersOf(journal)) process.kill(watcher, 'SIGKILL');
    return journal === null ? 'watcher' : 'next pass';
  },
};

async function suffer(node: string, name: string): Promise<void> {
  const running = start(node);
  const journal = until('a journal', () => journalOf(yard, node));
  const saviour = await (FATES[name] ?? Promise.reject)(node, running);
  const { deadlineS } = await journal;
  await running.ended;
  if (saviour === 'next pass') {
    // Without a word from git: that is out of reach.
    expect((await pass(node)).exitCode, name).toBe(1);
  } else {
    await until(`${name}: the end of the journal`, () => journalOf(yard, node) === null, (TIMEOUT_S + 30) * 1000);
    const { stdout } = await yard.node(node).run(['cat', '/proc/uptime']);
    expect(Number.parseFloat(stdout), `${name}: seconds since boot`).toBeLessThan(deadlineS + 5);
  }
  await expectBack(node, name);
  await until('nobody watches', () => journalOf(yard, node) === null);
}

describe('a revision that cuts nodes off from git', () => {
  test('is taken back at once by those that live, who say so', async () => {
    const bad = await yard.commit('Join the wires', cutting(0));
    const results = await Promise.all(
      ['n1', 'n2'].map(node => yard.netloom(node, 'reconcile', '--config', yard.config(node, 'longer', { confirmTimeout: '9s' }))),
    );
    for (const { exitCode, stderr } of results) {
      expect(exitCode).toBe(1);
      expect(stderr).toContain(`revision ${bad.slice(0, 10)} was taken back: the git remote ${yard.lab.url}`);
    }
    await expectBack('n1', 'taken back');
    expect(await conditionOf('n1', 'Ready')).toMatchObject({ status: false, reason: 'Reverted', message: expect.stringContaining('198.51.100.254') });
    expect(await conditionOf('n1', 'Stalled')).toMatchObject({ status: true, reason: 'Reverted' });
    const { items } = await yard.json('n1', 'events', 'node', 'n1', '-o', 'json');
    expect(items).toContainEqual(expect.objectContaining({ operation: 'take back revision', revision: bad }));
  });

  test('is not tried again', async () => {
    const { exitCode, stderr } = await pass('n1');
    expect([exitCode, stderr.includes('"done":0')]).toEqual([1, true]);
    await expectBack('n1', 'not tried again');
  });

  test('is gone from each node in time, whatever is killed', { timeout: 300_000 }, async () => {
    const names = Object.keys(FATES);
    for (let round = 1; round <= 4; round += 1) {
      await yard.commit(`Try again ${round}`, cutting(round));
      await Promise.all(NODES.map((node, nth) => suffer(node, names[(nth + round) % names.length] ?? '')));
    }
    expect(met).toBeGreaterThan(0);
  });
});
