/** What `netloom watch` answers by HTTP: real sockets, signatures as forges make them, and a node whose passes are counted. */
import { execFileSync } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type LongChild, spawnLong } from '../../src/host/spawn-long.ts';
import { type Listener, listen } from '../../src/watch/listener.ts';
import { readWebhookSecret } from '../../src/watch/webhook.ts';
import { ROOT } from '../house/tree.ts';
import { readExposition } from '../support/exposition.ts';
import { program } from './support/hook-program.ts';
import { document, type RemoteNode, remoteNode } from './support/remote-node.ts';

const SECRET = 'a secret of the webhook';
const BODY = JSON.stringify({ ref: 'refs/heads/main', text: 'ü' });
const hex = (secret: string, body: string | Uint8Array = BODY): string => createHmac('sha256', secret).update(body).digest('hex');

describe('the listener', () => {
  let listener: Listener;
  let woken: string[];
  let warned: string[];
  let secret: () => Promise<string>;

  const open = (more: Partial<Parameters<typeof listen>[0]> = {}) =>
    listen({
      address: '127.0.0.1:0',
      metrics: async () => 'a 1\n',
      secret: () => secret(),
      wake: reason => void woken.push(reason),
      warn: line => void warned.push(line),
      ...more,
    });
  const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${listener.port}${path}`, init);
  const post = (headers: Record<string, string>, body: string = BODY) => ask('/webhook', { method: 'POST', headers, body });

  beforeEach(async () => {
    [woken, warned] = [[], []];
    secret = async () => SECRET;
    listener = await open();
  });
  afterEach(() => listener.close());

  test('answers what it knows, and nothing else', async () => {
    const metrics = await ask('/metrics');
    expect([metrics.status, metrics.headers.get('content-type'), await metrics.text()]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8', 'a 1\n']);
    expect([(await ask('/metrics', { method: 'HEAD' })).status, await (await ask('/healthz')).text()]).toEqual([200, 'ok\n']);
    const answers = [ask('/'), ask('/metrics/'), ask('/metrics', { method: 'POST' }), ask('/webhook'), ask('/webhook/x', { method: 'POST' })];
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([404, 404, 405, 405, 404]);
    expect(woken).toEqual([]);
  });

  test.each([
    ['GitHub, Gitea and Forgejo', () => ({ 'X-Hub-Signature-256': `sha256=${hex(SECRET)}` })],
    ['Gitea', () => ({ 'X-Gitea-Signature': hex(SECRET) })],
    ['Forgejo', () => ({ 'X-Forgejo-Signature': hex(SECRET) })],
    ['GitLab, with a token', () => ({ 'X-Gitlab-Token': SECRET })],
  ])('%s: who knows the secret wakes the watch', async (_, headers) => {
    expect((await post(headers())).status).toBe(202);
    expect(woken).toEqual(['webhook of 127.0.0.1']);
  });

  test('GitLab, signed: the key is what stands behind whsec_, and one of several signatures is enough', async () => {
    const key = randomBytes(32);
    secret = async () => `whsec_${key.toString('base64')}`;
    const of = (id: string) => createHmac('sha256', key).update(`${id}.1700000000.${BODY}`).digest('base64');
    const headers = (signature: string) => ({ 'webhook-id': 'a1', 'webhook-timestamp': '1700000000', 'webhook-signature': signature });
    expect((await post(headers(`v1,${of('a2')} v1,${of('a1')}`))).status).toBe(202);
    for (const wrong of [`v1,${of('a2')}`, `v2,${of('a1')}`, of('a1'), '']) expect((await post(headers(wrong))).status).toBe(403);
    expect(woken).toHaveLength(1);
  });

  test.each([
    ['no signature', {}],
    ['a wrong one', { 'X-Hub-Signature-256': `sha256=${hex('another secret')}` }],
    ['one of another body', { 'X-Hub-Signature-256': `sha256=${hex(SECRET, 'x')}` }],
    ['an empty one', { 'X-Hub-Signature-256': '', 'X-Gitlab-Token': '', 'X-Gitea-Signature': '' }],
    ['one of SHA-1', { 'X-Hub-Signature': `sha1=${createHmac('sha1', SECRET).update(BODY).digest('hex')}` }],
    ['the secret where a signature belongs', { 'X-Hub-Signature-256': SECRET }],
    ['a part of the secret', { 'X-Gitlab-Token': SECRET.slice(0, -1) }],
  ])('%s wakes nobody', async (_, headers) => {
    expect((await post(headers as Record<string, string>)).status).toBe(403);
    expect(woken).toEqual([]);
  });

  test('without a secret there is no webhook; one that cannot be read is told, and wakes nobody', async () => {
    secret = () => Promise.reject(new Error('no such file'));
    expect((await post({ 'X-Gitlab-Token': SECRET })).status).toBe(503);
    expect(warned).toEqual(['a request could not be answered: no such file']);
    await listener.close();
    listener = await open({ secret: null });
    expect((await post({ 'X-Gitlab-Token': SECRET })).status).toBe(404);
    expect(woken).toEqual([]);
  });

  test('more than a megabyte is refused while it comes, signed or not', async () => {
    const body = 'x'.repeat(1024 * 1024 + 1);
    const outcome = await post({ 'X-Hub-Signature-256': `sha256=${hex(SECRET, body)}` }, body).then(
      ({ status }) => status,
      () => 'cut off',
    );
    expect([413, 'cut off']).toContain(outcome);
    const fits = body.slice(1);
    expect((await post({ 'X-Hub-Signature-256': `sha256=${hex(SECRET, fits)}` }, fits)).status).toBe(202);
    expect(woken).toHaveLength(1);
  });

  test('who asks too often is told so, whatever he knows', async () => {
    const statuses: number[] = [];
    // A new minute may begin in between.
    for (let i = 0; i < 600 && !statuses.includes(429); i += 1) statuses.push((await post({ 'X-Gitlab-Token': 'no' })).status);
    expect(statuses.at(-1)).toBe(429);
    expect(statuses.length).toBeGreaterThan(60);
  });

  test('who sends slowly, or garbage, is cut off, and others are answered meanwhile', async () => {
    await listener.close();
    listener = await open({ requestMs: 1000 });
    const line = 'POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n';
    const ended = [line, `${line}\r\nabc`, 'nonsense \x01\r\n\r\n', ''].map(text => {
      const socket = connect(listener.port, '127.0.0.1', () => void socket.write(text));
      socket.on('error', () => undefined);
      socket.resume();
      return once(socket, 'close');
    });
    // On a busy machine this one may be cut off as well.
    await expect.poll(async () => (await ask('/healthz').catch(() => null))?.status, { timeout: 30_000 }).toBe(200);
    await Promise.all(ended);
    expect(woken).toEqual([]);
  });

  test('an address that is taken is told with what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(open({ address: `127.0.0.1:${port}` })).rejects.toThrow(
      `cannot listen at 127.0.0.1:${port}: another program has it: stop that, or choose another listen.address`,
    );
    other.close();
    await expect(open({ address: '192.0.2.250:1' })).rejects.toMatchObject({ name: 'HostError', message: expect.stringContaining('192.0.2.250:1') });
  });
});

describe('on a node', () => {
  let node: RemoteNode;
  let file: string;
  let secretFile: string;
  beforeAll(async () => {
    node = await remoteNode({ 'pool.yaml': document('AddressPool', 'edge', '{ cidr: 192.0.2.128/28, device: eth1 }') });
    file = join(node.bare.root, 'netloom.prom');
    secretFile = join(node.bare.root, 'webhook');
    writeFileSync(secretFile, ` ${SECRET}\n`, { mode: 0o600 });
  });
  afterAll(() => node?.end());

  const metrics = (text = readFileSync(file, 'utf8')) => {
    const families = readExposition(text);
    return (name: string, labels: Readonly<Record<string, string>> = {}): number | undefined =>
      families.get(`netloom_${name}`)?.samples.find(({ labels: has }) => Object.entries(labels).every(([key, value]) => has[key] === value))?.value;
  };

  test('every pass writes its numbers where the configuration says, whole and for all to read; where it does not, nothing', async () => {
    await node.pass();
    expect(existsSync(join(node.config.stateDir, 'metrics.json'))).toBe(false);
    Object.assign(node.config, { metrics: { textfile: file } });
    process.umask(0o077);
    await node.pass();
    process.umask(0o022);
    expect(statSync(file).mode & 0o777).toBe(0o644);
    const first = metrics();
    expect([first('passes_total', { result: 'ok' }), first('condition', { type: 'Ready' }), first('objects', { kind: 'Interface', state: 'ready' })]).toEqual([
      1, 1, 2,
    ]);
    expect([first('pool_addresses', { pool: 'edge', state: 'free' }), first('operations_total')]).toEqual([13, undefined]);
    expect(Math.abs((first('last_success_timestamp_seconds') ?? 0) - Date.now() / 1000)).toBeLessThan(600);
    await node.grow({ 'b.yaml': document('Interface', 'b', '{ network: lan, node: n1, attach: { tap: { ifname: b0 } } }') });
    await node.pass();
    expect(metrics()('operations_total', { kind: 'tap', result: 'applied' })).toBe(1);
    execFileSync('ip', ['link', 'set', 'dev', 'b0', 'mtu', '1300']);
    await node.pass();
    const drifted = metrics();
    expect([drifted('drift_found_total'), drifted('drift_repaired_total'), drifted('drift'), drifted('passes_total', { result: 'ok' })]).toEqual([1, 1, 0, 3]);
  });

  test('a pass that cannot reach git, one that is refused, and one that fails are counted as such; a reset is a reset', async () => {
    await node.grow({ 'b.yaml': 'no: definition\nkind: Network\napiVersion: netloom.dev/v1\n' });
    await node.pass();
    expect([metrics()('passes_total', { result: 'refused' }), metrics()('condition', { type: 'Stalled' })]).toEqual([1, 1]);
    const { repo } = node.config;
    Object.assign(node.config, { repo: { ...repo, url: 'http://127.0.0.1:9/none.git' } });
    await node.pass();
    Object.assign(node.config, { repo });
    expect([metrics()('passes_total', { result: 'unreachable' }), metrics()('fetch_failures_total')]).toEqual([1, 1]);
    rmSync(join(node.config.stateDir, 'metrics.json'));
    await node.grow({ 'b.yaml': null });
    await node.pass();
    expect(metrics()('passes_total', { result: 'ok' })).toBe(1);
    Object.assign(node.config, { metrics: { textfile: join(node.bare.root, 'nowhere', 'x.prom') } });
    const { pulled, enforced } = await node.pass();
    expect([pulled.remarks, enforced?.remaining.steps]).toEqual([
      [expect.stringMatching(/^the numbers for Prometheus could not be written: cannot write .*x\.prom/)],
      [],
    ]);
  });

  test('the secret is a file or a credential, as it is now', async () => {
    expect(await readWebhookSecret({ secretFile })).toBe(SECRET);
    expect(await readWebhookSecret({ credential: 'webhook' }, { CREDENTIALS_DIRECTORY: node.bare.root })).toBe(SECRET);
    await expect(readWebhookSecret({ credential: 'webhook' }, {})).rejects.toThrow('LoadCredential=webhook:PATH');
    await expect(readWebhookSecret({ secretFile: `${secretFile}-no` })).rejects.toThrow(`${secretFile}-no, is not there`);
  });

  test('a push that the forge tells of is enforced at once, by a secret that was changed meanwhile; its port taken, it does not start', async () => {
    const config = join(node.bare.root, 'node.json');
    const address = '127.0.0.1:9475';
    writeFileSync(config, JSON.stringify({ ...node.config, metrics: {}, listen: { address, webhook: { secretFile } } }));
    const watch = (): LongChild => {
      const child = spawnLong(process.execPath, [join(ROOT, 'dist', 'netloom.js'), 'watch', '--config', config, '--poll', '10m', '--interval', '10m']);
      child.stdout.resume();
      return child;
    };
    const asked = (path: string, init: RequestInit = {}) => fetch(`http://${address}${path}`, init).catch(() => null);
    const numbers = async () => metrics((await (await asked('/metrics'))?.text()) ?? '');
    const passes = async () => ((await asked('/metrics')) === null ? 0 : ((await numbers())('passes_total', { result: 'ok' }) ?? 0));
    chmodSync(secretFile, 0o644);
    const pid = join(node.bare.root, 'hangs');
    mkdirSync(node.config.hooks.dir, { mode: 0o755 });
    program(node.config.hooks.dir, '10-hangs', `echo $$ >${pid}.new; mv ${pid}.new ${pid}; exec sleep 600`);
    const child = watch();
    try {
      const before = Number(JSON.parse(readFileSync(join(node.config.stateDir, 'metrics.json'), 'utf8')).passes.ok);
      await expect.poll(passes, { timeout: 60_000 }).toBeGreaterThan(before);
      expect(child.stderr()).toContain(`${secretFile} has mode 0644`);
      const other = watch();
      expect([(await other.ended).exitCode, other.stderr()]).toEqual([1, expect.stringContaining(`cannot listen at ${address}: another program has it`)]);
      await node.grow({ 'c.yaml': document('Interface', 'c', '{ network: lan, node: n1, attach: { tap: { ifname: c0 } } }') });
      writeFileSync(secretFile, 'another secret, longer');
      expect((await asked('/webhook', { method: 'POST', headers: { 'X-Gitlab-Token': SECRET } }))?.status).toBe(403);
      expect((await asked('/webhook', { method: 'POST', headers: { 'X-Gitlab-Token': 'another secret, longer' } }))?.status).toBe(202);
      const guests = async () => (await numbers())('objects', { kind: 'Interface', state: 'ready' });
      await expect.poll(guests, { timeout: 60_000 }).toBe(3);
      // A hook that hangs holds up no pass, and ends with the watch.
      await expect.poll(() => existsSync(pid), { timeout: 60_000 }).toBe(true);
      await node.grow({ 'd.yaml': document('Interface', 'd', '{ network: lan, node: n1, attach: { tap: {} } }') });
      expect((await asked('/webhook', { method: 'POST', headers: { 'X-Gitlab-Token': 'another secret, longer' } }))?.status).toBe(202);
      await expect.poll(guests, { timeout: 60_000 }).toBe(4);
      const hook = readFileSync(pid, 'utf8').trim();
      expect(existsSync(`/proc/${hook}`)).toBe(true);
      process.kill(child.pid, 'SIGTERM');
      expect((await child.ended).exitCode).toBe(0);
      await expect.poll(() => existsSync(`/proc/${hook}`), { timeout: 20_000 }).toBe(false);
    } finally {
      await child.stop();
    }
  });
});
