/** `netloom approve`: the deletions that a hash names may go ahead on this node, once. */
import { isApprovalHash } from '../model/annotations.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { type Asked, loadAsked, saveApproval } from '../pass/control.ts';
import { note, whoAndWhen } from '../pass/word.ts';
import { loadConfig } from './config.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { print } from './terminal.ts';

/** Without a hash: what waits, and 5 where something does. */
export async function approveCommand(hash: string | undefined, options: { readonly config: string; readonly ahead?: true }): Promise<ExitCode> {
  const config = loadConfig(options.config);
  const asked = await loadAsked(config.stateDir);
  if (hash === undefined) return show(config, asked);
  if (!isApprovalHash(hash))
    throw new CommandError(`${JSON.stringify(hash)} is no hash of deletions`, { hint: 'netloom approve shows what waits, and its hash of 16 digits' });
  if (asked?.hash !== hash && options.ahead !== true) {
    const waits = asked === null ? 'nothing waits for approval here' : `what waits for approval here is ${asked.hash}`;
    throw new CommandError(`${waits}, not ${hash}`, { hint: 'netloom approve shows what waits; --ahead approves what no pass has asked for yet' });
  }
  const word = whoAndWhen();
  await saveApproval(config.stateDir, { hash, ...word });
  await note(config, 'approve deletions', `${hash} by ${word.by}${asked?.hash === hash ? `: ${asked.why}` : ', ahead'}`);
  print(`${asked?.hash === hash ? `${asked.why}: approved` : `Approved ahead: ${hash}`} on ${config.node}, once. The next pass does it: netloom reconcile`);
  return EXIT.fine;
}

function show({ node }: NodeConfig, asked: Asked | null): ExitCode {
  if (asked === null) {
    print(`Nothing waits for approval on ${node}.`);
    return EXIT.fine;
  }
  print(
    [`${asked.why} by ${asked.revision.slice(0, 10)}:`, ...asked.deletions.map(line => `  ${line}`), `To let them go: netloom approve ${asked.hash}`].join(
      '\n',
    ),
  );
  return EXIT.needsApproval;
}
