/** What the steps of one allocation share: the question, the ledger as it stands, and where findings are collected. */
import type { AllocateArgs, AllocationNote, PendingAsk, PendingReason } from './allocation.ts';
import { type Clock, clockAt } from './clock.ts';
import { type Standing, standing } from './standing.ts';

export interface Context {
  readonly args: AllocateArgs;
  readonly clock: Clock;
  readonly before: Standing;
  readonly pending: PendingAsk[];
  readonly notes: AllocationNote[];
  pend(definition: string, reason: PendingReason, message: string): void;
  /** Notes a value that an object had and did not get back. */
  lose(definition: string, what: 'address' | 'vxid' | 'mac' | 'uuid', old: string, instead: string): void;
}

/** Opens an allocation. */
export function contextOf(args: AllocateArgs): Context {
  const clock = clockAt(args.now, args.cluster);
  const pending: PendingAsk[] = [];
  const notes: AllocationNote[] = [];
  return {
    args,
    clock,
    before: standing(args.ledger, clock),
    pending,
    notes,
    pend: (definition, reason, message) => void pending.push({ definition, reason, message }),
    lose: (definition, what, old, instead) => {
      const message = `${what} ${old} went to another meanwhile; ${instead === '' ? 'there is none instead' : `now ${instead}`}`;
      notes.push({ code: `${what}-lost`, definition, old, new: instead, message });
    },
  };
}

/** `Network default/blue` for a key; a text that says more than a key stays as it is. */
export function holderName(kind: string, by: string): string {
  return /^[^ /]+\/[^ /]+$/.test(by) ? `${kind} ${by}` : by;
}
