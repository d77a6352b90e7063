/**
 * What a git server says about its branches, read strictly: a listing that is not whole is an error, never "no branches".
 * Formats: gitprotocol-common (pkt-line), gitprotocol-pack (reference discovery), gitprotocol-v2 (ls-refs).
 */
import { createHash } from 'node:crypto';
import type { Bound } from './backend.ts';
import { type Oid, RepoError } from './repo.ts';
import { notGit } from './request.ts';

export type Service = 'git-upload-pack' | 'git-receive-pack';

export interface Listing {
  readonly refs: ReadonlyMap<string, Oid>;
  readonly capabilities: readonly string[];
}

const ZERO: Oid = '0'.repeat(40);

/** null is a flush; delimiters and other special packets are named by their length field. */
type Packet = Buffer | null | 'delim' | 'end';

/** Splits a body into packets; throws RepoError `truncated` for an unfinished one, `not-git` for what is none. */
function packets(body: Buffer, remote: string): Packet[] {
  const all: Packet[] = [];
  for (let at = 0; at < body.length; ) {
    const length = lengthAt(body, at, remote);
    all.push(length < 4 ? special(length) : body.subarray(at + 4, at + length));
    at += Math.max(4, length);
  }
  return all;
}

function lengthAt(body: Buffer, at: number, remote: string): number {
  const head = body.toString('latin1', at, at + 4);
  if (!/^[0-9a-f]+$/.test(head)) throw notGit(remote, `byte ${at} of the answer is no packet`);
  const length = Number.parseInt(head, 16);
  if (head.length < 4 || at + length > body.length) throw cut(remote, body.length);
  if (length === 3) throw notGit(remote, 'a packet of 3 bytes');
  return length;
}

function special(length: number): Packet {
  return length === 0 ? null : length === 1 ? 'delim' : 'end';
}

/** Reads the answer to `GET info/refs?service=…` of protocol 0. Throws RepoError. */
export function parseListing(body: Buffer, service: Service, remote: string): Listing {
  const all = packets(body, remote);
  const [first, second, ...rest] = all;
  if (first === undefined) throw cut(remote, 0);
  if (text(first) !== `# service=${service}`) throw said(first, remote) ?? notGit(remote, `it does not begin with "# service=${service}"`);
  if (second === undefined) throw cut(remote, body.length);
  if (second !== null) throw notGit(remote, 'no flush after the service line');
  if (rest.length === 0 || rest.at(-1) !== null) throw cut(remote, body.length);
  const lines = rest.slice(0, -1);
  if (lines.some(line => !Buffer.isBuffer(line))) throw notGit(remote, 'a flush in the middle of the listing');
  return readLines(lines as Buffer[], remote);
}

function readLines(lines: readonly Buffer[], remote: string): Listing {
  const refs = new Map<string, Oid>();
  let capabilities: string[] = [];
  lines.forEach((line, index) => {
    const error = said(line, remote);
    if (error !== undefined) throw error;
    const [ref = '', tail] = text(line).split('\0');
    if (index === 0) capabilities = (tail ?? '').split(' ').filter(word => word !== '');
    addRef(refs, ref, remote);
  });
  const format = capabilities.find(word => word.startsWith('object-format='));
  if (format !== undefined && format !== 'object-format=sha1') throw foreignFormat(remote, format);
  return { refs, capabilities };
}

function addRef(refs: Map<string, Oid>, line: string, remote: string): void {
  // An empty repository lists its capabilities only.
  if (line === `${ZERO} capabilities^{}`) return;
  const parts = /^([0-9a-f]{40}) (\S+)$/.exec(line);
  if (parts === null) {
    if (/^[0-9a-f]{64} \S+$/.test(line)) throw foreignFormat(remote, 'object-format=sha256');
    // `shallow <oid>` lines of a shallow remote.
    if (/^shallow [0-9a-f]{40}$/.test(line)) return;
    throw notGit(remote, `${JSON.stringify(line.slice(0, 60))} is no ref`);
  }
  const [, oid = '', name = ''] = parts;
  refs.set(name, oid);
}

function foreignFormat(remote: string, format: string): RepoError {
  return new RepoError('other', `${remote} is a repository with ${format}; only sha1 can be read, make one with git init --object-format=sha1`, remote);
}

/** A whole listing with one branch, which HEAD names: what isomorphic-git needs to see, and no more. */
export function printListing(service: Service, branch: string, oid: Oid | undefined, capabilities: readonly string[]): Buffer {
  // It refuses to fetch from a remote whose HEAD names a missing branch ("Could not find HEAD", 1.44).
  const words = [...capabilities.filter(word => !word.startsWith('symref=')), ...(oid === undefined ? [] : [`symref=HEAD:refs/heads/${branch}`])].join(' ');
  const refs = oid === undefined ? [`${ZERO} capabilities^{}`] : [`${oid} HEAD`, `${oid} refs/heads/${branch}`];
  const lines = refs.map((ref, index) => packet(index === 0 ? `${ref}\0${words}\n` : `${ref}\n`));
  return Buffer.concat([packet(`# service=${service}\n`), FLUSH, ...lines, FLUSH]);
}

/** The body of a protocol 2 `ls-refs` that asks for some branches only. */
export function printLsRefs(branches: readonly string[]): Buffer {
  const prefixes = branches.map(branch => packet(`ref-prefix refs/heads/${branch}\n`));
  return Buffer.concat([packet('command=ls-refs\n'), Buffer.from('0001'), ...prefixes, FLUSH]);
}

/** Reads the answer to `ls-refs`: refs up to a flush, and nothing after it. Throws RepoError. */
export function parseLsRefs(body: Buffer, remote: string): ReadonlyMap<string, Oid> {
  const all = packets(body, remote);
  if (all.at(-1) !== null) throw cut(remote, body.length);
  const refs = new Map<string, Oid>();
  for (const line of all.slice(0, -1)) {
    if (!Buffer.isBuffer(line)) throw notGit(remote, 'a flush in the middle of the listing');
    const error = said(line, remote);
    if (error !== undefined) throw error;
    addRef(refs, text(line), remote);
  }
  return refs;
}

/** The body of a protocol 0 request that wants a commit no deeper than so: the first of a shallow fetch, after which nothing is sent. */
export function printBound(tip: Oid, bound: Bound): Buffer {
  // The last commit of a depth counts as an end, also where it is the first of all.
  const end = 'commits' in bound ? `deepen ${bound.commits + 1}` : `deepen-not refs/heads/${bound.branch}`;
  return Buffer.concat([packet(`want ${tip} side-band-64k\n`), packet(`${end}\n`), FLUSH]);
}

/** Reads the answer to it: true when history goes on below the bound. Throws RepoError. */
export function isCutThere(body: Buffer, remote: string): boolean {
  const all = packets(body, remote);
  if (!all.includes(null)) throw cut(remote, body.length);
  for (const line of all) {
    const error = Buffer.isBuffer(line) ? said(line, remote) : undefined;
    if (error !== undefined) throw error;
  }
  return all.some(line => Buffer.isBuffer(line) && text(line).startsWith('shallow '));
}

/** Checks a whole answer of upload-pack: complete packets, no error in it, a pack whose checksum is right. Throws RepoError. */
export function checkPack(body: Buffer, remote: string): void {
  const all = packets(body, remote);
  const pack: Buffer[] = [];
  for (const line of all) {
    if (!Buffer.isBuffer(line)) continue;
    const error = said(line, remote) ?? (line[0] === 3 ? complaint(text(line.subarray(1)), remote) : undefined);
    if (error !== undefined) throw error;
    if (line[0] === 1) pack.push(line.subarray(1));
  }
  if (all.at(-1) !== null) throw cut(remote, body.length);
  const whole = Buffer.concat(pack);
  if (whole.length === 0) return; // no pack at all: what is missing is found out by looking for it
  const sum = createHash('sha1').update(whole.subarray(0, -20)).digest();
  if (whole.length < 32 || !sum.equals(whole.subarray(-20)))
    throw new RepoError('truncated', `${remote} sent a pack that is not whole: its checksum is wrong`, remote);
}

/** What a server's hooks said (side band 2) in an answer of receive-pack, without `remote:` and blanks. */
export function wordsOfHooks(body: Buffer, remote: string): string {
  const heard = packets(body, remote).flatMap(line => (Buffer.isBuffer(line) && line[0] === 2 ? [line.toString('utf8', 1)] : []));
  return heard.join('').replace(/\s+/g, ' ').trim();
}

/** The RepoError for `ERR …`, with which a server ends a conversation. */
function said(line: Packet, remote: string): RepoError | undefined {
  const words = text(line);
  return words.startsWith('ERR ') ? complaint(words.slice(4), remote) : undefined;
}

function complaint(words: string, remote: string): RepoError {
  if (/not our ref|unadvertised object/.test(words)) {
    return new RepoError('no-branch', `${remote} no longer has the commit it has just named (${words}): the branch was moved, look again`, remote);
  }
  if (/access denied|not allowed|permission/i.test(words)) return new RepoError('forbidden', `${remote} says: ${words}`, remote);
  if (/not found|does not exist|not exported/i.test(words)) return new RepoError('not-found', `${remote} says: ${words}`, remote);
  return new RepoError('other', `${remote} says: ${words}`, remote);
}

function cut(remote: string, bytes: number): RepoError {
  return new RepoError('truncated', `${remote} sent an answer that is not whole: it ends after ${bytes} bytes without its end mark; try again`, remote);
}

const FLUSH = Buffer.from('0000');

function packet(line: string): Buffer {
  const bytes = Buffer.from(line);
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
}

function text(line: Packet): string {
  return Buffer.isBuffer(line) ? line.toString('utf8').replace(/\n$/, '') : '';
}
