/** `netloom confirm`, and the watcher that runs as `netloom undo`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { checkPrivileges } from '../host/features.ts';
import { confirmArmed } from '../pass/armed.ts';
import { watchOver } from '../pass/watch-over.ts';
import { loadConfig } from './config.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { print } from './terminal.ts';

const PATIENCE_MS = 10_000;
const AGAIN_MS = 200;

/** Exit 0 when what is enforced stays now, 1 when nothing waited for it or it is too late, 75 while a pass is at it. */
export async function confirmCommand(options: { readonly config: string }): Promise<ExitCode> {
  checkPrivileges();
  const config = loadConfig(options.config);
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      const journal = await confirmArmed(config.stateDir, config.runtimeDir);
      if (journal === null) throw new CommandError(`nothing on ${config.node} waits for confirmation`, { hint: 'netloom status says what the node enforces' });
      print(`Confirmed: ${journal.revision.slice(0, 10) || 'the definitions of the folder'} stays.`);
      return EXIT.fine;
    } catch (error) {
      const isBusy = error instanceof Error && 'code' in error && error.code === 'locked';
      if (!isBusy || performance.now() >= until) throw error;
      await sleep(AGAIN_MS);
    }
  }
}

/** Ends when the change is confirmed or taken back. */
export async function undoCommand(stateDir: string, id: string): Promise<ExitCode> {
  await watchOver(stateDir, id, print);
  return EXIT.fine;
}
