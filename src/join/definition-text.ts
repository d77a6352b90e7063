/** Definitions as people write them: with the line that tells editors the schema, and comments that say what may be changed. */

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

/** A text as YAML reads it back: as it is where that is sure, else quoted. */
export function word(text: string): string {
  const isPlain = /^[A-Za-z/][\w./-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n|nan|inf)$/i.test(text);
  const isAddress = /^\d+\.\d+\.\d+\.\d+(\/\d+)?$/.test(text) || /^[0-9a-f]+:[0-9a-f:]*:[0-9a-f]+(\/\d+)?$/i.test(text);
  return isPlain || isAddress ? text : JSON.stringify(text);
}

/** The comment by which an editor's YAML language server finds the schema of a document. */
export function schemaLine(path: string): string {
  return `# yaml-language-server: $schema=${path}`;
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

/** Lines as a file. */
export function lines(all: readonly string[]): string {
  return all.map(line => `${line}\n`).join('');
}
