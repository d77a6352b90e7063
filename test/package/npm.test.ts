/** What `npm pack` gives: a package that brings nothing else along, and runs from where npm installs it. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from '../house/tree.ts';
import { copyCheckout, runThere } from './checkout.ts';

let checkout = '';
let prefix = '';
let installed = '';

beforeAll(async () => {
  checkout = copyCheckout();
  prefix = mkdtempSync(join(tmpdir(), 'netloom-prefix-'));
  await runThere(checkout, 'npm', 'pack', '--silent', '--offline');
  const [tarball = ''] = readdirSync(checkout).filter(name => name.endsWith('.tgz'));
  await runThere(checkout, 'npm', 'install', '--silent', '--offline', '--global', `--prefix=${prefix}`, `./${tarball}`);
  installed = join(prefix, 'lib/node_modules/netloom');
});
afterAll(() => {
  for (const dir of [checkout, prefix]) if (dir !== '') rmSync(dir, { recursive: true, force: true });
});

const below = (dir: string): readonly string[] => readdirSync(dir, { recursive: true, encoding: 'utf8' });

it('asks for no other package but koffi, and does without it', () => {
  const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
  expect([manifest.dependencies, manifest.peerDependencies, Object.keys(manifest.optionalDependencies)]).toEqual([undefined, undefined, ['koffi']]);
  expect(readdirSync(dirname(installed))).toEqual(['netloom']);
  expect(existsSync(join(installed, 'node_modules'))).toBe(false);
});

it('has all that people and the program look for, and no source', () => {
  const files = below(installed);
  for (const folder of ['schemas', 'systemd', 'example-repo', 'docs'])
    expect(files.filter(path => path.startsWith(`${folder}/`)).length).toBe(below(join(ROOT, folder)).length);
  expect(['bash/netloom', 'fish/netloom.fish', 'zsh/_netloom'].filter(path => !files.includes(`dist/completions/${path}`))).toEqual([]);
  expect(files.filter(path => /^(src|test|\.ci|node_modules)\b|\.ts$/.test(path))).toEqual([]);
});

it('leads from its pages only to files that it has', () => {
  const pages = below(installed).filter(path => path.endsWith('.md'));
  expect(pages.length).toBeGreaterThan(5);
  const broken = pages.flatMap(page =>
    [...readFileSync(join(installed, page), 'utf8').matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map(match => String(match[1]))
      .filter(target => !target.includes('://') && !existsSync(join(installed, dirname(page), target)))
      .map(target => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});

it('names the license of every package in its bundle', () => {
  const text = readFileSync(join(installed, 'dist/THIRD-PARTY-LICENSES.txt'), 'utf8');
  for (const name of ['ajv', 'commander', 'execa', 'isomorphic-git', 'pino', 'yaml']) {
    const { version, license } = JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8'));
    expect(text).toContain(`\n${name} ${version} (${license})\n`);
  }
  expect(text).not.toMatch(/^(esbuild|vitest|typescript|koffi) /m);
});

it('runs from there', async () => {
  const program = join(prefix, 'bin/netloom');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  expect((await runThere('/', program, '--version')).stdout).toBe(`${version}\n`);
  expect((await runThere('/', program, 'validate', '--no-cache', join(installed, 'example-repo'))).stdout).toMatch(/^valid: \d+ definitions/);
});

it('shows its manual, with nothing that a formatter warns of and no line wider than a terminal', async () => {
  const pages = below(join(prefix, 'share/man')).filter(path => /\.\d$/.test(path));
  expect(pages.toSorted()).toEqual(['man5/netloom-node.yaml.5', 'man5/netloom.yaml.5', 'man8/netloom.8']);
  for (const page of pages) {
    const path = join(prefix, 'share/man', page);
    expect(await runThere('/', 'groff', '-ww', '-z', '-man', '-Kutf8', path)).toEqual({ stdout: '', stderr: '' });
    const { stdout: shown, stderr } = await runThere('/', 'man', '--warnings', '-l', path);
    expect(stderr).toBe('');
    expect(shown.split('\n').filter(line => line.length > 80)).toEqual([]);
    expect(shown).toContain('SEE ALSO');
  }
});
