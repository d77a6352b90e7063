import { describe, expect, test } from 'vitest';
import type { Ref } from '../../src/kinds/kind.ts';
import { OURS } from '../../src/kinds/marks.ts';
import { interestIn, isOurs, isOurTable, newsIn } from '../../src/watch/kernel-news.ts';

const at = { file: '', line: 0, col: 0 };
const resource = (ref: Ref, netns: string) => ({ kind: 'link', ref, spec: { netns }, from: [{ definition: 'Network default/lan', at }] });
const interest = interestIn([resource('link:/kvm7', ''), resource('link:g1/eth0', 'g1')]);

/** Where a line happened, if it is news at all, and whether it is ours. */
function judged(line: string): string {
  const news = newsIn(line);
  if (news === null) return 'no news';
  if (news.nsid !== null) return `in ${news.nsid}`;
  return isOurs(news.text, interest) ? 'ours' : 'of others';
}

// As iproute2 6.1 prints them with -N -o.
describe('what the kernel announces', () => {
  test.each([
    ['[nsid current]Deleted 3: br-vxlan-10: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group 0 \\    link/ether b2:bc:1d:e7:f3:1c brd ff', 'ours'],
    ['[nsid current]9: vm1: <BROADCAST,MULTICAST> mtu 1550 qdisc noop state DOWN group 97 \\    link/ether fe:bc:1d:e7:f3:1c brd ff', 'ours'],
    ['[nsid current]9: vm1: <BROADCAST,MULTICAST> mtu 1550 qdisc noop state DOWN group 98', 'ours'],
    ['[nsid current]9: eth9: <BROADCAST,MULTICAST> mtu 1550 qdisc noop master br-vxlan-10 state DOWN group 0', 'ours'],
    ['[nsid current]dev kvm7 lladdr 02:00:00:13:64:68 NOARP', 'ours'],
    ['[nsid current]Deleted 10.0.0.9 dev br-vxlan-10 lladdr 02:00:00:00:00:01 PERMANENT ', 'ours'],
    ['[nsid current]Deleted 32764:\tfrom 10.9.9.9 lookup 100 proto 97', 'ours'],
    ['[nsid current]Deleted 10.9.0.0/24 via 10.0.0.9 dev eth7 proto 97 ', 'ours'],
    ['[nsid 12]7: eth0    inet 10.0.0.1/24 scope 0 eth0\\       valid_lft forever preferred_lft forever', 'in 12'],
  ])('%s: %s', (line, what) => expect(judged(line)).toBe(what));

  test.each([
    ['[nsid current]4: docker0: <BROADCAST,MULTICAST> mtu 1500 qdisc noop state DOWN group 0 \\    link/ether 02:42:1d:e7:f3:1c brd ff', 'of others'],
    ['[nsid current]4: docker0    inet 172.17.0.1/16 scope 0 docker0\\       valid_lft forever', 'of others'],
    ['[nsid current]dev kvm7 lladdr 02:00:00:13:64:68 STALE', 'no news'],
    ['[nsid current]10.0.0.9 dev br-vxlan-10  FAILED', 'no news'],
    ['[nsid current]10.0.0.9 dev br-vxlan-10 lladdr 02:00:00:00:00:01 REACHABLE', 'no news'],
    ['[nsid current]ff02::16 dev br-vxlan-10 lladdr 33:33:00:00:00:16 NOARP', 'no news'],
    ['[nsid current]10.0.0.0/24 dev br-vxlan-10 proto 2 scope 253 src 10.0.0.1', 'no news'],
    ['[nsid 3]local 10.0.0.1 dev eth0 table 255 proto 2 scope 254 src 10.0.0.1', 'no news'],
    ['[nsid current]2: br-vxlan-10    inet6 fe80::b0bc:1dff:fee7:f31c/64 scope 253 tentative', 'no news'],
    ['', 'no news'],
  ])('%s: %s', (line, what) => expect(judged(line)).toBe(what));

  test('the marks are those that kinds give', () => {
    const { group, doomed, proto, table } = OURS;
    const lines = [`9: vm1: <UP> group ${group} \\`, `9: vm1: <UP> group ${doomed} \\`, `10.9.0.0/24 dev eth7 proto ${proto} `];
    expect(lines.map(judged)).toEqual(['ours', 'ours', 'ours']);
    expect(isOurTable(`delete table inet ${table}`)).toBe(true);
  });

  test('tables named like ours, and losses', () => {
    const lines = [
      'delete table inet netloom',
      'add rule bridge netloom between drop',
      'add table inet netloomish',
      'add table inet filter',
      '# new generation 5',
      '# ERROR: lost',
    ];
    expect(lines.map(isOurTable)).toEqual([true, true, false, false, false, true]);
  });
});
