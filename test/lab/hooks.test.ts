/** Hooks in a cluster: what is told by one node for all, and what by each, through the program as nodes run it. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { NetEvent } from '../../src/report/events.ts';
import type { HookEvent } from '../../src/report/hook-event.ts';
import { program } from '../kernel/support/hook-program.ts';
import { definition, type GitLab, gitLab, guest, told } from './support-git.ts';

const NODES = ['n1', 'n2'] as const;
type Name = (typeof NODES)[number];

let yard: GitLab;
let configs: Readonly<Record<Name, string>>;
const fileOf = (node: Name): string => join(yard.base, `told-${node}`);

beforeAll(async () => {
  yard = await gitLab(2, {}, [
    ['n1', 'a'],
    ['n2', 'b'],
  ]);
  const hooked = (node: Name): string => {
    const dir = join(yard.base, `hooks-${node}`);
    mkdirSync(dir, { mode: 0o755 });
    program(dir, '10-tell', `cat >>${fileOf(node)}`);
    program(dir, '20-fails', `[ "$NETLOOM_EVENT $NETLOOM_KIND" != "created Network" ] || { echo "no room" >&2; exit 3; }`);
    return yard.config(node, 'hooked', { hooks: { dir, timeout: '60s' }, status: { pushesPerMinute: 100_000 } });
  };
  configs = { n1: hooked('n1'), n2: hooked('n2') };
  await passes();
});
afterAll(() => yard?.end());

async function passes(...names: readonly Name[]): Promise<void> {
  for (const node of names.length === 0 ? NODES : names) told(await yard.netloom(node, 'reconcile', '--config', configs[node]), [0]);
}

/** What each node told, in its order; and from then on that is forgotten. */
function heard(): Readonly<Record<Name, readonly string[]>> {
  const of = (node: Name): readonly string[] => {
    const lines = existsSync(fileOf(node)) ? readFileSync(fileOf(node), 'utf8').trim().split('\n') : [];
    rmSync(fileOf(node), { force: true });
    return lines.map(line => JSON.parse(line) as HookEvent).map(({ event, kind, name }) => `${event} ${kind} ${name}`);
  };
  return { n1: of('n1'), n2: of('n2') };
}

test('a network is ready when every member has said so, and one node alone tells of it, once', async () => {
  heard();
  await yard.commit('A network on both', {
    'red/lan.yaml': [definition('Network', 'red/lan', { vxid: 16 }), guest('red/a', 'lan', 'n1'), guest('red/b', 'lan', 'n2')].join('---\n'),
  });
  await passes('n1');
  // n2 has not made its part: n1, which tells for all, is done with its own and waits.
  expect(heard()).toEqual({
    n1: ['allocated Network lan', 'allocated Interface a', 'created Network lan', 'created Interface a', 'ready Interface a'],
    n2: [],
  });
  await passes('n1');
  expect(heard()).toEqual({ n1: [], n2: [] });
  await passes('n2');
  expect(heard()).toEqual({ n1: [], n2: ['allocated Interface b', 'created Network lan', 'created Interface b', 'ready Interface b'] });
  // What n2 has published may be a moment away.
  const later = async () => {
    await passes();
    return heard().n1;
  };
  await expect.poll(later, { timeout: 60_000 }).toEqual(['ready Network lan']);
  await passes();
  expect(heard()).toEqual({ n1: [], n2: [] });
});

test('a hook that fails is told in the events of its object, and passes go on', async () => {
  const messages = async (): Promise<readonly string[]> => {
    await passes();
    const { items } = (await yard.json('n1', 'events', 'network', 'red/lan', '-o', 'json')) as { items: readonly NetEvent[] };
    return items
      .filter(({ object, operation }) => object === 'Network red/lan' && operation === 'tell created')
      .map(({ node, message }) => `${node} ${message}`);
  };
  const wanted = NODES.map(node => `${node} hook 20-fails: exit 3: no room`);
  await expect.poll(messages, { timeout: 60_000 }).toEqual(expect.arrayContaining(wanted));
});

test('each member tells that it is gone, and nobody tells it twice', async () => {
  await yard.commit('Away', { 'red/lan.yaml': definition('Network', 'red/other', { vxid: 17 }) });
  heard();
  await passes();
  await passes();
  expect(heard()).toEqual({
    n1: ['deleted Interface a', 'deleted Network lan', 'allocated Network other'],
    n2: ['deleted Interface b', 'deleted Network lan'],
  });
});
