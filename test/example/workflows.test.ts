/** The workflows that people copy: what they may, what they run, and that nothing of a pull request gets near a shell. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { ROOT } from '../house/tree.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Workflow {
  readonly name: string;
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly 'runs-on': string; readonly 'timeout-minutes': number; readonly steps: readonly Step[]; readonly if?: string }>
  >;
}

function parsed<T>(path: string): T {
  const document = parseDocument(readFileSync(join(ROOT, path), 'utf8'), { strict: true });
  expect([...document.errors, ...document.warnings]).toEqual([]);
  return document.toJS();
}

const compute = parsed<Workflow>('example-repo/.github/workflows/netloom.yaml');
const post = parsed<Workflow>('example-repo/.github/workflows/netloom-comment.yaml');
const stepsOf = ({ jobs }: Workflow): readonly Step[] => Object.values(jobs).flatMap(({ steps }) => steps);

const KEYS = {
  workflow: ['name', 'on', 'permissions', 'concurrency', 'jobs'],
  job: ['if', 'runs-on', 'timeout-minutes', 'steps'],
  step: ['name', 'uses', 'with', 'run', 'env', 'continue-on-error', 'if', 'id'],
};

describe.each([
  ['netloom.yaml', compute],
  ['netloom-comment.yaml', post],
])('%s', (_, workflow) => {
  it('has no key but those that GitHub knows, and a deadline for each job', () => {
    expect(Object.keys(workflow).filter(key => !KEYS.workflow.includes(key))).toEqual([]);
    for (const job of Object.values(workflow.jobs)) {
      expect(Object.keys(job).filter(key => !KEYS.job.includes(key))).toEqual([]);
      expect(job['timeout-minutes']).toBeLessThanOrEqual(10);
      for (const step of job.steps) {
        expect(Object.keys(step).filter(key => !KEYS.step.includes(key))).toEqual([]);
        expect([step.uses, step.run].filter(each => each !== undefined)).toHaveLength(1);
      }
    }
  });

  it('puts no expression into a shell: a branch may be named like a command', () => {
    for (const { run = '' } of stepsOf(workflow)) expect(run).not.toContain('${{');
  });

  it('takes actions of GitHub alone, each of a version, and leaves no token in a checkout', () => {
    for (const { uses, with: given } of stepsOf(workflow)) {
      if (uses === undefined) continue;
      expect(uses).toMatch(/^actions\/(checkout|setup-node|upload-artifact|download-artifact)@v\d+$/);
      if (uses.startsWith('actions/checkout@')) expect(given?.['persist-credentials']).toBe(false);
    }
  });

  it('is never run with the rights of the repository on the files of a fork', () => {
    expect(Object.keys(workflow.on)).not.toContain('pull_request_target');
  });
});

describe('the two halves', () => {
  it('compute with a token that reads, and post with one that writes comments and nothing else', () => {
    expect(compute.permissions).toEqual({ contents: 'read' });
    expect(post.permissions).toEqual({ actions: 'read', contents: 'read', 'pull-requests': 'write' });
    expect(JSON.stringify(compute)).not.toContain('secrets.');
  });

  it('hand over by the artifact, from the workflow of that name', () => {
    expect(post.on).toEqual({ workflow_run: { workflows: [compute.name], types: ['completed'] } });
    const up = stepsOf(compute).find(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
    const down = stepsOf(post).find(({ uses }) => uses?.startsWith('actions/download-artifact@'));
    expect(down?.with?.['name']).toBe(up?.with?.['name']);
    const expression = (name: string): string => `$\{{ ${name} }}`;
    expect(down?.with).toMatchObject({ 'run-id': expression('github.event.workflow_run.id'), 'github-token': expression('github.token') });
    const script = stepsOf(post).find(({ run }) => run !== undefined);
    expect(script?.env?.['NETLOOM_COMMENT']).toBe(`${down?.with?.['path']}/${up?.with?.['path']}`);
  });

  it('run no file of the pull request: the one only what base has, the other only the default branch', () => {
    const pull = compute.jobs['plan'];
    for (const { run } of pull?.steps ?? []) if (run?.includes('node ')) expect(run).toMatch(/^node \.netloom\/base\/tools\/netloom\//);
    const checkouts = stepsOf(post).filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    expect(checkouts.map(({ with: given }) => given)).toEqual([{ 'persist-credentials': false }]);
  });
});

describe('.gitlab-ci.yml', () => {
  interface Job {
    readonly script: readonly string[];
    readonly rules: readonly { readonly if: string }[];
    readonly artifacts?: { readonly paths: readonly string[] };
  }
  const jobs = parsed<Readonly<Record<string, Job>>>('example-repo/.gitlab-ci.yml');

  it('computes for merge requests with the program of base, and posts on a schedule of the default branch alone', () => {
    expect(jobs['plan']?.rules).toEqual([{ if: '$CI_PIPELINE_SOURCE == "merge_request_event"' }]);
    expect(jobs['comment']?.rules).toEqual([{ if: '$CI_PIPELINE_SOURCE == "schedule" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH' }]);
    expect(jobs['comment']?.script).toEqual(['node ci/netloom-comment.mjs gitlab']);
    for (const line of jobs['plan']?.script.filter(text => text.startsWith('node ')) ?? []) expect(line).toMatch(/^node \.netloom\/tools\/netloom\//);
    expect(jobs['plan']?.artifacts?.paths).toEqual(['netloom-plan.md']);
  });

  it('quotes what stands in variables, and uses none that a branch names', () => {
    for (const line of Object.values(jobs).flatMap(({ script }) => script)) {
      expect(line.replaceAll(/"\$[A-Z_]+"/g, '').replaceAll('$?', '')).not.toContain('$');
      expect(line).not.toMatch(/CI_(COMMIT_(MESSAGE|TITLE|REF_NAME|BRANCH|DESCRIPTION)|MERGE_REQUEST_(TITLE|DESCRIPTION|SOURCE_BRANCH_NAME|LABELS))/);
    }
  });
});

describe('.pre-commit-hooks.yaml', () => {
  it('offers hooks that pre-commit takes, without handing names of files to them', () => {
    const hooks = parsed<readonly Readonly<Record<string, unknown>>[]>('.pre-commit-hooks.yaml');
    expect(hooks.map(({ id }) => id)).toEqual(['netloom-validate', 'netloom-plan']);
    for (const hook of hooks) {
      expect(Object.keys(hook)).toEqual(expect.arrayContaining(['id', 'name', 'entry', 'language', 'files']));
      expect(hook).toMatchObject({ language: 'system', pass_filenames: false });
      expect(new RegExp(String(hook['files'])).test('networks/blue.yaml')).toBe(true);
    }
  });
});
