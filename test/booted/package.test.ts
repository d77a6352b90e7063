/** The Debian package under a real systemd: installed, upgraded while a network runs, removed and purged. */
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hasProgram } from '../../src/host/exec.ts';
import { dropInPaths } from '../../src/host/systemd.ts';
import { joinedPaths } from '../../src/join/configuration.ts';
import { OURS } from '../../src/kinds/marks.ts';
import { ROOT } from '../house/tree.ts';
import { makeDeb } from '../package/checkout.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';
import { describeWhere } from '../support/needs.ts';
import { bootMachine, cannotBoot, type Machine } from './machine.ts';
import { provideNode } from './provide-node.ts';

const HEAD = 'apiVersion: netloom.dev/v1\n';
const DEFINITIONS = `${HEAD}kind: Cluster
metadata: { name: packaged }
spec: {}
---
${HEAD}kind: Node
metadata: { name: n1 }
spec: { underlay: { address: 10.2.1.11, device: eth0 }, gateway: true }
---
${HEAD}kind: Network
metadata: { name: shop }
spec: { cidr: 192.168.7.0/24, egress: none }
---
${HEAD}kind: Interface
metadata: { name: web }
spec: { network: shop, node: n1, attach: { tap: { ifname: tap-web } } }
`;
const MANIFEST = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const NEXT = '9.0.0';
/** What a join writes, and what people may put beside it. */
const CONFIG = '/etc/netloom/node.yaml';
const JOINED = [...joinedPaths(CONFIG, 'n1'), ...dropInPaths()];
const OWN = ['/etc/netloom/allowed_signers', '/etc/systemd/system/netloom.service.d/own.conf'];
const BUILD_MS = 300_000;
const PATIENCE = { timeout: 60_000 };

const missing = cannotBoot() || (hasProgram('dpkg-deb') ? '' : 'dpkg-deb (Debian package dpkg)');

describeWhere(missing, 'on a machine that systemd runs, the package', () => {
  const [made, again] = [mkdtempSync(join(tmpdir(), 'netloom-debs-')), mkdtempSync(join(tmpdir(), 'netloom-debs-'))];
  const debs = new Map<string, string>();
  let machine: Machine;
  let bare: Bare;
  let before: readonly string[];

  beforeAll(async () => {
    const booting = bootMachine();
    for (const version of [MANIFEST.version, NEXT]) debs.set(version, await makeDeb(made, version));
    await makeDeb(again);
    machine = await booting;
    for (const deb of debs.values()) copyFileSync(deb, join(machine.shared, basename(deb)));
    // What an image for containers is kept small and quiet by; and no index of all pages.
    await machine.ask('sh', '-c', 'rm -f /etc/dpkg/dpkg.cfg.d/* /usr/sbin/policy-rc.d /var/lib/man-db/auto-update');
    for (const target of ['multi-user', 'timers']) await machine.ask('mkdir', '-p', `/etc/systemd/system/${target}.target.wants`);
    await provideNode(machine);
    for (const words of ['link add eth0 type veth peer name far0', 'link set far0 up', 'link set eth0 up', 'addr add 10.2.1.11/24 dev eth0'])
      await machine.ask('ip', ...words.split(' '));
    bare = await makeBare('main', machine.shared);
    await bare.grow('main', { 'all.yaml': DEFINITIONS });
    before = await files();
  }, BUILD_MS);
  afterAll(async () => {
    await machine?.stop();
    for (const folder of [made, again]) rmSync(folder, { recursive: true, force: true });
  });

  const lines = (text: string): readonly string[] => text.split('\n').filter(Boolean);
  /** All that the machine's own disk has beside what it was installed with, but for what dpkg and others note of themselves. */
  async function files(): Promise<readonly string[]> {
    const [, upper = ''] = /upperdir=([^, ]+)/.exec(await machine.ask('cat', '/proc/self/mountinfo')) ?? [];
    return readdirSync(upper, { recursive: true, withFileTypes: true })
      .map(entry => ({ entry, path: join(entry.parentPath, entry.name).slice(upper.length) }))
      .filter(({ entry, path }) => !(entry.isDirectory() && existsSync(path)) && !/^\/var\/(lib\/dpkg|log|cache)\//.test(path))
      .map(({ path }) => path)
      .toSorted();
  }
  const install = (version: string): Promise<string> => machine.ask('dpkg', '-i', `/srv/${basename(String(debs.get(version)))}`);
  const isActive = async (unit: string): Promise<boolean> => (await machine.run('systemctl', 'is-active', unit)).exitCode === 0;
  const ask = async (program: string, ...words: readonly string[]): Promise<string> => (await machine.ask(program, ...words)).trim();

  const activeSince = (unit: string): Promise<string> => ask('systemctl', 'show', '-P', 'ActiveEnterTimestampMonotonic', unit);

  /** Links by index, here and in the router's namespace, and the process that serves it. */
  async function dataPlane(): Promise<readonly string[]> {
    const namespaces = JSON.parse((await machine.ask('ip', '-j', 'netns')) || '[]') as readonly { readonly name: string }[];
    const inside = await Promise.all(namespaces.map(({ name }) => machine.ask('ip', '-n', name, '-br', '-o', 'link')));
    const links = lines([await machine.ask('ip', '-o', 'link'), ...inside].join('\n')).map(line => line.replace(/ (state|qdisc) .*/, ''));
    return [...links, ...lines(await machine.ask('pgrep', '-x', 'dnsmasq'))];
  }

  it('is the same, byte for byte, wherever it is built', () => {
    const deb = String(debs.get(MANIFEST.version));
    expect(readFileSync(join(again, basename(deb))).equals(readFileSync(deb))).toBe(true);
  });

  it('knows our links by the mark that they have', () => {
    const groups = readdirSync(join(ROOT, '.ci/deb')).flatMap(name => [
      ...readFileSync(join(ROOT, '.ci/deb', name), 'utf8').matchAll(/link show group (\d+)/g),
    ]);
    expect(groups.map(match => Number(match[1]))).toEqual([OURS.group, OURS.group]);
  });

  it('gives program, units and manual, and enables nothing', async () => {
    await install(MANIFEST.version);
    expect(await ask('netloom', '--version')).toBe(MANIFEST.version);
    expect(await ask('netloom', 'validate', '--no-cache', '/usr/share/doc/netloom/example-repo')).toMatch(/^valid: \d+ definitions/);
    for (const unit of ['netloom.service', 'netloom.timer', 'netloom-watch.service']) {
      expect((await machine.run('systemctl', 'is-enabled', unit)).stdout).toBe('disabled\n');
      expect(await isActive(unit)).toBe(false);
    }
    expect(await ask('man', '-w', 'netloom', 'netloom.yaml', 'netloom-node.yaml')).toBe(
      '/usr/share/man/man8/netloom.8.gz\n/usr/share/man/man5/netloom.yaml.5.gz\n/usr/share/man/man5/netloom-node.yaml.5.gz',
    );
    const completions = ['bash-completion/completions/netloom', 'zsh/vendor-completions/_netloom', 'fish/vendor_completions.d/netloom.fish'];
    expect(await ask('grep', '-l', '__complete', ...completions.map(path => `/usr/share/${path}`))).toBe(
      completions.map(path => `/usr/share/${path}`).join('\n'),
    );
    const koffi = "const { default: koffi } = await import('/usr/lib/netloom/node_modules/koffi/index.js'); console.log(koffi.version)";
    expect(await ask('/usr/bin/node', '--input-type=module', '-e', koffi)).toBe(MANIFEST.optionalDependencies.koffi);
  });

  it('makes a network, and an upgrade leaves it as it is while what ran runs on, with the new program', async () => {
    machine.write(CONFIG, 'node: n1\nrepo: { url: /srv/repo.git }\n');
    await machine.ask('systemctl', 'start', 'netloom.service');
    const there = await dataPlane();
    expect(there.join('\n')).toMatch(/tap-web[\s\S]*\n\d+$/);
    await machine.ask('systemctl', 'start', 'netloom.timer');
    const since = await activeSince('netloom.timer');
    await install(NEXT);
    expect(await ask('netloom', '--version')).toBe(NEXT);
    await expect.poll(() => isActive('netloom.timer'), PATIENCE).toBe(true);
    // It did not tick meanwhile: a pass would have had half of each program.
    expect(await activeSince('netloom.timer')).not.toBe(since);
    expect(await dataPlane()).toEqual(there);
    await machine.ask('systemctl', 'start', 'netloom.service');
    expect(await dataPlane()).toEqual(there);
    // The alternative, which stops the timer.
    await machine.ask('systemctl', 'start', 'netloom-watch.service');
    const watcher = await ask('systemctl', 'show', '-P', 'MainPID', 'netloom-watch.service');
    await install(MANIFEST.version);
    await expect.poll(() => isActive('netloom-watch.service'), PATIENCE).toBe(true);
    expect(await ask('systemctl', 'show', '-P', 'MainPID', 'netloom-watch.service')).not.toBe(watcher);
    expect(await dataPlane()).toEqual(there);
    await machine.ask('systemctl', 'stop', 'netloom-watch.service');
    await install(NEXT);
    expect([await isActive('netloom-watch.service'), await isActive('netloom.timer')]).toEqual([false, false]);
    // Its first pass finds nothing to do: what comes later is not taken for a change of its mind.
    await machine.ask('netloom', 'reconcile');
  });

  it('leaves networks when it is removed, and says what to do; what waits for its confirmation stays', async () => {
    await bare.grow('main', { 'more.yaml': DEFINITIONS.split('---\n').slice(-1).join('').replaceAll('web', 'more') });
    await machine.ask('netloom', 'reconcile', '--confirm-timeout', '10m');
    const waiting = (): Promise<string> => ask('systemctl', 'list-units', '--all', '--plain', '--no-legend', 'netloom-undo-*');
    expect(await waiting()).toContain('.timer');
    await machine.ask('systemctl', 'enable', '--now', 'netloom.timer');
    const there = await dataPlane();
    const { exitCode, stderr } = await machine.run('dpkg', '--remove', 'netloom');
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/networks of this node stay as they are[\s\S]*netloom leave/)]);
    expect([await dataPlane(), await isActive('netloom.timer')]).toEqual([there, false]);
    expect(there.join('\n')).toContain('tap-more');
    expect(await waiting()).toBe('');
    expect(await ask('cat', CONFIG)).toContain('node: n1');
  });

  it('leaves nothing when it is purged, but what is not its own and what a running network needs', async () => {
    const there = await dataPlane();
    for (const path of [...JOINED, ...OWN]) machine.write(path, '');
    await machine.ask('dpkg', '--purge', 'netloom');
    const [was, is] = [new Set(before), new Set(await files())];
    expect([...is].filter(path => !was.has(path))).toEqual([...OWN, ...OWN.map(path => dirname(path))].toSorted());
    expect([...was].filter(path => !is.has(path))).toEqual([]);
    expect(await dataPlane()).toEqual(there);
    expect(await ask('find', '/run/netloom', '-name', 'dnsmasq.conf')).toContain('/run/netloom/networks/');
  });

  it('leaves nothing at all after netloom leave, for which it may be installed again', async () => {
    await install(MANIFEST.version);
    await machine.ask('netloom', 'leave', '--yes', '--force');
    await machine.ask('rm', ...OWN);
    const { exitCode, stderr } = await machine.run('dpkg', '--purge', 'netloom');
    expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('networks of this node')]);
    expect((await machine.run('ls', '-d', '/run/netloom', '/etc/netloom')).stdout).toBe('');
    expect(await files()).toEqual(before);
  });
});
