/** A diagnosis for people: what is broken first, each with what to do; then, in groups, what is well and what nobody knows. */
import { harmless } from '../model/text.ts';
import type { Finding, Healthy, Untested } from './finding.ts';
import { some } from './finding.ts';
import { allFindings, type Diagnosis } from './record.ts';

export type DoctorPaint = (text: string, style: 'broken' | 'fine' | 'dim') => string;

/** @param width  columns of the terminal; undefined: lines are as long as they are. What is to be done stays one line, to be pasted. */
export function diagnosisText(diagnosis: Diagnosis, width: number | undefined, paint: DoctorPaint = text => text): string {
  const findings = allFindings(diagnosis);
  const wrap = (text: string, indent: number): string => wrapped(harmless(text), width, indent);
  const isMany = diagnosis.nodes.length > 1;
  return [
    heading(diagnosis, findings, paint),
    ...findings.map(({ node, message, cure }) => `${paint(wrap(`BROKEN on ${node}: ${message}`, 2), 'broken')}\n  do: ${harmless(cure)}`),
    ...diagnosis.nodes.flatMap(({ node, healthy, untested }) => {
      const where = isMany ? ` on ${node}` : '';
      const lines = [...grouped(healthy, `ok${where}`), ...grouped(untested, `not tested${where}`)].map(line => wrap(line, 4));
      return lines.length === 0 ? [] : [lines.map(line => (line.startsWith('ok') ? paint(line, 'fine') : paint(line, 'dim'))).join('\n')];
    }),
    diagnosis.unasked.map(({ node, why }) => wrap(`not asked: ${node}: ${why}`, 4)).join('\n'),
  ]
    .filter(part => part !== '')
    .join('\n\n');
}

function heading({ nodes, scope, unasked }: Diagnosis, findings: readonly Finding[], paint: DoctorPaint): string {
  const names = nodes.map(({ node }) => node);
  const where = names.length === 0 ? 'nowhere' : `on ${some(names, 8)}`;
  const what = scope === '' ? '' : `, ${scope}`;
  const slowest = Math.max(0, ...nodes.map(({ durationMs }) => durationMs));
  const count = findings.length === 0 ? 'nothing is broken' : `${findings.length} ${findings.length === 1 ? 'thing is' : 'things are'} broken`;
  const gap = unasked.length === 0 ? '' : `; ${unasked.length} ${unasked.length === 1 ? 'node was' : 'nodes were'} not asked`;
  const text = `${count} (looked ${where}${what}, ${(slowest / 1000).toFixed(1)} s)${gap}`;
  return paint(text, findings.length === 0 ? 'fine' : 'broken');
}

const SHOWN = 6;

function grouped(all: readonly (Healthy | Untested)[], label: string): readonly string[] {
  const checks = [...new Set(all.map(({ check }) => check))];
  return checks.map(
    check =>
      `${label}: ${check}: ${some(
        all.filter(each => each.check === check).map(({ message }) => message),
        SHOWN,
      )}`,
  );
}

// At words.
function wrapped(text: string, width: number | undefined, indent: number): string {
  if (width === undefined || text.length <= width) return text;
  const lines: string[] = [];
  let line = /^ */.exec(text)?.[0] ?? '';
  for (const word of text.trim().split(' ')) {
    const isEmpty = line.trim() === '';
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line);
      line = ' '.repeat(indent) + word;
    } else line += isEmpty ? word : ` ${word}`;
  }
  return [...lines, line].join('\n');
}
