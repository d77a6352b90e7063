/** uids of users, wherever the node keeps its users. A directory that does not answer is no error: nothing is known of its users then. */
import { readFileSync } from 'node:fs';
import { HostError } from './errors.ts';
import { run } from './exec.ts';

export interface Users {
  /** uid of each name that the node knows. */
  readonly uids: ReadonlyMap<string, number>;
  /** Names that nobody answered for in time. */
  readonly unanswered: ReadonlySet<string>;
}

/** How long all names together may take, and each alone after that. */
const PATIENCE = { togetherMs: 10_000, aloneMs: 5_000 };

/** Looks up names; unknown names are in neither answer. A decimal number is not a name. */
export async function usersOf(names: readonly string[], patience: typeof PATIENCE = PATIENCE): Promise<Users> {
  const wanted = [...new Set(names)].filter(name => !/^\d*$/.test(name));
  const all = wanted.length === 0 ? new Map<string, number>() : await ask(wanted, patience.togetherMs);
  if (all !== null) return { uids: all, unanswered: new Set() };
  // One name that only a directory could know holds up those that a file knows.
  const each = await Promise.all(wanted.map(async name => [name, await ask([name], patience.aloneMs)] as const));
  return {
    uids: new Map(each.flatMap(([, found]) => [...(found ?? [])])),
    unanswered: new Set(each.flatMap(([name, found]) => (found === null ? [name] : []))),
  };
}

// null: no answer.
async function ask(names: readonly string[], timeoutMs: number): Promise<ReadonlyMap<string, number> | null> {
  const stdout = await getent(names, timeoutMs);
  if (stdout === null) return null;
  const found = stdout.split('\n').flatMap(line => {
    const [name, , uid] = line.split(':');
    return name !== undefined && uid !== undefined && /^\d+$/.test(uid) ? [[name, Number(uid)] as const] : [];
  });
  return new Map(found.filter(([name]) => names.includes(name)));
}

/** A user, by name. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  /** Of its own group. */
  readonly gid: number;
}

/** Users of these names that the node itself has, in this order: programs run as such, and as nobody's that a directory knows. */
export function localAccounts(names: readonly string[]): readonly Account[] {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  const accounts = lines.map(line => line.split(':')).map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
  return names.flatMap(name => accounts.find(one => one.name === name) ?? []);
}

// getent exits with 2 when a name is unknown and prints the others.
async function getent(names: readonly string[], timeoutMs: number): Promise<string | null> {
  try {
    return (await run('getent', ['passwd', '--', ...names], { okCodes: [0, 2], timeoutMs })).stdout;
  } catch (error) {
    if (error instanceof HostError) return null;
    throw error;
  }
}
