/** Whether what a revision brings onto this node hides from it the servers that it needs: told at every look, before anything is changed. */
import { lookup } from 'node:dns/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { ipFamily } from '../model/ip.ts';
import type { Catalog } from '../objects/object.ts';
import { type Shadow, shadowOf, shadowsOn } from '../objects/shadows.ts';

/** A name that is not looked up in this time is not told of. */
const PATIENCE_MS = 2_000;

/** A sentence for each server that would be out of reach. @param hosts  names and addresses of git servers. @param find  the addresses of one */
export async function shadowRemarks(hosts: readonly string[], catalog: Catalog, name: string, find = addressesOf): Promise<readonly string[]> {
  const node = catalog.nodes.get(name);
  const shadows = node === undefined ? [] : shadowsOn(node, catalog);
  if (shadows.length === 0) return [];
  const told = hosts.map(async host => (await find(host)).flatMap(address => sentence(host, address, shadowOf(address, shadows))));
  return (await Promise.all(told)).flat();
}

function sentence(host: string, address: string, shadow: Shadow | undefined): readonly string[] {
  if (shadow === undefined) return [];
  const { definition, cidr } = shadow;
  const server = host === address ? address : `${host} (${address})`;
  return [`${definition} brings ${cidr} onto this node, and the git server ${server} lies in it: the node would look for it there; choose a prefix without it`];
}

async function addressesOf(host: string): Promise<readonly string[]> {
  if (ipFamily(host) !== null) return [host];
  const found = lookup(host, { all: true }).then(
    all => all.map(({ address }) => address),
    () => [],
  );
  return Promise.race([found, sleep(PATIENCE_MS, [], { ref: false })]);
}
