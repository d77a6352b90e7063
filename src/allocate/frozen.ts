/** While a part of the published ledger cannot be read, nobody knows what it holds: nothing new may be given out. */
import type { AllocateArgs } from './allocation.ts';
import type { Ask } from '../objects/object.ts';
import type { Context } from './context.ts';

/**
 * The asks that may be answered: all, or, while `args.unreadable` names networks, those of live objects, without the
 * identities that they newly name. The others are pending as `LedgerUnreadable`.
 */
export function withoutNew(asks: AllocateArgs['asks'], ctx: Context): AllocateArgs['asks'] {
  const [first] = ctx.args.unreadable ?? [];
  if (first === undefined) return asks;
  const message = `the published allocations of ${ctx.args.unreadable?.join(', ')} cannot be read: repair allocations/networks/${first}.yaml on the status branch, or revert the commit that broke it`;
  return asks.flatMap((ask): readonly Ask[] => {
    if (ask.for !== 'network' && ask.for !== 'interface') return [ask];
    const definition = `${ask.for === 'network' ? 'Network' : 'Interface'} ${ask.key}`;
    const entry = ask.for === 'network' ? ctx.before.networks.get(ask.key) : ctx.before.interfaces.get(ask.key)?.entry;
    if (entry === undefined || entry.removed !== undefined) {
      ctx.pend(definition, 'LedgerUnreadable', message);
      return [];
    }
    const pin = ask.for === 'network' ? ask.vxid : ask.mac;
    const has = 'vxid' in entry ? entry.vxid : entry.mac;
    if (pin === undefined || pin === has) return [ask];
    ctx.pend(definition, 'LedgerUnreadable', message);
    const { [ask.for === 'network' ? 'vxid' : 'mac']: _, ...rest } = ask as typeof ask & { vxid?: number; mac?: string };
    return [rest as typeof ask];
  });
}
