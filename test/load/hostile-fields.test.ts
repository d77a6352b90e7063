/** Hostile text in every field of every schema: refused with its place, or taken where it can do nothing. */
import { describe, expect, test } from 'vitest';
import { ledgerFiles, parseLedger } from '../../src/allocate/ledger-files.ts';
import { formatDiagnostics } from '../../src/cli/diagnostics.ts';
import { renderGithub } from '../../src/cli/validate/github.ts';
import { compile } from '../../src/compile/compile.ts';
import { KINDS } from '../../src/kinds/index.ts';
import { lane } from '../../src/kinds/op.ts';
import { batchLine } from '../../src/kinds/render.ts';
import type { Loaded } from '../../src/load/load.ts';
import { EMPTY_LEDGER } from '../../src/model/ledger.ts';
import { placesOf } from '../../src/objects/index.ts';
import type { Catalog } from '../../src/objects/object.ts';
import { decide } from '../../src/pass/decide.ts';
import { diff } from '../../src/plan/diff.ts';
import { printCommands } from '../../src/plan/print-commands.ts';
import { printText } from '../../src/plan/print-text.ts';
import { FACTS } from '../compile/world.ts';
import { loadFiles } from './diagnose.ts';
import { FIELDS, type Field, NO_DEVICES, SNIPPETS, TEXTS, withValue } from './hostile-fields.ts';

const doc = (kind: string, name: string, spec: object): string => JSON.stringify({ apiVersion: 'netloom.dev/v1', kind, metadata: { name }, spec });
/** What the field's definition stands beside; its own kind is left out where there can be only one. */
const around = (kind: string): string =>
  [
    ...(kind === 'Cluster' ? [] : [doc('Cluster', 'lab', { underlay: { mtu: 9000 } })]),
    doc('Node', 'n1', { underlay: { address: '198.51.100.11', device: 'eth0' }, gateway: true }),
    ...(kind === 'AddressPool' ? [] : [doc('AddressPool', 'edge', { cidr: '203.0.113.0/24', device: 'eth1' })]),
    doc('Network', 'web', { cidr: '10.9.0.0/24' }),
    doc('Interface', 'vm', { network: 'web', node: 'n1' }),
  ].join('\n---\n');

const loaded = ({ kind }: Field, text: string): Loaded => loadFiles({ 'around.yaml': around(kind), 'case.yaml': text });
const isWrong = ({ catalog }: Loaded): boolean => catalog === null;

// C0, C1 but for line ends, and what turns the direction of writing.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const LOUD = /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;

/** Everything that a person would be shown of what is wrong. */
function expectTold(at: string, { diagnostics }: Loaded): void {
  const own = diagnostics.filter(({ severity, at: { file } }) => severity === 'error' && file === 'case.yaml');
  expect(own.length, at).toBeGreaterThan(0);
  for (const found of own) expect(found.at.line, `${at}: ${found.message}`).toBeGreaterThan(0);
  expect(LOUD.test(formatDiagnostics(diagnostics)), at).toBe(false);
  const github = renderGithub({ diagnostics } as never, { root: '' });
  // The last line counts.
  for (const line of github.trimEnd().split('\n').slice(0, -1)) expect(line, at).toMatch(/^::(error|warning) /);
}

/** Where text is text: nothing looks into it but people, and dnsmasq in quotes. */
const FREE =
  /^(metadata\.(labels|annotations)\.\{\}|spec\.(reserved|reservations|ignoreDrift)\[\]\.comment|spec\.ignoreDrift\[\]\.ref|spec\.(instance|folder)|spec\.dhcpOptions\[\]\.value)$/;

/** A field of a template as it is called in a Network. */
const withoutTemplate = ({ path }: Field): string => path.replace(/^spec\.(namespaceDefaults\.)?mainNetwork\b/, 'spec');

test('the schemas have the fields that this is about', () => {
  expect(FIELDS.length).toBeGreaterThan(90);
  expect(FIELDS.map(({ kind, path }) => `${kind} ${path}`)).toEqual(
    expect.arrayContaining(['Network spec.dhcpOptions[].value', 'Interface spec.attach.netns.ifname', 'Cluster metadata.annotations.{}']),
  );
});

describe.each(FIELDS.map(field => [`${field.kind} ${field.path}`, field] as const))('%s', (_, field) => {
  test('takes hostile text only where it is nothing but text', () => {
    const taken: string[] = [];
    for (const text of TEXTS) {
      const at = JSON.stringify(text).slice(0, 60);
      const result = loaded(field, JSON.stringify(withValue(field, text)));
      if (isWrong(result)) expectTold(at, result);
      else {
        expect(withoutTemplate(field), at).toMatch(FREE);
        taken.push(text);
      }
    }
    expect(FREE.test(withoutTemplate(field))).toBe(taken.length > 0);
    // Nobody but people reads labels: there all of it may stand in one.
    const together = /\{\}$/.test(field.path) ? [taken.join(' ')] : taken;
    for (const text of together) {
      const { catalog } = loaded(field, JSON.stringify(withValue(field, text)));
      if (text !== '') expectHarmless(JSON.stringify(text), catalog as Catalog);
    }
  });

  test('takes no YAML that is more than text', () => {
    for (const snippet of SNIPPETS) {
      const result = loaded(field, JSON.stringify(withValue(field, 'HERE')).replace('"HERE"', ` ${snippet} `));
      // Where a word or a range may stand, and a boolean or a number too.
      if (snippet === 'true' && withoutTemplate(field) === 'spec.defaultRoute') continue;
      if (snippet === '010' && /^spec\.(vxid|allow\[\]\.ports\[\])$/.test(withoutTemplate(field))) continue;
      expect(isWrong(result), snippet).toBe(true);
      expectTold(snippet, result);
    }
  });
});

const DEVICES = FIELDS.filter(field => field.isDevice);

test.each(DEVICES.map(field => [`${field.kind} ${field.path}`, field] as const))('%s takes no name that is not for it to give to a device', (_, field) => {
  for (const name of NO_DEVICES) {
    const result = loaded(field, JSON.stringify(withValue(field, name)));
    expect(isWrong(result), name).toBe(true);
    expectTold(name, result);
  }
});

/** What is printed, published and said to tools of a catalog has no control character, no second line, and no file outside. */
function expectHarmless(at: string, catalog: Catalog): void {
  const node = catalog.nodes.get('n1');
  if (node === undefined) throw new Error('the node is gone');
  const { ledger } = decide(catalog, EMPTY_LEDGER, new Date('2026-11-21T10:00:00Z'));
  const files = ledgerFiles(ledger);
  expect(parseLedger(files), at).toEqual({ ledger, problems: [] });
  for (const path of files.keys()) expect(path).toMatch(/^allocations\/(networks\/[-a-z0-9]+|pools)\/[-a-z0-9]+\.yaml$/);
  const facts = {
    ...FACTS,
    programs: { dnsmasq: true, conntrack: true },
    runtimeFolder: '/run/netloom',
    egress: { eth1: { mtu: 1500, up: true, addresses: [] } },
  };
  const plan = diff(compile({ catalog, ledger, node, facts }).resources, [], KINDS);
  expect(LOUD.test(printText(plan, { placeOf: placesOf(catalog) })), at).toBe(false);
  expect(LOUD.test(printCommands(plan)), at).toBe(false);
  for (const op of plan.steps.flatMap(step => step.ops)) {
    if (op.op === 'file-write') expect(op.path, at).toMatch(/^\/run\/netloom\/networks\/[-0-9a-f]{36}\/[a-z.]+$/);
    if (['ip', 'bridge'].includes(lane(op).split(':')[0] ?? '')) expect(batchLine(op), at).not.toMatch(/[\n\r\0]/);
  }
}
