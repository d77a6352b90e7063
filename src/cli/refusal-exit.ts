import { type Refusal, reasonOf } from '../pass/pull.ts';
import { EXIT, type ExitCode, PASSING } from './exit.ts';

/**
 * How a command ends whose newest revision is refused: 3 for bad definitions, 5 for deletions that need approval, 75 where another try may
 * help by itself, else 1: a wrong url, password, key or branch stays wrong until a person corrects it.
 */
export function refusalExit({ reason }: Refusal): ExitCode {
  if (reason === 'InvalidDefinitions' || reason === 'NoDefinitions') return EXIT.invalid;
  if (reason === 'NeedsApproval') return EXIT.needsApproval;
  return PASSING_REASONS.has(reason) ? EXIT.tryAgain : EXIT.error;
}

const PASSING_REASONS: ReadonlySet<string> = new Set([...PASSING].map(reasonOf));
