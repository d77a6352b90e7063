/** What has been found out about a clone, kept inside it so that it goes with it; anything unreadable counts as nothing known. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readTextIfThere, writeAtomic } from '../host/files.ts';
import type { Oid } from './repo.ts';

export interface CloneState {
  /** Names and sizes of the packs and indexes that `whole` was found with. */
  readonly packs: string;
  /** Commits whose closure was found complete, newest last. */
  readonly whole: readonly Oid[];
  /** Last tip of each branch. */
  readonly tips: Readonly<Record<string, Oid>>;
  /** What we pushed on top of these since, and did not sync yet. */
  readonly pushed?: Readonly<Record<string, Oid>>;
  /** Commits that came since the clone was made. */
  readonly commits: number;
}

const NOTHING: CloneState = { packs: '', whole: [], tips: {}, commits: 0 };
const KEEP_WHOLE = 20;

/** Reads it; `whole` is empty when the packs are not those that were checked. */
export async function readState(gitdir: string): Promise<CloneState> {
  const text = await readTextIfThere(join(gitdir, 'netloom.json')).catch(() => null);
  const state = text === null ? NOTHING : parse(text);
  return state.packs === (await packsOf(gitdir)) ? state : { ...state, whole: [] };
}

/** Notes that a branch's tip is here with all that is below it. Throws HostError. */
export async function noteTip(gitdir: string, branch: string, tip: Oid, newCommits: number): Promise<void> {
  const before = await readState(gitdir);
  const { [branch]: _, ...pushed } = before.pushed ?? {};
  const state: CloneState = {
    ...(Object.keys(pushed).length === 0 ? {} : { pushed }),
    packs: await packsOf(gitdir),
    whole: [...before.whole.filter(oid => oid !== tip), tip].slice(-KEEP_WHOLE),
    tips: { ...before.tips, [branch]: tip },
    commits: before.commits + newCommits,
  };
  await writeAtomic(join(gitdir, 'netloom.json'), JSON.stringify(state));
}

/** Notes what was pushed: it is here, and its closure is looked at when it is synced. Throws HostError. */
export async function notePushed(gitdir: string, branch: string, oid: Oid): Promise<void> {
  const before = await readState(gitdir);
  await writeAtomic(join(gitdir, 'netloom.json'), JSON.stringify({ ...before, pushed: { ...before.pushed, [branch]: oid } }));
}

/** Number of packs in a clone. */
export async function countPacks(gitdir: string): Promise<number> {
  return (await packFiles(gitdir)).filter(name => name.endsWith('.pack')).length;
}

/** Where history ends, as git keeps it; '' where it is whole. */
export async function shallowText(gitdir: string): Promise<string> {
  return (await readTextIfThere(join(gitdir, 'shallow'))) ?? '';
}

/** False when the file that says where history ends is garbage: a server that is told it just hangs up, which looks like its fault. */
export async function isShallowFileSound(gitdir: string): Promise<boolean> {
  return /^([0-9a-f]{40}\n)*$/.test(await shallowText(gitdir));
}

async function packsOf(gitdir: string): Promise<string> {
  const names = await packFiles(gitdir);
  const sizes = await Promise.all(names.map(name => stat(join(gitdir, 'objects/pack', name)).then(s => s.size)));
  return names.map((name, index) => `${name}:${sizes[index]}`).join(' ');
}

async function packFiles(gitdir: string): Promise<string[]> {
  const names = await readdir(join(gitdir, 'objects/pack')).catch(() => []);
  return names.filter(name => /\.(pack|idx)$/.test(name)).sort();
}

function parse(text: string): CloneState {
  try {
    const value = JSON.parse(text) as Partial<CloneState>;
    const sound =
      typeof value.packs === 'string' &&
      Array.isArray(value.whole) &&
      typeof value.tips === 'object' &&
      value.tips !== null &&
      typeof value.commits === 'number';
    return sound ? (value as CloneState) : NOTHING;
  } catch {
    return NOTHING;
  }
}
