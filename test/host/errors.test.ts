import { expect, test } from 'vitest';
import { codeOfErrno, codeOfText, HostError } from '../../src/host/errors.ts';

// Words as ip, bridge and nft print them under LC_ALL=C.
const SAID: readonly (readonly [string, string])[] = [
  ['Cannot find device "nosuch"', 'no-device'],
  ['RTNETLINK answers: No such device', 'no-device'],
  ['Error: argument "nosuch" is wrong: Device does not exist', 'no-device'],
  ['Error: ipv4: Address not found.', 'no-entry'],
  ['RTNETLINK answers: No such process', 'no-entry'],
  ['RTNETLINK answers: No such file or directory', 'no-entry'],
  ['RTNETLINK answers: Cannot assign requested address', 'no-entry'],
  ['/dev/stdin:1:19-25: Error: Could not process rule: No such file or directory', 'no-entry'],
  ['Cannot remove namespace file "/run/netns/nosuch": No such file or directory', 'no-namespace'],
  ['Cannot open network namespace "nosuch": No such file or directory', 'no-namespace'],
  ['setting the network namespace "stale" failed: Invalid argument', 'no-namespace'],
  ["nsenter: reassociate to namespace 'ns/net' failed: Invalid argument", 'no-namespace'],
  ['nsenter: cannot open /run/netns/nosuch: No such file or directory', 'no-namespace'],
  ['Error: argument "nosuch" is wrong: Invalid "netns" value', 'no-namespace'],
  ['RTNETLINK answers: File exists', 'exists'],
  ['Cannot create namespace file "/run/netns/aa": File exists', 'exists'],
  ['Error: A VXLAN device with the specified VNI already exists.', 'exists'],
  ['Error: ipv4: Address already assigned.', 'exists'],
  ['ioctl(TUNSETIFF): Device or resource busy', 'busy'],
  ['RTNETLINK answers: Operation not permitted', 'not-permitted'],
  ['netlink: Error: cache initialization failed: Operation not permitted', 'not-permitted'],
  ['mount --make-shared /run/netns failed: Operation not permitted', 'not-permitted'],
  ['Error: Unknown device type.', 'unsupported'],
  ['RTNETLINK answers: Operation not supported', 'unsupported'],
  ['RTNETLINK answers: Address family not supported by protocol', 'unsupported'],
  ['Error: FDB add only supported for Ethernet devices.', 'unsupported'],
  ['Error: Nexthop has invalid gateway.', 'unreachable'],
  ['RTNETLINK answers: Network is unreachable', 'unreachable'],
  ['RTNETLINK answers: No buffer space available', 'no-memory'],
  ['RTNETLINK answers: No space left on device', 'no-space'],
  ['Dump was interrupted and may be inconsistent.', 'interrupted'],
  ['Error: argument "99999999" is wrong: invalid id', 'invalid'],
  ['RTNETLINK answers: Invalid argument', 'invalid'],
  ['Error: mtu less than device minimum.', 'invalid'],
  ['invalid user "nosuchuser"', 'invalid'],
  ['something nobody has said before', 'other'],
];

test.each(SAID)('%s is %s', (words, code) => {
  expect(codeOfText(words)).toBe(code);
});

test('an errno has the code that a tool would have said in words', () => {
  expect(codeOfErrno(Object.assign(new Error('x'), { code: 'ENOSPC' }))).toBe('no-space');
  expect(codeOfErrno(Object.assign(new Error('x'), { code: 'EACCES' }))).toBe('not-permitted');
  expect(codeOfErrno('not an error')).toBe('other');
});

test('what passes by itself may be tried again, what people must mend may not', () => {
  expect(new HostError('busy', 'x').canRetry).toBe(true);
  expect(new HostError('not-permitted', 'x').canRetry).toBe(false);
});
