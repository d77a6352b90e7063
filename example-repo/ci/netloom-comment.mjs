/**
 * Puts the plan of a pull request into its one comment: made once, then edited in place. It runs where a token may write, hence
 * never anything of the pull request: the plan is text to it, made by somebody that it does not trust.
 *
 *   node ci/netloom-comment.mjs github    in a workflow_run workflow of GitHub Actions; NETLOOM_COMMENT names the file
 *   node ci/netloom-comment.mjs gitlab    in a scheduled pipeline of GitLab's default branch; NETLOOM_GITLAB_TOKEN is protected there
 */
import { readFileSync, statSync } from 'node:fs';

const MOST_BYTES = 65_536;
const MARKER = /^<!-- netloom:plan[\w./:]* -->$/;

/** The text as it may be posted: no mention, no second marker, no more than a forge takes. Throws for what is no plan. */
function harmless(text, remark) {
  const [marker = '', ...lines] = text.split('\n');
  if (!MARKER.test(marker)) throw new Error('this is no plan of netloom: its first line is no marker');
  // Mentions call people, and who wrote this is not known; netloom itself writes them in code only.
  const body = lines
    .join('\n')
    .replaceAll(/@(?=[\w-])/g, '@\u2060')
    .replaceAll('<!--', '&lt;!--');
  const whole = `${marker}\n${body.trimEnd()}\n${remark === '' ? '' : `\n<sub>${remark}</sub>\n`}`;
  if (Buffer.byteLength(whole) > MOST_BYTES) throw new Error(`the plan has more than ${MOST_BYTES} bytes`);
  return { marker, whole };
}

async function ask(url, headers, method = 'GET', body = undefined) {
  const init = { method, headers: { ...headers, 'content-type': 'application/json' }, signal: AbortSignal.timeout(30_000) };
  const answer = await fetch(url, body === undefined ? init : { ...init, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${new URL(url).pathname} was answered with ${answer.status}`);
  return answer;
}

/** Everything of a paged list. */
async function all(url, headers) {
  const found = [];
  for (let page = 1; page <= 20; page += 1) {
    const next = new URL(url);
    next.searchParams.set('per_page', '100');
    next.searchParams.set('page', String(page));
    const some = await (await ask(next, headers)).json();
    found.push(...some);
    if (some.length < 100) break;
  }
  return found;
}

function needed(name) {
  const value = process.env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
}

async function github() {
  const api = `${needed('GITHUB_API_URL')}/repos/${needed('GITHUB_REPOSITORY')}`;
  const headers = { authorization: `Bearer ${needed('GITHUB_TOKEN')}`, accept: 'application/vnd.github+json' };
  const { workflow_run: ran } = JSON.parse(readFileSync(needed('GITHUB_EVENT_PATH'), 'utf8'));
  const file = needed('NETLOOM_COMMENT');
  if (statSync(file).size > MOST_BYTES) throw new Error(`${file} has more than ${MOST_BYTES} bytes`);
  // Which pull request it is, the event tells and GitHub confirms; the artifact is not asked.
  const search = new URL(`${api}/pulls`);
  search.searchParams.set('state', 'open');
  search.searchParams.set('head', `${ran.head_repository.owner.login}:${ran.head_branch}`);
  const pulls = (await all(search, headers)).filter(({ head }) => head.sha === ran.head_sha && head.repo?.id === ran.head_repository.id);
  const isFork = ran.head_repository.full_name !== process.env.GITHUB_REPOSITORY;
  const remark = isFork ? 'Computed by the workflow of a fork, which may have changed it.' : '';
  const { marker, whole } = harmless(readFileSync(file, 'utf8'), remark);
  for (const { number } of pulls) {
    const comments = await all(`${api}/issues/${number}/comments`, headers);
    // Only one of our own is edited, whoever else writes that marker.
    const login = process.env.NETLOOM_COMMENT_LOGIN ?? 'github-actions[bot]';
    const own = comments.find(({ user, body }) => user?.login === login && body.split('\n')[0]?.trim() === marker);
    if (own === undefined) await ask(`${api}/issues/${number}/comments`, headers, 'POST', { body: whole });
    else if (own.body.trim() !== whole.trim()) await ask(`${api}/issues/comments/${own.id}`, headers, 'PATCH', { body: whole });
    console.log(`pull request ${number}: ${own === undefined ? 'commented' : own.body.trim() === whole.trim() ? 'as it was' : 'edited'}`);
  }
  if (pulls.length === 0) console.log('no open pull request has this commit at its head any more');
}

async function gitlab() {
  const root = needed('CI_API_V4_URL');
  const api = `${root}/projects/${needed('CI_PROJECT_ID')}`;
  const headers = { 'private-token': needed('NETLOOM_GITLAB_TOKEN') };
  const { id: me } = await (await ask(`${root}/user`, headers)).json();
  for (const { iid } of await all(`${api}/merge_requests?state=opened`, headers)) {
    try {
      console.log(`merge request ${iid}: ${await gitlabNote(root, api, headers, me, iid)}`);
    } catch (error) {
      // One hostile or broken merge request keeps no other from its comment.
      console.log(`merge request ${iid}: ${error.message}`);
      process.exitCode = 1;
    }
  }
}

async function gitlabNote(root, api, headers, me, iid) {
  const { head_pipeline: pipeline, sha, source_project_id: source, project_id: target } = await (await ask(`${api}/merge_requests/${iid}`, headers)).json();
  if (pipeline === null || pipeline === undefined || pipeline.sha !== sha) return 'no pipeline of its newest commit yet';
  const home = `${root}/projects/${Number(pipeline.project_id)}`;
  const job = (await all(`${home}/pipelines/${Number(pipeline.id)}/jobs`, headers)).find(({ name, artifacts_file: file }) => name === 'plan' && file != null);
  if (job === undefined) return 'its pipeline has no plan';
  const answer = await ask(`${home}/jobs/${Number(job.id)}/artifacts/netloom-plan.md`, headers);
  if (Number(answer.headers.get('content-length') ?? 0) > MOST_BYTES) throw new Error(`the plan has more than ${MOST_BYTES} bytes`);
  const { marker, whole } = harmless(await answer.text(), source === target ? '' : 'Computed by the pipeline of a fork, which may have changed it.');
  const notes = await all(`${api}/merge_requests/${iid}/notes`, headers);
  const own = notes.find(({ author, body }) => author?.id === me && body.split('\n')[0]?.trim() === marker);
  if (own === undefined) await ask(`${api}/merge_requests/${iid}/notes`, headers, 'POST', { body: whole });
  else if (own.body.trim() !== whole.trim()) await ask(`${api}/merge_requests/${iid}/notes/${own.id}`, headers, 'PUT', { body: whole });
  return own === undefined ? 'commented' : own.body.trim() === whole.trim() ? 'as it was' : 'edited';
}

const forges = { github, gitlab };
const forge = forges[process.argv[2] ?? ''];
if (forge === undefined) throw new Error('usage: netloom-comment.mjs github|gitlab');
await forge();
