/** `netloom wait`: until an object is created on every node where it belongs, or gone from every node. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Seen } from '../pass/view.ts';
import type { RefKind } from '../report/resolve-ref.ts';
import { floatingState, interfaceState, networkState, type ObjectState, poolState, routedState, type View } from '../report/state.ts';
import { durationOption } from './duration-option.ts';
import { CommandError, EXIT, type ExitCode, explain } from './exit.ts';
import { say } from './terminal.ts';
import { keyOf, kindOf, look, type ViewOptions } from './view-source.ts';

const LOOK_MS = 500;

type Awaited = Exclude<RefKind, 'Node' | 'Namespace'>;

const STATES: Readonly<Record<Awaited, (key: string, view: View) => ObjectState | null>> = {
  Network: networkState,
  Interface: interfaceState,
  AddressPool: poolState,
  FloatingIP: floatingState,
  RoutedIP: routedState,
};

interface Options extends ViewOptions {
  readonly for: 'created' | 'ready' | 'deleted';
  readonly timeout: string;
}

/** Exit 0, or 1 with the reason of every node that is missing. */
export async function waitCommand(word: string, ref: string, options: Options): Promise<ExitCode> {
  const kind = kindOf(word);
  if (kind === 'Node' || kind === 'Namespace') {
    throw new CommandError(`a ${kind} has no state to wait for`, { hint: 'wait for a network, an interface, a pool, a floatingip or a routedip' });
  }
  const until = performance.now() + durationOption('--timeout', options.timeout);
  for (;;) {
    const state = await stateUnlessAway(kind, ref, options, until);
    if (state !== 'away' && isReached(state, options.for)) return EXIT.fine;
    if (state !== 'away' && performance.now() >= until)
      throw new CommandError(`${kind} ${ref} is not ${options.for} after ${options.timeout}\n${reasonsOf(state)}`, {
        hint: `netloom describe ${kind.toLowerCase()} ${ref}`,
      });
    if (process.stderr.isTTY === true) say(`${kind} ${ref}: ${state === 'away' ? 'the remote does not answer' : (state?.state ?? 'not defined')}`);
    await sleep(LOOK_MS);
  }
}

// A remote that is away for a while may be back in time.
async function stateUnlessAway(kind: Awaited, ref: string, options: Options, until: number): Promise<ObjectState | null | 'away'> {
  try {
    return await stateOf(kind, ref, options);
  } catch (error) {
    if (explain(error).exitCode !== EXIT.tryAgain || performance.now() >= until) throw error;
    return 'away';
  }
}

// An object that nobody knows is what "deleted" waits for, and what "created" cannot see yet.
async function stateOf(kind: Awaited, ref: string, options: Options): Promise<ObjectState | null> {
  const seen = await look(options);
  const key = keyIfKnown(kind, ref, options, seen);
  if (key === null) return null;
  const state = STATES[kind](key, seen);
  await seen.keep();
  return state;
}

function keyIfKnown(kind: Awaited, ref: string, options: Options, seen: Seen): string | null {
  try {
    // What is waited for may not be there yet, and something that begins like it may.
    return keyOf(ref, kind, options, seen, { exact: true });
  } catch (error) {
    // Several are a mistake now and later; none may come.
    if (error instanceof CommandError && error.hint?.startsWith('candidates: ') !== true) return null;
    throw error;
  }
}

function isReached(state: ObjectState | null, goal: Options['for']): boolean {
  if (goal === 'deleted') return state === null || state.state === 'deleted';
  return state?.state === 'created';
}

function reasonsOf(state: ObjectState | null): string {
  if (state === null) return '  it is neither defined nor in the ledger';
  const line = (who: string, { reason, message }: { readonly reason: string; readonly message: string }): string =>
    `  ${[who, reason, message].filter(part => part !== '').join(': ')}`;
  const nodes = state.nodes.filter(stand => stand.state !== 'created').map(stand => line(stand.node, stand));
  return nodes.length > 0 ? nodes.join('\n') : line(state.state, state);
}
