/** A cluster in values: definitions of main that every node has reported as made, and a change on top of them. No git, no kernel. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { compile } from '../../src/compile/compile.ts';
import { load } from '../../src/load/load.ts';
import type { Facts } from '../../src/model/facts.ts';
import { EMPTY_LEDGER, type Ledger } from '../../src/model/ledger.ts';
import type { Catalog } from '../../src/objects/object.ts';
import { decide } from '../../src/pass/decide.ts';
import { definitionDigest } from '../../src/pass/digests.ts';
import { asksOf } from '../../src/pass/enforce.ts';
import { reviewOf, type StatusSeen } from '../../src/pass/review.ts';
import type { LivePlan } from '../../src/report/live-plan.ts';
import type { NodeReport } from '../../src/report/node-report.ts';
import type { Review } from '../../src/review/review.ts';
import { ROOT } from '../house/tree.ts';

const REVISION = '1111111111111111111111111111111111111111';
const CHANGE = '2222222222222222222222222222222222222222';
const APPLIED = '2026-11-21T10:00:00Z';
const NOW = new Date('2026-11-21T10:12:00Z');

export type Files = Readonly<Record<string, string>>;

/** Path to a new text, to an edit of the one there, or to null: gone. */
export type Edits = Readonly<Record<string, string | null | ((text: string) => string)>>;

export interface Change {
  readonly main: Files;
  readonly edits: Edits;
  /** Changes the report that a node made of itself; null: it never reported. */
  readonly report?: (report: NodeReport) => NodeReport | null;
  /** False: there is no status branch. */
  readonly status?: boolean;
  /** What nodes planned for the change themselves. */
  readonly live?: readonly LivePlan[];
}

/** What merging the edits would do. */
export function reviewed({ main, edits, report = told => told, status = true, live = [] }: Change): Review {
  const before = loaded(main);
  if (before.catalog === null) throw new Error(JSON.stringify(before.diagnostics));
  const after = loaded(edited(main, edits));
  const seen = status ? reported(before.catalog, report) : ABSENT;
  return reviewOf({
    base: { point: { name: 'main', commit: REVISION }, catalog: before.catalog, remarks: [] },
    head: { point: { name: 'HEAD', commit: CHANGE }, ...after },
    root: '',
    status: { ...seen, live: new Map(live.map(plan => [plan.node, plan])) },
    now: NOW,
  });
}

const ABSENT: StatusSeen = {
  isHere: false,
  ledger: EMPTY_LEDGER,
  unreadable: [],
  reports: new Map(),
  live: new Map(),
  remarks: [{ reason: 'StatusMissing', message: 'the branch netloom-status is not here' }],
};

function edited(files: Files, edits: Edits): Files {
  const all = new Map(Object.entries(files));
  for (const [path, edit] of Object.entries(edits)) {
    if (edit === null) all.delete(path);
    else all.set(path, typeof edit === 'string' ? edit : edit(all.get(path) ?? ''));
  }
  return Object.fromEntries(all);
}

/** Definitions below a folder of the project. */
export function filesIn(folder: string): Files {
  const below = (dir: string, prefix: string): [string, string][] =>
    readdirSync(dir).flatMap(name => {
      const path = join(dir, name);
      if (statSync(path).isDirectory()) return below(path, `${prefix}${name}/`);
      return name.endsWith('.yaml') ? [[`${prefix}${name}`, readFileSync(path, 'utf8')]] : [];
    });
  return Object.fromEntries(below(join(ROOT, folder), ''));
}

function loaded(files: Files) {
  const entries = Object.entries(files).map(([path, text]) => ({ path, mode: '100644', id: path, size: text.length }));
  return load({ entries, bytesOf: path => Buffer.from(files[path] ?? '') });
}

function reported(catalog: Catalog, change: NonNullable<Change['report']>): StatusSeen {
  const { ledger } = decide(catalog, EMPTY_LEDGER, new Date(APPLIED));
  const told = [...catalog.nodes.keys()].flatMap(name => change(reportOf(name, catalog, ledger)) ?? []);
  return { isHere: true, ledger, unreadable: [], reports: new Map(told.map(report => [report.node, report])), live: new Map(), remarks: [] };
}

/** A node that has made all that the definitions want of it. */
export function reportOf(name: string, catalog: Catalog, ledger: Ledger): NodeReport {
  const node = catalog.nodes.get(name);
  if (node === undefined) throw new Error(`no node ${name}`);
  const facts = factsOf(asksOf({ catalog, node }));
  const digest = definitionDigest(compile({ catalog, ledger, node, facts }), catalog);
  const ready = (kind: string, keys: Iterable<string>) =>
    Object.fromEntries(
      [...keys].flatMap(key => (digest(`${kind} ${key}`) === '' ? [] : [[key, { digest: digest(`${kind} ${key}`), state: 'ready' as const }]])),
    );
  return {
    node: name,
    version: '0.1.0',
    mode: 'enforce',
    heard: APPLIED,
    revision: { observed: REVISION, attempted: REVISION, accepted: REVISION, applied: REVISION },
    conditions: [{ type: 'Ready', status: true, reason: 'Applied', message: 'as defined', since: APPLIED }],
    networks: ready('Network', catalog.networks.keys()),
    interfaces: ready('Interface', catalog.interfaces.keys()),
    pools: {},
    floatingIPs: {},
    routedIPs: {},
    inventory: {},
    drift: [],
    facts,
  };
}

function factsOf({ users, egress = [] }: ReturnType<typeof asksOf>): Facts {
  return {
    underlay: { device: 'eth0', mtu: 9000, up: true },
    bridgeNetfilter: false,
    ports: [],
    users: Object.fromEntries(users.map(user => [user, 0])),
    devices: [],
    egress: Object.fromEntries(egress.map(card => [card, { mtu: 1500, up: true, addresses: [] }])),
    runtimeFolder: '/run/netloom',
    programs: { dnsmasq: true, conntrack: true },
    missing: [],
  };
}

/** One document. `key` is the name, or `namespace/name`. */
export function definition(kind: string, key: string, spec: object = {}): string {
  const [name, namespace] = key.split('/').reverse();
  const metadata = JSON.stringify({ name, ...(namespace === undefined ? {} : { namespace }) });
  return `apiVersion: netloom.dev/v1\nkind: ${kind}\nmetadata: ${metadata}\nspec: ${JSON.stringify(spec)}\n`;
}
