/** What a machine says of itself before it is a node: its name, its cards, and how it reaches others. Needs no rights. */
import { hostname } from 'node:os';
import { parseIp } from '../model/ip.ts';
import { arraysOf } from './corrections.ts';
import { HostError } from './errors.ts';
import { run } from './exec.ts';

/** How packets leave for the other nodes. */
export interface Underlay {
  readonly device: string;
  /** Without prefix length. */
  readonly address: string;
  readonly mtu: number;
}

/** A link of the machine. */
export interface Card {
  readonly ifname: string;
  readonly mtu: number;
  readonly isUp: boolean;
  /** '' for one that has none. */
  readonly mac: string;
  /** Without prefix length; none of the link's own (fe80::). */
  readonly addresses: readonly string[];
}

/** The machine's name as the name of a Node: its first label, in lower case; `node` where nothing is left of it. */
export function nodeNameHere(): string {
  return labelOf(hostname().split('.')[0] ?? '') || 'node';
}

/** A DNS label (RFC 1123) made of a text; '' when it has no letter and no digit. */
export function labelOf(text: string): string {
  const words = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .slice(0, 64);
  return words.replace(/^-/, '').slice(0, 63).replace(/-$/, '');
}

interface LinkJson {
  readonly ifname?: string;
  readonly mtu?: number;
  readonly flags?: readonly string[];
  readonly address?: string;
  readonly addr_info?: readonly { readonly local?: string; readonly scope?: string }[];
}

/** Every link with its addresses. Throws HostError. */
export async function cardsHere(): Promise<readonly Card[]> {
  const { stdout } = await run('ip', ['-j', 'addr', 'show'], { okCodes: [0] });
  return (arraysOf(stdout).flat() as readonly LinkJson[]).flatMap(({ ifname, mtu, flags = [], address = '', addr_info: info = [] }) => {
    if (ifname === undefined || mtu === undefined) return [];
    const addresses = info.flatMap(({ local, scope }) => (local === undefined || scope === 'link' || scope === 'host' ? [] : [local]));
    return [{ ifname, mtu, isUp: flags.includes('UP') && flags.includes('LOWER_UP'), mac: address, addresses }];
  });
}

interface RouteJson {
  readonly dst?: string;
  readonly dev?: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly type?: string;
}

/**
 * The device and address by which this machine reaches another one; without `to` those of its default route. Throws HostError
 * `no-entry` where there is no such way, `invalid` for an address that is no other machine's.
 */
export async function underlayTo(to: string | null, cards: readonly Card[]): Promise<Underlay> {
  const route = to === null ? await defaultRoute() : await routeTo(to);
  const card = cards.find(({ ifname }) => ifname === route.dev);
  if (card === undefined) throw new HostError('no-device', `the way to ${to ?? 'the default route'} has no device here`);
  const family = (ip: string): string => (ip.includes(':') ? '6' : '4');
  const address = route.prefsrc ?? card.addresses.find(ip => to === null || family(ip) === family(to));
  if (address === undefined) throw new HostError('no-entry', `${card.ifname}, which leads to ${to ?? 'the default route'}, has no address: give it one`);
  return { device: card.ifname, address, mtu: card.mtu };
}

/** The device of the default route; null where there is none. */
export async function defaultDevice(): Promise<string | null> {
  return (await defaultRoutes())[0]?.dev ?? null;
}

async function routeTo(to: string): Promise<RouteJson> {
  if (parseIp(to) === null) throw new HostError('invalid', `${to} is no address: name that of another node on the wire between them`);
  const { stdout, stderr, exitCode } = await run('ip', ['-j', 'route', 'get', to]);
  const [route] = exitCode === 0 ? (arraysOf(stdout).flat() as readonly RouteJson[]) : [];
  if (route?.dev === undefined)
    throw new HostError('no-entry', `this machine has no way to ${to} (${lastLine(stderr)}): give it an address on that wire first`);
  if (route.type === 'local' || route.dev === 'lo') throw new HostError('invalid', `${to} is this machine's own address: name that of another node`);
  return route;
}

async function defaultRoute(): Promise<RouteJson> {
  const [route] = await defaultRoutes();
  if (route !== undefined) return route;
  throw new HostError('no-entry', 'this machine has no default route by which the others could be found: name the address of another node with --to');
}

async function defaultRoutes(): Promise<readonly RouteJson[]> {
  const both = await Promise.all(['-4', '-6'].map(family => run('ip', ['-j', family, 'route', 'show', 'default'], { okCodes: [0] })));
  const rows = both.map(({ stdout }) => (arraysOf(stdout).flat() as readonly RouteJson[]).filter(({ dev }) => dev !== undefined));
  return rows.flatMap(some => [...some].sort((a, b) => (a.metric ?? 0) - (b.metric ?? 0)));
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) || 'ip says nothing more';
}
