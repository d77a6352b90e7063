/** What several definitions must agree on: no two with one vxid, MAC, address or device. Nothing here is quadratic. */
import { ipFamily } from '../model/ip.ts';
import { orList } from '../model/text.ts';
import { parseVxid } from '../model/vxid.ts';
import { checkBridgePorts } from './bridge-ports.ts';
import { type Claim, contested } from './contested.ts';
import { beside, error, titled, warning } from './finding.ts';
import { givenNames } from './interface-check.ts';
import { declaredUnderlayMtu, nodesOf, overhead } from './mesh.ts';
import type { Catalog, Finding, InterfaceDef } from './object.ts';
import { checkOverlaps } from './overlap-checks.ts';
import { checkPools } from './pool-checks.ts';
import { checkTenants } from './tenant-checks.ts';

/** Rules over the whole catalog, one after another. */
export function checkCatalog(catalog: Catalog, before?: Catalog): readonly Finding[] {
  return [
    ...vxids(catalog),
    ...underlayAddresses(catalog),
    ...underlayFamilies(catalog),
    ...underlayMtu(catalog),
    ...macs(catalog),
    ...addresses(catalog),
    ...devices(catalog),
    ...cards(catalog),
    ...checkBridgePorts(catalog),
    ...checkOverlaps(catalog),
    ...checkPools(catalog),
    ...checkTenants(catalog, before),
  ];
}

function vxids({ networks }: Catalog): readonly Finding[] {
  const claims = [...networks.values()].flatMap(on =>
    on.spec.vxid === undefined ? [] : [{ what: String(parseVxid(on.spec.vxid)), on, path: ['spec', 'vxid'] }],
  );
  return contested(claims).map(([claim, earlier]) =>
    error('duplicate-vxid', claim.on, claim.path, `vxid ${claim.what} is pinned by ${titled(earlier.on)} too`, {
      hint: 'leave one of them out to have it allocated',
      related: [earlier],
    }),
  );
}

function underlayAddresses({ nodes }: Catalog): readonly Finding[] {
  const path = ['spec', 'underlay', 'address'];
  return contested([...nodes.values()].map(on => ({ what: on.spec.underlay.address, on, path }))).map(([claim, earlier]) =>
    error('duplicate-underlay-address', claim.on, path, `underlay address ${claim.what} is that of ${titled(earlier.on)} too`, {
      hint: 'each node needs its own',
      related: [earlier],
    }),
  );
}

function underlayFamilies({ nodes }: Catalog): readonly Finding[] {
  const [first, ...others] = nodes.values();
  if (first === undefined) return [];
  const family = ipFamily(first.spec.underlay.address);
  const path = ['spec', 'underlay', 'address'];
  return others
    .filter(node => ipFamily(node.spec.underlay.address) !== family)
    .map(node =>
      error('mixed-underlay-families', node, path, `underlay address ${node.spec.underlay.address} is not IPv${family} as that of ${titled(first)}`, {
        hint: 'VXLAN needs one address family on all nodes',
        related: beside(first, ...path),
      }),
    );
}

// One warning for the cluster, not one for each network: there is one thing to do about it.
function underlayMtu(catalog: Catalog): readonly Finding[] {
  const carries = declaredUnderlayMtu(catalog);
  const needs = 1500 + overhead(catalog);
  const without = [...catalog.networks.values()].filter(network => network.spec.mtu === undefined).map(network => network.key);
  if (carries >= needs || without.length === 0) return [];
  const on = [...catalog.nodes.values()].find(node => node.spec.underlay.mtu === carries) ?? catalog.cluster;
  const names = without.length > 3 ? `${without.slice(0, 3).join(', ')} and ${without.length - 3} more` : orList(without, 'and');
  const message = `the underlay carries ${carries} bytes, so networks without mtu get ${carries - overhead(catalog)} where guests expect 1500 (${names})`;
  const hint = `raise the underlay to ${needs} or more and declare it in spec.underlay.mtu, or set mtu in the networks and their guests`;
  return [warning('underlay-below-1550', on, ['spec', 'underlay', 'mtu'], message, { hint })];
}

// MACs are allocated once in the cluster, so that an interface keeps its own wherever it moves: a second pin never gets it.
function macs({ interfaces }: Catalog): readonly Finding[] {
  const claims = [...interfaces.values()].flatMap(on => (on.spec.mac === undefined ? [] : [{ what: on.spec.mac, on, path: ['spec', 'mac'] }]));
  return contested(claims).map(([{ on, path }, earlier]) =>
    error('duplicate-mac', on, path, `mac ${on.spec.mac} is that of ${titled(earlier.on)} too`, {
      hint: 'leave one of them out to have it allocated',
      related: [earlier],
    }),
  );
}

function addresses({ interfaces }: Catalog): readonly Finding[] {
  const claims = [...interfaces.values()].flatMap(on => {
    const { address, network } = on.spec;
    return address === 'auto' || address === 'none' ? [] : [{ what: `${on.namespace}/${network} ${address}`, on, path: ['spec', 'address'] }];
  });
  return contested(claims).map(([{ on, path }, earlier]) =>
    error('duplicate-address', on, path, `address ${on.spec.address} is that of ${titled(earlier.on)} too`, {
      hint: 'choose another one, or auto',
      related: [earlier],
    }),
  );
}

/** Names that two interfaces give in one namespace of one node. Names derived from uuids are kept apart by allocation. */
function devices({ interfaces }: Catalog): readonly Finding[] {
  const claims = [...interfaces.values()].flatMap(on => nodesOf(on).flatMap(node => namesOf(on, node)));
  return contested(claims).map(([{ what, on, path }, earlier]) => {
    const [name, where] = [what.slice(what.lastIndexOf(' ') + 1), `on node ${what.split(/[ /]/)[0]}`];
    const message = `device ${name} ${where} is that of ${titled(earlier.on)} too`;
    return error('duplicate-device', on, path, message, { hint: 'give each its own name, or leave it out', related: [earlier] });
  });
}

/** The order names the card, and which of them has the default route. */
function cards({ interfaces }: Catalog): readonly Finding[] {
  const path = ['spec', 'order'];
  const claims = [...interfaces.values()].flatMap(on =>
    on.spec.instance === undefined ? [] : [{ what: JSON.stringify([on.namespace, on.spec.instance, on.spec.order]), on, path }],
  );
  return contested(claims).map(([{ on }, earlier]) =>
    error('duplicate-order', on, path, `card ${on.spec.order} of instance ${on.spec.instance} is ${titled(earlier.on)} already`, {
      hint: 'give one of them another order: it makes the name of the card',
      related: [earlier],
    }),
  );
}

function namesOf(on: InterfaceDef, node: string): readonly Claim<InterfaceDef>[] {
  const { netns } = on.spec.attach;
  const own = givenNames(on).map(({ path, name }) => ({ what: `${node} ${name}`, on, path }));
  if (netns === undefined) return own;
  const field = netns.ifname === undefined ? ['name'] : ['ifname'];
  return [...own, { what: `${node}/${netns.name} ${netns.ifname ?? `eth${on.spec.order}`}`, on, path: ['spec', 'attach', 'netns', ...field] }];
}
