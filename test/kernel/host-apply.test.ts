import { readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, expect, test } from 'vitest';
import { apply, type BatchReport } from '../../src/host/apply.ts';
import type { Op } from '../../src/kinds/op.ts';
import { bridge, drop, empty, links, sh, step, told } from '../host/lab.ts';

beforeEach(empty);

const up = (name: string, set: Extract<Op, { op: 'link-set' }>['set']): Op => ({ op: 'link-set', netns: '', name, set });

test('acts of one tool and namespace go in one process, in their order', async () => {
  const batches: BatchReport[] = [];
  const steps = [
    step('b1', [bridge('b1'), up('b1', { mtu: 1400, alias: 'netloom:Network/default/demo', up: true })]),
    step('b2', [bridge('b2')]),
    step('fdb', [{ op: 'fdb-replace', netns: '', link: 'b1', mac: '02:00:00:00:00:09' }]),
  ];
  const outcomes = await apply(steps.slice(0, 2), { onBatch: report => batches.push(report) });
  expect(told(outcomes)).toEqual(['done', 'done']);
  expect(batches.map(({ lane, acts, ended }) => [lane, acts, ended])).toEqual([['ip:', 3, 'done']]);
  expect(JSON.parse(sh('ip -N -j link show b1'))[0]).toMatchObject({ mtu: 1400, ifalias: 'netloom:Network/default/demo', group: '97' });
  expect(outcomes[0]?.startedAt).toBeGreaterThan(Date.now() - 60_000);
  expect(outcomes[0]?.durationMs).toBeGreaterThan(0);
});

test('a refused act fails its step, skips what needs it, and nothing else', async () => {
  sh('ip link add name taken type bridge');
  const outcomes = await apply([
    step('a', [bridge('a')]),
    step('taken', [bridge('taken'), up('taken', { alias: 'stolen' })]),
    step('on-taken', [up('taken', { mtu: 1300 })], [1]),
    step('on-on-taken', [{ op: 'fdb-replace', netns: '', link: 'taken', mac: '02:00:00:00:00:09' }], [2]),
    step('b', [bridge('b')], [0]),
  ]);
  expect(told(outcomes)).toEqual(['done', 'failed exists', 'skipped', 'skipped', 'done']);
  expect(outcomes[1]?.error).toMatch(/^ip link add .*name taken.*: RTNETLINK answers: File exists \(act 1 of 2\); something else made it meanwhile/);
  expect(outcomes[2]?.error).toBe('needs link link:/taken, which failed');
  expect(outcomes[3]?.error).toBe('needs link link:/on-taken, which was skipped');
  expect(JSON.parse(sh('ip -j link show taken'))[0]).toMatchObject({ mtu: 1500 });
  expect(links()).toEqual(['a', 'b', 'lo', 'taken']);
});

test('who is asked to stop begins no further batch, and says what was not run', async () => {
  let times = 0;
  const steps = [step('a', [bridge('a')]), step('fdb', [{ op: 'fdb-replace', netns: '', link: 'a', mac: '02:00:00:00:00:09' }]), step('b', [bridge('b')])];
  const outcomes = await apply(steps, { stop: () => (times++ === 0 ? null : 'SIGTERM') });
  expect(outcomes.map(({ status }) => status)).toEqual(['done', 'skipped', 'skipped']);
  expect(outcomes[2]?.error).toBe('not run: stopped by SIGTERM');
  expect(links()).toEqual(['a', 'lo']);
});

test('the act that failed inside a step is named', async () => {
  const outcomes = await apply([step('a', [bridge('a'), up('a', { mtu: 70_000 }), up('a', { up: true })])]);
  expect(told(outcomes)).toEqual(['failed invalid']);
  expect(outcomes[0]?.error).toContain('(act 2 of 3)');
});

test('deleting what is absent is success, for every act that deletes', async () => {
  sh('ip link add name b0 type bridge');
  const deletes: readonly Op[] = [
    drop('nothing'),
    { op: 'addr-del', netns: '', link: 'b0', ip: '10.0.0.1', prefix: 24 },
    { op: 'addr-del', netns: '', link: 'nothing', ip: '10.0.0.1', prefix: 24 },
    { op: 'route-del', netns: '', dst: '10.9.0.0/16', link: 'b0', table: '254', proto: 97 },
    { op: 'neigh-del', netns: '', link: 'nothing', ip: '10.0.0.9' },
    { op: 'netns-del', name: 'nothing' },
    { op: 'flood-del', netns: '', link: 'nothing', dst: '192.0.2.1' },
    { op: 'vtep-del', netns: '', link: 'nothing', mac: '02:00:00:00:00:09' },
    { op: 'fdb-del', netns: '', link: 'b0', mac: '02:00:00:00:00:09' },
    { op: 'nft-del', netns: '', family: 'bridge', name: 'netloom' },
    { op: 'link-del', netns: 'gone', name: 'eth0' },
    { op: 'nft-del', netns: 'gone', family: 'inet', name: 'netloom' },
  ];
  expect(told(await apply(deletes.map((op, nth) => step(String(nth), [op]))))).toEqual(deletes.map(() => 'done'));
});

test('a batch that ends without telling where leaves everything after it unknown, and is not run again', async () => {
  const steps = [
    step('before', [{ op: 'sysctl-set', netns: '', key: 'net/ipv4/ip_forward', value: '1' }]),
    step('a', [bridge('a')]),
    step('orphan', [up('a', { master: 'nosuch' })]),
    step('b', [bridge('b')]),
    step('later', [{ op: 'sysctl-set', netns: '', key: 'net/ipv4/ip_forward', value: '0' }]),
  ];
  const outcomes = await apply(steps);
  expect(told(outcomes)).toEqual(['done', 'unknown no-device', 'unknown no-device', 'unknown no-device', 'unknown']);
  expect(outcomes[4]?.error).toMatch(/^not run/);
  expect(readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8')).toBe('1\n');
  expect(links()).toEqual(['a', 'lo']);
});

test('in single lines the same acts each have an answer of their own', async () => {
  const steps = [step('a', [bridge('a')]), step('orphan', [up('a', { master: 'nosuch' })]), step('b', [bridge('b')], [0])];
  const gone = step('gone', [{ op: 'neigh-del', netns: '', link: 'a', ip: '10.0.0.9' }]);
  expect(told(await apply([...steps, gone], { singleLines: true }))).toEqual(['done', 'failed no-device', 'done', 'done']);
});

test('things in other namespaces are made there, and a missing namespace fails only what is in it', async () => {
  const outcomes = await apply([
    step('g1', [{ op: 'netns-add', name: 'g1' }]),
    step('x', [bridge('x', 'g1')]),
    step('s', [{ op: 'sysctl-set', netns: 'g1', key: 'net/ipv4/conf/x/forwarding', value: '1' }]),
    step('n', [{ op: 'nft-replace', netns: 'g1', family: 'inet', name: 'netloom', text: 'table inet netloom { }\n' }]),
    step('y', [bridge('y', 'nosuch')]),
    step('z', [{ op: 'sysctl-set', netns: 'nosuch', key: 'net/ipv4/ip_forward', value: '1' }]),
    step('w', [bridge('w')]),
  ]);
  expect(told(outcomes)).toEqual(['done', 'done', 'done', 'done', 'failed no-namespace', 'failed no-namespace', 'done']);
  expect(links('g1')).toEqual(['lo', 'x']);
  expect(sh('nsenter --net=/run/netns/g1 cat /proc/sys/net/ipv4/conf/x/forwarding')).toBe('1\n');
  expect(sh('nsenter --net=/run/netns/g1 nft list tables')).toBe('table inet netloom\n');
});

test('a name below /run/netns that a killed run left behind is taken over', async () => {
  writeFileSync('/run/netns/g1', '');
  expect(told(await apply([step('g1', [{ op: 'netns-add', name: 'g1' }])]))).toEqual(['done']);
  expect(links('g1')).toEqual(['lo']);
});

test('tables are replaced together, and a refused one fails alone', async () => {
  const table = (name: string, text: string): Op => ({ op: 'nft-replace', netns: '', family: 'inet', name, text });
  const outcomes = await apply([
    step('good', [table('good', 'table inet good { chain c_x { } \n }\n')]),
    step('bad', [table('bad', 'table inet bad { chain c_x { jump nowhere \n }\n }\n')]),
    step('also', [table('also', 'table inet also { }\n')]),
  ]);
  expect(told(outcomes)).toEqual(['done', expect.stringMatching(/^failed/), 'done']);
  expect(outcomes[1]?.error).toMatch(/nft table inet bad: line \d+:/);
  expect(sh('nft list tables').trim().split('\n').sort()).toEqual(['table inet also', 'table inet good']);
});

test('a value that the kernel refuses fails its step', async () => {
  const set = (key: string, value: string) => step(key, [{ op: 'sysctl-set', netns: '', key, value }]);
  expect(told(await apply([set('net/ipv4/ip_forward', 'words'), set('net/ipv4/conf/nosuch/forwarding', '1')]))).toEqual(['failed invalid', 'failed no-entry']);
});

test('links are deleted in groups, and what others put into the group stays', async () => {
  const names = Array.from({ length: 120 }, (_, nth) => `d${nth}`);
  await apply(names.map(name => step(name, [bridge(name)])));
  expect(told(await apply(names.map(name => step(name, [drop(name)])))).every(status => status === 'done')).toBe(true);
  expect(links()).toEqual(['lo']);

  sh('ip link add name stranger group 98 type bridge');
  await apply(names.slice(0, 3).map(name => step(name, [bridge(name)])));
  expect(told(await apply(names.slice(0, 3).map(name => step(name, [drop(name)]))))).toEqual(['done', 'done', 'done']);
  expect(links()).toEqual(['lo', 'stranger']);
});

test('a group with a link in it that cannot be deleted is deleted one by one', async () => {
  await apply([step('a', [bridge('a')]), step('b', [bridge('b')])]);
  const outcomes = await apply([step('a', [drop('a')]), step('lo', [drop('lo')]), step('b', [drop('b')]), step('none', [drop('none')])]);
  expect(told(outcomes)).toEqual(['done', 'failed unsupported', 'done', 'done']);
  expect(links()).toEqual(['lo']);
});

test('links that are gone already do not stop the others of their group', async () => {
  sh('ip link add name v0 type veth peer name v1');
  await apply([step('a', [bridge('a')])]);
  expect(told(await apply(['nothing', 'v0', 'v1', 'a', 'nowhere'].map(name => step(name, [drop(name)]))))).toEqual(['done', 'done', 'done', 'done', 'done']);
  expect(links()).toEqual(['lo']);
});

test('a name that is taken is said to be in use', async () => {
  sh('ip link add name taken type bridge');
  sh('ip tuntap add dev nl-1 mode tap');
  expect(told(await apply([step('t', [up('nl-1', { group: 97, name: 'taken' })])]))).toEqual(['failed name-in-use']);
});

test('a word that would become two lines is refused before the first change', async () => {
  await expect(apply([step('a', [bridge('a')]), step('b', [up('a', { alias: 'x\nlink del dev lo' })])])).rejects.toThrow('bug:');
  expect(links()).toEqual(['lo']);
});
