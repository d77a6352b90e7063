/** Listens to everything that the kernel announces: `ip monitor`, `bridge monitor`, `nft monitor`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type LongChild, spawnLong } from '../../../src/host/spawn-long.ts';
import { GUESTS, paste } from './node.ts';

export interface Ears {
  /** Lines that each one heard since `forget`, by the command that heard them. */
  heard(): Readonly<Record<string, readonly string[]>>;
  forget(): void;
  /** Waits until nobody has heard anything for a while. */
  quiet(): Promise<void>;
  stop(): Promise<void>;
}

const COMMANDS: readonly (readonly [string, ...string[]])[] = [
  ['ip', 'monitor', 'all'],
  ['bridge', 'monitor', 'all'],
  ['nft', 'monitor'],
  ...GUESTS.map(name => ['ip', '-n', name, 'monitor', 'all'] as const),
];

const QUIET_MS = 1200;

/** Starts listening, and returns when all of them are known to hear. */
export async function listen(): Promise<Ears> {
  const texts = COMMANDS.map(() => '');
  const children: readonly LongChild[] = COMMANDS.map(([tool, ...args], nth) => {
    const child = spawnLong(tool, args);
    child.stdout.on('data', (chunk: Uint8Array) => {
      texts[nth] += Buffer.from(chunk).toString();
    });
    return child;
  });
  const ears: Ears = {
    heard: () => Object.fromEntries(COMMANDS.map((command, nth) => [command.join(' '), (texts[nth] ?? '').split('\n').filter(line => line.trim() !== '')])),
    forget: () => texts.fill(''),
    quiet: () => untilQuiet(texts),
    stop: async () => {
      await Promise.all(children.map(child => child.stop()));
    },
  };
  for (let tries = 0; texts.some(text => text === ''); tries++) {
    if (tries > 100) throw new Error(`not all of them hear: ${JSON.stringify(ears.heard())}`);
    await makeNoise();
    await sleep(100);
  }
  return ears;
}

/** A change that every one of them must announce; nothing of it stays. */
export async function makeNoise(): Promise<void> {
  await paste(`
ip link add name noise0 type bridge
ip link set dev noise0 up
bridge fdb add 02:00:00:00:00:01 dev noise0 self local
ip link del dev noise0
nft add table inet noise
nft delete table inet noise
${GUESTS.map(name => `ip -n ${name} link add name noise0 type bridge\nip -n ${name} link del dev noise0`).join('\n')}`);
}

async function untilQuiet(texts: readonly string[]): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    const before = texts.join('\n').length;
    await sleep(QUIET_MS);
    if (texts.join('\n').length === before) return;
  }
  throw new Error('the kernel does not come to rest');
}
