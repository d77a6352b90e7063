/** Saved plans on a node: what a file is made of, and the gate that a pass asks before it carries one out. */
import { hash } from 'node:crypto';
import { resolve } from 'node:path';
import { changesOf } from '../allocate/changes.ts';
import { HostError } from '../host/errors.ts';
import { KINDS } from '../kinds/index.ts';
import { EMPTY_LEDGER, type Ledger } from '../model/ledger.ts';
import { type PlanSource, type SavedPlan, savedParts, savedPlanFile } from '../plan/saved-plan.ts';
import { chooseSteps, sourceMoved } from '../plan/stale.ts';
import type { Prepared } from './enforce.ts';
import { version } from './program.ts';

/** What is allocated, a line for each definition. */
function ledgerLines(ledger: Ledger): SavedPlan['ledger'] {
  return Object.fromEntries(changesOf(EMPTY_LEDGER, ledger).map(({ definition, message }) => [definition, message]));
}

/** The file for a plan that was just made. */
export function fileOfPlan(prepared: Prepared, about: { readonly node: string; readonly source: PlanSource; readonly ledger: Ledger }): string {
  const { node, source, ledger } = about;
  const made = { plan: prepared.plan, resources: prepared.compiled.resources, observed: prepared.observed };
  const at = `${new Date().toISOString().slice(0, 19)}Z`;
  return savedPlanFile({ netloom: version(), node, made: at, source, ...savedParts(made, KINDS), ledger: ledgerLines(ledger) });
}

/** Lets nothing through but what a file holds. Both throw HostError `stale`, with all that moved. */
export interface Gate {
  source(now: PlanSource): void;
  /** What is planned now, without all that was not planned then. */
  plan(prepared: Prepared, ledger: Ledger): Prepared;
}

export function gateOf(saved: SavedPlan): Gate {
  return {
    source: now => refuse(sourceMoved(saved.source, now)),
    plan: (prepared, ledger) => {
      const now = { plan: prepared.plan, resources: prepared.compiled.resources, observed: prepared.observed };
      const chosen = chooseSteps(saved, now, ledgerLines(ledger), version());
      if ('moved' in chosen) throw stale(chosen.moved);
      return { ...prepared, plan: chosen };
    },
  };
}

function refuse(moved: readonly string[]): void {
  if (moved.length > 0) throw stale(moved);
}

function stale(moved: readonly string[]): HostError {
  return new HostError('stale', `the saved plan is stale, and nothing was changed; since it was made there moved:\n  ${moved.join('\n  ')}\nmake it anew`);
}

/** A folder of definitions, with the content of its files. */
export function folderSource(dir: string, files: readonly { readonly path: string; readonly id: string }[]): PlanSource {
  const { files: ids } = sourceOf('', files);
  return { local: resolve(dir), revision: hash('sha256', JSON.stringify(ids)), files: ids };
}

/** A revision of the remote, with the content of its files. */
export function sourceOf(revision: string, files: readonly { readonly path: string; readonly id: string }[]): PlanSource {
  return { local: null, revision, files: Object.fromEntries(files.map(({ path, id }) => [path, id])) };
}
