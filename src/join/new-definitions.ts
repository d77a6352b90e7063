/** A new repository of definitions, as files: what `netloom init` writes, from what the machine is and what was asked. */
import { lines, schemaLine, word } from '../edit/yaml-text.ts';
import { nodeText } from './definition-text.ts';

/** All that it is made of. */
export interface Beginning {
  readonly cluster: string;
  readonly node: string;
  readonly underlay: { readonly address: string; readonly device: string; readonly mtu: number };
  /** Addresses of the outside, and the card by which they leave. */
  readonly pool: { readonly name: string; readonly cidr: string; readonly device: string } | null;
  readonly networks: readonly { readonly namespace: string; readonly name: string; readonly cidr: string }[];
}

/** Where the program and its schemas lie in the repository: its CI runs them, and editors read them. */
export const TOOLS = 'tools/netloom';

const DEFAULT_MTU = 1500;

/** Text by path. */
export function newDefinitions(beginning: Beginning): ReadonlyMap<string, string> {
  const { node, underlay, pool, networks } = beginning;
  const spec = { name: node, address: underlay.address, device: underlay.device, gateway: pool !== null, egress: [] };
  const files: [string, string][] = [
    ['README.md', readme(beginning)],
    ['cluster.yaml', clusterText(beginning)],
    [`nodes/${node}.yaml`, nodeText(spec, schemaOf('node', 1))],
    ...(pool === null ? [] : [[`pools/${pool.name}.yaml`, poolText(pool)] as [string, string]]),
    ...[...new Set(networks.map(each => each.namespace))].map((name): [string, string] => [`namespaces/${name}/namespace.yaml`, namespaceText(name)]),
    ...networks.map((each): [string, string] => [`namespaces/${each.namespace}/networks/${each.name}.yaml`, networkText(each, pool !== null)]),
  ];
  return new Map(files);
}

/** Relative to a file so many folders deep. */
function schemaOf(kind: string, depth: number): string {
  return `${'../'.repeat(depth)}${TOOLS}/schemas/${kind}.json`;
}

function head(kind: string, name: string, namespace?: string): readonly string[] {
  const whose = namespace === undefined ? [] : [`  namespace: ${word(namespace)}`];
  return ['apiVersion: netloom.dev/v1', `kind: ${kind}`, 'metadata:', `  name: ${word(name)}`, ...whose];
}

function clusterText({ cluster, underlay: { mtu } }: Beginning): string {
  return lines([
    schemaLine(schemaOf('cluster', 0)),
    '#',
    '# What all nodes and networks share. There is exactly one Cluster in a repository, and its name stays: uuids, vxids and MACs are derived',
    '# from it. Two clusters that share a wire need different names.',
    ...head('Cluster', cluster),
    'spec:',
    '  underlay:',
    '    # What the wire between the nodes carries. Networks get the smallest of the nodes, less 50 bytes for VXLAN over IPv4 (70 over IPv6);',
    '    # guests that expect 1500 need 1550 here. Raise it when every card and switch carries more.',
    `    mtu: ${mtu}`,
    ...(mtu === DEFAULT_MTU ? [] : [`    # The default is ${DEFAULT_MTU}; ${mtu} is what the card of the first node carries.`]),
    '  # An address or MAC that was released is given to nobody for this long,',
    '  quarantine: 300s',
    '  # and remembered for that long: `git revert` of a deletion gives it back to its old owner.',
    '  memory: 30d',
  ]);
}

function poolText({ name, cidr, device }: NonNullable<Beginning['pool']>): string {
  return lines([
    schemaLine(schemaOf('address-pool', 1)),
    '#',
    '# Addresses that the outside knows: networks with NAT get one each, floating and routed addresses are taken from here.',
    ...head('AddressPool', name),
    'spec:',
    '  # The first address is the router of the pool: with masquerade and routed the gateway node itself.',
    `  cidr: ${word(cidr)}`,
    '  # masquerade: what leaves has the address of the network card, and nothing upstream has to know the pool. routed: upstream routes the',
    '  # pool to the gateway node. bridged: the pool is the network that the card is in.',
    '  mode: masquerade',
    '  # The network card of the gateway nodes by which the pool leaves; a Node may say another one under spec.egress.',
    `  device: ${word(device)}`,
    '  # Addresses that are not to be given out:',
    '  # reserved:',
    '  #   - addresses: 198.51.100.2-198.51.100.9',
    '  #     comment: machines of our own',
  ]);
}

function namespaceText(name: string): string {
  return lines([
    schemaLine(schemaOf('namespace', 2)),
    '#',
    '# A Namespace is a tenant: names of networks and interfaces are unique within it, and an Interface joins networks of its own alone.',
    ...head('Namespace', name),
  ]);
}

function networkText({ namespace, name, cidr }: Beginning['networks'][number], hasPool: boolean): string {
  return lines([
    schemaLine(schemaOf('network', 3)),
    '#',
    '# An Ethernet of its own on every node that has a guest in it. uuid and vxid are allocated and published before any node uses them.',
    ...head('Network', name, namespace),
    'spec:',
    '  # The first address is the router; guests get the lowest free one after it. Other networks may use the same cidr.',
    `  cidr: ${word(cidr)}`,
    ...(hasPool
      ? [
          '  # Guests get their address by DHCP, and reach the outside through one address of the pool.',
          '  dhcp: true',
          '  nat: true',
          '  # true: the router also answers for names of guests (`dnsUpstreams` for all others).',
          '  dns: false',
        ]
      : ['  # Without a gateway node and an AddressPool there is no router: no DHCP, no way out. Addresses are allocated all the same.']),
  ]);
}

function readme({ cluster, node, pool, networks }: Beginning): string {
  const [first] = networks;
  const key = first === undefined ? 'NAMESPACE/INTERFACE' : `${first.namespace}/web-1`;
  return lines([
    `# ${cluster}: networks`,
    '',
    'Definitions of virtual networks for [netloom](https://netloom.dev). What is merged here is what the nodes do.',
    '',
    '```',
    'cluster.yaml                 what all share',
    `nodes/                       a file for each machine; the first is ${node}`,
    ...(pool === null ? [] : ['pools/                       addresses that the outside knows']),
    ...(networks.length === 0 ? [] : ['namespaces/TENANT/           networks, and the interfaces of guests in them']),
    `${TOOLS}/               the program that CI runs, and the schemas that editors read: of the version that the nodes run`,
    '.github/, .gitlab-ci.yml     what answers each pull request with the plan for every node; keep the one of your forge',
    'ci/                          what posts that answer',
    '```',
    '',
    'The folders are a habit, not a rule: every `*.yaml` whose documents carry `apiVersion: netloom.dev/v1` counts, wherever it stands.',
    '',
    '## The next node',
    '',
    'On the machine, as root: `netloom join URL-OF-THIS-REPOSITORY --node NAME --token-file FILE`. It prints its definition for a pull request, or',
    'commits it with `--push`.',
    '',
    '## A guest',
    '',
    '```yaml',
    '# namespaces/TENANT/interfaces/web-1.yaml',
    'apiVersion: netloom.dev/v1',
    'kind: Interface',
    'metadata:',
    '  name: web-1',
    `  namespace: ${first?.namespace ?? 'TENANT'}`,
    'spec:',
    `  network: ${first?.name ?? 'NETWORK'}`,
    `  node: ${node}`,
    '  attach:',
    '    tap: {}          # or netns: {name: ...}, bridge: {}, host: {}',
    '```',
    '',
    `What starts the guest calls \`netloom ensure ${key}\` before, which prints device, bridge, MAC and mtu.`,
    '',
    '## Check it',
    '',
    '`netloom validate` in this folder says everything that is wrong, `netloom plan --all-nodes` what merging it would do.',
    `After an upgrade of the nodes, copy dist/, schemas/ and package.json of the new version to ${TOOLS}/.`,
  ]);
}
