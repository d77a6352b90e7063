/** Definitions as people write them: with the line that tells editors the schema, and comments that say what may be changed. */
import { lines, schemaLine, word } from '../edit/yaml-text.ts';

/** What a Node says of itself. */
export interface NodeText {
  readonly name: string;
  readonly address: string;
  readonly device: string;
  /** What its device carries, where it is not what the Cluster says. */
  readonly mtu?: number | undefined;
  readonly gateway: boolean;
  /** Cards for pools, where they are not what the AddressPool says. */
  readonly egress: readonly { readonly pool: string; readonly device: string }[];
}

/** `nodes/n2.yaml`. `schema`: where its schema is, for editors; null for none. */
export function nodeText({ name, address, device, mtu, gateway, egress }: NodeText, schema: string | null): string {
  return lines([
    ...(schema === null ? [] : [schemaLine(schema), '#']),
    `# The machine itself says which Node it is: \`node: ${name}\` in its /etc/netloom/node.yaml.`,
    'apiVersion: netloom.dev/v1',
    'kind: Node',
    'metadata:',
    '  # To rename a node is to remove it and to join it anew.',
    `  name: ${word(name)}`,
    'spec:',
    '  underlay:',
    "    # Where the other nodes send this node's VXLAN packets. netloom uses the address and never sets it: when the machine gets",
    '    # another one, write it here.',
    `    address: ${word(address)}`,
    '    # The device that should carry the address, so that a node with the address elsewhere is noticed. May be left out.',
    `    device: ${word(device)}`,
    ...(mtu === undefined ? [] : ['    # What that device carries, where it is not what the Cluster says.', `    mtu: ${mtu}`]),
    ...(gateway ? ['  # A network node: it can carry the routers of networks, with their DHCP, DNS and NAT. Several nodes may.'] : []),
    ...(gateway ? ['  gateway: true'] : []),
    ...(egress.length === 0 ? [] : ['  # The network cards by which pools leave here, where they are not what the AddressPool says.', '  egress:']),
    ...egress.flatMap(each => [`    - pool: ${word(each.pool)}`, `      device: ${word(each.device)}`]),
  ]);
}
