/** doctor: everything that one look found, judged; causes are told before what follows from them, and what follows is not told as broken. */
import type { Evidence } from './evidence.ts';
import { CODES, type Finding, type Judged, together } from './finding.ts';
import { judgeKernel } from './judge-kernel.ts';
import { judgeBranches, judgeMachine, judgeWord } from './judge-node.ts';
import { judgeOutside } from './judge-outside.ts';
import { judgeSegments } from './judge-segments.ts';
import { judgePeers, judgeUnderlay } from './judge-underlay.ts';

/** The judgement of one node. */
export function diagnose(evidence: Evidence): Judged {
  const rooms = [judgeMachine, judgeWord, judgeBranches, judgeUnderlay, judgePeers, judgeKernel, judgeOutside, judgeSegments];
  const all = together(rooms.map(judge => judge(evidence)));
  return { ...all, findings: causesFirst(all.findings) };
}

/** Each sentence once, in the order of causes. */
export function causesFirst(findings: readonly Finding[]): readonly Finding[] {
  const rank = new Map(CODES.map((code, index) => [code, index]));
  const once = new Map(findings.map(finding => [`${finding.node} ${finding.message}`, finding]));
  return [...once.values()].sort((a, b) => (rank.get(a.code) ?? 0) - (rank.get(b.code) ?? 0));
}
