/** A guest's cards in the words of what sets them up inside: OpenStack's config drive, netplan (cloud-init), systemd-networkd, ifupdown. */
import { stringify } from 'yaml';
import { type InstanceData, maskOf, type Nic, type NicRoute } from './instance-data.ts';

/** OpenStack's `network_data.json`; cards without address are links only. */
export function networkData({ nics }: InstanceData): object {
  const links = nics.map(({ name, uuid, mac, mtu }) => ({ ethernet_mac_address: mac, id: name, name, mtu, type: 'vif', vif_id: uuid }));
  const networks = nics.flatMap(({ name, order, networkUuid, address }) => {
    if (address === undefined) return [];
    const { family, ip, netmask, routes } = address;
    const told = routes.map(({ to, via }) => ({ network: to.network, netmask: maskOf(to.prefix, to.family), gateway: via }));
    const type = family === 4 ? 'ipv4' : 'ipv6';
    return [{ id: `${networkUuid}-${order}`, link: name, type, network_id: networkUuid, ip_address: ip, netmask, routes: told }];
  });
  return { links, networks, services: resolversOf(nics).map(({ address, search }) => ({ type: 'dns', address, ...(search === undefined ? {} : { search }) })) };
}

interface Resolver {
  readonly address: string;
  readonly search?: string;
}

// Cards of one network, or two networks with the same resolvers, name each once.
function resolversOf(nics: readonly Nic[]): readonly Resolver[] {
  const found = new Map<string, Resolver>();
  for (const { address } of nics) {
    for (const each of address?.resolvers ?? [])
      if (!found.has(each)) found.set(each, { address: each, ...(address?.search === undefined ? {} : { search: address.search }) });
  }
  return [...found.values()];
}

/** What netplan and cloud-init call network-config version 2, without the key `network` around it. */
export function networkConfig({ nics }: InstanceData): object {
  return { version: 2, ethernets: Object.fromEntries(nics.map(nic => [nic.name, ethernet(nic)])) };
}

function ethernet({ name, mac, mtu, address }: Nic): object {
  const card = { match: { macaddress: mac }, 'set-name': name, mtu };
  // A card that nothing is said about must not hold up the boot.
  if (address === undefined) return { ...card, optional: true };
  const { ip, prefix, routes, resolvers, search } = address;
  return {
    ...card,
    addresses: [`${ip}/${prefix}`],
    ...(routes.length === 0 ? {} : { routes: routes.map(({ to, via }) => ({ to: to.text, via })) }),
    ...(resolvers.length === 0 ? {} : { nameservers: { addresses: resolvers, ...(search === undefined ? {} : { search: [search] }) } }),
  };
}

/** A file for /etc/netplan. */
export function netplan(data: InstanceData): string {
  return plainYaml({ network: networkConfig(data) });
}

/** YAML for readers of version 1.1, to whom a MAC of digits alone is a number in base 60 unless it is quoted. */
export function plainYaml(value: object): string {
  return stringify(value, { version: '1.1' });
}

/** The `.network` files for systemd-networkd, each below a line with its name. They find cards by MAC and leave names alone. */
export function networkd({ nics }: InstanceData): string {
  return nics.map(nic => `# /etc/systemd/network/10-netloom-${nic.name}.network\n${networkFile(nic)}`).join('\n');
}

function networkFile({ mac, mtu, address }: Nic): string {
  const head = ['[Match]', `MACAddress=${mac}`, '', '[Link]', `MTUBytes=${mtu}`];
  if (address === undefined) return lines([...head, 'RequiredForOnline=no', '', '[Network]', 'LinkLocalAddressing=no']);
  const { ip, prefix, routes, resolvers, search } = address;
  return lines([
    ...head,
    '',
    '[Network]',
    `Address=${ip}/${prefix}`,
    ...gatewayOf(routes).map(via => `Gateway=${via}`),
    ...resolvers.map(each => `DNS=${each}`),
    ...(search === undefined ? [] : [`Domains=${search}`]),
    ...staticsOf(routes).flatMap(({ to, via }) => ['', '[Route]', `Destination=${to.text}`, `Gateway=${via}`]),
  ]);
}

/** A file for /etc/network/interfaces.d. */
export function ifupdown({ nics }: InstanceData): string {
  return nics.map(stanza).join('\n');
}

function stanza({ name, mac, mtu, address }: Nic): string {
  const head = [`# ${mac}`, `auto ${name}`];
  if (address === undefined) return lines([...head, `iface ${name} inet manual`, `    mtu ${mtu}`]);
  const { family, ip, prefix, routes, resolvers, search } = address;
  return lines([
    ...head,
    `iface ${name} ${family === 4 ? 'inet' : 'inet6'} static`,
    `    address ${ip}/${prefix}`,
    `    mtu ${mtu}`,
    ...gatewayOf(routes).map(via => `    gateway ${via}`),
    ...staticsOf(routes).map(({ to, via }) => `    up ip route replace ${to.text} via ${via} dev ${name}`),
    ...(resolvers.length === 0 ? [] : [`    dns-nameservers ${resolvers.join(' ')}`]),
    ...(search === undefined ? [] : [`    dns-search ${search}`]),
  ]);
}

function gatewayOf(routes: readonly NicRoute[]): readonly string[] {
  return routes.filter(({ to }) => to.prefix === 0).map(({ via }) => via);
}

function staticsOf(routes: readonly NicRoute[]): readonly NicRoute[] {
  return routes.filter(({ to }) => to.prefix !== 0);
}

function lines(all: readonly string[]): string {
  return all.map(line => `${line}\n`).join('');
}
