import { describe, expect, test } from 'vitest';
import { checkEntries } from '../../src/load/entries.ts';

const entry = (path: string, mode = '100644', size = 100) => ({ path, mode, id: path, size });

describe('of a tree', () => {
  test('only *.yaml and *.yml are read, in the order of their paths', () => {
    const entries = ['z.yml', 'b/a.yaml', 'README.md', 'a.yaml.orig', 'x.json', '.github/workflows/ci.yaml'].map(path => entry(path));
    const { wanted, diagnostics } = checkEntries(entries);
    expect(wanted.map(({ path }) => path)).toEqual(['.github/workflows/ci.yaml', 'b/a.yaml', 'z.yml']);
    expect(diagnostics).toEqual([]);
  });

  test('executable files are files', () => expect(checkEntries([entry('a.yaml', '100755')]).wanted).toHaveLength(1));

  test.each([
    ['networks.yaml', '120000', 'error symlink'],
    ['prod', '120000', 'warning symlink'],
    ['vendor', '160000', 'error submodule'],
    ['a\nb.yaml', '100644', 'error unsafe-path'],
    ['a\u001b[31m.yaml', '100644', 'error unsafe-path'],
    ['caf\ufffd.yaml', '100644', 'error unsafe-path'],
    ['../a.yaml', '100644', 'error unsafe-path'],
    ['a//b.yaml', '100644', 'error unsafe-path'],
    ['a\\b.yaml', '100644', 'error unsafe-path'],
    ['.git/x.yaml', '100644', 'error unsafe-path'],
    [`${'x'.repeat(2000)}.yaml`, '100644', 'error unsafe-path'],
  ])('%j of mode %s is not read: %s', (path, mode, expected) => {
    const { wanted, diagnostics } = checkEntries([entry(path, mode)]);
    expect(wanted).toEqual([]);
    expect(diagnostics.map(({ severity, code }) => `${severity} ${code}`)).toEqual([expected]);
  });

  test('links to other things are passed over', () =>
    expect(checkEntries([entry('README.md', '120000'), entry('logo.png', '120000')]).diagnostics).toEqual([]));

  test('Umlauts and spaces in paths are plain text', () => expect(checkEntries([entry('Zürich/my net.yaml')]).wanted).toHaveLength(1));

  test('files over 1 MiB and trees over 20 MiB are refused before they are read', () => {
    expect(checkEntries([entry('a.yaml', '100644', (1 << 20) + 1)]).diagnostics.map(({ code }) => code)).toEqual(['file-too-large']);
    const many = Array.from({ length: 21 }, (_, i) => entry(`${i}.yaml`, '100644', 1 << 20));
    expect(checkEntries(many).diagnostics.map(({ code }) => code)).toEqual(['repository-too-large']);
    expect(checkEntries(many.slice(1)).diagnostics).toEqual([]);
  });
});
