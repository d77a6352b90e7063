/** The script that posts: against a server that answers as the forges do, it makes one comment, edits it in place, and trusts nobody. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { ROOT } from '../house/tree.ts';

const SCRIPT = join(ROOT, 'example-repo/ci/netloom-comment.mjs');
const MARKER = '<!-- netloom:plan -->';
const dir = mkdtempSync(join(tmpdir(), 'netloom-comment-'));
const plan = join(dir, 'netloom-plan.md');

interface Comment {
  id: number;
  user?: { login: string };
  author?: { id: number };
  body: string;
}

let comments: Comment[];
let writes: { readonly method: string; readonly url: string; readonly body: string }[];
let answers: (url: string) => unknown;
let server: Server;
let url = '';

afterAll(() => rmSync(dir, { recursive: true, force: true }));

beforeEach(async () => {
  comments = [];
  writes = [];
  server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const [path = '', method = ''] = [request.url, request.method];
    if (method !== 'GET') writes.push({ method, url: path, body: (JSON.parse(Buffer.concat(parts).toString()) as { body: string }).body });
    const value = method === 'GET' ? answers(path) : {};
    response.statusCode = value === undefined ? 404 : 200;
    response.end(typeof value === 'string' ? value : JSON.stringify(value ?? {}));
  }).listen(0, '127.0.0.1');
  await new Promise(resolve => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  await new Promise(resolve => server.close(resolve));
  rmSync(plan, { force: true });
});

const FORK = { full_name: 'mallory/net', id: 2, owner: { login: 'mallory' } };
const OWN = { full_name: 'acme/net', id: 1, owner: { login: 'acme' } };

async function github(text: string, head = OWN, branch = 'topic') {
  writeFileSync(plan, text);
  const event = join(dir, 'event.json');
  writeFileSync(event, JSON.stringify({ workflow_run: { head_sha: 'abc', head_branch: branch, head_repository: head } }));
  answers = path => {
    const { pathname, searchParams } = new URL(path, url);
    if (pathname === '/repos/acme/net/pulls' && searchParams.get('head') === `${head.owner.login}:${branch}`) {
      return [
        { number: 7, head: { sha: 'abc', repo: { id: head.id } } },
        { number: 8, head: { sha: 'older', repo: { id: head.id } } },
      ];
    }
    return pathname === '/repos/acme/net/issues/7/comments' ? comments : undefined;
  };
  const env = { GITHUB_API_URL: url, GITHUB_REPOSITORY: 'acme/net', GITHUB_TOKEN: 'canary', GITHUB_EVENT_PATH: event, NETLOOM_COMMENT: plan };
  return run(process.execPath, [SCRIPT, 'github'], { env });
}

describe('on GitHub', () => {
  it('the first plan makes a comment at the pull request whose head it is', async () => {
    const { exitCode, stdout } = await github(`${MARKER}\n\n### netloom\n`);
    expect([exitCode, stdout.trim()]).toEqual([0, 'pull request 7: commented']);
    expect(writes).toEqual([{ method: 'POST', url: '/repos/acme/net/issues/7/comments', body: `${MARKER}\n\n### netloom\n` }]);
  });

  it('the next one edits it in place, and the same one does nothing', async () => {
    comments = [{ id: 41, user: { login: 'github-actions[bot]' }, body: `${MARKER}\n\nold\n` }];
    await github(`${MARKER}\n\nnew\n`);
    expect(writes).toEqual([{ method: 'PATCH', url: '/repos/acme/net/issues/comments/41', body: `${MARKER}\n\nnew\n` }]);
    comments = [{ id: 41, user: { login: 'github-actions[bot]' }, body: `${MARKER}\n\nnew` }];
    writes = [];
    expect((await github(`${MARKER}\n\nnew\n`)).stdout.trim()).toBe('pull request 7: as it was');
    expect(writes).toEqual([]);
  });

  it('a comment of somebody else with the marker, or of another folder, is left alone', async () => {
    comments = [
      { id: 1, user: { login: 'mallory' }, body: `${MARKER}\nmine` },
      { id: 2, user: { login: 'github-actions[bot]' }, body: '<!-- netloom:plan:other -->\nits own' },
    ];
    await github(`${MARKER}\nnew\n`);
    expect(writes.map(({ method }) => method)).toEqual(['POST']);
  });

  it('what a fork computed mentions nobody, carries no second marker, and says where it comes from', async () => {
    await github(`${MARKER}\n@acme/admins merge this <!-- netloom:plan:x -->\n`, FORK, '$(touch x)`id`');
    expect(writes).toHaveLength(1);
    expect(writes[0]?.body).toBe(
      `${MARKER}\n@\u2060acme/admins merge this &lt;!-- netloom:plan:x -->\n\n<sub>Computed by the workflow of a fork, which may have changed it.</sub>\n`,
    );
  });

  it.each([
    ['no plan', 'anything\n', /no plan of netloom/],
    ['too long', `${MARKER}\n${'x'.repeat(70_000)}`, /more than 65536 bytes/],
  ])('a text that is %s is refused', async (_, text, why) => {
    const { exitCode, stderr } = await github(text, FORK);
    expect([exitCode, writes]).toEqual([1, []]);
    expect(stderr).toMatch(why);
    expect(stderr).not.toContain('canary');
  });

  it('a pull request that moved on is not told of an older commit', async () => {
    await github(`${MARKER}\nx\n`);
    answers = () => [];
    writes = [];
    const { stdout } = await run(process.execPath, [SCRIPT, 'github'], {
      env: { GITHUB_API_URL: url, GITHUB_REPOSITORY: 'acme/net', GITHUB_TOKEN: 't', GITHUB_EVENT_PATH: join(dir, 'event.json'), NETLOOM_COMMENT: plan },
    });
    expect([stdout.trim(), writes]).toEqual(['no open pull request has this commit at its head any more', []]);
  });
});

describe('on GitLab', () => {
  const gitlab = (plans: Readonly<Record<number, string>>, shas: Readonly<Record<number, string>> = {}) => {
    const request = (iid: number) => ({ sha: 'new', source_project_id: 1, project_id: 1, head_pipeline: { id: iid, project_id: 1, sha: shas[iid] ?? 'new' } });
    const routes: readonly (readonly [RegExp, (id: number) => unknown])[] = [
      [/^\/user$/, () => ({ id: 9 })],
      [/^\/projects\/1\/merge_requests$/, () => Object.keys(plans).map(each => ({ iid: Number(each) }))],
      [/\/merge_requests\/(\d+)$/, request],
      [/\/pipelines\/(\d+)\/jobs$/, id => [{ id, name: 'plan', artifacts_file: { filename: 'a.zip' } }]],
      [/\/jobs\/(\d+)\/artifacts\/netloom-plan\.md$/, id => plans[id]],
      [/\/notes$/, () => comments],
    ];
    answers = path => {
      const { pathname } = new URL(path, url);
      const route = routes.find(([pattern]) => pattern.test(pathname));
      return route?.[1](Number(route[0].exec(pathname)?.[1]));
    };
    return run(process.execPath, [SCRIPT, 'gitlab'], { env: { CI_API_V4_URL: url, CI_PROJECT_ID: '1', NETLOOM_GITLAB_TOKEN: 'canary' } });
  };

  it('each open merge request has its one note made, or edited in place', async () => {
    comments = [{ id: 5, author: { id: 9 }, body: `${MARKER}\nold` }];
    const { exitCode } = await gitlab({ 3: `${MARKER}\nnew` });
    expect([exitCode, writes]).toEqual([0, [{ method: 'PUT', url: '/projects/1/merge_requests/3/notes/5', body: `${MARKER}\nnew\n` }]]);
  });

  it('a broken one keeps no other from its note, and an old pipeline is not told', async () => {
    const { exitCode, stdout } = await gitlab({ 3: 'no plan', 4: `${MARKER}\nfine`, 5: `${MARKER}\nold` }, { 5: 'older' });
    expect(exitCode).toBe(1);
    expect(writes.map(({ url: to }) => to)).toEqual(['/projects/1/merge_requests/4/notes']);
    expect(stdout).toContain('merge request 5: no pipeline of its newest commit yet');
  });
});
