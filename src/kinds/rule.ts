/** Policy routing rules of IPv4 that choose a table by mark. Ours by protocol, at home; nothing else of a rule is ever said. */
import type { Kind, Observed } from './kind.ts';
import { isHome, OURS } from './marks.ts';
import { firstOfEach, tiesToNetns } from './refs.ts';
import type { RuleRow } from './rows.ts';

export interface RuleSpec {
  readonly netns: string;
  /** 1..32765; lower ones are asked first. */
  readonly priority: number;
  /** The mark of the packets that it is for, all 32 bits. */
  readonly mark: number;
  /** Digits; main is `254`. */
  readonly table: string;
}

export const rule: Kind<RuleSpec> = {
  name: 'rule',
  title: 'routing rule',
  fields: { netns: 'key', priority: 'key', mark: 'key', table: 'fixed' },
  ref: s => `rule:${s.netns}/${s.priority}/${s.mark}`,
  ties: s => tiesToNetns(s.netns),
  claims: () => [],
  parse: rows => firstOfEach(rows.rules.flatMap(row => observe(rows.netns, row))),
  carries: () => false,
  create: s => [{ op: 'rule-add', ...s, proto: OURS.proto }],
  update: () => [],
  remove: s => [{ op: 'rule-del', ...s, proto: OURS.proto }],
  impact: verb => (verb === 'make' ? 'no-traffic' : 'existing-flows'),
};

const PLAIN: ReadonlySet<string> = new Set(['priority', 'src', 'fwmark', 'table', 'protocol']);

// A rule that asks for more than a mark is none that netloom makes, and stands beside ours: the kernel keeps them apart.
function observe(netns: string, row: RuleRow): readonly Observed<RuleSpec>[] {
  const mark = Number(row.fwmark);
  if (!Number.isInteger(mark) || row.table === undefined || row.src !== 'all' || Object.keys(row).some(key => !PLAIN.has(key))) return [];
  const spec = { netns, priority: row.priority, mark, table: row.table };
  return [{ kind: 'rule', ref: rule.ref(spec), spec, owner: isHome(netns) && row.protocol === String(OURS.proto) ? 'ours' : 'foreign' }];
}
