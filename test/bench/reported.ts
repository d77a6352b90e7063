/** The status branch of a cluster in which every node has done what it should: ledger, reports and events, made without any kernel. */
import { ledgerFiles } from '../../src/allocate/ledger-files.ts';
import type { Facts } from '../../src/model/facts.ts';
import { EMPTY_LEDGER, type Ledger } from '../../src/model/ledger.ts';
import { isMember } from '../../src/objects/mesh.ts';
import type { Catalog, NodeDef } from '../../src/objects/object.ts';
import { decide } from '../../src/pass/decide.ts';
import { wantedDigests } from '../../src/pass/digests.ts';
import { loadFolder } from '../../src/pass/local.ts';
import { appendEvents, type NetEvent } from '../../src/report/events.ts';
import { type NodeReport, type ObjectReport, statusFile } from '../../src/report/node-report.ts';
import { NO_TRAFFIC, usageEvent } from '../../src/report/usage.ts';

const EVENTS_EACH = 500;

/** Path and text of each file, of the definitions in a folder at a commit; `before`: the ledger that was there. */
export async function reportedCluster(dir: string, revision: string, before: Ledger = EMPTY_LEDGER): Promise<ReadonlyMap<string, string>> {
  const { catalog, diagnostics } = await loadFolder(dir, null);
  if (catalog === null) throw new Error(JSON.stringify(diagnostics.slice(0, 3)));
  const now = new Date();
  let { ledger } = decide(catalog, before, now);
  // What hangs on a router is asked for again once there is one.
  for (let round = 0; round < 3; round += 1) ledger = decide(catalog, ledger, now).ledger;
  const wanted = wantedDigests(catalog, ledger, factsOf(catalog));
  const files = new Map(ledgerFiles(ledger));
  for (const node of catalog.nodes.values()) {
    const report = reportOf(node, { catalog, ledger, wanted, revision, heard: now.toISOString() });
    files.set(`nodes/${node.name}.yaml`, statusFile(report));
    files.set(`events/${node.name}.jsonl`, appendEvents('', eventsOf(node, report, catalog, now), EVENTS_EACH, EVENTS_EACH));
  }
  return files;
}

function factsOf(catalog: Catalog): (node: string) => Facts {
  const egress = { eth1: { mtu: 1500, up: true, addresses: ['198.51.100.5'], gateway: '198.51.100.1' } };
  return name => ({
    underlay: { device: 'eth0', mtu: catalog.cluster.spec.underlay.mtu, up: true },
    bridgeNetfilter: false,
    ports: [],
    users: {},
    devices: ['eth0', 'eth1'],
    runtimeFolder: '/run/netloom',
    programs: { dnsmasq: true, conntrack: true },
    missing: [],
    ...(catalog.nodes.get(name)?.spec.gateway === true ? { egress, defaultDevice: 'eth1' } : {}),
  });
}

interface Known {
  readonly catalog: Catalog;
  readonly ledger: Ledger;
  readonly wanted: (node: string, definition: string) => string | undefined;
  readonly revision: string;
  readonly heard: string;
}

function reportOf(node: NodeDef, { catalog, ledger, wanted, revision, heard }: Known): NodeReport {
  const ready = (definition: string): ObjectReport => ({ digest: wanted(node.name, definition) ?? '', state: 'ready' });
  const listed = (kind: string, keys: Iterable<string>): Record<string, ObjectReport> =>
    Object.fromEntries([...keys].map(key => [key, ready(`${kind} ${key}`)]));
  const networks = [...catalog.networks.values()].filter(network => isMember(network, node, { catalog, ledger })).map(network => network.key);
  const interfaces = [...catalog.interfaces.values()].filter(iface => iface.spec.node === node.name).map(iface => iface.key);
  const floating = [...catalog.floatingIPs.values()].filter(each => {
    const network = `${each.namespace}/${catalog.interfaces.get(`${each.namespace}/${each.spec.interface}`)?.spec.network}`;
    return ledger.networks[network]?.gateway?.node === node.name;
  });
  return {
    node: node.name,
    version: '0.1.0',
    mode: 'enforce',
    heard,
    revision: { observed: revision, attempted: revision, accepted: revision, applied: revision },
    conditions: [{ type: 'Ready', status: true, reason: 'AsWanted', message: '', since: heard }],
    networks: listed('Network', networks),
    interfaces: listed('Interface', interfaces),
    pools: node.spec.gateway ? listed('AddressPool', catalog.pools.keys()) : {},
    floatingIPs: listed(
      'FloatingIP',
      floating.map(each => each.key),
    ),
    routedIPs: {},
    inventory: { 'vxlan bridge': networks.length, 'vxlan interface': networks.length },
    drift: [],
    facts: factsOf(catalog)(node.name),
  };
}

function eventsOf(node: NodeDef, report: NodeReport, catalog: Catalog, now: Date): readonly NetEvent[] {
  const keys = Object.keys(report.interfaces);
  return Array.from({ length: EVENTS_EACH }, (_, i): readonly NetEvent[] => {
    const key = keys[i % keys.length] ?? '';
    const iface = catalog.interfaces.get(key);
    const about = { node: node.name, object: `Interface ${key}`, network: `${iface?.namespace}/${iface?.spec.network}` };
    const at = new Date(now.getTime() - (EVENTS_EACH - i) * 600_000).toISOString();
    const made = { at, ...about, type: 'change', operation: 'create tap device', phase: 'finish', durationMs: 3.25, message: 'tap-12345678' } as const;
    return [{ ...made, revision: report.revision.applied }, usageEvent(about, NO_TRAFFIC, at)];
  }).flat();
}
