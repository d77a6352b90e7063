/** What a press of the tab key is answered: from the tree of commands, and from what this machine saw last. */
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Argument, Command, Option } from 'commander';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { answer } from '../../src/cli/complete-command.ts';
import type { Sources } from '../../src/cli/complete-values.ts';
import { SHELLS } from '../../src/cli/completion-scripts.ts';
import { program } from '../../src/cli/program.ts';
import { knownNames } from '../../src/pass/known-names.ts';
import { viewDir } from '../../src/pass/view-dir.ts';

const SOURCES: Sources = {
  names: () =>
    new Map([
      ['Network', ['acme/back', 'acme/front', 'default/lan']],
      ['Interface', ['acme/web', 'default/pc']],
      ['Node', ['n1', 'n2']],
      ['Namespace', ['acme', 'default']],
      ['AddressPool', ['edge']],
    ]),
  devices: () => ['br-vxlan-2', 'eth0'],
};

/** Words and no descriptions; the line is split at spaces, and ends where the cursor is. */
const answered = (line: string, root = program()): readonly string[] => answer(root, line.split(' '), SOURCES).map(each => each.split('\t')[0] ?? '');

describe('commands and options', () => {
  it('all of the help, and none that is hidden', () => {
    const [kind, ...words] = answered('');
    expect(kind).toBe(':words');
    const root = program();
    expect(words).toEqual(
      root
        .createHelp()
        .visibleCommands(root)
        .map(command => command.name()),
    );
    expect(words).toContain('graph');
    expect(words).not.toContain('__complete');
  });

  it.each([
    ['gra', ':words graph'],
    ['lab ex', ':words exec'],
    ['graph --out', ':words --output'],
    ['graph --output svg --out', ':words'],
    ['graph -o ', ':words dot mermaid svg'],
    ['graph -o s', ':words svg'],
    ['graph --output=d', ':words --output=dot'],
    ['graph -o svg --lo', ':words --local'],
    ['--no', ':words --no-color'],
    ['--no-color gra', ':words graph'],
    ['nothing of the kind', ':words'],
    ['lab exec n1 -- ls -', ':words'],
    ['plan -- --out', ':words'],
  ])('%s', (line, wanted) => expect(answered(line).join(' ')).toBe(wanted));

  it('each with what it is, on a line of its own', () => {
    const lines = answer(program(), [''], SOURCES);
    expect(lines.slice(1).filter(line => !/^[a-z-]+\t[^\t\n]+$/.test(line))).toEqual([]);
  });
});

describe('values', () => {
  it.each([
    ['get net', ':words networks'],
    ['get ', ':words floatingips interfaces namespaces networks nodes pools routedips'],
    ['wait ', ':words floatingip interface network pool routedip'],
    ['get networks ', ':words acme/ default/ lan'],
    ['get networks acme/', ':words acme/back acme/front'],
    ['get networks -n acme ', ':words back front'],
    ['get -nx networks --namespace=acme f', ':words front'],
    ['describe nodes ', ':words n1 n2'],
    ['get interfaces --network ', ':words acme/ default/ lan'],
    ['get networks -n ', ':words acme default'],
    ['ensure -n acme ', ':words web'],
    ['addresses -n acme ', ':words back edge front'],
    ['cordon ', ':words n1 n2'],
    ['graph n', ':words n1 n2'],
    ['ping -n acme front ', ':words'],
    ['validate ', ':files'],
    ['plan --config ', ':files'],
    ['plan --config=/etc/ne', ':files'],
    ['plan --local ', ':folders'],
    ['completion ', ':words bash fish zsh'],
  ])('%s', (line, wanted) => expect(answered(line).join(' ')).toBe(wanted));

  it('of a command that nobody here knows, by what it calls its argument', () => {
    const root = new Command('netloom');
    root
      .command('mend')
      .argument('<device|interface>', '')
      .argument('[rest...]', '')
      .option('-w <file>')
      .option('--to <node>')
      .action(() => {});
    root
      .command('dye')
      .addArgument(new Argument('<colour>').choices(['red', 'blue']))
      .addOption(new Option('--how <word>').choices(['well']))
      .action(() => {});
    expect(answered('mend ', root)).toEqual([':words', 'acme/', 'br-vxlan-2', 'default/', 'eth0', 'pc']);
    expect(answered('mend eth0 a b ', root)).toEqual([':words']);
    expect(answered('mend -w ', root)).toEqual([':files']);
    expect(answered('mend --to ', root)).toEqual([':words', 'n1', 'n2']);
    expect(answered('dye ', root)).toEqual([':words', 'blue', 'red']);
    expect(answered('dye --how ', root)).toEqual([':words', 'well']);
  });

  it('that a shell would read as more than a word are left out', () => {
    const wild = ['$(x)', '`x`', 'a b', 'a;x', 'a\u001b[2J', 'a\nb', "a'", '~'];
    const given: Sources = { names: () => new Map([['Instance', ['vm-7', ...wild].map(word => `default/${word}`)]]), devices: () => ['eth0.7@x', ...wild] };
    expect(answer(program(), ['instance-data', ''], given)).toEqual([':words', 'default/', 'vm-7']);
    expect(answer(program(), ['instance-data', 'default/'], given)).toEqual([':words', 'default/vm-7']);
    const root = new Command('netloom');
    root
      .command('mend')
      .argument('<device>', '')
      .action(() => {});
    expect(answer(root, ['mend', ''], given)).toEqual([':words', 'eth0.7@x']);
  });

  it('every argument that stands for a thing has a name that is known', () => {
    const leaves = (command: Command): readonly Command[] => (command.commands.length === 0 ? [command] : command.commands.flatMap(leaves));
    const root = program();
    const refs = leaves(root).flatMap(command => command.registeredArguments.map(argument => ({ command: command.name(), argument })));
    const things = refs.filter(({ argument }) => /\b(name|ref|which one|what is drawn)\b/.test(argument.description));
    expect(things.length).toBeGreaterThan(5);
    const given: Sources = {
      ...SOURCES,
      names: () =>
        new Map(['Network', 'Interface', 'Node', 'AddressPool', 'FloatingIP', 'RoutedIP', 'Namespace', 'Instance'].map(kind => [kind, ['default/x']])),
    };
    const line = ({ command, argument }: (typeof things)[number]): readonly string[] => {
      const at = leaves(root).find(each => each.name() === command)?.registeredArguments ?? [];
      const before = at
        .slice(
          0,
          at.findIndex(each => each.name() === argument.name()),
        )
        .map(each => (each.name() === 'kind' ? 'network' : 'x'));
      return answer(root, [command, ...before, ''], given);
    };
    expect(things.filter(each => line(each).length < 2).map(({ command, argument }) => `${command} ${argument.name()}`)).toEqual([]);
  });
});

describe('names', () => {
  let dir = '';
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'netloom-names-'));
  });
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  const place = (): Parameters<typeof knownNames>[0] => ({ repo: { url: 'http://x/' }, status: { url: '' }, stateDir: dir });
  const keep = (folder: string, text: string, at: number): void => {
    mkdirSync(join(folder, 'cache'), { recursive: true });
    writeFileSync(join(folder, 'cache', 'parsed.json'), text);
    utimesSync(join(folder, 'cache', 'parsed.json'), at, at);
  };
  const doc = (kind: string, key: string) => ({ kind, key, namespace: key.includes('/') ? key.split('/')[0] : '' });

  it('are those of the newest look or pass, tenants among them that nobody defined', () => {
    expect(knownNames(place())).toEqual(new Map());
    keep(dir, JSON.stringify({ files: [['id', { docs: [doc('Network', 'acme/old')] }]] }), 1000);
    expect(knownNames(place()).get('Network')).toEqual(['acme/old']);
    keep(
      viewDir(place()),
      JSON.stringify({
        files: [
          [
            'id',
            { docs: [doc('Network', 'acme/b'), doc('Network', 'acme/a'), doc('Node', 'n1'), { ...doc('Interface', 'acme/web'), spec: { instance: 'vm-7' } }] },
          ],
        ],
      }),
      2000,
    );
    expect([...knownNames(place())]).toEqual([
      ['Network', ['acme/a', 'acme/b']],
      ['Namespace', ['acme']],
      ['Node', ['n1']],
      ['Interface', ['acme/web']],
      ['Instance', ['acme/vm-7']],
    ]);
  });

  it.each(['', 'x/y'])('a cache home that is no absolute path is none: %j', cache => {
    vi.stubEnv('XDG_CACHE_HOME', cache);
    expect(viewDir({ ...place(), stateDir: '/nonexistent' }).startsWith(join(homedir(), '.cache', 'netloom'))).toBe(true);
    vi.stubEnv('XDG_CACHE_HOME', '/c');
    expect(viewDir({ ...place(), stateDir: '/nonexistent' })).toMatch(/^\/c\/netloom\/view\//);
    vi.unstubAllEnvs();
  });

  it.each(['', '{', '[]', '{"files": 7}', '{"files": [["x", {}]]}', 'null'])('a cache of no use is no cache: %j', text => {
    keep(viewDir(place()), text, 3000);
    expect(knownNames(place())).toEqual(new Map());
  });
});

it('the command offers the shells that there are scripts for', () => {
  expect(answered('completion ').slice(1)).toEqual([...SHELLS].sort());
});
