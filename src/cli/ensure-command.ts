/** `netloom ensure`: what starts a guest calls. It makes what this node lacks, then prints what the guest is to be plugged into. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { NodeConfig } from '../model/node-config.ts';
import { loadSuspension, suspensionText } from '../pass/control.ts';
import { type Plug, plugOf } from '../pass/plug.ts';
import { reconcile } from '../reconcile.ts';
import { loadConfig } from './config.ts';
import { durationOption } from './duration-option.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { print } from './terminal.ts';
import { keyOf } from './view-source.ts';

interface Options {
  readonly config: string;
  readonly namespace: string;
  readonly timeout: string;
  readonly output: 'text' | 'json';
}

const AGAIN_MS = 500;

/** Exit 0 with device, bridge, MAC, mtu and address; 75 while it is not possible. */
export async function ensureCommand(ref: string, options: Options): Promise<ExitCode> {
  const config = loadConfig(options.config);
  const until = performance.now() + durationOption('--timeout', options.timeout);
  let missing = await look(ref, config, options);
  const suspension = 'why' in missing ? await loadSuspension(config.stateDir) : null;
  if ('why' in missing && suspension !== null) {
    throw new CommandError(`${ref} is not there, and this node is suspended ${suspensionText(suspension)}`, {
      exitCode: EXIT.tryAgain,
      hint: 'netloom resume',
    });
  }
  while ('why' in missing) {
    if (performance.now() >= until)
      throw new CommandError(`${ref} is not there yet: ${missing.why}`, { exitCode: EXIT.tryAgain, hint: `netloom describe interface ${ref}` });
    await pass(config);
    missing = await look(ref, config, options);
    if ('why' in missing) await sleep(AGAIN_MS);
  }
  print(options.output === 'json' ? JSON.stringify(missing, null, 2) : text(missing));
  return EXIT.fine;
}

async function look(ref: string, config: NodeConfig, options: Options): Promise<Plug | { readonly why: string }> {
  return plugOf(config, known => keyOf(ref, 'Interface', options, known, { exact: true }));
}

// Another pass that runs right now does the same work: its end is waited for by looking again.
async function pass(config: NodeConfig): Promise<void> {
  try {
    const { stopped } = await reconcile(config, { command: 'netloom ensure' });
    if (stopped !== null) throw new CommandError(`stopped by ${stopped}`, { exitCode: EXIT.tryAgain, hint: 'do it again: what was begun is ended then' });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'locked')) throw error;
  }
}

function text(plug: Plug): string {
  return [
    `device ${plug.device ?? '-'}`,
    ...(plug.netns === undefined ? [] : [`netns ${plug.netns}`]),
    `bridge ${plug.bridge}`,
    `mac ${plug.mac}`,
    `mtu ${plug.mtu}`,
    `address ${plug.address ?? '-'}`,
  ].join('\n');
}
