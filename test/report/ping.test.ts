import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { pingRecord, pingStatistics } from '../../src/report/ping.ts';

const ANSWERED = `PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.
64 bytes from 10.0.0.2: icmp_seq=1 ttl=64 time=0.045 ms

--- 10.0.0.2 ping statistics ---
3 packets transmitted, 2 received, 33.3333% packet loss, time 2031ms
rtt min/avg/max/mdev = 0.045/0.060/0.080/0.010 ms
`;

describe('statistics', () => {
  test('iputils', () => {
    expect(pingStatistics(ANSWERED)).toEqual({ transmitted: 3, received: 2, lossPercent: 33.3, rttMs: { min: 0.045, avg: 0.06, max: 0.08, mdev: 0.01 } });
  });

  test('nothing answered, also with errors and pipes', () => {
    const text = '--- 10.0.0.9 ping statistics ---\n4 packets transmitted, 0 received, +4 errors, 100% packet loss, time 3053ms\npipe 4\n';
    expect(pingStatistics(text)).toEqual({ transmitted: 4, received: 0, lossPercent: 100, rttMs: null });
  });

  test('busybox; an answer came twice; ended before anything was sent', () => {
    const busybox = '2 packets transmitted, 2 packets received, 0% packet loss\nround-trip min/avg/max = 0.051/0.060/0.070 ms\n';
    expect(pingStatistics(busybox)?.rttMs).toEqual({ min: 0.051, avg: 0.06, max: 0.07, mdev: null });
    expect(pingStatistics('1 packets transmitted, 2 received, +1 duplicates, 0% packet loss, time 0ms\n')?.lossPercent).toBe(0);
    expect(pingStatistics('0 packets transmitted, 0 received\n')).toEqual({ transmitted: 0, received: 0, lossPercent: 0, rttMs: null });
    expect(pingStatistics('PING 10.0.0.2 (10.0.0.2) 56(84) bytes of data.\n')).toBeNull();
  });
});

test('the record: lines, and the shape that its schema says', () => {
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(readFileSync(new URL('../../schemas/output/ping.json', import.meta.url), 'utf8')));
  const record = pingRecord({ network: 'acme/shop', address: '10.0.0.2', node: 'n1' }, ANSWERED, 'ping: warning\n');
  expect(record.stdout).toHaveLength(6);
  expect(record.stderr).toEqual(['ping: warning']);
  expect([validate(record), validate(pingRecord({ network: 'a/b', address: '10.0.0.2', node: 'n1' }, '', ''))]).toEqual([true, true]);
  expect(validate({ ...record, statistics: { transmitted: 'x' } })).toBe(false);
});
