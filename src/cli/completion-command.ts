/** `netloom completion`: the script by which a shell completes netloom's command lines. */
import { SCRIPTS, type Shell } from './completion-scripts.ts';
import { EXIT, type ExitCode } from './exit.ts';
import { print } from './terminal.ts';

export async function completionCommand(shell: Shell): Promise<ExitCode> {
  print(SCRIPTS[shell]);
  return EXIT.fine;
}
