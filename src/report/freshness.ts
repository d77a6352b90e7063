/** How old what is told is: of which commits, when the nodes were last heard, who is silent. */
import { briefSpan } from '../model/duration.ts';
import { isSilent, type View } from './state.ts';

/** As JSON has it. */
export interface AsOf {
  /** Commit of the definitions; '' for a local folder. */
  readonly revision: string;
  /** Newest commit of the status branch; null without one. */
  readonly statusCommit: string | null;
  /** When that was made. */
  readonly statusAt: string | null;
  /** When this was looked at. */
  readonly lookedAt: string;
  /** When the node that was heard longest ago was heard, of those that are not silent; null for none. */
  readonly heardSince: string | null;
  readonly silent: readonly string[];
  /** Nodes that never reported. */
  readonly neverHeard: readonly string[];
}

/** Of what a look at the branches knows. */
export function asOf(view: View): AsOf {
  const { revision, statusTip = null, now, reports, catalog } = view;
  const names = [...catalog.nodes.keys()].sort();
  const heard = names.flatMap(name => reports.get(name) ?? []);
  const speaking = heard.filter(report => !isSilent(report, now)).map(report => report.heard);
  return {
    revision,
    statusCommit: statusTip?.commit ?? null,
    statusAt: statusTip?.at ?? null,
    lookedAt: now,
    heardSince: speaking.length === 0 ? null : speaking.reduce((first, each) => (each < first ? each : first)),
    silent: heard.filter(report => isSilent(report, now)).map(report => report.node),
    neverHeard: names.filter(name => !reports.has(name)),
  };
}

/** The same in one line: `status branch 1a2b3c4d5e, 12s old; definitions 5f6a7b8c9d; 4 nodes heard within 26m; silent: n3`. */
export function asOfText(view: View): string {
  const definitions = view.revision === '' ? [] : [`definitions ${view.revision.slice(0, 10)}`];
  const [branch = '', ...nodes] = heardParts(view);
  return [branch, ...definitions, ...nodes].join('; ');
}

/** Without the definitions, for a screen that names their commit already. */
export function heardText(view: View): string {
  return heardParts(view).join('; ');
}

function heardParts(view: View): readonly string[] {
  const { statusCommit, statusAt, lookedAt, heardSince, silent, neverHeard } = asOf(view);
  const span = (at: string): string => briefSpan(Date.parse(lookedAt) - Date.parse(at));
  const speaking = view.catalog.nodes.size - silent.length - neverHeard.length;
  return [
    statusCommit === null || statusAt === null ? 'no status branch yet' : `status branch ${statusCommit.slice(0, 10)}, ${span(statusAt)} old`,
    heardSince === null ? '' : `${speaking} ${speaking === 1 ? 'node' : 'nodes'} heard within ${span(heardSince)}`,
    namesText('silent', silent),
    namesText('never heard', neverHeard),
  ].filter(part => part !== '');
}

const NAMED = 5;

/** `silent: n3, n4 and 7 more`; '' for nobody. */
function namesText(title: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : '';
  return `${title}: ${names.slice(0, NAMED).join(', ')}${more}`;
}
