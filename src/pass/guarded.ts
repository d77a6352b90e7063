/** What is asked before the first change of the kernel: better to refuse whole than to stop in the middle. */
import { join } from 'node:path';
import { HostError } from '../host/errors.ts';
import { featureAdvice } from '../host/features.ts';
import { checkWritable, removeEmptyFolders, removeTorn } from '../host/files.ts';
import { servicesFolder } from '../host/processes.ts';
import { networksFolder } from '../host/read-services.ts';
import type { LinkRow } from '../kinds/rows.ts';
import type { Facts } from '../model/facts.ts';
import type { Catalog, NodeDef } from '../objects/object.ts';
import { loadSuspension, suspensionText } from './control.ts';

/** What a pass may write into its state directory, with room to spare. */
const NEEDED_BYTES = 16 * 1024 * 1024;

/** Throws HostError when somebody suspended this node, the kernel lacks something that netloom needs, or the state directory cannot be written. */
export async function checkBefore(facts: Facts, stateDir: string): Promise<void> {
  const suspension = await loadSuspension(stateDir);
  if (suspension !== null) throw new HostError('suspended', `this node is suspended ${suspensionText(suspension)}; nothing was changed: netloom resume`);
  const [missing] = facts.missing;
  if (missing !== undefined) {
    throw new HostError('unsupported', `this kernel lacks ${facts.missing.join(', ')}; nothing was changed: ${featureAdvice(missing)}`);
  }
  await checkWritable(stateDir, NEEDED_BYTES);
}

/** Takes away what passes that were killed left half written. Under the node's lock. Throws HostError. */
export async function tidyAfterKills(stateDir: string, runtimeDir: string): Promise<void> {
  const folders = [stateDir, join(stateDir, 'good'), join(stateDir, 'cache'), join(stateDir, 'control'), runtimeDir, servicesFolder(runtimeDir)];
  for (const folder of folders) await removeTorn(folder);
  await removeEmptyFolders(networksFolder(runtimeDir));
}

/**
 * Refuses to make one node's networks on the machine of another (a copied configuration): this machine has an underlay
 * address of another Node and not its own. Throws HostError.
 */
export function checkIdentity(node: NodeDef, catalog: Catalog, links: readonly LinkRow[]): void {
  const here = new Set(links.flatMap(link => link.addr_info.map(address => address.local)));
  if (here.has(node.spec.underlay.address)) return;
  const other = [...catalog.nodes.values()].find(each => here.has(each.spec.underlay.address));
  if (other === undefined) return;
  const claim = `this machine has ${other.spec.underlay.address}, the underlay address of Node ${other.name}, but is configured as ${node.name}`;
  throw new HostError('invalid', `${claim}; nothing was changed: correct \`node\` in the configuration, or the addresses in the definitions`);
}
