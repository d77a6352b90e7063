/** Pages of the manual are made of the program itself and of the schemas: nothing that people can say is missing. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';
import { manualPages } from '../../.ci/man/index.mjs';
import { EXIT } from '../../src/cli/exit.ts';
import { program } from '../../src/cli/program.ts';
import { committed, filesBelow, ROOT } from './tree.ts';

let pages: ReadonlyMap<string, string>;
beforeAll(async () => {
  pages = await manualPages();
});

/** What a page says, without roff. */
const shown = (page: string): string =>
  String(pages.get(page))
    .replaceAll(/\\f[BIR]|\\&/g, '')
    .replaceAll('\\-', '-')
    .replaceAll('\\(aq', "'")
    .replaceAll('\\(dq', '"')
    .replaceAll(/\n(?!\.)/g, ' ');

/** Every command that is not hidden, with those below it. */
function commandsOf(command: Command): readonly Command[] {
  return [
    command,
    ...command
      .createHelp()
      .visibleCommands(command)
      .filter(each => each.name() !== 'help')
      .flatMap(commandsOf),
  ];
}

const commands = commandsOf(program()).slice(1);
const fullName = (command: Command): string => (command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`);

/** `Options:` of the help, and what follows it: long names. */
const optionsOf = (command: Command): readonly string[] => command.options.flatMap(({ hidden, long }) => (hidden || long == null ? [] : [long]));

describe('netloom(8)', () => {
  it.each(commands.filter(each => each.commands.length === 0).map(command => [fullName(command), command] as const))('has %s', (name, command) => {
    const [, section = ''] = shown('netloom.8').split(`.SS ${name} `);
    const [own = ''] = section.split('\n.S');
    expect(own.replaceAll(/\s+/g, ' ').toLowerCase()).toContain(command.description().replaceAll('`', '').toLowerCase());
    const words = [
      ...optionsOf(command),
      ...command.registeredArguments.map(argument => argument.name()),
      ...command.options.flatMap(({ argChoices = [] }) => argChoices),
    ];
    expect(words.filter(word => !own.includes(word))).toEqual([]);
  });

  it('has no example that is wider than a terminal', () => {
    const source = String(pages.get('netloom.8'))
      .replaceAll(/\\f[BIR]|\\&/g, '')
      .replaceAll(/\\\([a-z]{2}|\\[-e]/g, '.');
    const examples = [...source.matchAll(/^\.nf\n([\s\S]*?)^\.fi$/gm)].flatMap(([, text = '']) => text.split('\n'));
    expect(examples.length).toBeGreaterThan(60);
    expect(examples.filter(line => !line.startsWith('.') && line.length > 80 - 11)).toEqual([]);
  });

  it('has them under the headings that the help has, each in one', () => {
    const root = program();
    const groups = root
      .createHelp()
      .visibleCommands(root)
      .map(command => command.helpGroup().replace(/:$/, ''));
    expect(groups.filter(group => group === '')).toEqual([]);
    const headings = [...shown('netloom.8').matchAll(/^\.SH COMMANDS: (.*)$/gm)].map(match => match[1]);
    expect(headings).toEqual([...new Set(groups)].map(group => group.toUpperCase()));
  });

  it('has many of them, and each exit code', () => {
    expect(commands.length).toBeGreaterThan(25);
    for (const code of Object.values(EXIT)) expect(pages.get('netloom.8')).toContain(`\n.TP\n\\fB${code}\\fR\n`);
  });

  it('has each variable of the environment that is ours', () => {
    const named = filesBelow('src').flatMap(path => [...readFileSync(path, 'utf8').matchAll(/env\b.{1,2}'(NETLOOM_\w+)'/g)].map(match => match[1]));
    expect([...new Set(named)].length).toBeGreaterThan(3);
    expect([...new Set(named)].filter(name => !shown('netloom.8').includes(`.TP ${name} `))).toEqual([]);
  });

  it('has each unit of systemd', () => {
    const units = committed().filter(path => /^systemd\/[^/]+\.(service|timer|socket|target)$/.test(path));
    expect(units.length).toBeGreaterThan(2);
    expect(units.filter(path => !shown('netloom.8').includes(`.TP ${path.slice('systemd/'.length)} `))).toEqual([]);
  });
});

interface Schema {
  readonly title?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly default?: unknown;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const schemaOf = (name: string): Schema => JSON.parse(readFileSync(join(ROOT, 'schemas', name), 'utf8'));

/** Names, descriptions and defaults of all fields, wherever they stand. */
function fieldsOf(schema: Schema, file: Schema): readonly { name: string; text: string; fallback: unknown }[] {
  const [, local] = /^#\/\$defs\/(\w+)$/.exec(schema.$ref ?? '') ?? [];
  const [, common] = /^common\.json#\/\$defs\/(\w+)$/.exec(schema.$ref ?? '') ?? [];
  const target = local === undefined ? (common === undefined ? {} : (schemaOf('common.json').$defs?.[common] ?? {})) : (file.$defs?.[local] ?? {});
  const { properties, items } = { ...target, ...schema };
  const own = Object.entries(properties ?? {}).flatMap(([name, each]) => [
    { name, text: each.description ?? '', fallback: each.default },
    ...fieldsOf(each, file),
  ]);
  return [...own, ...(items === undefined ? [] : fieldsOf(items, file))];
}

const KIND_FILES = filesBelow('schemas').flatMap(path => /\/schemas\/([a-z-]+\.json)$/.exec(path)?.[1] ?? []);
const KINDS = KIND_FILES.filter(name => schemaOf(name).properties?.['apiVersion'] !== undefined);

describe.each([...KINDS.map(name => ['netloom.yaml.5', name]), ['netloom-node.yaml.5', 'node-config.json']])('%s', (page, file) => {
  it(`has every field of ${file}, with what it means and its default`, () => {
    const schema = schemaOf(String(file));
    const fields = fieldsOf(schema, schema);
    expect(fields.length).toBeGreaterThan(6);
    const text = shown(String(page));
    // What kinds have in common is told once, with another word for the kind.
    const plain = (words: string): string =>
      words.replaceAll('`', '').replaceAll(String(schema.title), 'definition').replaceAll(' an definition', ' a definition');
    const neutral = plain(text);
    const entry = (name: string): RegExp => new RegExp(`\\.TP (?:[\\w.[\\]]+\\.)?${name} \\(`);
    expect(fields.filter(({ name }) => !entry(name).test(text))).toEqual([]);
    expect(fields.filter(({ name, text: words }) => name !== 'kind' && !neutral.includes(plain(words).replaceAll(/\s+/g, ' ')))).toEqual([]);
    const isTold = (name: string, fallback: unknown): boolean => new RegExp(`${name} \\([^\\n]*Default: "?${fallback}"?\\.`).test(text);
    expect(fields.filter(({ name, fallback }) => typeof fallback === 'string' && !isTold(name, fallback))).toEqual([]);
  });
});
