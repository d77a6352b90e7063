import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { candidates, judge, lostText, type Probe, thoseThatWork, whatIsLost } from '../../src/pass/probes.ts';

const remote: Probe = { probe: 'remote', url: 'https://git.example.com/d.git' };
const gateway: Probe = { probe: 'gateway', address: '192.0.2.1', link: 'eth0' };
const peers = ['198.51.100.2', '198.51.100.3', '198.51.100.4'].map((address): Probe => ({ probe: 'peer', address }));
const dns: Probe = { probe: 'tcp', host: '192.0.2.53', port: 53 };
const lost = (...probes: readonly Probe[]) => probes.map(probe => ({ probe, why: 'does not answer' }));

const CONFIG = { repo: { url: 'https://git.example.com/d.git' }, probes: [{ ping: '192.0.2.9' }, { tcp: '[2001:db8::53]:853' }] };

describe('what is asked', () => {
  test('is the git remote, each default gateway, other nodes and what the configuration declares', () => {
    const way = {
      defaults: [
        { to: '192.0.2.1', link: 'eth0' },
        { to: 'default', link: 'ppp0' },
      ],
    };
    expect(candidates(CONFIG, way, ['198.51.100.2'])).toEqual([
      remote,
      gateway,
      { probe: 'peer', address: '198.51.100.2' },
      { probe: 'ping', address: '192.0.2.9' },
      { probe: 'tcp', host: '2001:db8::53', port: 853 },
    ]);
  });

  test('is no remote for a folder of definitions, and of a thousand nodes sixteen', () => {
    const many = Array.from({ length: 1000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    const asked = candidates({ repo: { url: '' }, probes: [] }, { defaults: [] }, many);
    expect(asked.map(({ probe }) => probe)).toEqual(Array.from({ length: 16 }, () => 'peer'));
  });

  test('judges nothing when it did not work before', async () => {
    // Nothing listens on port 1 of this machine.
    expect(await thoseThatWork([remote, { probe: 'tcp', host: '127.0.0.1', port: 1 }], null, true)).toEqual([remote]);
  });

  test('a remote that has just not answered is not asked again', async () => {
    const server = createServer(socket => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const there: Probe = { probe: 'remote', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/d.git` };
    expect([await thoseThatWork([there], null, false), await thoseThatWork([there], null, null)]).toEqual([[], [there]]);
    server.close();
  });
});

describe('what is lost', () => {
  test('is what answered before the change and does not after it', async () => {
    const server = createServer(socket => socket.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const there: Probe = { probe: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const worked = await thoseThatWork([there], null, false);
    expect([worked, await whatIsLost(worked, null, 300)]).toEqual([[there], []]);
    server.close();
    await once(server, 'close');
    expect(await whatIsLost(worked, null, 300)).toEqual([{ probe: there, why: expect.any(String) }]);
  });

  test('is each one that failed', () => {
    expect(judge([remote, gateway, dns], lost(gateway, dns))).toEqual(lost(gateway, dns));
    expect(judge([remote, gateway], [])).toEqual([]);
  });

  test.each([
    [1, 1, true],
    [2, 1, true],
    [3, 1, false],
    [3, 2, true],
  ])('of %i other nodes with %i of them silent: %s', (asked, silent, isLost) => {
    expect(judge([remote, ...peers.slice(0, asked)], lost(...peers.slice(0, silent))).length > 0).toBe(isLost);
  });

  test('is told with why', () => {
    expect(lostText([{ probe: dns, why: 'ECONNREFUSED' }, ...lost(gateway)])).toBe(
      'tcp 192.0.2.53 port 53: ECONNREFUSED; the default gateway 192.0.2.1: does not answer',
    );
  });
});
