/** `netloom validate` on real folders: what it prints, how it ends, and that its cache never answers for what has changed. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ValidateOptions, validatePath } from '../../src/cli/validate/validate.ts';
import { workflowCommand } from '../../src/cli/workflow-command.ts';
import { ROOT } from '../house/tree.ts';
import { BASE } from '../load/diagnose.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'netloom-validate-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string>>): string {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, 'repo', path)), { recursive: true });
    writeFileSync(join(dir, 'repo', path), text);
  }
  return join(dir, 'repo');
}

const run = async (path: string, options: Partial<ValidateOptions> = {}): Promise<{ text: string; exitCode: number }> => {
  const { text, exitCode } = await validatePath(path, { output: 'text', cache: false, colour: false, cacheDir: join(dir, 'cache'), ...options });
  return { text: text.replaceAll(dir, ''), exitCode };
};

const WEB = `# a comment
apiVersion: netloom.dev/v1
kind: Network
metadata: {name: blue}
spec:
  cidr: 10.0.0.5/24
  mtuu: 1400
---
apiVersion: netloom.dev/v1
kind: Network
metadata: {name: red, annotations: {note: "\\e[31m\\n::error::x"}}
spec: {cidr: 10.0.0.5/24}
`;

describe('on a terminal', () => {
  test('each problem has its place, its line, what to do, and the last line sums up', async () => {
    const repo = write({ 'base.yaml': BASE, 'networks/web.yaml': WEB });
    expect(await run(repo)).toEqual({
      exitCode: 3,
      text: `/repo/networks/web.yaml:7:3 error unknown-field: unknown field "mtuu" in spec
  7 |   mtuu: 1400
    |   ^
  hint: did you mean mtu?
/repo/networks/web.yaml:12:14 error host-bits-set: cidr 10.0.0.5/24 has host bits set
  12 | spec: {cidr: 10.0.0.5/24}
     |              ^
  hint: write 10.0.0.0/24
invalid: 2 errors in 1 file, 2 files read
`,
    });
  });

  test('nothing wrong is one line', async () => {
    expect(await run(write({ 'base.yaml': BASE }))).toEqual({ exitCode: 0, text: 'valid: 5 definitions in 1 file\n' });
  });

  test('warnings are shown and do not fail', async () => {
    const small = 'apiVersion: netloom.dev/v1\nkind: Network\nmetadata: {name: small}\nspec: {mtu: 1000}\n';
    const { text, exitCode } = await run(write({ 'base.yaml': BASE, 'small.yaml': small }));
    expect(exitCode).toBe(0);
    expect(text).toContain('small.yaml:4:13 warning mtu-too-small: mtu 1000 is less than the 1280 that IPv6 needs');
    expect(text).toMatch(/valid: 6 definitions in 2 files, 1 warning\n$/);
  });

  test('colours only when asked for', async () => {
    const repo = write({ 'a.yaml': WEB });
    expect((await run(repo)).text).not.toContain('\x1b');
    expect((await run(repo, { colour: true })).text).toContain('\x1b[31merror\x1b[39m');
  });

  test('what a definition says cannot colour or forge a line', async () => {
    const { text } = await run(write({ 'a.yaml': 'apiVersion: "netloom.dev/\\e[2J\\nforged.yaml:1:1 error x"\nkind: Network\n' }));
    expect(text).not.toContain('\x1b');
    expect(text.split('\n').filter(line => line.startsWith('forged'))).toEqual([]);
  });
});

describe('of a path', () => {
  test('one file is validated by itself: what it refers to is not looked for', async () => {
    const repo = write({ 'i.yaml': 'apiVersion: netloom.dev/v1\nkind: Interface\nmetadata: {name: a}\nspec: {network: elsewhere}\n' });
    expect((await run(join(repo, 'i.yaml'))).text).toMatch(/^valid: 1 definition in 1 file \(one file by itself/);
    expect((await run(repo)).exitCode).toBe(3);
  });

  test('that is not there, the reason is told and the exit code is 1', async () => {
    expect(await run(join(dir, 'nowhere'))).toEqual({
      exitCode: 1,
      text: 'netloom: cannot validate /nowhere: there is no such file or folder\n',
    });
  });

  test('without a definition it is invalid, whatever else is there', async () => {
    const { text, exitCode } = await run(write({ 'README.md': 'hello', 'values.yaml': 'a: 1\n' }));
    expect([exitCode, text]).toEqual([3, expect.stringContaining('/repo error no-definitions: there is no netloom definition at all')]);
  });

  test('.git and node_modules are passed over, symbolic links and repositories inside are not followed', async () => {
    const repo = write({ 'base.yaml': BASE, '.git/x.yaml': 'a: [', 'node_modules/x/y.yaml': 'a: [', 'sub/.git/HEAD': 'x', 'sub/a.yaml': 'a: [' });
    symlinkSync('/etc/passwd', join(repo, 'link.yaml'));
    const { text } = await run(repo);
    expect(text).toContain('/repo/link.yaml error symlink: a symbolic link: it is not followed');
    expect(text).toContain('/repo/sub error submodule: a submodule: definitions in it are not read');
    expect(text).toMatch(/invalid: 2 errors/);
  });
});

describe('for programs', () => {
  const hostile = 'apiVersion: netloom.dev/v1\nkind: Network\nmetadata: {name: a}\nspec: {"a%,:\\n::error::b": 1}\n';

  test('JSON has the shape that its schema says', async () => {
    const { text, exitCode } = await run(write({ 'base.yaml': BASE, 'web.yaml': WEB, 'a.yaml': hostile }), { output: 'json' });
    const value = JSON.parse(text);
    const schema = JSON.parse(readFileSync(join(ROOT, 'schemas/output/diagnostics.json'), 'utf8'));
    const validate = new Ajv2020({ strict: true, strictRequired: false }).compile(schema);
    expect(validate(value), JSON.stringify(validate.errors)).toBe(true);
    expect(value).toMatchObject({ valid: false, errors: 3, warnings: 0, files: 3, definitions: { Cluster: 1, Node: 2, Network: 3 } });
    expect(value.diagnostics[1]).toMatchObject({ code: 'unknown-field', file: 'web.yaml', line: 7, column: 3, hint: 'did you mean mtu?' });
    expect(exitCode).toBe(3);
  });

  test('GitHub annotations cannot be ended by what they quote', async () => {
    const { text } = await run(write({ 'base.yaml': BASE, 'a.yaml': hostile }), { output: 'github' });
    expect(text.split('\n')).toEqual([
      '::error file=/repo/a.yaml,line=4,col=8,title=netloom unknown-field::unknown field "a%25,:\\n::error::b" in spec%0Ahint: known fields are cidr, mtu, vxid, mesh, dhcp, nat, dns, egress, pool, gateway, defaultRoute, reservations, dnsRecords, dnsUpstreams, leaseTime, ntp, routes, dhcpOptions, suspend',
      '1 error',
      '',
    ]);
  });

  test('nor by the name of a file', () => {
    const at = { file: 'a,title=x::b%\n.yaml', line: 1, col: 2 };
    expect(workflowCommand({ level: 'error', at, title: 'code', message: 'wrong' }, '')).toBe(
      '::error file=a%2Ctitle=x%3A%3Ab%25\\u{a}.yaml,line=1,col=2,title=netloom code::wrong',
    );
  });

  test('SARIF names rule, level and region of each', async () => {
    const log = JSON.parse((await run(write({ 'base.yaml': BASE, 'my nets/a.yaml': WEB }), { output: 'sarif' })).text);
    expect(log.version).toBe('2.1.0');
    const [{ tool, results }] = log.runs;
    expect(tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(['host-bits-set', 'unknown-field']);
    expect(results[0]).toMatchObject({
      ruleId: 'unknown-field',
      ruleIndex: 1,
      level: 'error',
      locations: [{ physicalLocation: { artifactLocation: { uri: '/repo/my%20nets/a.yaml' }, region: { startLine: 7, startColumn: 3 } } }],
    });
  });
});

describe("with a site's own schemas", () => {
  const owned = { type: 'object', properties: { kind: { const: 'Network' }, metadata: { type: 'object', required: ['labels'] } } };

  test('their rules count too, and change the answer of the cache', async () => {
    const repo = write({ 'base.yaml': BASE });
    mkdirSync(join(dir, 'site'));
    writeFileSync(join(dir, 'site', 'network.json'), JSON.stringify(owned));
    age(repo);
    expect((await run(repo, { cache: true })).exitCode).toBe(0);
    const { text, exitCode } = await run(repo, { cache: true, schemas: join(dir, 'site') });
    expect(exitCode).toBe(3);
    expect(text).toContain("/repo/base.yaml:19:1 error site-schema: metadata must have required property 'labels'");
    expect((await run(repo, { cache: true })).exitCode).toBe(0);
  });

  test.each([
    ['not json', 'x.json', '{'],
    ['names no kind', 'x.json', '{"type": "object"}'],
    ['no schema in it', 'x.txt', ''],
  ])('a folder that is no good (%s) is exit code 1, and says which file', async (_, name, content) => {
    mkdirSync(join(dir, 'site'));
    writeFileSync(join(dir, 'site', name), content);
    const { text, exitCode } = await run(write({ 'base.yaml': BASE }), { schemas: join(dir, 'site') });
    expect(exitCode).toBe(1);
    expect(text).toContain('/site');
  });
});

/** Makes files look as if they had been written a while ago, as a checkout's are. */
function age(repo: string): void {
  const now = Date.now() / 1000;
  for (const name of readdirSync(repo)) utimesSync(join(repo, name), now - 100, now - 100);
}

const later = (): Promise<void> => new Promise(done => setTimeout(done, 80));

describe('the cache', () => {
  const good = { 'base.yaml': BASE, 'a.yaml': 'apiVersion: netloom.dev/v1\nkind: Network\nmetadata: {name: a}\n' };

  test('answers the same the second time', async () => {
    const repo = write({ ...good, 'web.yaml': WEB });
    await later(); // a file that was written just now is not trusted to be the same
    const first = await run(repo, { cache: true });
    expect(
      readdirSync(join(dir, 'cache'))
        .map(name => name.split('.')[1])
        .sort(),
    ).toEqual(['answer', 'files']);
    expect(await run(repo, { cache: true })).toEqual(first);
    expect(await run(repo, { cache: false })).toEqual(first);
  });

  test('sees a change of the same size, an added, a removed and a renamed file', async () => {
    const repo = write(good);
    await later();
    expect((await run(repo, { cache: true })).exitCode).toBe(0);
    write({ 'a.yaml': good['a.yaml'].replace('Network', 'Netwurk') });
    expect((await run(repo, { cache: true })).text).toContain('a.yaml:2:7 error unknown-kind');
    write({ 'a.yaml': good['a.yaml'] });
    await later();
    expect((await run(repo, { cache: true })).exitCode).toBe(0);
    write({ 'sub/b.yaml': good['a.yaml'] });
    expect((await run(repo, { cache: true })).text).toContain('sub/b.yaml:3:18 error duplicate-object');
    rmSync(join(repo, 'a.yaml'));
    expect((await run(repo, { cache: true })).exitCode).toBe(0);
  });

  test('sees a change at once, however often', async () => {
    const repo = write(good);
    for (let i = 0; i < 6; i++) {
      write({ 'a.yaml': good['a.yaml'].replace('name: a', i % 2 ? 'name: b' : 'name: B') });
      expect((await run(repo, { cache: true })).exitCode).toBe(i % 2 ? 0 : 3);
    }
  });

  test('that is torn, garbage or not writable is as none', async () => {
    const repo = write(good);
    await later();
    await run(repo, { cache: true });
    for (const name of readdirSync(join(dir, 'cache'))) writeFileSync(join(dir, 'cache', name), '{"key":');
    expect((await run(repo, { cache: true })).exitCode).toBe(0);
    expect((await run(repo, { cache: true, cacheDir: join(repo, 'a.yaml', 'cache') })).exitCode).toBe(0);
  });

  test('remembers a bounded number of folders', async () => {
    const repo = write(good);
    mkdirSync(join(dir, 'cache'));
    for (let i = 0; i < 100; i++) writeFileSync(join(dir, 'cache', `${i}.files.json`), '{}');
    await run(repo, { cache: true });
    expect(readdirSync(join(dir, 'cache')).length).toBeLessThanOrEqual(80);
  });
});
