import { openSync } from 'node:fs';
import { endianness } from 'node:os';
import { expect, test } from 'vitest';
import { codeOfErrno } from '../../src/host/errors.ts';
import { hardware, ip } from '../../src/host/netlink/addresses.ts';
import { openChannel, ROUTE } from '../../src/host/netlink/channel.ts';
import { errnoError, type Library } from '../../src/host/netlink/library.ts';
import { attributesOf, encode, nested, text, u32 } from '../../src/host/netlink/message.ts';
import { readHeads } from '../../src/host/netlink/tables.ts';

const LITTLE = endianness() === 'LE';

function bytesOf(...words: readonly (readonly [bits: 16 | 32, value: number])[]): Buffer {
  return Buffer.concat(
    words.map(([bits, value]) => {
      const part = Buffer.alloc(bits / 8);
      if (bits === 16) part[LITTLE ? 'writeUInt16LE' : 'writeUInt16BE'](value);
      else part[LITTLE ? 'writeInt32LE' : 'writeInt32BE'](value | 0);
      return part;
    }),
  );
}

const attribute = (type: number, value: Buffer) =>
  Buffer.concat([bytesOf([16, 4 + value.length], [16, type]), value, Buffer.alloc((4 - (value.length % 4)) % 4)]);
const message = (type: number, flags: number, body: Buffer) =>
  Buffer.concat([bytesOf([32, 16 + body.length], [16, type], [16, flags], [32, 1], [32, 0]), body]);
const row = (value: number, flags = 0) => message(16, flags, bytesOf([32, value]));
const DONE = message(3, 0, bytesOf([32, 0]));
const INTERRUPTED = 0x10;

const errno = (name: string) => Object.assign(new Error(name), { code: name });

/** A kernel that answers each request with the next of these answers: what each receive gives, or throws. */
function scripted(...answers: readonly (readonly (Buffer | Error)[])[]) {
  let [asked, open] = [-1, 0];
  const left: (Buffer | Error)[] = [];
  const lib: Library = {
    socket: () => {
      open++;
      return openSync('/dev/null', 'r');
    },
    setsockopt: () => {
      throw errno('ENOPROTOOPT');
    },
    sendTo: () => {
      throw new Error('nothing is sent to an address');
    },
    bind: () => undefined,
    attachFilter: () => undefined,
    receiveFrom: () => {
      throw errno('EAGAIN');
    },
    linkIndex: () => 0,
    send: () => {
      left.splice(0, left.length, ...(answers[Math.min(++asked, answers.length - 1)] ?? []));
    },
    receive: (_, into) => {
      const next = left.shift() ?? errno('EAGAIN');
      if (next instanceof Error) throw next;
      next.copy(into);
      return next.length;
    },
    setns: () => undefined,
    flock: () => true,
    mountProc: () => -1,
    nft: null,
  };
  const channel = openChannel(lib, ROUTE);
  const dump = () => channel.dump('things', { type: 18, fixed: Buffer.alloc(16) }, (bytes, from) => bytes[LITTLE ? 'readInt32LE' : 'readInt32BE'](from));
  return { dump, channel, asked: () => asked + 1, opened: () => open };
}

test('rows come from as many messages and parts as there are', () => {
  const { dump } = scripted([Buffer.concat([row(1), row(2)]), row(3), DONE]);
  expect(dump()).toEqual([1, 2, 3]);
});

test('what a change cut short is asked for again, and given up after five times', () => {
  const once = scripted([row(1, INTERRUPTED), DONE], [row(1), message(3, INTERRUPTED, bytesOf([32, 0]))], [row(1), row(2), DONE]);
  expect(once.dump()).toEqual([1, 2]);
  expect(once.asked()).toBe(3);
  const always = scripted([row(1, INTERRUPTED), DONE]);
  expect(always.dump).toThrow(expect.objectContaining({ code: 'interrupted', message: 'asking the kernel for things: Dump was interrupted' }));
  expect(always.asked()).toBe(5);
});

test('an answer without its end, or from a kernel without room, is asked for again on a socket of its own', () => {
  const found = scripted([row(1)], [row(1), errno('ENOBUFS')], [errno('EINTR'), row(1), row(2), DONE]);
  expect(found.dump()).toEqual([1, 2]);
  expect(found.opened()).toBe(3);
});

test('an answer that is longer than the room for it gets more room', () => {
  const long = Buffer.concat([row(1), message(16, 0, Buffer.concat([bytesOf([32, 2]), Buffer.alloc(300_000)]))]);
  const found = scripted([long, DONE]);
  expect(found.dump()).toEqual([1, 2]);
  expect(found.asked()).toBe(2);
});

test.each([
  ['at the start', message(2, 0, bytesOf([32, -1], [32, 0])), 'not-permitted', 'EPERM'],
  ['at the end', message(3, 0, bytesOf([32, -19])), 'no-device', 'ENODEV'],
  ['by the call', errno('EACCES'), 'not-permitted', 'EACCES'],
])('a refusal %s is an error with its code', (_, answer, code, words) => {
  const { dump } = scripted([row(1), answer]);
  expect(dump).toThrow(expect.objectContaining({ name: 'HostError', code, message: expect.stringContaining(words) }));
});

test('more than a node can have is not taken in', () => {
  const many = Array.from({ length: 2100 }, () => message(16, 0, Buffer.alloc(64_000)));
  const { dump } = scripted([...many, DONE]);
  expect(dump).toThrow(expect.objectContaining({ code: 'too-much-output' }));
});

test('a kernel without nf_tables is told of as such', () => {
  const { channel } = scripted([message(2, 0, bytesOf([32, -22]))]);
  expect(() => readHeads(channel)).toThrow(expect.objectContaining({ code: 'unsupported' }));
  expect(codeOfErrno(errno('EPROTONOSUPPORT'))).toBe('unsupported');
});

test('one answer is enough for a question about one thing', () => {
  const { channel } = scripted([row(7)]);
  expect(channel.ask('a thing', { type: 18, fixed: Buffer.alloc(4) }, () => 7)).toBe(7);
});

test('requests carry what they ask for in the byte order of the node', () => {
  const request = encode({ type: 18, fixed: Buffer.from([10, 0, 0, 0]), values: [[29, 8]] }, true, 5);
  const expected = [bytesOf([32, 28], [16, 18], [16, 0x301], [32, 5], [32, 0]), Buffer.from([10, 0, 0, 0]), bytesOf([16, 8], [16, 29], [32, 8])];
  expect(request).toEqual(Buffer.concat(expected));
});

test('attributes are found by their type, nested ones too, and a torn one ends the list', () => {
  const inner = attribute(3, Buffer.from('eth0\0'));
  const all = Buffer.concat([attribute(0x8000 | 2, inner), attribute(27, bytesOf([32, 97])), attribute(200, Buffer.alloc(4)), bytesOf([16, 400], [16, 4])]);
  const found = attributesOf(all, 0, all.length);
  const within = nested(found, 2);
  expect([within && text(within, 3), u32(found, 27), u32(found, 4), nested(found, 5)]).toEqual(['eth0', 97, undefined, undefined]);
});

test.each([
  ['0a000001', '10.0.0.1'],
  ['20010db8000000000000000000000001', '2001:db8::1'],
  ['00000000000000000000000000000000', '::'],
  ['00000000000000000000000000000001', '::1'],
  ['fd000000000000010000000000000001', 'fd00:0:0:1::1'],
  ['fd000001000000000002000000000003', 'fd00:1::2:0:0:3'],
  ['fd000001000200030004000500000007', 'fd00:1:2:3:4:5:0:7'],
  ['fd000000000000000000000000000000', 'fd00::'],
  ['00000000000000000000ffffc0000209', '::ffff:192.0.2.9'],
  ['000000000000000000000000c0000209', '::192.0.2.9'],
])('the address %s is written %s', (hex, written) => {
  const bytes = attribute(1, Buffer.from(hex, 'hex'));
  expect(ip(attributesOf(bytes, 0, bytes.length), 1)).toBe(written);
  expect(hardware(attributesOf(bytes, 0, bytes.length), 1)).toBe(written);
});

test('a MAC is written with colons', () => {
  const bytes = attribute(1, Buffer.from('0203000000fe', 'hex'));
  expect(hardware(attributesOf(bytes, 0, bytes.length), 1)).toBe('02:03:00:00:00:fe');
});

test('an errno has a name', () => {
  expect(errnoError('setns', 1)).toMatchObject({ message: 'setns: EPERM', code: 'EPERM' });
});
