/** `netloom approve`: the deletions, or the first plan of another version of netloom, that a hash names may go ahead on this node, once. */
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
  const both = [await loadAsked(config.stateDir), await loadAsked(config.stateDir, 'upgrade')];
  const waiting = both.filter(asked => asked !== null);
  if (hash === undefined) return show(config, waiting);
  if (!isApprovalHash(hash))
    throw new CommandError(`${JSON.stringify(hash)} is no hash of what waits for approval`, {
      hint: 'netloom approve shows what waits, and its hash of 16 digits',
    });
  const asked = waiting.find(each => each.hash === hash);
  if (asked === undefined && options.ahead !== true) {
    const waits = waiting.length === 0 ? 'nothing waits for approval here' : `what waits for approval here is ${waiting.map(each => each.hash).join(', ')}`;
    throw new CommandError(`${waits}, not ${hash}`, { hint: 'netloom approve shows what waits; --ahead approves what no pass has asked for yet' });
  }
  const word = whoAndWhen();
  await saveApproval(config.stateDir, { hash, ...word });
  await note(config, asked?.about === 'upgrade' ? 'approve upgrade' : 'approve deletions', `${hash} by ${word.by}${asked ? `: ${asked.why}` : ', ahead'}`);
  print(`${asked ? `${asked.why}: approved` : `Approved ahead: ${hash}`} on ${config.node}, once. The next pass does it: netloom reconcile`);
  return EXIT.fine;
}

function show({ node }: NodeConfig, waiting: readonly Asked[]): ExitCode {
  if (waiting.length === 0) print(`Nothing waits for approval on ${node}.`);
  for (const { about, why, revision, deletions, hash } of waiting) {
    const title = about === 'upgrade' ? `${why}:` : `${why} by ${revision.slice(0, 10)}:`;
    print([title, ...deletions.map(line => `  ${line}`), `To let ${about === 'upgrade' ? 'it go ahead' : 'them go'}: netloom approve ${hash}`].join('\n'));
  }
  return waiting.length === 0 ? EXIT.fine : EXIT.needsApproval;
}
