/** The shipped units, judged by systemd itself; only the path of the program is replaced, since a checkout does not install it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVICE_CAPABILITIES, SERVICE_USERS } from '../../src/kinds/render-service.ts';
import { ROOT } from '../house/tree.ts';
import { describeWhere } from '../support/needs.ts';

const UNITS = join(ROOT, 'systemd');
const PROGRAM = '/usr/bin/netloom';
/** Units that run passes. */
const PASSES = ['netloom.service', 'netloom-watch.service'];
/** Example drop-ins. */
const EXAMPLES = readdirSync(join(UNITS, 'examples'));

/** systemd.exec(5): what gives a unit a mount namespace, in which `ip netns add` would make names that only the unit can use. */
const MOUNT_NAMESPACE = [
  ...['PrivateTmp', 'PrivateDevices', 'PrivateIPC', 'PrivateMounts', 'PrivateNetwork', 'ProtectSystem', 'ProtectHome', 'ProtectKernelTunables'],
  ...['ProtectKernelModules', 'ProtectKernelLogs', 'ProtectControlGroups', 'ProtectProc', 'ProcSubset', 'DynamicUser', 'MountFlags', 'MountImages'],
  ...['BindPaths', 'BindReadOnlyPaths', 'ReadOnlyPaths', 'ReadWritePaths', 'InaccessiblePaths', 'ExecPaths', 'NoExecPaths', 'TemporaryFileSystem'],
  ...['RootDirectory', 'RootImage', 'ExtensionImages', 'ExtensionDirectories'],
];

const missing = spawnSync('systemd-analyze', ['--version']).status === 0 ? '' : 'systemd-analyze (Debian package systemd)';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'netloom-units-'));
  cpSync(UNITS, dir, { recursive: true });
  for (const name of PASSES) {
    const unit = join(dir, name);
    writeFileSync(unit, readFileSync(unit, 'utf8').replace(PROGRAM, process.execPath));
  }
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function analyze(...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr, error } = spawnSync('systemd-analyze', ['--no-pager', ...args], { encoding: 'utf8', timeout: 15_000 });
  return { status, output: error === undefined ? `${stdout}${stderr}` : error.message };
}

const verify = (...names: readonly string[]) => analyze('verify', '--man=no', '--recursive-errors=no', ...names.map(name => join(dir, name)));

/** `Key=value` lines of a unit file, in order. */
function settings(path: string): readonly (readonly [string, string])[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => /^[A-Z]\w*=/.test(line))
    .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const);
}

const service = (name: string) => settings(join(UNITS, name));

describeWhere(missing, 'systemd reads the units', () => {
  it('takes the services and the timer without a word', () => {
    expect(verify(...PASSES, 'netloom.timer')).toEqual({ status: 0, output: '' });
  });

  it.each(PASSES)('takes %s with the drop-ins of the examples, and says so when one is wrong', name => {
    const dropIns = join(dir, `${name}.d`);
    mkdirSync(dropIns, { recursive: true });
    for (const example of EXAMPLES) cpSync(join(UNITS, 'examples', example), join(dropIns, example));
    expect(verify(name)).toEqual({ status: 0, output: '' });
    writeFileSync(join(dropIns, 'wrong.conf'), '[Service]\nLoadCredentials=git-token:/etc/netloom/git-token\n');
    expect(verify(name).output).toContain('LoadCredentials');
    rmSync(dropIns, { recursive: true });
  });

  it("takes the template of a network's dnsmasq without a word, and rates it 2.1 or safer", () => {
    const template = join(dir, 'netloom-dnsmasq@.service');
    // The path of the program is Debian's, of the package dnsmasq-base.
    writeFileSync(template, readFileSync(template, 'utf8').replace('/usr/sbin/dnsmasq', process.execPath));
    expect(verify('netloom-dnsmasq@.service')).toEqual({ status: 0, output: '' });
    const { status, output } = analyze('security', '--offline=true', '--threshold=21', template);
    expect(output).toContain('Overall exposure level for netloom-dnsmasq@');
    expect(status, output).toBe(0);
  });

  it('rates the service 4.6 or safer', () => {
    for (const name of PASSES) {
      const { status, output } = analyze('security', '--offline=true', '--threshold=46', join(dir, name));
      expect(output).toContain(`Overall exposure level for ${name}`);
      expect(status, output).toBe(0);
    }
  });
});

describe('what the units promise', () => {
  it('a tick is one pass, and exit code 75 (locked, unreachable) counts as success', () => {
    expect(service('netloom.service')).toContainEqual(['ExecStart', `${PROGRAM} reconcile`]);
    expect(service('netloom.service')).toContainEqual(['Type', 'oneshot']);
    expect(service('netloom.service')).toContainEqual(['SuccessExitStatus', '75']);
    expect(settings(join(UNITS, 'netloom.timer'))).toContainEqual(['Also', 'netloom.service']);
  });

  it('a watch says itself when it is ready and that it lives, and is started anew whatever became of it', () => {
    const watch = service('netloom-watch.service');
    for (const setting of [
      ['ExecStart', `${PROGRAM} watch`],
      ['Type', 'notify'],
      ['WatchdogSec', '60s'],
      ['Restart', 'always'],
    ])
      expect(watch).toContainEqual(setting);
  });

  it('either ticks or a watch', () => {
    expect(settings(join(UNITS, 'netloom.timer'))).toContainEqual(['Conflicts', 'netloom-watch.service']);
    expect(service('netloom-watch.service')).toContainEqual(['Conflicts', 'netloom.timer']);
  });

  it.each(PASSES)('%s is wanted by the boot, after the network and before what starts guests', name => {
    const before = service(name).flatMap(([key, value]) => (key === 'Before' ? value.split(' ') : []));
    expect(before).toEqual(expect.arrayContaining(['libvirtd.service', 'virtqemud.service', 'libvirt-guests.service']));
    expect(service(name)).toContainEqual(['WantedBy', 'multi-user.target']);
    expect(service(name)).toContainEqual(['Wants', 'network-online.target']);
  });

  it('never gets a mount namespace of its own, also not with the example', () => {
    const all = [...PASSES.flatMap(service), ...EXAMPLES.flatMap(example => settings(join(UNITS, 'examples', example)))].map(([key]) => key);
    expect(all.filter(key => MOUNT_NAMESPACE.includes(key))).toEqual([]);
  });

  it('both are confined alike, but for what a watch hears of other namespaces by', () => {
    const confined = (name: string) =>
      service(name).filter(([key]) => /^(Capab|NoNew|Restrict|System|Lock|Protect|Keyring|UMask|Limit|KillMode|State|Runtime)/.test(key));
    const more = confined('netloom.service').map(([key, value]) => [key, key === 'CapabilityBoundingSet' ? `${value} CAP_NET_BROADCAST` : value]);
    expect(confined('netloom-watch.service')).toEqual(more);
    expect(confined('netloom.service').length).toBeGreaterThan(15);
  });

  it("a network's dnsmasq is started as netloom starts it elsewhere, in its namespace, as the same user, with as little", () => {
    const template = settings(join(UNITS, 'netloom-dnsmasq@.service'));
    expect(template).toContainEqual(['ExecStart', '/usr/sbin/dnsmasq --keep-in-foreground --conf-file=/run/netloom/networks/%i/dnsmasq.conf']);
    expect(template).toContainEqual(['NetworkNamespacePath', '/run/netns/%i']);
    expect(template).toContainEqual(['User', SERVICE_USERS[0]]);
    expect(template).toContainEqual(['ExecStartPre', `+/usr/bin/chown ${SERVICE_USERS[0]} /run/netloom/networks/%i/leases`]);
    const capabilities = SERVICE_CAPABILITIES.map(name => `CAP_${name.toUpperCase()}`).join(' ');
    expect(template).toContainEqual(['CapabilityBoundingSet', capabilities]);
    expect(template).toContainEqual(['AmbientCapabilities', capabilities]);
  });

  it.each(PASSES)('%s starts without a credential on the node', name => {
    expect(service(name).map(([key]) => key)).not.toContain('LoadCredential');
  });
});
