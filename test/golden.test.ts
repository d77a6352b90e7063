/**
 * Golden folders: a repository of definitions in, the ledger and each node's plan out, compared with what stands in the folder.
 * `npx vitest run test/golden.test.ts -u` writes it anew: read the difference before you commit it.
 *
 * `case.yaml`: `about` says what the case shows; `nodes` whose plans are kept; with `after` the nodes hold what that case left,
 * else nothing. Definitions are those of `after` (or `base`, below the project), with `repo/` laid over them and `without` taken out.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ledgerFiles } from '../src/allocate/ledger-files.ts';
import { compile } from '../src/compile/compile.ts';
import { KINDS } from '../src/kinds/index.ts';
import type { Observed } from '../src/kinds/kind.ts';
import { netns } from '../src/kinds/netns.ts';
import { load } from '../src/load/load.ts';
import type { Facts } from '../src/model/facts.ts';
import { EMPTY_LEDGER, type Ledger } from '../src/model/ledger.ts';
import { formatPlace } from '../src/model/place.ts';
import { placesOf } from '../src/objects/index.ts';
import type { Catalog, Compiled } from '../src/objects/object.ts';
import { decide } from '../src/pass/decide.ts';
import { diff } from '../src/plan/diff.ts';
import { printCommands } from '../src/plan/print-commands.ts';
import { printText } from '../src/plan/print-text.ts';
import { standing } from '../src/plan/standing.ts';

const ROOT = join(import.meta.dirname, '..');
const GOLDEN = join(import.meta.dirname, 'golden');

interface Case {
  readonly about: string;
  readonly nodes: readonly string[];
  readonly after?: string;
  readonly base?: string;
  readonly without?: readonly string[];
}

/** What a case starts from, or leaves. */
interface Standing {
  readonly files: ReadonlyMap<string, Buffer>;
  readonly catalog: Catalog | null;
  readonly ledger: Ledger;
}

const NOTHING: Standing = { files: new Map(), catalog: null, ledger: EMPTY_LEDGER };

const caseOf = (name: string): Case => parse(readFileSync(join(GOLDEN, name, 'case.yaml'), 'utf8'));

function filesBelow(dir: string, prefix = ''): [string, Buffer][] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir).flatMap(name => {
    const path = join(dir, name);
    return statSync(path).isDirectory() ? filesBelow(path, `${prefix}${name}/`) : [[`${prefix}${name}`, readFileSync(path)] as [string, Buffer]];
  });
}

function loaded(files: ReadonlyMap<string, Buffer>): Catalog {
  const entries = [...files].map(([path, bytes]) => ({ path, mode: '100644', id: path, size: bytes.length }));
  const { catalog, diagnostics } = load({ entries, bytesOf: path => files.get(path) ?? null });
  expect(diagnostics.map(found => `${formatPlace(found.at)} ${found.code} ${found.message}`)).toEqual([]);
  if (catalog === null) throw new Error('no catalog, and nothing wrong');
  return catalog;
}

/** The case before, if there is one, is what the nodes hold. Each case is half an hour after the one before. */
function standings(name: string): { before: Standing; now: Standing; at: Date } {
  const { after, base, without = [] } = caseOf(name);
  const earlier = after === undefined ? undefined : standings(after);
  const before = earlier?.now ?? NOTHING;
  const at = new Date((earlier?.at.getTime() ?? Date.parse('2026-11-21T09:30:00Z')) + 30 * 60_000);
  const files = new Map([...before.files, ...(base === undefined ? [] : filesBelow(join(ROOT, base))), ...filesBelow(join(GOLDEN, name, 'repo'))]);
  for (const path of without) expect(files.delete(path), path).toBe(true);
  const catalog = loaded(files);
  return { before, now: { files, catalog, ledger: decide(catalog, before.ledger, at).ledger }, at };
}

const FACTS: Facts = {
  underlay: { device: 'eth0', mtu: 9000, up: true },
  bridgeNetfilter: false,
  ports: [],
  users: { root: 0 },
  devices: ['lo', 'eth0', 'eth1'],
  egress: { eth1: { mtu: 1500, up: true, addresses: [] } },
  runtimeFolder: '/run/netloom',
  missing: [],
};

function compiledOn(nodeName: string, { catalog, ledger }: Standing): Compiled {
  const node = catalog?.nodes.get(nodeName);
  return catalog === null || node === undefined ? { resources: [], troubles: [] } : compile({ catalog, ledger, node, facts: FACTS });
}

/** A kernel that holds exactly what was wanted, and the namespace of every guest there ever was. */
function heldBy(compiled: Compiled, ...all: readonly Standing[]): readonly Observed[] {
  const interfaces = all.flatMap(({ catalog }) => [...(catalog?.interfaces.values() ?? [])]);
  const guests = new Set(interfaces.flatMap(iface => iface.spec.attach.netns?.name ?? []));
  const around = [...guests].map((guest): Observed => ({ kind: 'netns', ref: netns.ref({ name: guest }), spec: { name: guest }, owner: 'foreign' }));
  return standing(compiled.resources, around, KINDS);
}

describe.each(readdirSync(GOLDEN).filter(name => existsSync(join(GOLDEN, name, 'case.yaml'))))('%s', name => {
  const { before, now } = standings(name);

  it('publishes the allocations of the folder, and no others', async () => {
    const texts = ledgerFiles(now.ledger);
    for (const [path, text] of texts) await expect(text).toMatchFileSnapshot(join(GOLDEN, name, 'status', path));
    expect(filesBelow(join(GOLDEN, name, 'status')).filter(([path]) => !texts.has(path))).toEqual([]);
  });

  it.each(caseOf(name).nodes)('plans on %s what the folder says, and then nothing more', async node => {
    const want = compiledOn(node, now);
    const plan = diff(want.resources, heldBy(compiledOn(node, before), before, now), KINDS);
    expect(plan.held).toEqual([]);
    const placeOf = now.catalog === null ? () => undefined : placesOf(now.catalog);
    await expect(printText(plan, { placeOf })).toMatchFileSnapshot(join(GOLDEN, name, `${node}.plan.txt`));
    await expect(printCommands(plan)).toMatchFileSnapshot(join(GOLDEN, name, `${node}.commands.txt`));
    expect(diff(want.resources, heldBy(want, now), KINDS).steps).toEqual([]);
  });
});
