/** Finds what else on this node drops forwarded packets: no table of ours can let through what another one drops. */
import { OURS } from '../kinds/marks.ts';
import { usualReader } from './choose-reader.ts';
import { listChains } from './command-reader.ts';
import { HostError } from './errors.ts';
import type { ForwardChain } from './reader.ts';

/**
 * `<family> <table> <chain>` of each chain at the forward hook that is not ours and drops what it does not know, by its policy
 * or its last rule; sorted. Empty where that cannot be read: it is told to people, and decides nothing.
 */
export async function forwardDrops(): Promise<readonly string[]> {
  try {
    const asked = (await (await usualReader()).forwardChains()).filter(({ family, table }) => !(family === 'inet' && table === OURS.table));
    const drops = await Promise.all(asked.map(async chain => chain.drops || (await endsInDrop(chain))));
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
async function endsInDrop({ family, table, name }: ForwardChain): Promise<boolean> {
  const rules = (await listChains('chain', family, table, name)).flatMap(row =>
    row['rule'] === undefined ? [] : [row['rule'] as { readonly expr?: unknown }],
  );
  const expr = rules.at(-1)?.expr;
  const parts = Array.isArray(expr) ? (expr as readonly object[]).filter(part => !('counter' in part || 'log' in part)) : [];
  const [only] = parts;
  return parts.length === 1 && only !== undefined && ('drop' in only || 'reject' in only);
}
