/** What can go wrong when a machine joins or leaves, at the machine's own kernel and a real git server with a token for nodes and one for people. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { passersNow } from '../../src/host/marks-now.ts';
import { type GitServer, serveGit } from '../../src/lab/git-server.ts';
import { pushEdit } from '../../src/pass/push-edit.ts';
import { ROOT } from '../house/tree.ts';
import { type FaultServer, faultServer } from '../repo/support/fault-server.ts';
import { AUTHOR, type Bare, makeBare } from '../repo/support/remote.ts';
import { UNDERLAY } from './support/definitions.ts';
import { type Ended, netloom } from './support/front-door.ts';
import { freshNode } from './support/node.ts';
import { document } from './support/remote-node.ts';

const NODE = 'node-7Hs2kQ9x';
const PERSON = 'person-3Lp8vWz1';
const HOOK = `#!/bin/sh
case "$REMOTE_USER $1" in
  "person refs/heads/join-"*) echo "Create a pull request by visiting: https://forge.example/new?from=$1" >&2; exit 0 ;;
  person\\ * | node\\ refs/heads/netloom-*) exit 0 ;;
esac
echo "$REMOTE_USER may not write $1" >&2
exit 1
`;
const CLUSTER = {
  'cluster.yaml': document('Cluster', 'test', '{ underlay: { mtu: 1600 } }'),
  'nodes/n1.yaml': document('Node', 'n1', '{ underlay: { address: 192.0.2.12 } }'),
};
const GUEST = {
  'lan.yaml': document('Network', 'lan', '{ vxid: 16 }'),
  'vm.yaml': document('Interface', 'vm', '{ network: lan, node: n2, attach: { tap: {} } }'),
};

let bare: Bare;
let server: GitServer;
let proxy: FaultServer;
let home: string;
let url: string;

beforeAll(async () => {
  await freshNode();
  bare = await makeBare();
  writeFileSync(join(bare.path, 'hooks/update'), HOOK);
  chmodSync(join(bare.path, 'hooks/update'), 0o755);
  await bare.grow('main', CLUSTER);
  await bare.grow('broken', { ...CLUSTER, 'nodes/n1.yaml': document('Node', 'n1', '{ underlay: { address: 192.0.2.300 } }') });
  await bare.grow('jumbo', { ...CLUSTER, 'cluster.yaml': document('Cluster', 'test', '{ underlay: { mtu: 9000 } }') });
  const auth = [
    { token: NODE, account: 'node' },
    { token: PERSON, account: 'person' },
  ];
  server = await serveGit({ root: bare.root, auth });
  proxy = await faultServer(server.url);
  url = `${proxy.url}/repo.git`;
  home = mkdtempSync(join(tmpdir(), 'netloom-join-'));
  for (const [name, token] of [
    ['node', NODE],
    ['person', PERSON],
    ['wrong', 'nobody-knows-it'],
  ] as const)
    writeFileSync(join(home, name), `${token}\n`, { mode: 0o600 });
});
afterEach(() => proxy?.spoil());
afterAll(async () => {
  await proxy?.close();
  await server?.close();
  await bare?.remove();
  rmSync(home, { recursive: true, force: true });
  await freshNode();
});

const place = (): readonly string[] => ['--config', join(home, 'etc/node.yaml'), '--state-dir', join(home, 'state'), '--runtime-dir', join(home, 'run')];
const joining = (...args: readonly string[]): Promise<Ended> => netloom('join', url, ...place(), '--node', 'n2', '--timeout', '1s', ...args);
const token = (name: string): readonly string[] => ['--token-file', join(home, name)];
const person = (): readonly string[] => ['--push-token-file', join(home, 'person')];

describe('a join that is refused writes nothing, and says what to do', () => {
  test.each<[what: string, args: () => readonly string[], code: number, says: RegExp, prepare?: () => void]>([
    ['with a wrong token', () => token('wrong'), 1, /failed {2}remote: .* does not accept the credentials/],
    ['without a token', () => [], 1, /failed {2}remote: .* does not accept the credentials/],
    ['for a branch that is not there', () => [...token('node'), '--branch', 'trunk'], 1, /failed {2}definitions: the repository has no branch trunk/],
    ['for definitions that are invalid', () => [...token('node'), '--branch', 'broken'], 3, /failed {2}definitions: broken at .* has 1 error/],
    [
      'for a wire that carries too little',
      () => [...token('node'), '--branch', 'jumbo'],
      1,
      /failed {2}mtu: eth0 carries 1600, and the Cluster says 9000\n.*--mtu 1600/,
    ],
    [
      'with an address that it has not',
      () => [...token('node'), '--address', '192.0.2.99'],
      1,
      /failed {2}underlay: no device of this machine has 192\.0\.2\.99/,
    ],
    ['with a name that is none', () => [...token('node'), '--node', 'N_2'], 1, /failed {2}name: "N_2" is no name/],
    [
      'with the name of a node that has another address',
      () => [...token('node'), '--node', 'n1'],
      1,
      /failed {2}underlay: Node n1 has 192\.0\.2\.12 \(nodes\/n1\.yaml:1\), this machine 192\.0\.2\.11/,
    ],
    [
      'with a remote that cuts its answer',
      () => token('node'),
      75,
      /failed {2}remote: .*(not whole|in the middle)/,
      () => proxy.spoil(async (_, real) => ({ ...(await real()), cutAt: 40, end: 'close' })),
    ],
  ])('%s', async (_, args, code, says, prepare) => {
    prepare?.();
    const ended = await joining(...args());
    expect([ended.code, ended.out], ended.err).toEqual([code, expect.stringMatching(says)]);
    expect(ended.err).toContain('nothing was written');
    expect(readdirSync(home).sort()).toEqual(['node', 'person', 'wrong']);
  });

  test('where no git server is, and by the clock of a machine that is behind', async () => {
    expect((await netloom('join', 'http://127.0.0.1:9/repo.git', ...place(), '--node', 'n2')).code).toBe(75);
    expect((await netloom('join', `${server.url}/other.git`, ...place(), '--node', 'n2', ...token('node'))).out).toMatch(/failed {2}remote: /);
    // A path has no clock but that of its commits, and these are of 2026-11-21.
    const future = await makeBare();
    const date = `${Math.floor(Date.now() / 1000) + 900} +0000`;
    const data = document('Cluster', 'test', '{}');
    await run('git', [`--git-dir=${future.path}`, 'fast-import', '--quiet', '--date-format=raw'], {
      stdin: `commit refs/heads/main\ncommitter a <a@b> ${date}\ndata 1\nx\nM 100644 inline c.yaml\ndata ${data.length}\n${data}\ndone\n`,
      okCodes: [0],
    });
    const ended = await netloom('join', future.path, ...place(), '--node', 'n2', '--address', UNDERLAY);
    expect([ended.code, ended.out]).toEqual([1, expect.stringMatching(/failed {2}clock: it is (89|90)\d s behind that of the newest commit/)]);
    await future.remove();
  });
});

describe('the life of a node', () => {
  describe('the definition of a new node', () => {
    test('is printed for a pull request, and a push that the server refuses says what to do', async () => {
      const open = await joining(...token('node'));
      expect([open.code, open.out], open.err).toEqual([
        0,
        expect.stringMatching(/Merge this as nodes\/n2\.yaml [\s\S]*kind: Node[\s\S]*address: 192\.0\.2\.11/),
      ]);
      expect(open.err).toContain('Node n2 is not merged yet');
      const refused = await joining('--push', 'main', '--push-own');
      expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/node may not write refs\/heads\/main[\s\S]*hint: .*--push-token-file/)]);
      expect((await joining('--push', 'main')).err).toContain('none is given');
      expect(await bare.git('log', '--format=%s', 'main')).toBe('people: change 0');
    });

    test('goes to a branch of its own with a person’s credential, with the link of the forge, once', async () => {
      const asked = await joining('--push', ...person());
      expect([asked.code, asked.out], asked.err).toEqual([
        0,
        expect.stringMatching(
          /committed nodes\/n2\.yaml to join-n2 as [0-9a-f]{10}; open a pull request for it: https:\/\/forge\.example\/new\?from=refs\/heads\/join-n2$/m,
        ),
      ]);
      expect((await joining('--push', ...person())).out).toContain('nodes/n2.yaml is on join-n2 already');
      const other = await joining('--push', ...person(), '--gateway');
      expect([other.code, other.err]).toEqual([1, expect.stringContaining('has a branch join-n2 that says something else')]);
      expect(await bare.show('join-n2', 'nodes/n2.yaml')).toContain('address: 192.0.2.11');
    });

    test('straight to the branch: the node passes, says which peer does not answer, and the person’s secret is nowhere', async () => {
      await bare.grow('main', { 'lan.yaml': GUEST['lan.yaml'] });
      const ended = await joining('--push', 'main', ...person(), '-o', 'json');
      expect(ended.code, ended.err).toBe(75);
      const value = JSON.parse(ended.out);
      const validate = new Ajv2020({ strict: false, allErrors: true }).compile(JSON.parse(readFileSync(join(ROOT, 'schemas/output/join.json'), 'utf8')));
      expect([validate(value), validate.errors]).toEqual([true, null]);
      expect(value).toMatchObject({
        node: 'n2',
        role: 'hypervisor',
        underlay: { device: 'eth0', address: '192.0.2.11', mtu: 1600 },
        definition: { state: 'merged' },
      });
      expect(value.peers).toEqual([
        expect.objectContaining({ node: 'n1', state: 'unreachable', roundTripMs: null, message: expect.stringMatching(/^it does not answer/) }),
      ]);
      const files = readdirSync(home, { recursive: true, withFileTypes: true }).filter(file => file.isFile() && file.name !== 'person');
      expect(files.filter(file => readFileSync(join(file.parentPath, file.name), 'latin1').includes(PERSON)).map(({ name }) => name)).toEqual([]);
    });

    test('again, nothing is written; for another cluster it is refused', async () => {
      const again = await joining();
      expect([again.code, again.out]).toEqual([
        75,
        expect.stringMatching(/ok {6}configuration: .* is there already[\s\S]*Node n2 is in the definitions: nodes\/n2\.yaml/),
      ]);
      expect(again.out).not.toContain('wrote ');
      const other = await netloom('join', bare.path, ...place(), '--node', 'n2');
      expect([other.code, other.out]).toEqual([1, expect.stringContaining(`says that this machine is n2 of ${url}`)]);
      const { stdout } = await run('git', [`--git-dir=${bare.path}`, 'show', 'netloom-status:events/n2.jsonl'], { okCodes: [0] });
      expect(stdout.match(/"operation":"joined"/g)).toHaveLength(1);
    });
  });

  test('what a person changed meanwhile is not pushed over', async () => {
    const edit = {
      url: bare.path,
      auth: undefined,
      scratch: join(home, 'scratch'),
      main: 'main',
      branch: 'main',
      message: 'x',
      author: AUTHOR,
    };
    for (const [from, text] of [
      [null, 'a new Node'],
      ['what it said', null],
    ] as const)
      await expect(pushEdit({ ...edit, edits: new Map([['nodes/n1.yaml', { from, text }]]) })).rejects.toThrow(
        /nodes\/n1\.yaml of main says something else than a moment ago/,
      );
    expect(await bare.show('main', 'nodes/n1.yaml')).toBe(CLUSTER['nodes/n1.yaml'].trimEnd());
    rmSync(join(home, 'scratch'), { recursive: true });
  });

  describe('a node that leaves', () => {
    const leaving = (...args: readonly string[]): Promise<Ended> => netloom('leave', ...place(), ...args);
    const bridge = 'br-vxlan-10';
    const has = async (ifname: string): Promise<boolean> => (await run('ip', ['link', 'show', 'dev', ifname])).exitCode === 0;

    test('with a guest on it keeps its definition until that has moved; nothing goes meanwhile', async () => {
      await bare.grow('main', { 'vm.yaml': GUEST['vm.yaml'] });
      await joining();
      expect(await has(bridge)).toBe(true);
      const refused = await leaving('--yes', '--push', 'main', ...person());
      expect([refused.code, refused.out], refused.err).toEqual([
        3,
        expect.stringContaining('Interfaces placed on n2, which lose their network here: default/vm'),
      ]);
      expect(refused.err).toMatch(/vm\.yaml:.*n2[\s\S]*nothing was removed/);
      expect(await has(bridge)).toBe(true);
    });

    test('with a port of somebody else in a bridge is held up by it, until a person says so', async () => {
      await run('ip', ['link', 'add', 'name', 'vnet3', 'type', 'veth', 'peer', 'name', 'vnet3x'], { okCodes: [0] });
      await run('ip', ['link', 'set', 'dev', 'vnet3', 'master', bridge], { okCodes: [0] });
      const held = await leaving('--yes');
      expect([held.code, held.err, await has(bridge)]).toEqual([
        5,
        expect.stringMatching(/br-vxlan-10 stays: in use: .*vnet3 is not ours[\s\S]*nothing was removed/),
        true,
      ]);
    });

    test('and keeps its kernel: state and configuration go, and nothing else', async () => {
      const copy = join(home, 'copy.yaml');
      mkdirSync(join(home, 'kept'));
      writeFileSync(
        copy,
        readFileSync(join(home, 'etc/node.yaml'), 'utf8')
          .replaceAll(`${home}/state`, `${home}/kept`)
          .replace(/^# Written by.*\n/m, ''),
      );
      const kept = await netloom('leave', '--config', copy, '--yes', '--keep');
      expect([kept.code, kept.out], kept.err).toEqual([0, expect.stringContaining(`${copy} stays: netloom join did not write it`)]);
      expect([await has(bridge), existsSync(join(home, 'kept'))]).toEqual([true, false]);
    });

    test('beside a watch that somebody runs by hand does not begin: that would make everything anew', async () => {
      const watch = spawn(process.execPath, [join(ROOT, 'dist/netloom.js'), 'watch', '--config', join(home, 'etc/node.yaml')], { stdio: 'ignore' });
      try {
        await expect.poll(passersNow, { timeout: 20_000 }).toContain(`${watch.pid} netloom watch`);
        const refused = await leaving('--yes', '--force');
        expect([refused.code, refused.err, await has(bridge)]).toEqual([
          1,
          expect.stringContaining(`would make everything anew: ${watch.pid} netloom watch`),
          true,
        ]);
      } finally {
        watch.kill('SIGKILL');
        await once(watch, 'exit');
      }
    });

    test('without git goes all the same, and the definition can go with it', async () => {
      await bare.grow('main', { 'vm.yaml': null });
      const left = await leaving('--yes', '--force', '--push', 'main', ...person());
      expect([left.code, left.out], left.err).toEqual([
        0,
        expect.stringMatching(/committed to main as [0-9a-f]{10}: Node n2 is gone[\s\S]*Nothing of netloom is left on this machine\.\n$/),
      ]);
      expect([await has(bridge), await has('vnet3')]).toEqual([false, true]);
      expect(await bare.git('ls-tree', '--name-only', 'main', 'nodes/')).toBe('nodes/n1.yaml');
      await run('ip', ['link', 'del', 'dev', 'vnet3'], { okCodes: [0] });
    });
  });
});
