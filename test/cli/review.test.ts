import { describe, expect, test } from 'vitest';
import { planCommand } from '../../src/cli/plan-command.ts';
import { workflowCommand } from '../../src/cli/workflow-command.ts';

const NOBODY = { config: '/nonexistent', stateDir: '/nonexistent', runtimeDir: '/nonexistent', output: 'text' } as const;

describe('plan refuses', () => {
  test.each([
    ['two revisions without a node', { base: 'main' }, /needs --all-nodes, or --node NAME/],
    ['one node and all of them', { allNodes: true, node: 'n1' } as const, /exclude each other/],
    ['a comment of one kernel', { output: 'markdown' } as const, /-o markdown goes with --all-nodes/],
    ['annotations of one kernel', { output: 'github' } as const, /-o github goes with --all-nodes/],
    ['a file that no node could apply', { allNodes: true, out: 'x' } as const, /--out saves what a node itself planned/],
    ['a folder that is not there', { allNodes: true, local: '/nonexistent' } as const, /there is no folder \/nonexistent/],
  ])('%s', async (_, options, why) => {
    await expect(planCommand({ ...NOBODY, ...options })).rejects.toThrow(why);
  });
});

describe('an annotation', () => {
  test('stands at its line, below the folder of the definitions', () => {
    const at = { file: 'net/a b.yaml', line: 3, col: 5 };
    expect(workflowCommand({ level: 'warning', at, title: 'x: y', message: 'cut, 100%' }, 'prod')).toBe(
      '::warning file=prod/net/a b.yaml,line=3,col=5,title=netloom x%3A y::cut, 100%25',
    );
  });

  test('that is about the whole has no line, and more lines of text begin no command', () => {
    expect(workflowCommand({ level: 'notice', at: undefined, title: 't', message: 'a\n::error::b' }, '')).toBe('::notice title=netloom t::a%0A::error::b');
  });
});
