/** A netlink socket in the namespace that it was opened in: questions, and answers that are whole or an error. */
import { closeSync } from 'node:fs';
import { codeOfErrno, errnoOf, HostError } from '../errors.ts';
import { TRIES } from '../reader.ts';
import { errnoError, type Library } from './library.ts';
import { encode, HEAD, nextMessage, type Request, readU16, readU32 } from './message.ts';

/** Makes a row of one message, whose fixed part begins at `from`; null: none. The bytes and their attributes change with the next message. */
export type RowOf<T> = (bytes: Buffer, from: number, to: number) => T | null;

export interface Channel {
  /**
   * Everything of a kind; an answer that a change cut short is asked for again. Throws HostError, `interrupted` when it always is.
   *
   * @param what  for messages: `links`
   */
  dump<T>(what: string, request: Request, rowOf: RowOf<T>): readonly T[];
  /** One answer. */
  ask<T>(what: string, request: Request, rowOf: RowOf<T>): T | null;
  close(): void;
}

/** Protocols of netlink. */
export const ROUTE = 0;
export const NETFILTER = 12;

const AF_NETLINK = 16;
const SOCK_RAW = 3;
const SOL_NETLINK = 270;
const NETLINK_GET_STRICT_CHK = 12;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_DUMP_INTR = 0x10;

/** A guest's root can fill tables at will; a million routes are half of this. */
const MOST_BYTES = 128 * 1024 * 1024;

// The kernel fills 32 KiB, unless one thing alone needs more. One for all, since everything here is synchronous.
let room = Buffer.allocUnsafeSlow(64 * 1024);
let seq = 0;

export function openChannel(lib: Library, protocol: number): Channel {
  let fd = open(lib, protocol);
  const untilWhole = <T>(what: string, request: Request, all: boolean, rowOf: RowOf<T>): readonly T[] => {
    let why = '';
    for (let tries = 1; tries <= TRIES; tries++) {
      const answer = exchange(lib, fd, { what, request, all }, rowOf);
      if (answer.cut === '') return answer.rows;
      why = answer.cut;
      // What is left of that answer goes with its socket.
      closeSync(fd);
      fd = open(lib, protocol);
    }
    throw new HostError('interrupted', `asking the kernel for ${what}: ${why}`, { command: 'netlink' });
  };
  return {
    dump: (what, request, rowOf) => untilWhole(what, request, true, rowOf),
    ask: (what, request, rowOf) => untilWhole(what, request, false, rowOf)[0] ?? null,
    close: () => closeSync(fd),
  };
}

function open(lib: Library, protocol: number): number {
  const fd = told('a netlink socket', () => lib.socket(AF_NETLINK, SOCK_RAW, protocol));
  try {
    if (protocol === ROUTE) lib.setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
  } catch {
    // Before Linux 4.20. It may answer more than was asked for, which is left out.
  }
  return fd;
}

interface Question {
  readonly what: string;
  readonly request: Request;
  readonly all: boolean;
}

interface Answer<T> {
  readonly rows: readonly T[];
  /** Why it is not whole; '' when it is. */
  readonly cut: string;
}

function exchange<T>(lib: Library, fd: number, { what, request, all }: Question, rowOf: RowOf<T>): Answer<T> {
  seq = (seq + 1) % 0x7fffffff;
  told(what, () => lib.send(fd, encode(request, all, seq)));
  const rows: T[] = [];
  let cut = '';
  for (let taken = 0; ; ) {
    const length = receive(lib, fd, what);
    if (typeof length === 'string') return { rows, cut: length };
    taken += length;
    if (taken > MOST_BYTES) throw new HostError('too-much-output', `the kernel has more than ${MOST_BYTES} bytes to say of ${what}`, { command: 'netlink' });
    for (const { type, flags, from, to } of messagesIn(length)) {
      if ((flags & NLM_F_DUMP_INTR) !== 0) cut = 'Dump was interrupted';
      if (type === NLMSG_DONE || type === NLMSG_ERROR) {
        refuse(what, from, to);
        return { rows, cut };
      }
      nextMessage();
      const row = rowOf(room, from, to);
      if (row !== null) rows.push(row);
      if (!all) return { rows, cut };
    }
  }
}

interface Message {
  readonly type: number;
  readonly flags: number;
  /** Where its fixed part begins. */
  readonly from: number;
  readonly to: number;
}

function messagesIn(length: number): readonly Message[] {
  const found: Message[] = [];
  for (let at = 0; at + HEAD <= length; ) {
    const size = readU32(room, at);
    if (size < HEAD || at + size > length) throw new Error('bug: a message of netlink that is longer than what carried it');
    found.push({ type: readU16(room, at + 4), flags: readU16(room, at + 6), from: at + HEAD, to: at + size });
    at += (size + 3) & ~3;
  }
  return found;
}

// Both ends of an answer carry an errno, negative; 0 is none.
function refuse(what: string, from: number, to: number): void {
  const errno = to - from >= 4 ? -(readU32(room, from) | 0) : 0;
  if (errno > 0) throw hostError(what, errnoError('refused', errno));
}

// A dump is made while it is taken, so there always is something; a text says why there is not.
function receive(lib: Library, fd: number, what: string): number | string {
  for (;;) {
    try {
      const length = lib.receive(fd, room);
      if (length <= room.length) return length;
      room = Buffer.allocUnsafeSlow(2 * length);
      return 'an answer was longer than any before';
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'EINTR') continue;
      if (errno === 'EAGAIN' || errno === 'ENOBUFS') return `the answer ended with ${errno}`;
      throw hostError(what, error);
    }
  }
}

function told<T>(what: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw hostError(what, error);
  }
}

function hostError(what: string, cause: unknown): HostError {
  const words = cause instanceof Error ? cause.message : String(cause);
  return new HostError(codeOfErrno(cause), `asking the kernel for ${what}: ${words}`, { command: 'netlink', cause });
}
