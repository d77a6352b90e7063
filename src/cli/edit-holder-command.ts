/** `netloom float`, `defloat`, `route`, `unroute`: addresses of the outside. */
import type { Definitions } from '../edit/draft.ts';
import { defloat, float, route, unroute } from '../edit/holders.ts';
import { canonicalIp } from '../model/ip.ts';
import { carryOut } from './edit-command.ts';
import type { WaitOptions } from './edit-options.ts';
import type { Desk } from './edit-source.ts';
import { viewOf } from './edit-wait.ts';
import type { ExitCode } from './exit.ts';
import { look } from './view-source.ts';

interface Holder extends WaitOptions {
  readonly name?: string;
  readonly pool?: string;
  readonly address?: string;
}

/** A FloatingIP leads to the interface. */
export async function floatCommand(target: string, options: Holder): Promise<ExitCode> {
  const { namespace, name, pool, address, file } = options;
  return carryOut(options, definitions => float(definitions, { namespace, interface: target, name, pool, address, file }));
}

/** None does any more. */
export async function defloatCommand(target: string, options: WaitOptions & { readonly keep?: true }): Promise<ExitCode> {
  return carryOut(options, definitions => defloat(definitions, target, options.namespace, options.keep === true));
}

/** A RoutedIP into the network. */
export async function routeCommand(network: string, options: Holder & { readonly interface: readonly string[] }): Promise<ExitCode> {
  const { namespace, name, pool, address, file } = options;
  return carryOut(options, definitions => route(definitions, { namespace, network, name, pool, address, carriers: options.interface, file }));
}

/** It goes, named by itself or by its address. */
export async function unrouteCommand(ref: string, options: WaitOptions): Promise<ExitCode> {
  const ip = canonicalIp(ref);
  return carryOut(options, async (definitions, desk) =>
    unroute(definitions, ip ?? ref, options.namespace, ip === null ? [] : await holdersOf(ip, definitions, options, desk)),
  );
}

// An address that no definition pins was allocated: the status branch knows to whom.
async function holdersOf(ip: string, { catalog }: Definitions, options: WaitOptions, { at }: Desk): Promise<readonly string[]> {
  if ([...catalog.routedIPs.values()].some(({ spec }) => spec.address === ip)) return [];
  const { ledger } = await look(await viewOf(options, at));
  return Object.values(ledger.pools ?? {}).flatMap(({ routed }) => Object.entries(routed).flatMap(([key, { address }]) => (address === ip ? [key] : [])));
}
