/** What a pass came to, for others to read: this node's report and events on the status branch, and what could not be published kept. */
import type { Ledger } from '../model/ledger.ts';
import type { NodeConfig } from '../model/node-config.ts';
import type { Catalog } from '../objects/object.ts';
import type { Plan } from '../plan/plan.ts';
import { RepoError } from '../repo/repo.ts';
import type { Problem } from '../report/condition.ts';
import type { NodeReport } from '../report/node-report.ts';
import { dropNoted, loadNoted, noteEvents, type Suspension } from './control.ts';
import { type Enforced, prepareNothing } from './enforce.ts';
import { passEvents } from './events.ts';
import { frozen, type HeldBack, wrongWith } from './held-back.ts';
import { loadHookResults } from './hook-results.ts';
import { type Published, type PublishResult, publish, readPublished } from './publish.ts';
import { type Pulled, pull } from './pull.ts';
import type { Remote, Tips } from './remote.ts';
import { reportOf } from './report.ts';
import type { Settled } from './settle.ts';
import { dueSample } from './usage.ts';
import { noteSpoken, otherVoice } from './voice.ts';

export interface Told {
  readonly pulled: Pulled;
  readonly suspended: Suspension | null;
  readonly catalog: Catalog;
  readonly settled: Settled;
  readonly enforced: Enforced;
  readonly previous: Ledger | null;
  readonly wrong: Problem | null;
  /** Said now, however much the fleet has pushed. */
  readonly isUrgent?: boolean | undefined;
}

/** What was told, or would be. */
export interface Telling {
  readonly report: NodeReport;
  /** What stood on the status branch; null also where it was not read. */
  readonly before: NodeReport | null;
  /** null: nobody could be asked. */
  readonly published: PublishResult | null;
  /** Operations that were needed because somebody altered the kernel, and those of them that succeeded; counted where the last report is known. */
  readonly drift: { readonly found: number; readonly repaired: number };
}

export const NO_DRIFT: Telling['drift'] = { found: 0, repaired: 0 };

/** The node's report where nobody is told: git is down. */
export function tellNobody(config: NodeConfig, told: Told, published: PublishResult | null = null): Telling {
  const fleet = { nodes: told.catalog.nodes.size, pushesPerMinute: config.status.pushesPerMinute };
  return {
    report: reportOf({ config, ...told, fleet, before: null, now: `${new Date().toISOString().slice(0, 19)}Z` }),
    before: null,
    published,
    drift: NO_DRIFT,
  };
}

/** A remote that cannot be reached, or takes nothing, is a result. */
export async function tell(config: NodeConfig, remote: Remote, told: Told): Promise<Telling> {
  const { settled, catalog } = told;
  let before: Published;
  try {
    before = await readPublished(remote, settled.tip, config.node);
  } catch (error) {
    if (error instanceof RepoError) return tellNobody(config, told, { result: 'failed', message: error.message });
    throw error;
  }
  const date = new Date();
  const now = `${date.toISOString().slice(0, 19)}Z`;
  const fleet = { nodes: catalog.nodes.size, pushesPerMinute: config.status.pushesPerMinute };
  const wrong = told.wrong ?? (await otherVoice(config.stateDir, before.report));
  const report = reportOf({ config, ...told, wrong, fleet, before: before.report, now });
  const noted = await loadNoted(config.stateDir);
  const results = await loadHookResults(config.stateDir);
  const news = passEvents({ node: config.node, ...told, before: before.report, report });
  const events = [...noted, ...results.events, ...news];
  const sample = () => dueSample({ stateDir: config.stateDir, node: config.node, catalog, ledger: settled.ledger, now: date });
  const isUrgent = told.pulled.isAccepted || (told.isUrgent === true && events.length > 0);
  const published = await publish(
    { remote, tip: settled.tip, node: config.node, fleet, archiveAfter: config.status.archiveAfter, report, events, isUrgent, sample, ...definedIn(told) },
    before,
  );
  if (published.result === 'news') await Promise.all([dropNoted(config.stateDir, noted), results.drop(), noteSpoken(config.stateDir)]);
  else await noteEvents(config.stateDir, news);
  const drift = news.filter(({ type, phase }) => type === 'drift' && phase === 'finish');
  return { report, before: before.report, published, drift: { found: drift.length, repaired: drift.filter(({ extra }) => extra === undefined).length } };
}

// Who is behind the branch, or does not follow it, does not know who was added since.
function definedIn({ pulled, catalog }: Told): { readonly defined?: ReadonlySet<string> } {
  const isNewest = pulled.refusal === null && pulled.good !== null && pulled.tips?.main === pulled.good.revision;
  return isNewest ? { defined: new Set(catalog.nodes.keys()) } : {};
}

const NOTHING: Plan = { steps: [], swept: [], bystanders: [], held: [] };
const NO_OBJECTS = { networks: new Map(), interfaces: new Map(), pools: new Map(), floatingIPs: new Map(), routedIPs: new Map() };

/** Nothing was enforced before the first revision that was taken back: the node says so of itself, and of no object. */
export async function tellOfNothing(config: NodeConfig, remote: Remote, pulled: Pulled, held: HeldBack, tips: Tips): Promise<void> {
  const seen = await pull({ remote, stateDir: config.stateDir, good: null, node: null, keep: false });
  if (seen.catalog === null) return;
  const prepared = await prepareNothing([], config.runtimeDir);
  const enforced = { ...prepared, plan: NOTHING, outcomes: [], remaining: NOTHING, rounds: 0 };
  const settled = frozen(null, tips.status);
  const told = {
    pulled,
    suspended: null,
    settled,
    catalog: { ...seen.catalog, ...NO_OBJECTS },
    enforced,
    previous: null,
    wrong: wrongWith({ fate: 'plain' }, held),
  };
  await tell(config, remote, told);
}
