/** Persistent taps, which hypervisors open. They are born under a staging name, and get our mark and their name in one act. */
import type { Kind, Observed } from './kind.ts';
import {
  ADOPT_LINK,
  deleteLink,
  formerly,
  isTap,
  LINK_FATES,
  LINK_IMPACT,
  LINK_MARKS,
  type LinkFields,
  linkFields,
  linkTold,
  ownerOfLink,
  said,
  setLink,
} from './link-fields.ts';
import { OURS } from './marks.ts';
import type { Op } from './op.ts';
import { ifnameClaim, linkRef, tiesToNetns } from './refs.ts';
import type { LinkRow } from './rows.ts';

export interface TapSpec extends LinkFields {
  /** `nl-<8 hex>`: the name it is born under. */
  readonly stage?: string;
  /** uid that may open it; null: root only. Undefined (not managed): whoever it is. */
  readonly owner: number | null | undefined;
  /** Must match what the hypervisor asks for, else it gets EINVAL. */
  readonly multiQueue: boolean;
}

export const tap: Kind<TapSpec> = {
  name: 'tap',
  title: 'tap',
  // vnet_hdr is not here: it changes when a hypervisor attaches.
  fields: { ...LINK_FATES, stage: 'policy', owner: 'fixed', multiQueue: 'fixed' },
  insists: LINK_MARKS,
  adopt: ADOPT_LINK,
  ref: s => linkRef(s.netns, s.name),
  ties: s => tiesToNetns(s.netns),
  claims: s => [ifnameClaim(s.netns, s.name), ...(s.stage === undefined ? [] : [ifnameClaim(s.netns, s.stage)])],
  readsAs: ({ stage: _, ...s }) => s,
  parse: rows => rows.links.filter(isTap).map(row => observe(rows.netns, row)),
  create,
  update: (s, changed) => setLink(s, said(changed, tap.fields)),
  remove: deleteLink,
  impact: { make: 'no-traffic', delete: 'existing-flows', fields: { ...LINK_IMPACT }, told: linkTold },
};

function create(s: TapSpec): readonly Op[] {
  const { netns, name, multiQueue } = s;
  if (!s.stage?.startsWith(OURS.staging)) throw new Error(`bug: tap ${name} has the staging name ${JSON.stringify(s.stage)}`);
  return [
    { op: 'tap-add', netns, name: s.stage, multiQueue, ...(s.owner === null || s.owner === undefined ? {} : { owner: s.owner }) },
    { op: 'link-set', netns, name: s.stage, set: { group: s.group, name } },
    ...setLink(s, ['mac', 'mtu', 'alias', 'addrgenmode', ...(s.up ? ['up'] : [])]),
  ];
}

function observe(netns: string, row: LinkRow): Observed<TapSpec> {
  const spec: TapSpec = { ...linkFields(netns, row), owner: row.owner ?? null, multiQueue: row.linkinfo?.info_data?.multi_queue === true };
  const unknown = row.ownerUnanswered ? { unknown: ['owner'] } : {};
  return { kind: 'tap', ref: tap.ref(spec), spec, owner: ownerOfLink(netns, row), ...unknown, ...formerly(row) };
}
