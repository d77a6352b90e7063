/** Completion in real shells, at a terminal of their own, with the files as packages install them. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadFolder } from '../../src/pass/local.ts';
import { ROOT } from '../house/tree.ts';
import { describeWhere } from '../support/needs.ts';

const EXAMPLE = join(ROOT, 'example-repo');
const LOADER = '/usr/share/bash-completion/bash_completion';
const isThere = (program: string): boolean => ['/usr/bin', '/bin'].some(dir => existsSync(join(dir, program)));

let dir = '';
let env: NodeJS.ProcessEnv = {};

// A node that saw the example once, and has no remote to ask.
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'netloom-completion-'));
  mkdirSync(join(dir, 'bin'));
  symlinkSync(join(ROOT, 'dist/netloom.js'), join(dir, 'bin/netloom'));
  await loadFolder(EXAMPLE, join(dir, 'state'));
  writeFileSync(join(dir, 'node.yaml'), `node: n1\nrepo: {url: 'http://127.0.0.1:9/none.git'}\nstateDir: ${join(dir, 'state')}\n`);
  for (const [shell, folder] of [
    ['bash', 'bash-completion/completions'],
    ['fish', 'fish/vendor_completions.d'],
  ] as const)
    cpSync(join(ROOT, 'dist/completions', shell), join(dir, 'share', folder), { recursive: true });
  env = {
    PATH: `${join(dir, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`,
    HOME: dir,
    TERM: 'xterm',
    LC_ALL: 'C.UTF-8',
    NO_COLOR: '1',
    NETLOOM_CONFIG: join(dir, 'node.yaml'),
    BASH_COMPLETION_USER_DIR: join(dir, 'share/bash-completion'),
    XDG_DATA_DIRS: `${join(dir, 'share')}:/usr/share`,
  };
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What a program says that reads this from its terminal, or has none when nothing is typed. */
function said(argv: readonly string[], typed?: string): Promise<string> {
  const [program = '', ...args] = typed === undefined ? argv : ['socat', '-t', '100', '-', `EXEC:${argv.join(' ')},pty,setsid,ctty,stderr`];
  return new Promise((done, fail) => {
    const child = execFile(program, args, { env, cwd: ROOT, timeout: 120_000 }, (error, stdout, stderr) =>
      error === null ? done(stdout) : fail(new Error(`${error.message}\n${stdout}\n${stderr}`)),
    );
    child.stdin?.end(typed);
  });
}

/** The tab key after a command's start, an option's value, a folder, a namespace, and the name of an object; what is completed then runs. */
const TYPED = 'netloom gra\t-o do\t--local exam\t -n mus\tgall\t\nexit\n';
const DRAWN = 'graph "Network museum/gallery" {';

describeWhere(isThere('socat') ? '' : 'socat', 'bash', () => {
  test('by its own means', async () => {
    expect(await said(['bash', '--norc', '--noprofile', '-i'], `. <(netloom completion bash)\n${TYPED}`)).toContain(DRAWN);
  });

  test('an option with its value in one word, as bash breaks words at =', async () => {
    const typed = 'netloom graph --output=do\t--local=example-r\t museum/gal\t\nexit\n';
    expect(await said(['bash', '--norc', '--noprofile', '-i'], `. <(netloom completion bash)\n${typed}`)).toContain(DRAWN);
  });
});

describeWhere(existsSync(LOADER) ? '' : 'bash-completion', 'bash with bash-completion', () => {
  test('finds the file where packages put it', async () => {
    expect(await said(['bash', '--norc', '--noprofile', '-i'], `. ${LOADER}\n${TYPED}`)).toContain(DRAWN);
  });
});

describeWhere(isThere('zsh') ? '' : 'zsh', 'zsh', () => {
  test('finds the file in its path of functions', async () => {
    const start = `fpath=(${join(ROOT, 'dist/completions/zsh')} $fpath); autoload -U compinit; compinit -u -D`;
    expect(await said(['zsh', '-f', '-i'], `${start}\n${TYPED}`)).toContain(DRAWN);
  });
});

describeWhere(isThere('fish') ? '' : 'fish', 'fish', () => {
  const completions = async (line: string): Promise<readonly string[]> => (await said(['fish', '-c', `complete -C '${line}'`])).trimEnd().split('\n');

  test('finds the file where packages put it', async () => {
    expect(await completions('netloom gra')).toEqual([expect.stringMatching(/^graph\tdraw /)]);
    expect(await completions('netloom graph -o ')).toEqual(['dot', 'mermaid', 'svg']);
    expect(await completions('netloom graph --output=d')).toEqual(['--output=dot']);
    expect(await completions('netloom graph -n museum gall')).toEqual(['gallery']);
    expect(await completions('netloom validate exam')).toEqual(['example-repo/']);
    expect(await completions('netloom plan --config=exam')).toEqual(['--config=example-repo/']);
  });
});

test('nothing is written, asked or said where something is wrong', async () => {
  writeFileSync(join(dir, 'broken.yaml'), 'node: [\n');
  const broken = { ...env, NETLOOM_CONFIG: join(dir, 'broken.yaml') };
  const ask = (with_: NodeJS.ProcessEnv): Promise<readonly string[]> =>
    new Promise((done, fail) =>
      execFile(join(dir, 'bin/netloom'), ['__complete', '--', 'describe', 'network', ''], { env: with_, timeout: 60_000 }, (error, stdout, stderr) =>
        error === null ? done([stdout, stderr]) : fail(error),
      ),
    );
  expect(await ask(broken)).toEqual([':words\n', '']);
  expect(await ask({ ...env, NETLOOM_CONFIG: '/nonexistent' })).toEqual([':words\n', '']);
  expect((await ask(env))[0]).toBe(':words\nbakery/\nmuseum/\n');
});
