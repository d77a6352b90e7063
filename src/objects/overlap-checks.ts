/** Prefixes that must not overlap: told with both networks, found by sorting, never by comparing each with each. */
import { type Cidr, parseCidr } from '../model/ip.ts';
import { beside, error, titled, warning } from './finding.ts';
import { grouped } from './grouped.ts';
import type { Catalog, Finding, InterfaceDef, NetworkDef } from './object.ts';
import { meetings } from './ranges.ts';
import { firstInside, underlayAddresses } from './underlay.ts';

interface Range {
  readonly on: InterfaceDef;
  readonly network: NetworkDef;
  readonly cidr: Cidr;
}

/** Ranges that meet on one node or in one guest. Those that pools and routed networks meet are in pool-overlaps.ts; networks of two tenants never meet. */
export function checkOverlaps(catalog: Catalog): readonly Finding[] {
  return [...hostRanges(catalog), ...instanceRanges(catalog)];
}

function rangeOf(on: InterfaceDef, { networks }: Catalog): Range | null {
  const network = networks.get(`${on.namespace}/${on.spec.network}`);
  const cidr = network?.spec.cidr === undefined ? null : parseCidr(network.spec.cidr);
  return network === undefined || cidr === null ? null : { on, network, cidr };
}

/** A node that is a host in two networks must be able to tell them apart, and from its underlay. */
function hostRanges(catalog: Catalog): readonly Finding[] {
  const hosts = [...catalog.interfaces.values()].flatMap(on =>
    on.spec.attach.host === undefined || on.spec.node === undefined ? [] : (rangeOf(on, catalog) ?? []),
  );
  const path = ['spec', 'attach', 'host'];
  const twice = [...grouped(hosts, range => range.on.spec.node ?? '').values()].flatMap(meetings).map(([range, other]) => {
    const where = `Node ${range.on.spec.node} would be a host in ${range.cidr.text} twice`;
    const message =
      range.network === other.network
        ? `${where}: ${titled(other.on)} is in the same network`
        : `${where}: ${titled(range.network)} overlaps ${titled(other.network)} (${other.cidr.text}) of ${titled(other.on)}`;
    const hint = 'keep one of them on this node, or give one network another cidr';
    return error('network-overlap', range.on, path, message, { hint, related: [{ on: other.on, path }, ...beside(other.network, 'spec', 'cidr')] });
  });
  return [...twice, ...underlayRanges(hosts, catalog)];
}

function underlayRanges(hosts: readonly Range[], { nodes }: Catalog): readonly Finding[] {
  const underlay = underlayAddresses(nodes);
  return hosts.flatMap(({ on, network, cidr }) => {
    const node = firstInside(cidr, underlay);
    if (node === null) return [];
    const message = `Node ${on.spec.node} would send the underlay's packets into the network: ${cidr.text} of ${titled(network)} holds ${node.spec.underlay.address} of ${titled(node)}`;
    const related = [...beside(network, 'spec', 'cidr'), ...beside(node, 'spec', 'underlay', 'address')];
    return [error('network-overlap', on, ['spec', 'attach', 'host'], message, { hint: `choose a cidr outside of the underlay's addresses`, related })];
  });
}

/** A guest with one range on two networks can use only one of them. */
function instanceRanges(catalog: Catalog): readonly Finding[] {
  const guests = [...catalog.interfaces.values()].filter(on => on.spec.instance !== undefined);
  const path = ['spec', 'network'];
  return [...grouped(guests, on => `${on.namespace} ${on.spec.instance}`).values()].flatMap(group => {
    if (group.length < 2) return [];
    const ranges = group.flatMap(on => rangeOf(on, catalog) ?? []);
    const apart = meetings(ranges).filter(([range, other]) => range.network !== other.network);
    return apart.map(([range, other]) =>
      warning(
        'network-overlap',
        range.on,
        path,
        `instance ${range.on.spec.instance} is in ${titled(range.network)} (${range.cidr.text}) and in ${titled(other.network)} (${other.cidr.text}), which overlap`,
        { hint: 'give one of the networks another cidr', related: [{ on: other.on, path }] },
      ),
    );
  });
}
