/** `netloom join`: a machine becomes a node. Everything that could stand against it is told before anything is written. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { holdSignals } from '../host/interruption.ts';
import { nodeNameHere } from '../host/underlay.ts';
import { awaitPeers } from '../join/await-peers.ts';
import { type Check, type Found, isRefused } from '../join/checks.ts';
import type { Credential } from '../join/configuration.ts';
import { authNow, credentialOf } from '../join/credential.ts';
import { checksText, isTold, type Joined, joinedEvent, joinedJson, joinedText, roleOf } from '../join/joined.ts';
import { type Look, lookAt } from '../join/look.ts';
import { withScratch } from '../join/scratch.ts';
import { survey } from '../join/survey.ts';
import type { NodeConfig } from '../model/node-config.ts';
import { noteEvent } from '../pass/control.ts';
import { parseAddress } from '../repo/address.ts';
import { ask, askSecret, isAnybodyThere } from './ask.ts';
import { loadConfig } from './config.ts';
import { formatDiagnostics } from './diagnostics.ts';
import { durationOption } from './duration-option.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { onePass, untilMerged } from './first-pass.ts';
import { settleDefinition } from './join-definition.ts';
import { addressOf, type JoinOptions, mtuOf, nodesOwn, pushesOf } from './join-options.ts';
import { checkCredential, handCredential, startPasses, writeConfiguration } from './join-setup.ts';
import { refusalExit } from './refusal-exit.ts';
import { columns, print, say } from './terminal.ts';

/** Exit 0 joined, or left to the timer until the Node is merged; 1 refused; 3 definitions invalid; 75 when the remote or a peer does not answer. */
export async function joinCommand(url: string, options: JoinOptions): Promise<ExitCode> {
  checkCredential(options);
  const timeoutMs = durationOption('--timeout', options.timeout);
  const waitMs = options.wait === undefined ? 0 : durationOption('--wait', options.wait);
  const machine = { url: parseAddress(url).url, node: await nameOf(options), address: addressOf(options.address), mtu: mtuOf(options.mtu) };
  // What is typed wrong is told before anything is asked.
  pushesOf(options.pushesPerMinute);
  const was = existsSync(options.config) ? loadConfig(options.config) : null;
  const same = was !== null && was.node === machine.node && was.repo.url === machine.url && options.force !== true;
  const runtimeDir = same ? was.runtimeDir : options.runtimeDir;
  return withScratch(runtimeDir, async scratch => {
    const credential = await credentialOf(nodesOwn(options, await typedToken(options, same, machine.url)));
    const sides = await sidesOf(machine.url, options, same ? was : null, credential, scratch);
    const look = await lookAt(sides, scratch);
    const stateDir = same ? was.stateDir : options.stateDir;
    const asked = { ...machine, look, stateDir, configPath: options.config, was: was === null ? null : { node: was.node, url: was.repo.url } };
    const { checks, found, catalog } = await survey(asked);
    const tell = options.output === 'json' ? say : print;
    tell(checksText(checks));
    if (look.pulled.refusal !== null && look.pulled.refusal.diagnostics.length > 0) say(formatDiagnostics(look.pulled.refusal.diagnostics));
    if (isRefused(checks, options.force === true) || found === null || catalog === null) throw refusal(checks, look);
    const news = { ...machine, found, catalog, files: look.pulled.good?.files ?? [], credential, scratch, sides };
    const written = await writeConfiguration({ ...news, options, was: same ? was : null });
    for (const path of written) tell(`wrote ${path}`);
    const config = loadConfig(options.config);
    handCredential(options.config, config.repo.auth);
    const definition = await settleDefinition(config, options, news, tell);
    const unit = await startPasses(config, options, tell);
    const begun = { node: machine.node, underlay: found, checks, configuration: { file: options.config, written }, definition, unit };
    return bring(config, options, { begun, look, waitMs, timeoutMs, tell });
  });
}

async function nameOf({ node }: JoinOptions): Promise<string> {
  if (node !== undefined) return node;
  return isAnybodyThere() ? ask('name of this node', nodeNameHere()) : nodeNameHere();
}

// A machine that is joined already keeps the secret that it has.
async function typedToken(options: JoinOptions, same: boolean, url: string): Promise<string | undefined> {
  const isGiven = options.tokenFile !== undefined || options.sshKey !== undefined || options.knownHosts !== undefined;
  if (isGiven || same || !isAnybodyThere() || !url.startsWith('http')) return undefined;
  return askSecret('token of this node, which reads definitions and writes status (none: the server asks for none; it is not shown)');
}

async function sidesOf(
  url: string,
  options: JoinOptions,
  was: NodeConfig | null,
  credential: Credential | null,
  scratch: string,
): Promise<Pick<NodeConfig, 'repo' | 'status'>> {
  const kept = was?.repo.auth;
  handCredential(options.config, kept);
  const auth = credential === null ? kept : await authNow(join(scratch, 'node'), credential);
  if (was !== null) return { repo: { ...was.repo, ...(auth === undefined ? {} : { auth }) }, status: was.status };
  const status = { url: '', branch: 'netloom-status', pushesPerMinute: 6, archiveAfter: 50_000 };
  return { repo: { url, branch: options.branch, path: options.path, ...(auth === undefined ? {} : { auth }) }, status };
}

function refusal(checks: readonly Check[], { pulled }: Look): CommandError {
  const failed = checks.filter(({ state }) => state === 'failed').map(({ name }) => name);
  const isTheirs = failed.length === 1 && (failed[0] === 'definitions' || failed[0] === 'remote');
  return new CommandError(`this machine cannot join: ${failed.join(', ')}; nothing was written`, {
    exitCode: isTheirs && pulled.refusal !== null ? refusalExit(pulled.refusal) : EXIT.error,
    hint: 'above stands what to do about each',
  });
}

interface Begun {
  readonly begun: Omit<Joined, 'role' | 'revision' | 'peers'> & { readonly underlay: Found };
  readonly look: Look;
  readonly waitMs: number;
  readonly timeoutMs: number;
  readonly tell: (text: string) => void;
}

async function bring(config: NodeConfig, options: JoinOptions, args: Begun): Promise<ExitCode> {
  const signals = holdSignals();
  try {
    const isMerged = await untilMerged(args.look.remote, config.node, args.waitMs, signals.stop);
    return isMerged ? await bringUp(config, options, args, signals.stop) : leaveToTimer(config, options, args);
  } finally {
    signals.release();
  }
}

function leaveToTimer({ node }: NodeConfig, options: JoinOptions, { begun, waitMs }: Begun): ExitCode {
  tellJoined({ ...begun, role: roleOf(undefined, options.gateway), revision: '', peers: [] }, options);
  const who = begun.unit === '' ? 'the next pass (netloom reconcile)' : begun.unit;
  say(`Node ${node} is not merged yet: ${who} takes it up when it is; netloom status, and netloom join again, tell how it went`);
  return waitMs > 0 ? EXIT.tryAgain : EXIT.fine;
}

/** The first pass, and the peers; told here and as an event. */
async function bringUp(config: NodeConfig, options: JoinOptions, { begun, look, timeoutMs, tell }: Begun, stop: AbortSignal): Promise<ExitCode> {
  const { result, exitCode, text } = await onePass(config, stop);
  tell(`first pass: ${text}`);
  const { node, pulled } = result;
  if (exitCode !== EXIT.fine) return exitCode;
  if (pulled.catalog === null || node === null) return EXIT.error;
  const peers = await awaitPeers({ remote: look.remote, catalog: pulled.catalog, self: node, timeoutMs, stop });
  const definition = { ...begun.definition, state: 'merged' as const };
  const joined: Joined = { ...begun, definition, role: roleOf(node), revision: pulled.good?.revision ?? '', peers };
  const event = joinedEvent(joined, new Date().toISOString());
  if (!isTold(event, look.said.events)) {
    await noteEvent(config.stateDir, event);
    await onePass(config, stop);
  }
  tellJoined(joined, options);
  const waiting = peers.filter(({ state }) => state !== 'ready');
  if (waiting.length === 0) return EXIT.fine;
  say(`not ready yet: ${waiting.map(peer => peer.node).join(', ')}; this node goes on by itself, and netloom join again looks anew`);
  return EXIT.tryAgain;
}

function tellJoined(joined: Joined, { output }: JoinOptions): void {
  print(output === 'json' ? JSON.stringify(joinedJson(joined), null, 2) : joinedText(joined, columns()));
}
