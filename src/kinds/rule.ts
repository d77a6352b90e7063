/** Policy routing rules of IPv4 that choose a table by mark, or by the link that packets come in by. Ours by protocol, at home; nothing else of a rule is ever said. */
import type { Kind, Observed, Ref } from './kind.ts';
import { isHome, OURS } from './marks.ts';
import { firstOfEach, tiesToNetns } from './refs.ts';
import type { RuleRow } from './rows.ts';

export interface RuleSpec {
  readonly netns: string;
  /** 1..32765; lower ones are asked first. */
  readonly priority: number;
  /** The mark of the packets that it is for, all 32 bits. */
  readonly mark?: number;
  /** ifname of the link that they come in by; the kernel keeps the rule when the link goes. */
  readonly link?: string;
  /** Routes of this prefix length and less are passed over: with 0 the default route is. */
  readonly suppress?: number;
  /** Digits; main is `254`. */
  readonly table: string;
}

export const rule: Kind<RuleSpec> = {
  name: 'rule',
  title: 'routing rule',
  fields: { netns: 'key', priority: 'key', mark: 'key', link: 'key', suppress: 'key', table: 'fixed' },
  ref,
  ties: s => tiesToNetns(s.netns),
  claims: () => [],
  parse: rows => firstOfEach(rows.rules.flatMap(row => observe(rows.netns, row))),
  carries: () => false,
  create: s => [{ op: 'rule-add', ...s, proto: OURS.proto }],
  update: () => [],
  remove: s => [{ op: 'rule-del', ...s, proto: OURS.proto }],
  impact: { make: 'no-traffic', delete: 'new-flows', fields: {} },
};

function ref({ netns, priority, mark, link, suppress }: RuleSpec): Ref {
  const what = [
    ...(mark === undefined ? [] : [mark]),
    ...(link === undefined ? [] : [`iif ${link}`]),
    ...(suppress === undefined ? [] : [`suppress ${suppress}`]),
  ];
  return `rule:${netns}/${priority}/${what.join('/')}`;
}

const PLAIN: ReadonlySet<string> = new Set(['priority', 'src', 'fwmark', 'iif', 'iif_detached', 'table', 'suppress_prefixlen', 'protocol']);

// A rule that asks for more than a mark or a link is none that netloom makes, and stands beside ours: the kernel keeps them apart.
function observe(netns: string, row: RuleRow): readonly Observed<RuleSpec>[] {
  const { fwmark, iif: link, suppress_prefixlen: suppress, table, priority } = row;
  const mark = fwmark === undefined ? undefined : Number(fwmark);
  const isNamed = link !== undefined || mark !== undefined;
  if (!isNamed || Number.isNaN(mark) || table === undefined || row.src !== 'all' || Object.keys(row).some(key => !PLAIN.has(key))) return [];
  const asks = { ...(mark === undefined ? {} : { mark }), ...(link === undefined ? {} : { link }), ...(suppress === undefined ? {} : { suppress }) };
  const spec = { netns, priority, ...asks, table };
  return [{ kind: 'rule', ref: rule.ref(spec), spec, owner: isHome(netns) && row.protocol === String(OURS.proto) ? 'ours' : 'foreign' }];
}
