/** `netloom instance-data` on a node that keeps its last revision, and the hook that starts guests with what is told. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { CommandError, EXIT } from '../../src/cli/exit.ts';
import { FORMATS, instanceDataCommand } from '../../src/cli/instance-data-command.ts';
import { addInstanceData } from '../../src/cli/instance-data-options.ts';
import { saveGood, saveKeptLedger } from '../../src/pass/kept.ts';
import { ROOT } from '../house/tree.ts';
import { entryOf } from '../report/instances.ts';

let folder = '';
let options: Parameters<typeof instanceDataCommand>[1];

const DEFINITIONS = `
{"apiVersion": "netloom.dev/v1", "kind": "Cluster", "metadata": {"name": "c"}, "spec": {"underlay": {"mtu": 1600}}}
---
{"apiVersion": "netloom.dev/v1", "kind": "Network", "metadata": {"name": "n", "namespace": "acme"}, "spec": {"cidr": "10.1.0.0/24", "mtu": 1450}}
---
{"apiVersion": "netloom.dev/v1", "kind": "Interface", "metadata": {"name": "web-1", "namespace": "acme"}, "spec": {"network": "n", "attach": {"tap": {"ifname": "tap-web"}}}}
---
{"apiVersion": "netloom.dev/v1", "kind": "Interface", "metadata": {"name": "new", "namespace": "acme"}, "spec": {"network": "n"}}
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netloom-instance-'));
  const config = join(folder, 'node.yaml');
  // A remote that nobody answers at: what a node keeps is enough.
  writeFileSync(
    config,
    JSON.stringify({ node: 'n1', repo: { url: 'http://127.0.0.1:9/none.git' }, stateDir: join(folder, 'state'), runtimeDir: join(folder, 'run') }),
  );
  const bytes = new TextEncoder().encode(DEFINITIONS);
  await saveGood(join(folder, 'state'), { revision: 'a'.repeat(40), path: '', files: [{ path: 'all.yaml', mode: '100644', id: 'all', bytes }] });
  const networks = Object.fromEntries([entryOf('acme/n', 1, { 'acme/web-1': { mac: '02:00:00:00:00:0a', address: '10.1.0.9' } })]);
  await saveKeptLedger(join(folder, 'state'), { tip: null, ledger: { networks } });
  options = { config, statusBranch: 'netloom-status', namespace: 'default', format: 'qemu' };
});

afterEach(() => {
  vi.restoreAllMocks();
});

afterAll(() => {
  if (isAbsolute(folder) && folder.includes('netloom-instance-')) rmSync(folder, { recursive: true });
});

function printed(): () => string {
  const out = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  return () => out.mock.calls.map(([text]) => String(text)).join('');
}

describe('netloom instance-data', () => {
  test('tells of an instance from what this node keeps, with git out of reach', async () => {
    const text = printed();
    expect(await instanceDataCommand('acme/web-1', options)).toBe(EXIT.fine);
    const card = 'virtio-net-pci,netdev=eth0,mac=02:00:00:00:00:0a,host_mtu=1450';
    expect(text()).toBe(`-netdev tap,id=eth0,ifname=tap-web,script=no,downscript=no -device ${card}\n`);
  });

  test('prints network_data.json as it is to stand on a drive', async () => {
    const text = printed();
    await instanceDataCommand('web-1', { ...options, namespace: 'acme', format: 'network-data' });
    expect(JSON.parse(text())).toMatchObject({ networks: [{ ip_address: '10.1.0.9', netmask: '255.255.255.0', routes: [] }], services: [] });
  });

  test('asks git for what the node does not know, and says so when that does not answer', async () => {
    await expect(instanceDataCommand('acme/none', options)).rejects.toThrow('127.0.0.1:9');
  });

  test('takes what is about images with an image only', async () => {
    await expect(instanceDataCommand('acme/web-1', { ...options, nocloud: true })).rejects.toThrow('--nocloud is about an image');
    await expect(instanceDataCommand('acme/web-1', { ...options, userData: '/x' })).rejects.toThrow('--user-data is about an image');
    await expect(instanceDataCommand('acme/web-1', { ...options, iso: '/x', userData: '/nonexistent' })).rejects.toThrow(CommandError);
  });

  test('has a format for each word that --format takes', () => {
    const root = new Command();
    addInstanceData(root);
    const format = root.commands[0]?.options.find(option => option.long === '--format');
    expect(format?.argChoices).toEqual(Object.keys(FORMATS));
    expect(format?.defaultValue).toBe('network-data');
  });
});

describe('the example of a libvirt hook', () => {
  const hook = join(ROOT, 'docs', 'libvirt-hook');

  /** Runs it with a netloom that notes how it was called. */
  function run(xml: string, what = 'prepare', exitCode = 0): { readonly status: number | null; readonly stdout: string; readonly calls: readonly string[] } {
    const notes = join(folder, 'calls');
    const program = join(folder, 'netloom');
    writeFileSync(notes, '');
    writeFileSync(program, `#!/bin/sh\necho "$@" >> ${notes}\necho made\nexit ${exitCode}\n`);
    chmodSync(program, 0o755);
    const { status, stdout } = spawnSync('sh', [hook, 'vm', what, 'begin', '-'], { input: xml, encoding: 'utf8', env: { PATH: `${folder}:/usr/bin:/bin` } });
    return { status, stdout, calls: readFileSync(notes, 'utf8').split('\n').filter(Boolean) };
  }

  const domain = (description: string): string => `<domain>\n  <name>vm</name>\n  <description>${description}</description>\n</domain>\n`;

  test('is a shell script', () => {
    expect(spawnSync('sh', ['-n', hook]).status).toBe(0);
  });

  test('ensures every interface that the description names, and prints nothing that libvirt would take for XML', () => {
    const calls = ['ensure --timeout 10s acme/web-1', 'ensure --timeout 10s acme/back'];
    expect(run(domain('a shop; netloom: acme/web-1 acme/back'))).toEqual({ status: 0, stdout: '', calls });
  });

  test('leaves other domains and other moments alone', () => {
    expect(run(domain('a shop'))).toEqual({ status: 0, stdout: '', calls: [] });
    expect(run(domain('netloom: acme/web-1'), 'stopped')).toEqual({ status: 0, stdout: '', calls: [] });
  });

  test('stops the domain when an interface cannot be made', () => {
    expect(run(domain('netloom: acme/web-1 acme/back'), 'prepare', 75)).toMatchObject({ status: 75, calls: ['ensure --timeout 10s acme/web-1'] });
  });

  test('gives netloom no option and no pattern that a description could hold', () => {
    expect(run(domain('netloom: --config=/tmp/x')).calls).toEqual([]);
    expect(run(domain('netloom: * $(id) `id`')).calls).toEqual([]);
  });
});
