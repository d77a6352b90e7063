/** What booted machines are plugged into: a bridge in the test's own network namespace, where the test has an address too. */
import { createHash, randomBytes } from 'node:crypto';
import { run } from '../../src/host/exec.ts';

export interface Wire {
  /** The test's own address on it, without prefix length. */
  readonly address: string;
  /** The bridge, in the test's network namespace. */
  readonly bridge: string;
  /** Takes it away; cards that are still on it lose their link. */
  remove(): Promise<void>;
}

/** A network card of a machine: `eth0` is the first, `eth1` the second. */
export interface Card {
  readonly wire: Wire;
  /** What the machine's own network configuration gives it at each boot, as `10.2.1.11/24`; none: the card is up, and that is all. */
  readonly address?: string;
  /** The machine's default route. */
  readonly gateway?: string;
}

/** Makes one; `address` with its prefix length, as `10.2.1.254/24`. Call it in a private lab only. */
export async function makeWire(address: string): Promise<Wire> {
  const bridge = `wire-${randomBytes(3).toString('hex')}`;
  await ip(`link add name ${bridge} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`);
  await ip(`addr add ${address} dev ${bridge}`);
  await ip(`link set dev ${bridge} up`);
  return { address: address.replace(/\/.*/, ''), bridge, remove: () => ip(`link del dev ${bridge}`) };
}

/** Puts the cards into the network namespace of a process, with the MACs that the machine `name` always has. */
export async function plugIn(pid: number, name: string, cards: readonly Card[]): Promise<void> {
  for (const [nth, { wire }] of cards.entries()) {
    const mac = `52:54:00:${createHash('sha256').update(`${name}/${nth}`).digest('hex').slice(0, 6).replace(/..\B/g, '$&:')}`;
    const port = `port-${randomBytes(3).toString('hex')}`;
    await ip(`link add name ${port} master ${wire.bridge} type veth peer name eth${nth} address ${mac} netns ${pid}`);
    await ip(`link set dev ${port} up`);
  }
}

/** A unit that stands for the distribution's network: what configures the cards, and what network-online.target waits for. */
export function networkUnit(cards: readonly Card[]): string {
  const commands = cards.flatMap(({ address, gateway }, nth) => [
    `link set dev eth${nth} up`,
    ...(address === undefined ? [] : [`addr add ${address} dev eth${nth}${address.includes(':') ? ' nodad' : ''}`]),
    ...(gateway === undefined ? [] : [`route add default via ${gateway} dev eth${nth}`]),
  ]);
  return `[Unit]
Description=The machine's own network
DefaultDependencies=no
After=systemd-sysusers.service
Wants=network.target
Before=network.target network-online.target shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
${['link set dev lo up', ...commands].map(words => `ExecStart=/usr/sbin/ip ${words}\n`).join('')}`;
}

async function ip(words: string): Promise<void> {
  await run('ip', words.split(' '), { okCodes: [0] });
}
