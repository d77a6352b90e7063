/** `netloom ping`: asks an address of a network from inside it, on a node that carries the network's router. */

import { namespacesNow } from '../host/namespace.ts';
import { startPing } from '../host/ping.ts';
import type { LongChild } from '../host/spawn-long.ts';
import { shellText } from '../model/shell.ts';
import { knownHere } from '../pass/known.ts';
import { pingRecord, pingStatistics } from '../report/ping.ts';
import { conversation, type Manner } from './conversation.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { sshTo } from './over-ssh.ts';
import { elsewhere, type PingOptions, type PingTarget, pingNumbers, pingTarget, pingWords, sshDestination } from './ping-target.ts';
import { print, say } from './terminal.ts';
import { hereIn, keyOf, look, type ViewOptions } from './view-source.ts';

type Options = ViewOptions & PingOptions & { readonly stopAtEof?: true };

/** Exit 0 when something answered, 1 when nothing did. */
export async function pingCommand(ref: string, address: string, options: Options): Promise<ExitCode> {
  const numbers = pingNumbers(options);
  const here = hereIn(options);
  const known = (here === null ? null : await knownHere(here.stateDir)) ?? (await look(options));
  const target = pingTarget(keyOf(ref, 'Network', options, known), address, known);
  if (options.ssh !== undefined) return overSsh(sshDestination(options.ssh, target, known.catalog), target, options);
  if (here === null || !target.nodes.includes(here.node)) throw elsewhere(target, options);
  if (!namespacesNow().includes(target.netns)) {
    throw new CommandError(`the namespace of Network ${target.network} is not on ${here.node} yet`, {
      hint: `netloom describe network ${target.network} says why`,
    });
  }
  const isJson = options.output === 'json';
  const child = startPing({ netns: target.netns, address: target.address, ...numbers });
  const stdout = await listen(child, !isJson, { interrupt: () => child.interrupt(), ...(options.stopAtEof ? { until: process.stdin } : {}) });
  if (isJson) print(JSON.stringify(pingRecord({ network: target.network, address: target.address, node: here.node }, stdout, child.stderr()), null, 2));
  else say(child.stderr());
  return (pingStatistics(stdout)?.received ?? 0) > 0 ? EXIT.fine : EXIT.error;
}

// The end of our stdin is what tells the other side that Ctrl-C was pressed here: without a terminal ssh passes on no signals.
async function overSsh(destination: string, target: PingTarget, options: Options): Promise<ExitCode> {
  const line = shellText([...pingWords(target, options), '--stop-at-eof']);
  const child = sshTo(destination, line);
  await listen(child, true, { interrupt: () => child.stdin.end() });
  const { exitCode } = await child.ended;
  if (exitCode === 255 || exitCode === null)
    throw new CommandError(`ssh to ${destination} failed: ${child.stderr().trim() || 'no reason given'}`, { hint: `try ssh ${destination} true` });
  say(child.stderr());
  return exitCode === 0 ? EXIT.fine : EXIT.error;
}

/** Everything that a child says on stdout, shown as it comes where it is for people. */
async function listen(child: LongChild, isShown: boolean, manner: Pick<Manner, 'interrupt' | 'until'>): Promise<string> {
  let told = '';
  const take = (chunk: Uint8Array): void => {
    told += Buffer.from(chunk).toString();
    if (isShown) process.stdout.write(chunk);
  };
  await conversation(child, { ...manner, take });
  return told;
}
