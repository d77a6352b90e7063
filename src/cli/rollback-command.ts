/** `netloom rollback`: an earlier revision on this node, at once. */
import { checkPrivileges } from '../host/features.ts';
import { rollBack } from '../pass/roll-back.ts';
import { reconcile } from '../reconcile.ts';
import { loadConfig } from './config.ts';
import { confirmOption } from './confirm-words.ts';
import type { ExitCode } from './exit.ts';
import { endOf, tellPass } from './reconcile-command.ts';
import { say } from './terminal.ts';

/** Exit codes of a pass: 0 when the earlier revision is enforced. */
export async function rollbackCommand(commit: string | undefined, options: { readonly config: string; readonly confirmTimeout?: string }): Promise<ExitCode> {
  checkPrivileges();
  const config = loadConfig(options.config);
  const confirmMs = confirmOption(options.confirmTimeout);
  say((await rollBack(config, commit)).message);
  const result = await reconcile(config, { confirmMs, command: 'netloom rollback' });
  tellPass(config, result);
  return endOf(config, result);
}
