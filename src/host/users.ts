/** uids of users, wherever the node keeps its users. */
import { run } from './exec.ts';

/** uid of each name that the node knows; unknown names are left out. A decimal number is not a name. Throws HostError. */
export async function uidsOf(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const wanted = [...new Set(names)].filter(name => !/^\d*$/.test(name));
  if (wanted.length === 0) return new Map();
  // getent exits with 2 when a name is unknown and prints the others.
  const { stdout } = await run('getent', ['passwd', '--', ...wanted], { okCodes: [0, 2], timeoutMs: 20_000 });
  const found = stdout.split('\n').flatMap(line => {
    const [name, , uid] = line.split(':');
    return name !== undefined && uid !== undefined && /^\d+$/.test(uid) ? [[name, Number(uid)] as const] : [];
  });
  return new Map(found.filter(([name]) => wanted.includes(name)));
}
