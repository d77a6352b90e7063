/** A pass with nothing to do does nothing: the kernel announces no change, and no file of the state directory is written. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { enforce, prepare } from '../../src/pass/enforce.ts';
import { type Ears, listen, makeNoise } from './support/ears.ts';
import { freshNode } from './support/node.ts';
import { type Local, local, start } from './support/program.ts';
import { RICH, RICH_DEFINITIONS } from './support/rich.ts';

let ears: Ears;
const place: Local = local();

beforeAll(async () => {
  await freshNode();
  place.define(RICH_DEFINITIONS);
  expect(await apply()).toBe(0);
  ears = await listen();
});

afterAll(async () => {
  await ears?.stop();
});

/** Runs `netloom apply`; its exit code. */
function apply(): Promise<number | null> {
  return new Promise(done => start(place.argv('apply')).once('close', done));
}

/** What happens while the kernel should be silent. */
async function heardDuring(act: () => Promise<unknown>): Promise<Readonly<Record<string, readonly string[]>>> {
  await ears.quiet();
  ears.forget();
  await act();
  await ears.quiet();
  // The number of a namespace goes when its last user lets go of it: those of tests before this one may do so late. A namespace that is deleted now says more.
  const ofNow = (lines: readonly string[]): readonly string[] => lines.filter(line => !line.startsWith('[NSID]Deleted nsid'));
  return Object.fromEntries(Object.entries(ears.heard()).map(([ear, lines]) => [ear, ofNow(lines)]));
}

/** Every file below a folder: inode, times, size and content. */
function filesBelow(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8', withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => {
      const path = join(entry.parentPath, entry.name);
      const { ino, mtimeNs, ctimeNs, size } = statSync(path, { bigint: true });
      return `${path} ${ino} ${mtimeNs} ${ctimeNs} ${size} ${readFileSync(path, 'base64').length}`;
    })
    .sort();
}

const SILENCE = { 'ip monitor all': [], 'bridge monitor all': [], 'nft monitor': [], 'ip -n g1 monitor all': [], 'ip -n g2 monitor all': [] };

it('the second apply makes no change of the kernel and writes no file', async () => {
  const before = filesBelow(place.stateDir);
  expect(before.length).toBeGreaterThan(0);
  expect(await heardDuring(async () => expect(await apply()).toBe(0))).toEqual(SILENCE);
  expect(filesBelow(place.stateDir)).toEqual(before);
});

it('nor does plan', async () => {
  const before = filesBelow(place.stateDir);
  const plan = () => new Promise(done => start(place.argv('plan', '--detailed-exitcode')).once('close', done));
  expect(await heardDuring(async () => expect(await plan()).toBe(0))).toEqual(SILENCE);
  expect(filesBelow(place.stateDir)).toEqual(before);
});

it('a pass of this process takes no round, and is silent too', async () => {
  expect(
    await heardDuring(async () => {
      const { rounds, outcomes } = await enforce(await prepare(RICH, place.runtimeDir), { before: async () => undefined });
      expect([rounds, outcomes]).toEqual([0, []]);
    }),
  ).toEqual(SILENCE);
});

it('all of them would have heard a change', async () => {
  const heard = await heardDuring(makeNoise);
  expect(Object.entries(heard).filter(([, lines]) => lines.length === 0)).toEqual([]);
});
