/** `netloom plan --all-nodes`, and `plan --node N --base REV`: what merging would do, told without a kernel from a checkout. */
import { existsSync } from 'node:fs';
import { compareRevisions } from '../pass/compare.ts';
import { printCommands } from '../plan/print-commands.ts';
import { annotationsOf } from '../review/annotations.ts';
import { printMarkdown } from '../review/markdown.ts';
import { printReview } from '../review/print-review.ts';
import type { Review } from '../review/review.ts';
import { reviewJson } from '../review/review-json.ts';
import { plansOf } from '../review/telling.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { paintPlan, print } from './terminal.ts';
import { workflowCommand } from './workflow-command.ts';

export interface ReviewOptions {
  readonly allNodes?: true;
  readonly base?: string;
  readonly head?: string;
  readonly status?: string;
  readonly statusBranch?: string;
  readonly local?: string;
  readonly node?: string;
  readonly output: ReviewOutput;
  readonly detailedExitcode?: true;
  readonly out?: string;
}

export type ReviewOutput = 'text' | 'json' | 'commands' | 'markdown' | 'github';

/** True when two revisions are to be compared, not a node's kernel to be read. */
export function asksForReview({ allNodes, base, head }: Pick<ReviewOptions, 'allNodes' | 'base' | 'head'>): boolean {
  return allNodes === true || base !== undefined || head !== undefined;
}

/** Exit 0, 3 for invalid definitions at head; with --detailed-exitcode 2 when some node would do something. */
export async function reviewCommand(options: ReviewOptions): Promise<ExitCode> {
  const { local: dir = '.', base, head, status, statusBranch = 'netloom-status', node } = options;
  if (options.allNodes === undefined && node === undefined)
    throw new CommandError('plan with --base or --head needs --all-nodes, or --node NAME', { hint: 'add one of them, in a checkout of the definitions' });
  if (options.allNodes !== undefined && node !== undefined)
    throw new CommandError('--all-nodes and --node exclude each other', { hint: 'leave one of them out' });
  if (options.out !== undefined) throw new CommandError('--out saves what a node itself planned', { hint: 'leave out --all-nodes, --base and --head' });
  if (!existsSync(dir)) throw new CommandError(`there is no folder ${dir}`, { hint: 'name a checkout of the definitions with --local' });
  const review = await compareRevisions({ dir, base, head, status, statusBranch, node, now: new Date() });
  const isInvalid = review.diagnostics.some(({ severity }) => severity === 'error');
  if (isInvalid && (options.output === 'text' || options.output === 'commands')) {
    throw new CommandError(formatDiagnostics(review.diagnostics), { exitCode: EXIT.invalid, hint: `netloom validate ${dir}` });
  }
  print(FORMS[options.output](review));
  if (isInvalid) return EXIT.invalid;
  const changes = review.nodes.some(each => plansOf(each).some(({ steps }) => steps.length > 0));
  return options.detailedExitcode && changes ? EXIT.changes : EXIT.fine;
}

const FORMS: Readonly<Record<ReviewOutput, (review: Review) => string>> = {
  text: review => printReview(review, { paint: paintPlan }),
  json: review => JSON.stringify(reviewJson(review), null, 2),
  markdown: review => printMarkdown(review),
  github: review =>
    annotationsOf(review)
      .map(each => workflowCommand(each, review.root))
      .join('\n'),
  commands: review => review.nodes.flatMap(each => plansOf(each).map(plan => `# on ${each.node}\n${printCommands(plan)}`)).join('\n'),
};
