/** `netloom capture WHAT`: tcpdump in the right place, here or by ssh on a node that has it. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { captureWords, cardWithAddress, portIndexes, portWithMac, startCapture } from '../host/capture.ts';
import { namespacesNow } from '../host/namespace.ts';
import type { LongChild } from '../host/spawn-long.ts';
import { shellText } from '../model/shell.ts';
import { knownHere } from '../pass/known.ts';
import type { Seen } from '../pass/view.ts';
import { refIndex, resolveRef } from '../report/resolve-ref.ts';
import { type CapturePlace, capturePlace, filterOf, type On, portsFilter } from '../trace/capture-place.ts';
import { conversation, type Manner } from './conversation.ts';
import { CommandError, EXIT, type ExitCode } from './exit.ts';
import { nodeOfDestination, sshTo } from './over-ssh.ts';
import { say } from './terminal.ts';
import { hereIn, look, type ViewOptions } from './view-source.ts';

type Options = ViewOptions & {
  readonly on: On;
  readonly kind?: CaptureKind;
  readonly write?: string;
  readonly count?: string;
  readonly ssh?: string;
  readonly stopAtEof?: true;
};

const KINDS = ['Interface', 'Network', 'FloatingIP'] as const;
type CaptureKind = (typeof KINDS)[number];

type Known = Pick<Seen, 'catalog' | 'ledger'>;

/** Exit 0 when tcpdump ended well, also by Ctrl-C. */
export async function captureCommand(ref: string, words: readonly string[], options: Options): Promise<ExitCode> {
  const count = countOf(options.count);
  const here = hereIn(options);
  const known = (here === null ? null : await knownHere(here.stateDir)) ?? (await look(options));
  const { kind, key } = objectOf(ref, options, known);
  const place = capturePlace(kind, key, options.on, known);
  if ('why' in place) throw new CommandError(place.why, { hint: place.hint });
  const checked = filterFor(place.only, words);
  const line = (file: string | undefined, ...more: readonly string[]): readonly string[] => wordsFor(kind, key, { ...options, file }, [...more], words);
  if (options.ssh !== undefined) {
    const there = line(options.write === undefined ? undefined : '-', '--stop-at-eof');
    return overSsh(destinationOf(options.ssh, place, known), there, options);
  }
  if (here === null || !place.nodes.includes(here.node)) throw elsewhere(place, here?.node, line(options.write));
  const { netns } = place;
  if (netns !== '' && !namespacesNow().includes(netns)) {
    throw new CommandError(`the namespace of ${place.what} is not on ${here.node} yet`, { hint: `netloom describe ${kind.toLowerCase()} ${key} says why` });
  }
  const { device, only } = deviceIn(place, here.node);
  const filter = only === '' ? checked : filterFor(only, words);
  const args = { netns, device, filter, count, isFile: options.write !== undefined };
  const sink = openSink(options.write);
  say(`${here.node}: ${place.what}: ${netns === '' ? '' : `ip netns exec ${netns} `}tcpdump ${shellText(captureWords(args))}`);
  const child = startCapture(args);
  return collect(child, sink, { interrupt: () => child.interrupt(), ...(options.stopAtEof ? { until: process.stdin } : {}) });
}

function countOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const n = Number(text);
  if (Number.isInteger(n) && n >= 1 && n <= 1_000_000_000) return n;
  throw new CommandError(`--count ${text} is not a number from 1 to 1000000000`, { hint: '-c 100' });
}

// An interface is meant before the network that has its address, and both before what leads there.
function objectOf(ref: string, { namespace, allNamespaces, kind }: Options, known: Known): { readonly kind: CaptureKind; readonly key: string } {
  const index = refIndex(known);
  const asked = kind === undefined ? KINDS : [kind];
  const tried = asked.map(each => ({ kind: each, found: resolveRef(ref, each, allNamespaces ? null : namespace, index) }));
  const found = tried.flatMap(each => ('key' in each.found ? [{ kind: each.kind, key: each.found.key }] : []));
  const named = found.filter(({ key }) => key === ref || key.endsWith(`/${ref}`));
  if (named.length > 1) {
    throw new CommandError(`${ref} is ${named.map(each => `${each.kind} ${each.key}`).join(' and ')}`, {
      hint: `--kind ${named.map(each => each.kind).join(', or --kind ')}`,
    });
  }
  const [first] = named.length === 1 ? named : found;
  if (first !== undefined) return first;
  const candidates = tried.flatMap(each => ('candidates' in each.found ? each.found.candidates.map(key => `${each.kind} ${key}`) : []));
  const hint =
    candidates.length === 0
      ? 'netloom get networks -A, get interfaces -A and get floatingips -A list them'
      : `candidates: ${candidates.slice(0, 10).join(', ')}`;
  throw new CommandError(`there is no network, interface or floating address ${ref}${allNamespaces ? '' : ` in namespace ${namespace}`}`, { hint });
}

function filterFor(only: string, words: readonly string[]): string {
  const found = filterOf(only, words);
  if ('filter' in found) return found.filter;
  throw new CommandError(found.why, { hint: 'words of pcap-filter(7): tcp port 80, host 10.0.0.9' });
}

/** What tcpdump listens at here, and what of that belongs to the place. */
function deviceIn({ device, what }: CapturePlace, node: string): { readonly device: string; readonly only: string } {
  const missing = (sought: string): CommandError =>
    new CommandError(`${what} is not on ${node} now: there is no ${sought}`, { hint: 'netloom plan says what is missing on this node' });
  if ('name' in device) return { device: device.name, only: '' };
  if ('portsOf' in device) {
    const ports = portIndexes(device.portsOf);
    if (ports.length === 0) throw missing(`port of ${device.portsOf}`);
    return { device: 'any', only: portsFilter(ports) };
  }
  const found = 'bridge' in device ? portWithMac(device.bridge, device.mac) : cardWithAddress(device.address[node] ?? '');
  if (found !== null) return { device: found, only: '' };
  throw missing('bridge' in device ? `port of ${device.bridge} with the MAC ${device.mac}` : `card with the address ${device.address[node]}`);
}

type Asked = Pick<Options, 'on' | 'count'> & { readonly file: string | undefined };

function wordsFor(kind: CaptureKind, key: string, { on, count, file }: Asked, more: readonly string[], words: readonly string[]): readonly string[] {
  const [namespace = '', name = ''] = key.split('/');
  const where = kind === 'Network' && on !== 'bridge' ? ['--on', on] : [];
  const rest = [...where, ...(count === undefined ? [] : ['-c', count]), ...(file === undefined ? [] : ['-w', file]), ...more];
  return ['netloom', 'capture', '-n', namespace, '--kind', kind, ...rest, name, ...(words.length === 0 ? [] : ['--', ...words])];
}

function elsewhere({ what, nodes }: CapturePlace, here: string | undefined, line: readonly string[]): CommandError {
  const [first = ''] = nodes;
  if (nodes.length === 0) return new CommandError(`no node has ${what} now`, { hint: 'netloom status says what is not Ready, and why' });
  return new CommandError(`${here ?? 'this machine'} does not have ${what}: ${nodes.join(' and ')} ${nodes.length === 1 ? 'does' : 'do'}`, {
    hint: `run on ${first}: ${shellText(line)}\n  or here, with --ssh ${first}`,
  });
}

function destinationOf(text: string, { what, nodes }: CapturePlace, { catalog }: Known): string {
  const hint = nodes.length === 0 ? 'netloom status says what is not Ready, and why' : `--ssh ${nodes.join(', or --ssh ')}`;
  const name = nodeOfDestination(text, hint);
  if (catalog.nodes.has(name) && !nodes.includes(name)) throw new CommandError(`${name} does not have ${what}`, { hint });
  return text;
}

// The end of our stdin is what tells the other side that Ctrl-C was pressed here.
async function overSsh(destination: string, line: readonly string[], options: Options): Promise<ExitCode> {
  const sink = openSink(options.write);
  const child = sshTo(destination, shellText(line));
  return collect(child, sink, { interrupt: () => child.stdin.end() });
}

interface Sink {
  take(chunk: Uint8Array): void;
  close(): void;
}

// Before anything runs: what cannot be written is told at once.
function openSink(file: string | undefined): Sink {
  if (file === undefined || file === '-') {
    if (file === '-' && process.stdout.isTTY === true) {
      throw new CommandError('packets are no text for a terminal', { hint: 'netloom capture WHAT -w - | wireshark -k -i -' });
    }
    return { take: chunk => process.stdout.write(chunk), close: () => undefined };
  }
  const fd = opened(file);
  const take = (chunk: Uint8Array): void => {
    for (let at = 0; at < chunk.length; ) at += writeSync(fd, chunk, at);
  };
  return { take, close: () => closeSync(fd) };
}

function opened(file: string): number {
  try {
    return openSync(file, 'w', 0o600);
  } catch (error) {
    throw new CommandError(`${file} cannot be written: ${error instanceof Error ? error.message : error}`, { hint: 'name another file with -w' });
  }
}

/** Everything that a child says goes where it belongs, stderr as it comes; its end is ours. */
async function collect(child: LongChild, sink: Sink, manner: Pick<Manner, 'interrupt' | 'until'>): Promise<ExitCode> {
  let told = '';
  const tell = (): void => {
    const all = child.stderr();
    process.stderr.write(all.startsWith(told) ? all.slice(told.length) : all);
    told = all;
  };
  const timer = setInterval(tell, TELL_MS);
  await conversation(child, { ...manner, take: sink.take });
  clearInterval(timer);
  tell();
  sink.close();
  const { exitCode, signal } = await child.ended;
  if (exitCode === 0) return EXIT.fine;
  throw new CommandError(`${child.command.split(' ')[0]} ended with ${exitCode ?? signal}`, {
    hint: 'what it said stands above; capturing takes root on the node',
  });
}

const TELL_MS = 100;
