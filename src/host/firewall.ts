/** Finds what else on this node drops forwarded packets: no table of ours can let through what another one drops. */
import { OURS } from '../kinds/marks.ts';
import { nftObjects } from './corrections.ts';
import { HostError } from './errors.ts';
import { run } from './exec.ts';

interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly policy?: string;
}

/**
 * `<family> <table> <chain>` of each chain at the forward hook that is not ours and drops what it does not know, by its policy
 * or its last rule; sorted. Empty where that cannot be read: it is told to people, and decides nothing.
 */
export async function forwardDrops(): Promise<readonly string[]> {
  try {
    const chains = (await list('chains')).flatMap(row => (row['chain'] === undefined ? [] : [row['chain'] as Chain]));
    const asked = chains.filter(
      ({ family, table, hook }) => hook === 'forward' && ['ip', 'inet'].includes(family) && !(family === 'inet' && table === OURS.table),
    );
    const drops = await Promise.all(asked.map(async chain => chain.policy === 'drop' || (await endsInDrop(chain))));
    return asked
      .filter((_, at) => drops[at])
      .map(({ family, table, name }) => `${family} ${table} ${name}`)
      .sort();
  } catch (error) {
    if (error instanceof HostError || error instanceof SyntaxError) return [];
    throw error;
  }
}

// firewalld accepts by policy, and rejects in its last rule.
async function endsInDrop({ family, table, name }: Chain): Promise<boolean> {
  const rules = (await list('chain', family, table, name)).flatMap(row => (row['rule'] === undefined ? [] : [row['rule'] as { readonly expr?: unknown }]));
  const expr = rules.at(-1)?.expr;
  const parts = Array.isArray(expr) ? (expr as readonly object[]).filter(part => !('counter' in part || 'log' in part)) : [];
  const [only] = parts;
  return parts.length === 1 && only !== undefined && ('drop' in only || 'reject' in only);
}

async function list(...words: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { stdout } = await run('nft', ['-j', 'list', ...words], { okCodes: [0], timeoutMs: 20_000 });
  return nftObjects(stdout);
}
