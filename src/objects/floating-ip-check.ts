/** What a schema cannot say about a FloatingIP by itself; that no two have one address or one interface is in pool-checks.ts. */
import { hostBitsSet, parseCidr } from '../model/ip.ts';
import { beside, error, titled } from './finding.ts';
import { holderFindings, wayOutFindings } from './holder-check.ts';
import { tenant } from './namespace-check.ts';
import type { Catalog, Finding, FloatingIPDef } from './object.ts';
import { namesIn, unknown } from './references.ts';
import { targetOf } from './services.ts';
import { poolOf } from './tenancy.ts';

export function checkFloatingIP(self: FloatingIPDef, catalog: Catalog): readonly Finding[] {
  return [...holderFindings(self, catalog), ...target(self, catalog), ...egress(self, catalog), ...allow(self)];
}

function target(self: FloatingIPDef, catalog: Catalog): readonly Finding[] {
  const { interface: name } = self.spec;
  if (name === undefined) return tenant(self, catalog);
  const path = ['spec', 'interface'];
  const { namespace } = self;
  const iface = catalog.interfaces.get(`${namespace}/${name}`);
  if (iface === undefined) return [unknown(self, path, { kind: 'Interface', namespace, name }, catalog, namesIn(catalog.interfaces, namespace))];
  if (iface.spec.address === 'none') {
    const more = { hint: 'give the interface an address, or choose another one', related: beside(iface, 'spec', 'address') };
    return [error('target-without-address', self, path, `${titled(iface)} has no address that ${titled(self)} could lead to`, more)];
  }
  const network = targetOf(self, catalog)?.network;
  return network === undefined ? [] : wayOutFindings(self, path, network, ['nat'], catalog);
}

function egress(self: FloatingIPDef, catalog: Catalog): readonly Finding[] {
  const pool = poolOf(self, catalog);
  if (self.spec.egress !== 'floating' || pool?.spec.mode !== 'masquerade') return [];
  const message = `egress floating, but what leaves ${titled(pool)} gets the address of the network card (mode masquerade)`;
  const hint = 'write egress: gateway, or use a pool of mode routed or bridged';
  return [error('contradiction', self, ['spec', 'egress'], message, { hint, related: beside(pool, 'spec', 'mode') })];
}

function allow(self: FloatingIPDef): readonly Finding[] {
  return (self.spec.allow ?? []).flatMap(({ cidr, protocol, ports = [] }, index) => {
    const path = ['spec', 'allow', index];
    const range = cidr === undefined ? null : parseCidr(cidr);
    const found: Finding[] = [];
    if (range !== null && range.family !== 4) {
      found.push(error('wrong-value', self, [...path, 'cidr'], `allow from ${range.text}, but the address is IPv4`, { hint: 'give an IPv4 prefix' }));
    } else if (range !== null && hostBitsSet(range)) {
      found.push(error('host-bits-set', self, [...path, 'cidr'], `cidr ${cidr} has host bits set`, { hint: `write ${range.text}` }));
    }
    if (ports.length > 0 && protocol !== 'tcp' && protocol !== 'udp') {
      const message = `ports without protocol tcp or udp${protocol === undefined ? '' : ` (it is ${protocol})`}`;
      found.push(error('contradiction', self, [...path, 'ports'], message, { hint: 'add protocol: tcp or protocol: udp, or leave ports out' }));
    }
    const wrong = ports.findIndex(port => typeof port === 'string' && !isPortRange(port));
    if (wrong < 0) return found;
    const message = `${ports[wrong]} is no range of ports`;
    return [...found, error('wrong-value', self, [...path, 'ports', wrong], message, { hint: 'write the lower port first, 1 to 65535: "8000-8099"' })];
  });
}

function isPortRange(text: string): boolean {
  const [first = 0, last = 0] = text.split('-').map(Number);
  return first >= 1 && first <= last && last <= 65535;
}
