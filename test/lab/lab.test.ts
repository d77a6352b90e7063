import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { pushFolder } from '../../src/lab/definitions.ts';
import { labDown } from '../../src/lab/down.ts';
import { labRun } from '../../src/lab/enter.ts';
import { processesOf } from '../../src/lab/holder.ts';
import { type Lab, openLab } from '../../src/lab/lab.ts';
import { labPlug } from '../../src/lab/plug.ts';
import { labStatus } from '../../src/lab/status.ts';
import { labUp } from '../../src/lab/up.ts';
import { ROOT } from '../house/tree.ts';

const base = mkdtempSync(join(tmpdir(), 'netloom-labs-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

const dirOf = (name: string): string => join(base, name);

/** One echo that may not be cut into fragments; `size` is that of the whole IP packet. */
async function ping(lab: Lab, node: string, to: string, size = 84): Promise<boolean> {
  const head = to.includes(':') ? 48 : 28;
  const argv = ['ping', '-c', '1', '-W', '1', '-M', 'do', '-s', String(size - head), to];
  return (await labRun(lab, node, argv)).exitCode === 0;
}

/** The same, for who is to be reached: the first echo may be lost while neighbours are found, and a busy machine is slow. */
async function reaches(lab: Lab, node: string, to: string, size?: number): Promise<boolean> {
  for (const until = Date.now() + 20_000; Date.now() < until; ) if (await ping(lab, node, to, size)) return true;
  return false;
}

/** What the machine itself has: links, names of namespaces. */
async function machine(): Promise<unknown> {
  const links = await run('ip', ['-j', 'link'], { okCodes: [0] });
  return [JSON.parse(links.stdout).map((link: { ifname: string }) => link.ifname), existsSync('/run/netns') ? readdirSync('/run/netns') : []];
}

/** Runs a program until it says a line, and kills it then, or a moment later. */
async function killedAt(program: string, line: string, laterMs: number): Promise<void> {
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise(resolve => child.once('close', resolve));
  for await (const said of createInterface({ input: child.stdout })) if (said === line) break;
  await setTimeout(laterMs);
  child.kill('SIGKILL');
  await ended;
}

describe('a lab of three made-up nodes', () => {
  let lab: Lab;
  let before: unknown;
  beforeAll(async () => {
    before = await machine();
    lab = await labUp({ dir: dirOf('three'), definitions: { nodes: 3 }, home: ROOT });
  });
  afterAll(async () => {
    await labDown(dirOf('three'));
  });

  test('joins them by their underlay addresses, packets of the whole mtu pass and bigger ones do not', async () => {
    expect(await reaches(lab, 'n1', '192.0.2.12', 1500)).toBe(true);
    expect(await reaches(lab, 'n3', '192.0.2.11', 1500)).toBe(true);
    expect(await ping(lab, 'n1', '192.0.2.12', 1501)).toBe(false);
  });

  test('gives every node the definitions by http', async () => {
    const tip = (await run('git', [`--git-dir=${lab.dir}/repos/definitions.git`, 'rev-parse', 'main'], { okCodes: [0] })).stdout.trim();
    const seen = await labRun(lab, 'n2', ['git', 'ls-remote', lab.url], { okCodes: [0] });
    expect(seen.stdout).toContain(`${tip}\trefs/heads/main`);
  });

  test('keeps to itself what its commands cache of the definitions, which have the same url in another lab', async () => {
    await labRun(lab, 'n1', ['netloom', 'get', 'nodes', '--repo', lab.url], { okCodes: [0] });
    const cached = readdirSync(join(lab.dir, 'nodes'), { recursive: true }).map(String);
    expect(cached.filter(path => /^n1\/cache\/netloom\/view\/[0-9a-f]+\/clone$/.test(path))).toHaveLength(1);
  });

  test('takes pushes from nodes', async () => {
    const oid = (await labRun(lab, 'n1', ['git', 'ls-remote', lab.url, 'refs/heads/main'])).stdout.split('\t')[0];
    const clone = join(base, 'clone');
    await labRun(lab, 'n1', ['git', 'clone', '--quiet', lab.url, clone], { okCodes: [0] });
    await labRun(lab, 'n1', ['git', '-C', clone, 'push', '--quiet', 'origin', `${oid}:refs/heads/netloom-status`], { okCodes: [0] });
    expect((await labRun(lab, 'n3', ['git', 'ls-remote', lab.url])).stdout).toContain('refs/heads/netloom-status');
  });

  test('has a namespace for each guest in its own node and nowhere else', async () => {
    const lists = await Promise.all(['n1', 'n2'].map(async node => (await labRun(lab, node, ['ip', 'netns', 'list'])).stdout.trim()));
    expect(lists).toEqual(['guest-n1', 'guest-n2']);
  });

  test('shows a node only its own links, in /sys too', async () => {
    const links = JSON.parse((await labRun(lab, 'n1', ['ip', '-j', 'link'])).stdout).map((link: { ifname: string }) => link.ifname);
    expect(links.sort()).toEqual(['eth0', 'lo']);
    expect((await labRun(lab, 'n1', ['ls', '/sys/class/net'])).stdout.split('\n').filter(Boolean)).toEqual(['eth0', 'lo']);
  });

  test('leaves the machine itself as it was', async () => expect(await machine()).toEqual(before));

  test('runs netloom with the configuration of the node', async () => {
    const seen = await labRun(lab, 'n2', ['sh', '-c', 'echo $NETLOOM_CONFIG; command -v netloom']);
    const [config = '', program] = seen.stdout.split('\n');
    expect(readFileSync(config, 'utf8')).toContain('node: "n2"\n');
    expect(program).toBe(join(lab.dir, 'bin', 'netloom'));
  });

  test('refuses a second lab in the same folder, which goes on', async () => {
    await expect(labUp({ dir: lab.dir, definitions: { nodes: 1 }, home: ROOT })).rejects.toThrow(/there is a lab in .* already/);
    expect(labStatus(lab.dir).state).toBe('up');
  });

  test('names its nodes when asked for another', async () => {
    expect(() => labRun(lab, 'n9', ['true'])).toThrow('the lab has no node n9; it has n1, n2, n3');
  });

  test('never meets another lab with the same addresses', async () => {
    const other = await labUp({ dir: dirOf('other'), definitions: { nodes: 1 }, home: ROOT });
    expect(await ping(other, 'n1', '192.0.2.12')).toBe(false);
    expect(await reaches(lab, 'n1', '192.0.2.12')).toBe(true);
    await labDown(other.dir);
    expect(await reaches(lab, 'n1', '192.0.2.12')).toBe(true);
  });

  test('plugs in a guest as libvirt does', async () => {
    await labRun(lab, 'n1', ['ip', 'link', 'add', 'name', 'br-test', 'up', 'type', 'bridge'], { okCodes: [0] });
    await labRun(lab, 'n1', ['ip', 'addr', 'add', '10.9.0.1/24', 'dev', 'br-test'], { okCodes: [0] });
    await labPlug(lab, { node: 'n1', bridge: 'br-test', port: 'vnet0', guest: { netns: 'vm', mac: '02:00:00:00:00:07', address: '10.9.0.7/24' } });
    expect(await reaches(lab, 'n1', '10.9.0.7')).toBe(true);
    expect((await labRun(lab, 'n1', ['ip', '-j', 'link', 'show', 'dev', 'vnet0'])).stdout).toContain('"fe:00:00:00:00:07"');
  });

  test('shows what is there, and takes a new revision of the definitions', async () => {
    const status = labStatus(lab.dir);
    expect(status).toMatchObject({ state: 'up', underlay: '192.0.2.0/24', git: { url: 'http://192.0.2.254/definitions.git' } });
    expect(status.nodes.map(node => [node.name, node.address, node.up])).toEqual([
      ['n1', '192.0.2.11', true],
      ['n2', '192.0.2.12', true],
      ['n3', '192.0.2.13', true],
    ]);
    const folder = join(lab.dir, 'definitions');
    const before = await pushFolder(lab.dir, folder);
    writeFileSync(join(folder, 'more.yaml'), '# nothing\n');
    const after = await pushFolder(lab.dir, folder);
    expect(after).not.toBe(before);
    expect((await labRun(lab, 'n1', ['git', 'ls-remote', lab.url, 'refs/heads/main'])).stdout).toContain(after);
  });
});

describe('definitions decide', () => {
  test('devices, mtu and family of the underlay', async () => {
    const nodes = [
      { name: 'a', address: 'fd00:1::5', device: 'bond0', mtu: 9000 },
      { name: 'b', address: 'fd00:2::9', device: 'enp1s0' },
    ];
    const folder = join(base, 'v6-definitions');
    mkdirSync(folder);
    writeFileSync(join(folder, 'x.yaml'), '# x\n');
    const lab = await labUp({ dir: dirOf('v6'), definitions: { folder, cast: { nodes, underlayMtu: 2000, guests: [] } }, home: ROOT });
    expect(await reaches(lab, 'b', 'fd00:1::5', 2000)).toBe(true);
    expect(await ping(lab, 'b', 'fd00:1::5', 2001)).toBe(false);
    expect((await labRun(lab, 'a', ['cat', '/sys/class/net/bond0/mtu'])).stdout).toBe('9000\n');
    expect((await labRun(lab, 'b', ['git', 'ls-remote', lab.url])).stdout).toContain('refs/heads/main');
    await labDown(lab.dir);
  });
});

describe('the end of a lab', () => {
  test('ends what runs in its nodes and in their guests, and is fine twice', async () => {
    const dir = dirOf('busy');
    const lab = await labUp({ dir, definitions: { nodes: 2 }, home: ROOT });
    const daemon = (argv: string[]): Promise<unknown> =>
      labRun(lab, 'n1', ['setsid', '--fork', 'env', '-i', ...argv, '/bin/sh', '-c', 'sleep 1000 >/dev/null 2>&1 &']);
    await daemon([]);
    await daemon(['/sbin/ip', 'netns', 'exec', 'guest-n1']);
    const running = processesOf(dir).length;
    expect(running).toBe(3 + 1 + 2);
    expect((await labDown(dir)).killed).toBe(running);
    expect(existsSync(dir)).toBe(false);
    expect(processesOf(dir)).toEqual([]);
    expect((await labDown(dir)).killed).toBe(0);
    expect(() => openLab(dir)).toThrow('there is no lab in');
  });

  test('never removes a folder that is no lab', async () => {
    const dir = dirOf('precious');
    mkdirSync(dir);
    writeFileSync(join(dir, 'thesis.txt'), 'x');
    await expect(labDown(dir)).rejects.toThrow('is not the folder of a lab');
    expect(existsSync(join(dir, 'thesis.txt'))).toBe(true);
  });

  test('clears up after one that was killed while it was made, at whichever step', async () => {
    const driver = join(base, 'up.mjs');
    const [dir, ...steps] = [dirOf('killed'), 'definitions', 'underlay', 'git server', 'node n1', 'node n2', 'done'];
    const code = `import { labUp } from './src/lab/up.ts';
      await labUp({ dir: ${JSON.stringify(dir)}, definitions: { nodes: 2 }, home: ${JSON.stringify(ROOT)}, progress: step => console.log(step) });
      console.log('done');`;
    const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
    buildSync({ stdin: { contents: code, resolveDir: ROOT }, bundle: true, platform: 'node', format: 'esm', banner: { js: banner }, outfile: driver });
    for (const last of steps) {
      for (const laterMs of [0, 15]) {
        await killedAt(driver, last, laterMs);
        expect([last, labStatus(dir).state]).not.toEqual([last, 'down']);
        await labDown(dir);
        expect([last, existsSync(dir), processesOf(dir), labStatus(dir).state]).toEqual([last, false, [], 'down']);
      }
    }
  });

  test('comes by itself when making it is interrupted, at whichever step', async () => {
    const dir = dirOf('interrupted');
    const steps: string[] = [];
    await labUp({ dir, definitions: { nodes: 2 }, home: ROOT, progress: step => steps.push(step) });
    await labDown(dir);
    expect(steps).toEqual(['definitions', 'underlay', 'git server', 'node n1', 'node n2']);
    for (const last of steps) {
      const stop = new AbortController();
      const progress = (step: string): void => {
        if (step === last) stop.abort();
      };
      await expect(labUp({ dir, definitions: { nodes: 2 }, home: ROOT, signal: stop.signal, progress })).rejects.toThrow('interrupted');
      expect([last, existsSync(dir), processesOf(dir)]).toEqual([last, false, []]);
    }
  });
});
