/** A disk that is full, read-only or broken, and no descriptor left, at each place where a pass writes a file: one after another. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { explain } from '../../src/cli/exit.ts';
import { links } from '../host/lab.ts';
import type { Errno } from '../support/act-errnos.ts';
import { type Write, watchWrites } from './support/failing-files.ts';
import type { RemoteNode } from './support/remote-node.ts';

// What is tested is loaded after the file system was made to fail.
const { document, remoteNode } = await import('./support/remote-node.ts');
const { GATEWAY, RUNTIME_DIR } = await import('./support/definitions.ts');
const { loadGood } = await import('../../src/pass/kept.ts');
const { adviceFor } = await import('../../src/host/errors.ts');

let node: RemoteNode;
const sites = new Set<string>();

beforeAll(async () => {
  node = await remoteNode({ 'n1.yaml': document('Node', 'n1', GATEWAY.nodes.n1), 'edge.yaml': document('AddressPool', 'edge', GATEWAY.pools.edge) });
  expect((await node.pass()).enforced?.remaining.steps).toEqual([]);
});
afterAll(() => node?.end());

/** Where a write goes, whatever it is called this time; null for what is no file of a pass. */
function siteOf({ call, path }: Write): string | null {
  const roots = [node.config.stateDir, RUNTIME_DIR];
  const root = roots.findIndex(each => path === each || path.startsWith(`${each}/`));
  if (root < 0) return null;
  const name = relative(roots[root] as string, path)
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')
    .replace(/objects\/[0-9a-f]{2}\/[0-9a-f]{38}/, 'objects/OID')
    .replace(/objects\/[0-9a-f]{2}(?![0-9a-f])/, 'objects/XX')
    .replace(/pack-[0-9a-f]{40}/, 'pack-OID')
    .replace(/\d+-[0-9a-f]{8}/, 'PID')
    .replace(/\.[0-9a-f]{8}(?=\/|\.|$)/, '.HEX');
  return `${call} ${root === 0 ? 'state' : 'run'}/${name}`;
}

/** Errnos that a call can have at that place. */
const ERRNOS: Readonly<Record<string, readonly Errno[]>> = {
  open: ['ENOSPC', 'EROFS', 'EMFILE', 'EDQUOT', 'EIO', 'ENFILE'],
  writeFile: ['ENOSPC', 'EROFS', 'EMFILE', 'EIO'],
  write: ['ENOSPC', 'EIO', 'EDQUOT', 'EFBIG'],
  fsync: ['EIO', 'ENOSPC'],
  rename: ['ENOSPC', 'EROFS', 'EIO'],
  link: ['ENOSPC', 'EROFS', 'EIO'],
  symlink: ['ENOSPC', 'EROFS', 'EIO'],
  mkdir: ['ENOSPC', 'EROFS', 'EDQUOT'],
  rm: ['EROFS', 'EIO'],
  unlink: ['EROFS', 'EIO'],
  rmdir: ['EROFS', 'EIO'],
  chmod: ['EROFS', 'EIO'],
};

/** All sites with their errnos in a night; else one call of each file, and one errno, in rotation. The two clones are alike. */
const WHOLE = process.env['NETLOOM_NIGHT'] !== undefined;

test('each write of a pass is known', async () => {
  for (let nth = 0; nth < 2; nth++) {
    await toggle();
    watchWrites(write => {
      const site = siteOf(write);
      if (site !== null) sites.add(site);
      return null;
    });
    expect((await node.pass()).enforced?.remaining.steps).toEqual([]);
    watchWrites(null);
  }
  const files = new Set([...sites].map(fileOf));
  // What a pass keeps, and what it makes for services: each is among them.
  for (const name of [
    'run/lock',
    'state/good/definitions.json',
    'state/good/ledger.json',
    'state/cache/parsed.json',
    'state/enforced.HEX',
    'run/networks/UUID/hosts',
  ]) {
    expect(
      [...files].some(file => file.startsWith(name)),
      name,
    ).toBe(true);
  }
  expect(sites.size).toBeGreaterThan(60);
  expect([...sites].map(site => site.split(' ')[0] ?? '').filter(call => ERRNOS[call] === undefined)).toEqual([]);
});

const fileOf = (site: string): string => (site.split(' ')[1] ?? '').replace(/\.(PID|UUID)\.tmp$/, '');

test('a write that fails ends a pass with its reason or is done without; nothing goes, nothing is half written, and the next pass heals', {
  timeout: 900_000,
}, async () => {
  const found: string[] = [];
  for (const [site, errno] of faults()) found.push(...(await wrongWith(site, errno)));
  expect(found).toEqual([]);
});

function faults(): readonly (readonly [string, Errno])[] {
  const all = [...sites].flatMap(site => (ERRNOS[site.split(' ')[0] ?? ''] ?? []).map(errno => [site, errno] as const));
  if (WHOLE) return all;
  const alike = (site: string): string =>
    fileOf(site)
      .replace(/clone\/(definitions|status)\//, 'clone/any/')
      .replace(/(any\/clone\/\w+)\/.*/, '$1');
  const byFile = new Map<string, (typeof all)[number][]>();
  for (const fault of all) byFile.set(alike(fault[0]), [...(byFile.get(alike(fault[0])) ?? []), fault]);
  const one = [...byFile.values()].map((each, nth) => each[(nth * 5) % each.length] as readonly [string, Errno]);
  // A lock that cannot be given back must not shut out who has it.
  return [...one, ['unlink state/clone/status/lock', 'EROFS']];
}

async function wrongWith(site: string, errno: Errno): Promise<readonly string[]> {
  const where = `${errno} at ${site}`;
  const before = names();
  await toggle();
  let met = 0;
  watchWrites(write => {
    if (siteOf(write) !== site) return null;
    met += 1;
    return errno;
  });
  const { said, isDone } = await pass();
  watchWrites(null);
  const lost = before.filter(name => !names().includes(name));
  const mayGo = isThere ? 0 : 1;
  const torn = [...unreadable(), ...((await loadGood(node.config.stateDir)) === null ? ['no definitions'] : [])];
  const healed = await pass();
  return [
    ...(met === 0 ? [`${where}: not met`] : []),
    ...(isDone || said.includes(errno) || WORDS.test(said) ? [] : [`${where}: not told: ${said}`]),
    ...(/This is a mistake|TypeError|bug:/.test(said) ? [`${where}: ${said}`] : []),
    ...(lost.length <= mayGo ? [] : [`${where}: gone: ${lost}`]),
    ...torn.map(file => `${where}: torn: ${file}`),
    ...(healed.isDone && healed.said === '' ? [] : [`${where}: not healed: ${healed.said}`]),
    ...left().map(name => `${where}: left behind: ${name}`),
  ];
}
/** Links of the node and names of namespaces. */
function names(): readonly string[] {
  return [...links(), ...readdirSync('/run/netns')];
}

/** What a person is told of one pass, however it ended, and whether all was done. */
async function pass(): Promise<{ readonly said: string; readonly isDone: boolean }> {
  try {
    const { pulled, settled, enforced, published, guarded } = await node.pass();
    const failed = enforced?.outcomes.flatMap(({ error }) => error ?? []) ?? [];
    const words = [pulled.refusal?.message, settled?.problem, published?.result === 'failed' ? published.message : null, ...pulled.remarks, ...failed];
    const isDone = pulled.refusal === null && enforced?.remaining.steps.length === 0 && published?.result !== 'failed' && guarded?.fate !== 'stopped';
    return { said: words.filter(word => word !== null && word !== undefined).join('; '), isDone };
  } catch (error) {
    return { said: explain(error).text, isDone: false };
  }
}

const WORDS = new RegExp(
  ['no-space', 'read-only', 'io-error', 'too-many-files']
    .map(code => adviceFor(code as 'no-space'))
    .join('|')
    .replaceAll(/[()]/g, '.'),
);

/** Files of the state directory that are cut or broken. */
function unreadable(): readonly string[] {
  const files = (readdirSync(node.config.stateDir, { recursive: true }) as string[]).filter(name => name.endsWith('.json'));
  return files.filter(name => {
    try {
      JSON.parse(readFileSync(join(node.config.stateDir, name), 'utf8'));
      return false;
    } catch {
      return true;
    }
  });
}

/** What writers that failed left beside their files. */
function left(): readonly string[] {
  const all = [node.config.stateDir, RUNTIME_DIR].flatMap(dir => readdirSync(dir, { recursive: true }) as string[]);
  return all.filter(name => /\.tmp$|(^|\/)(armed|enforced|enforced-before)\.[^/]+$|\.link$/.test(name) && !/^enforced\.[0-9a-f]{8}(\/|$)/.test(name));
}

let isThere = false;
async function toggle(): Promise<void> {
  isThere = !isThere;
  await node.grow({ 'more.yaml': isThere ? document('Interface', 'more', '{ network: lan, node: n1, attach: { tap: {} } }') : null });
}
