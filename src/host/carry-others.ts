/** Carries acts that no batch of `ip`, `bridge` or `nft` can: on files, services, and flows that are under way. */
import type { Op } from '../kinds/op.ts';
import type { Carried } from './carry.ts';
import { codeOfErrno, errnoOf, HostError } from './errors.ts';
import { SYSTEM, type System } from './system.ts';

/** Services that are started or ended at a time. */
const AT_ONCE = 8;

/** Files and flows one after another; services several at a time, but acts on one of them in their order. Throws only Bugs. */
export async function carryOthers(ops: readonly Op[], system: System = SYSTEM): Promise<Carried> {
  const done: number[] = [];
  for (let at = 0; at < ops.length; ) {
    const together = ops.slice(at, at + countTogether(ops, at));
    const ends = await Promise.all(together.map(op => attempt(op, system)));
    for (const [nth, end] of ends.entries()) if (end === null) done.push(at + nth);
    const failed = ends.flatMap((end, nth) => (end === null ? [] : [{ index: at + nth, code: end.code, words: end.message }]));
    if (failed.length > 0) return { done, failed };
    at += together.length;
  }
  return { done };
}

function countTogether(ops: readonly Op[], start: number): number {
  const ids = new Set<string>();
  for (const op of ops.slice(start, start + AT_ONCE)) {
    if (!('id' in op) || ids.has(op.id)) break;
    ids.add(op.id);
  }
  return Math.max(ids.size, 1);
}

async function attempt(op: Op, system: System): Promise<HostError | null> {
  try {
    await system.act(op);
    return null;
  } catch (error) {
    if (error instanceof HostError) return error;
    if (errnoOf(error) !== '') return new HostError(codeOfErrno(error), error instanceof Error ? error.message : String(error), { cause: error });
    throw error;
  }
}
