/** What a schema cannot say about a RoutedIP by itself; that no two have one address is in pool-checks.ts. */
import { holderFindings, wayOutFindings } from './holder-check.ts';
import type { Catalog, Finding, RoutedIPDef } from './object.ts';
import { unknown } from './references.ts';
import { networkNames } from './suggest.ts';

export function checkRoutedIP(self: RoutedIPDef, catalog: Catalog): readonly Finding[] {
  return [...holderFindings(self, catalog), ...into(self, catalog)];
}

function into(self: RoutedIPDef, catalog: Catalog): readonly Finding[] {
  const { network: name } = self.spec;
  const { namespace } = self;
  const path = ['spec', 'network'];
  const network = catalog.networks.get(`${namespace}/${name}`);
  if (network === undefined) return [unknown(self, path, { kind: 'Network', namespace, name }, catalog, networkNames(catalog, namespace))];
  return wayOutFindings(self, path, network, ['nat', 'routed'], catalog);
}
