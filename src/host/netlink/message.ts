/** Netlink messages (netlink(7)) as bytes: requests, and the attributes of answers. Numbers have the byte order of the node. */
import { endianness } from 'node:os';

const LITTLE = endianness() === 'LE';

/** Attributes of one message, or those within an attribute. Valid until the next message, like its bytes. */
export interface Attributes {
  readonly bytes: Buffer;
  /** Where its part of the table begins. */
  readonly base: number;
}

/** Types from here on are skipped. */
const TYPES = 64;
/** Beside the type: two flags, nested and in network byte order. */
const TYPE_MASK = 0x3fff;

// By type: where its value begins, and ends; 0: not there. One table for all, since a reading looks at tens of thousands.
let table = new Int32Array(2 * TYPES * 16);
let used = 0;

/** What was said of attributes before is valid no more. */
export function nextMessage(): void {
  used = 0;
}

export function attributesOf(bytes: Buffer, from: number, to: number): Attributes {
  const base = takePart();
  for (let at = from; at + 4 <= to; ) {
    const length = readU16(bytes, at);
    if (length < 4 || at + length > to) break;
    const type = readU16(bytes, at + 2) & TYPE_MASK;
    if (type < TYPES) {
      table[base + 2 * type] = at + 4;
      table[base + 2 * type + 1] = at + length;
    }
    at += (length + 3) & ~3;
  }
  return { bytes, base };
}

function takePart(): number {
  const base = used;
  used += 2 * TYPES;
  if (used > table.length) {
    const larger = new Int32Array(2 * table.length);
    larger.set(table);
    table = larger;
  }
  table.fill(0, base, used);
  return base;
}

/** The attributes within one. */
export function nested(attributes: Attributes, type: number): Attributes | undefined {
  const from = start(attributes, type);
  return from === 0 ? undefined : attributesOf(attributes.bytes, from, end(attributes, type));
}

export function has(attributes: Attributes, type: number): boolean {
  return start(attributes, type) !== 0;
}

/** The types that are there. */
export function typesOf(attributes: Attributes): readonly number[] {
  const found: number[] = [];
  for (let type = 0; type < TYPES; type++) if (has(attributes, type)) found.push(type);
  return found;
}

export function u8(attributes: Attributes, type: number): number | undefined {
  const at = valueAt(attributes, type, 1);
  return at === 0 ? undefined : attributes.bytes[at];
}

export function u16(attributes: Attributes, type: number): number | undefined {
  const at = valueAt(attributes, type, 2);
  return at === 0 ? undefined : readU16(attributes.bytes, at);
}

export function u32(attributes: Attributes, type: number): number | undefined {
  const at = valueAt(attributes, type, 4);
  return at === 0 ? undefined : readU32(attributes.bytes, at);
}

/** 16 bits in network byte order. */
export function be16(attributes: Attributes, type: number): number | undefined {
  const at = valueAt(attributes, type, 2);
  return at === 0 ? undefined : attributes.bytes.readUInt16BE(at);
}

/** 32 bits in network byte order. */
export function be32(attributes: Attributes, type: number): number | undefined {
  const at = valueAt(attributes, type, 4);
  return at === 0 ? undefined : attributes.bytes.readUInt32BE(at);
}

/** Text that ends with a zero byte, or with the attribute. */
export function text(attributes: Attributes, type: number): string | undefined {
  const from = start(attributes, type);
  if (from === 0) return undefined;
  let to = from;
  while (to < end(attributes, type) && attributes.bytes[to] !== 0) to++;
  return attributes.bytes.toString('utf8', from, to);
}

/** The bytes of an attribute. */
export function raw(attributes: Attributes, type: number): Buffer | undefined {
  const from = start(attributes, type);
  return from === 0 ? undefined : attributes.bytes.subarray(from, end(attributes, type));
}

export function readU16(bytes: Buffer, at: number): number {
  return LITTLE ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
}

export function readU32(bytes: Buffer, at: number): number {
  return LITTLE ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}

function start({ base }: Attributes, type: number): number {
  return table[base + 2 * type] as number;
}

function end({ base }: Attributes, type: number): number {
  return table[base + 2 * type + 1] as number;
}

// 0: not there, or too short.
function valueAt(attributes: Attributes, type: number, size: number): number {
  const from = start(attributes, type);
  return from !== 0 && end(attributes, type) - from >= size ? from : 0;
}

/** Length of a message's head (`struct nlmsghdr`): length, type, flags, sequence number, port. */
export const HEAD = 16;

const NLM_F_REQUEST = 0x1;
const NLM_F_DUMP = 0x300;

export interface Request {
  readonly type: number;
  /** What comes after the head (`struct ifinfomsg`, `struct ndmsg`, …), a multiple of four bytes. */
  readonly fixed: Buffer;
  /** Attributes of 32 bits. */
  readonly values?: readonly (readonly [type: number, value: number])[];
}

/** @param all  everything that there is, not one thing */
export function encode({ type, fixed, values = [] }: Request, all: boolean, seq: number): Buffer {
  const message = Buffer.alloc(HEAD + fixed.length + 8 * values.length);
  writeU32(message, 0, message.length);
  writeU16(message, 4, type);
  writeU16(message, 6, NLM_F_REQUEST | (all ? NLM_F_DUMP : 0));
  writeU32(message, 8, seq);
  fixed.copy(message, HEAD);
  for (const [nth, [attribute, value]] of values.entries()) {
    const at = HEAD + fixed.length + 8 * nth;
    writeU16(message, at, 8);
    writeU16(message, at + 2, attribute);
    writeU32(message, at + 4, value);
  }
  return message;
}

function writeU16(bytes: Buffer, at: number, value: number): void {
  if (LITTLE) bytes.writeUInt16LE(value, at);
  else bytes.writeUInt16BE(value, at);
}

function writeU32(bytes: Buffer, at: number, value: number): void {
  if (LITTLE) bytes.writeUInt32LE(value, at);
  else bytes.writeUInt32BE(value, at);
}
