import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  type Check,
  clockCheck,
  configurationCheck,
  type Found,
  isRefused,
  mtuCheck,
  nameCheck,
  ok,
  programChecks,
  underlayCheck,
} from '../../src/join/checks.ts';
import { authIn, configurationText, dropInText, secretFiles } from '../../src/join/configuration.ts';
import { isTold, type Joined, joinedEvent, joinedText } from '../../src/join/joined.ts';
import { leftReport } from '../../src/join/say-left.ts';
import type { NodeDef } from '../../src/objects/object.ts';
import type { NodeReport } from '../../src/report/node-report.ts';

const NOW = '2026-11-21T12:00:00Z';
const found: Found = { device: 'eth0', address: '10.2.1.12', mtu: 1500, isUp: true };

const node = (name: string, address: string, device?: string): NodeDef =>
  ({
    kind: 'Node',
    name,
    at: { file: `nodes/${name}.yaml`, line: 3, col: 1 },
    spec: { underlay: { address, ...(device === undefined ? {} : { device }) } },
  }) as unknown as NodeDef;

const report = (heard: string): NodeReport => ({
  node: 'n2',
  version: '0.1.0',
  mode: 'enforce',
  boot: 'aaaaaaaaaaaa',
  heard,
  revision: { observed: 'a', attempted: 'a', accepted: 'a', applied: 'a' },
  conditions: [{ type: 'Ready', status: true, reason: 'AsWanted', message: '', since: heard }],
  networks: { 'red/lan': { digest: 'x', state: 'ready' } },
  interfaces: {},
  pools: {},
  floatingIPs: {},
  routedIPs: {},
  inventory: { 'vxlan interface': 1 },
  drift: [],
});

describe('the clock', () => {
  test.each([
    [0, 'ok'],
    [-30_000, 'ok'],
    [31_000, 'warning'],
    [-300_000, 'warning'],
    [300_001, 'failed'],
    [-3.2e12, 'failed'],
  ] as const)('%d ms off is %s', (ms, state) => expect(clockCheck(ms, 'the git server').state).toBe(state));
  test('of which nobody tells is not judged', () => expect(clockCheck(null, '').state).toBe('unknown'));
});

describe('a name', () => {
  const fresh = report('2026-11-21T11:59:00Z');
  const asked = { name: 'n2', report: fresh, voice: 'unknown', hasAddress: false, now: NOW } as const;
  test('that another machine publishes under is taken', () =>
    expect(nameCheck(asked)).toMatchObject({ state: 'failed', message: expect.stringMatching(/^NameTaken: /) }));
  test('is not forced', () => expect(isRefused([nameCheck(asked)], true)).toBe(true));
  test.each([
    ['nobody publishes under', { report: undefined }],
    ['this machine published under', { voice: 'ours' }],
    ['has this machine its address, which was set up anew', { hasAddress: true }],
    ['was not heard for long', { report: report('2026-11-21T09:00:00Z') }],
    ['was left', { report: leftReport(fresh, 'ada', NOW) }],
  ] as const)('that %s is free', (_, change) => expect(nameCheck({ ...asked, ...change }).state).toBe('ok'));
  test('that this machine had, and another has now, is taken', () => expect(nameCheck({ ...asked, voice: 'another', hasAddress: true }).state).toBe('failed'));
  test.each(['', 'N2', 'a b', '-a', '../x', 'a'.repeat(64)])('%j is none', name =>
    expect(nameCheck({ ...asked, name, report: undefined }).state).toBe('failed'),
  );
});

describe('the underlay', () => {
  const others = [node('n1', '10.2.1.11')];
  const asked = { name: 'n2', node: undefined, others, found, why: '' };
  test.each([
    ['an address that no Node has', {}, 'ok'],
    ['the address of its Node', { node: node('n2', '10.2.1.12', 'eth0') }, 'ok'],
    ['no address at all', { found: null, why: 'no way' }, 'failed'],
    ['the address of another Node', { found: { ...found, address: '10.2.1.11' } }, 'failed'],
    ['another address than its Node', { node: node('n2', '10.2.1.99') }, 'failed'],
    ['its address on another device', { node: node('n2', '10.2.1.12', 'eth7') }, 'failed'],
    ['a device that is down', { found: { ...found, isUp: false } }, 'failed'],
  ] as const)('with %s', (_, change, state) => expect(underlayCheck({ ...asked, ...change }).state).toBe(state));

  test.each([
    ['as the Cluster says', 1500, undefined, 'ok'],
    ['less than the Cluster says', 9000, undefined, 'failed'],
    ['as its Node says, less than the Cluster', 9000, 1500, 'ok'],
    ['less than its Node says', 1500, 1600, 'failed'],
  ] as const)('that carries %s', (_, cluster, declared, state) => {
    const check = mtuCheck({ found, cluster, declared });
    expect(check.state).toBe(state);
    expect(isRefused([check], true)).toBe(false);
  });
});

test('programs that are missing are told with what to install; only those without which nothing goes refuse', () => {
  const packageOf = (program: string): string => ({ ip: 'iproute2', bridge: 'iproute2', dnsmasq: 'dnsmasq-base' })[program] ?? program;
  const lacking = (...missing: readonly string[]) => programChecks(program => !missing.includes(program), packageOf);
  expect(lacking().map(({ state }) => state)).toEqual(['ok']);
  expect(lacking('ip', 'bridge')[0]).toMatchObject({ state: 'failed', todo: 'apt install iproute2' });
  expect(lacking('dnsmasq', 'git')[1]).toMatchObject({ state: 'warning', todo: 'apt install dnsmasq-base git' });
});

test('the same configuration again is fine, another name only by force, another repository not at all', () => {
  const was = { node: 'n2', url: 'http://git/d.git' };
  const check = (node_: string, url: string, before: typeof was | null = was) => configurationCheck('/etc/netloom/node.yaml', before, node_, url);
  expect([check('n2', was.url).state, check('n2', was.url, null).state]).toEqual(['ok', 'ok']);
  const refused = (one: Check): readonly boolean[] => [isRefused([one], false), isRefused([one], true)];
  expect(refused(check('n3', was.url))).toEqual([true, false]);
  expect(refused(check('n2', 'http://other/d.git'))).toEqual([true, true]);
  expect(isRefused([ok('x', ''), { name: 'y', state: 'warning', message: '' }], false)).toBe(false);
});

describe('what is written', () => {
  const args = {
    path: '/etc/netloom/node.yaml',
    node: 'n2',
    url: 'http://git/d.git',
    branch: 'main',
    folder: '',
    mode: 'enforce',
    pushesPerMinute: 6,
    stateDir: '/var/lib/netloom',
    runtimeDir: '/run/netloom',
    schema: '/usr/lib/netloom/schemas/node-config.json',
  } as const;
  test.each([
    ['a token', { type: 'token', secret: 's3cret\n', asCredential: false }, { type: 'token', file: '/etc/netloom/git-token' }],
    [
      'a name beside it',
      { type: 'basic', username: 'bot: 1', secret: 's3cret\n', asCredential: false },
      { type: 'basic', username: 'bot: 1', file: '/etc/netloom/git-token' },
    ],
    ['a credential of systemd', { type: 'token', secret: 's3cret\n', asCredential: true }, { type: 'token', credential: 'git-token' }],
    [
      'a key of ssh',
      { type: 'ssh', secret: 's3cret\n', knownHosts: 'h', asCredential: false },
      { type: 'ssh', file: '/etc/netloom/git-key', knownHosts: '/etc/netloom/known_hosts' },
    ],
  ] as const)('names %s and never says it', (_, credential, auth) => {
    const text = configurationText({ ...args, credential });
    const said = { node: 'n2', mode: 'enforce', repo: { url: args.url, branch: 'main', path: '', auth } };
    expect(parse(text)).toEqual(said);
    expect(parse(configurationText({ ...args, credential, pushesPerMinute: 60 }))).toEqual({ ...said, status: { pushesPerMinute: 60 } });
    expect(authIn('/etc/netloom', credential)).toEqual(auth);
    expect(text + dropInText('/etc/netloom', credential)).not.toContain('s3cret');
    expect(secretFiles('/etc/netloom', credential)[0]).toMatchObject({ text: 's3cret\n', mode: 0o600 });
  });
});

describe('the event of a join', () => {
  const joined = {
    node: 'n2',
    role: 'hypervisor',
    underlay: found,
    revision: 'a'.repeat(40),
    peers: [{ node: 'n1', address: '10.2.1.11', state: 'ready', roundTripMs: 0.2, applied: 'b'.repeat(40), message: '' }],
  } as unknown as Joined;
  const event = joinedEvent(joined, NOW);
  test('says what the last lines say', () => {
    expect(event.message).toBe('10.2.1.12 on eth0, mtu 1500, hypervisor; peers: n1 0.2 ms');
    expect(joinedText(joined)).toMatch(/^n2: 10\.2\.1\.12 on eth0, mtu 1500, hypervisor, at a{10}\n\nPEER .*\nn1 +10\.2\.1\.11 +ready +0\.2 ms +b{10} +-$/);
  });
  test('is told once, whatever the round trips are, and again after the node has left', () => {
    const [first] = joined.peers;
    const later = joinedEvent({ ...joined, peers: first === undefined ? [] : [{ ...first, roundTripMs: 1.7 }] }, NOW);
    expect([isTold(later, []), isTold(later, [event]), isTold(joinedEvent({ ...joined, peers: [] }, NOW), [event])]).toEqual([false, true, false]);
    expect(isTold(event, [event, { ...event, operation: 'left' }])).toBe(false);
  });
});
