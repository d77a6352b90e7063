/** The shipped units, judged by systemd itself; only the path of the program is replaced, since a checkout does not install it. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVICE_CAPABILITIES, SERVICE_USERS } from '../../src/kinds/render-service.ts';
import { ROOT } from '../house/tree.ts';
import { describeWhere } from '../support/needs.ts';

const UNITS = join(ROOT, 'systemd');
const PROGRAM = '/usr/bin/netloom';

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
  const unit = join(dir, 'netloom.service');
  writeFileSync(unit, readFileSync(unit, 'utf8').replace(PROGRAM, process.execPath));
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

const service = () => settings(join(UNITS, 'netloom.service'));

describeWhere(missing, 'systemd reads the units', () => {
  it('takes the service and the timer without a word', () => {
    expect(verify('netloom.service', 'netloom.timer')).toEqual({ status: 0, output: '' });
  });

  it('takes the service with the credential of the example, and says so when a drop-in is wrong', () => {
    const dropIns = join(dir, 'netloom.service.d');
    mkdirSync(dropIns, { recursive: true });
    cpSync(join(UNITS, 'examples', 'git-token.conf'), join(dropIns, 'git-token.conf'));
    expect(verify('netloom.service')).toEqual({ status: 0, output: '' });
    writeFileSync(join(dropIns, 'wrong.conf'), '[Service]\nLoadCredentials=git-token:/etc/netloom/git-token\n');
    expect(verify('netloom.service').output).toContain('LoadCredentials');
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

  it('rates the service 4.5 or safer', () => {
    const { status, output } = analyze('security', '--offline=true', '--threshold=45', join(dir, 'netloom.service'));
    expect(output).toContain('Overall exposure level for netloom.service');
    expect(status, output).toBe(0);
  });
});

describe('what the units promise', () => {
  it('runs one pass, and takes exit code 75 (locked, unreachable) for success', () => {
    expect(service()).toContainEqual(['ExecStart', `${PROGRAM} reconcile`]);
    expect(service()).toContainEqual(['Type', 'oneshot']);
    expect(service()).toContainEqual(['SuccessExitStatus', '75']);
  });

  it('never gets a mount namespace of its own, also not with the example', () => {
    const all = [...service(), ...settings(join(UNITS, 'examples', 'git-token.conf'))].map(([key]) => key);
    expect(all.filter(key => MOUNT_NAMESPACE.includes(key))).toEqual([]);
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

  it('starts without a credential on the node', () => {
    expect(service().map(([key]) => key)).not.toContain('LoadCredential');
  });
});
