import type { Refusal } from '../pass/pull.ts';
import { EXIT, type ExitCode } from './exit.ts';

/** How a command ends whose newest revision is refused: 3 for bad definitions, 5 for deletions that need approval, 75 where another try may help, else 1. */
export function refusalExit({ condition, reason }: Refusal): ExitCode {
  if (reason === 'InvalidDefinitions' || reason === 'NoDefinitions') return EXIT.invalid;
  if (reason === 'NeedsApproval') return EXIT.needsApproval;
  return condition === 'Stalled' ? EXIT.error : EXIT.tryAgain;
}
