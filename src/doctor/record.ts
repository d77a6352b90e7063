/** A diagnosis for programs, and several of them as one: the shape is `schemas/output/doctor.json`. */
import { SKEW_TOLD_MS } from '../model/skew.ts';
import { causesFirst } from './diagnose.ts';
import type { Finding, Judged } from './finding.ts';
import { clockOff } from './judge-node.ts';

/** What was found on one node. */
export interface NodeDiagnosis extends Judged {
  readonly node: string;
  /** ISO 8601 in UTC, of that node's clock: when it began. */
  readonly at: string;
  readonly durationMs: number;
}

export interface Diagnosis {
  readonly apiVersion: 'netloom.dev/v1';
  readonly kind: 'Diagnosis';
  /** `Network red/lan`; '' for everything that the nodes take part in. */
  readonly scope: string;
  /** Nothing is broken; what was not tested does not count. */
  readonly healthy: boolean;
  readonly nodes: readonly NodeDiagnosis[];
  /** Nodes that could not be asked. */
  readonly unasked: readonly { readonly node: string; readonly why: string }[];
}

/** All of them as one; the order of the nodes is kept. */
export function diagnosisOf(scope: string, nodes: readonly NodeDiagnosis[], unasked: Diagnosis['unasked'] = []): Diagnosis {
  const healthy = nodes.every(({ findings }) => findings.length === 0);
  return { apiVersion: 'netloom.dev/v1', kind: 'Diagnosis', scope, healthy, nodes, unasked };
}

/** Everything that is broken, causes first; what several nodes say is said once. */
export function allFindings({ nodes }: Pick<Diagnosis, 'nodes'>): readonly Finding[] {
  return causesFirst(nodes.flatMap(({ findings }) => findings));
}

/** What another node printed with -o json; null where that is no diagnosis. */
export function parseDiagnosis(text: string): Diagnosis | null {
  try {
    const read = JSON.parse(text) as Partial<Diagnosis> | null;
    return read?.kind === 'Diagnosis' && Array.isArray(read.nodes) ? (read as Diagnosis) : null;
  } catch {
    return null;
  }
}

/**
 * A diagnosis that came from another node, with what its clock says.
 *
 * @param window  when it was asked for and when it was here, in milliseconds since the epoch by the clock here
 */
export function withClock(diagnosis: NodeDiagnosis, here: string, window: { readonly fromMs: number; readonly toMs: number }): NodeDiagnosis {
  const at = Date.parse(diagnosis.at);
  const aheadMs = at < window.fromMs ? at - window.fromMs : Math.max(0, at - window.toMs);
  if (Math.abs(aheadMs) <= SKEW_TOLD_MS || diagnosis.findings.some(({ code }) => code === 'clock')) return diagnosis;
  return { ...diagnosis, findings: causesFirst([...diagnosis.findings, ...clockOff(diagnosis.node, aheadMs, here).findings]) };
}
