/** What tenants may have, held against all that they have: quotas and folders. Nothing here is quadratic. */
import { error, titled } from './finding.ts';
import { grouped } from './grouped.ts';
import type { Catalog, Definition, Finding, NamespaceDef } from './object.ts';
import { COUNTED, quotaPlace, quotasOf } from './tenancy.ts';

/** `before`: the revision that this one is held against, where there is one. */
export function checkTenants(catalog: Catalog, before?: Catalog): readonly Finding[] {
  return [...quotas(catalog, before), ...folders(catalog)];
}

// What was there before is not too much; a commit alone does not tell, and then every reader blames those that come last by name. What a template makes is first.
function quotas(catalog: Catalog, before: Catalog | undefined): readonly Finding[] {
  return COUNTED.flatMap(kind =>
    [...grouped<Definition>(kind.all(catalog).values(), ({ namespace }) => namespace)].flatMap(([namespace, all]) => {
      const most = quotasOf(namespace, catalog)[kind.field];
      return most === undefined || all.length <= most ? [] : [tooMany(namespace, kind, inOrder(all, before && kind.all(before)), most, catalog)];
    }),
  );
}

/** So many places of definitions that are too many are named. */
const NAMED = 10;

function tooMany(namespace: string, { field, words }: (typeof COUNTED)[number], all: readonly Definition[], most: number, catalog: Catalog): Finding {
  const path = ['metadata', 'name'];
  const [first, ...others] = all.slice(most);
  const place = quotaPlace(namespace, catalog, field);
  const count = `${all.length} ${words[all.length === 1 ? 0 : 1]}`;
  const hint = `remove ${all.length - most}, or ask whoever owns ${titled(place.on)} for more ${place.path.slice(1).join('.')}`;
  const related = [place, ...others.slice(0, NAMED - 1).map(on => ({ on, path }))];
  const missing = { kind: 'Namespace', namespace: '', name: namespace } as const;
  return error('quota-exceeded', first as Definition, path, `namespace ${namespace} has ${count}, its quota is ${most}`, { hint, related, missing });
}

function inOrder(all: readonly Definition[], before: ReadonlyMap<string, Definition> | undefined): readonly Definition[] {
  const rank = ({ made, key }: Definition): number => (made !== undefined ? 0 : before?.has(key) ? 1 : 2);
  return [...all].sort((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

function folders(catalog: Catalog): readonly Finding[] {
  const owners = new Map<string, NamespaceDef>();
  const twice: Finding[] = [];
  for (const self of catalog.namespaces.values()) {
    const { folder } = self.spec;
    const other = folder === undefined ? undefined : owners.get(folder);
    if (other !== undefined) twice.push(shared(self, other));
    else if (folder !== undefined) owners.set(folder, self);
  }
  if (owners.size === 0) return [];
  return [...twice, ...everyDefinition(catalog).flatMap(each => misplaced(each, owners, catalog))];
}

function shared(on: NamespaceDef, other: NamespaceDef): Finding {
  const path = ['spec', 'folder'];
  const message = `folder ${on.spec.folder} is that of ${titled(other)} too`;
  return error('contradiction', on, path, message, { hint: 'give each tenant a folder of its own', related: [{ on: other, path }] });
}

function everyDefinition({ cluster, nodes, pools, namespaces, networks, interfaces, floatingIPs, routedIPs }: Catalog): readonly Definition[] {
  const maps = [nodes, pools, namespaces, networks, interfaces, floatingIPs, routedIPs].flatMap((each): Definition[] => [...each.values()]);
  return [cluster, ...maps].filter(each => each.made === undefined);
}

function misplaced(on: Definition, owners: ReadonlyMap<string, NamespaceDef>, { namespaces }: Catalog): readonly Finding[] {
  const owner = ownerOf(on.at.file, owners);
  const home = namespaces.get(on.namespace);
  const path = on.namespace === '' ? ['kind'] : ['metadata', 'namespace'];
  const related = (of: NamespaceDef): Finding['related'] & object => [{ on: of, path: ['spec', 'folder'] }];
  if (owner !== undefined && owner !== home && owner !== on) {
    const message = `${titled(on)} stands in ${owner.spec.folder}, which is for namespace ${owner.name} alone`;
    return [
      error('outside-folder', on, path, message, {
        hint: on.namespace === '' ? 'move it out of there' : `move it, or write namespace: ${owner.name}`,
        related: related(owner),
      }),
    ];
  }
  if (home?.spec.folder === undefined || owner === home) return [];
  const message = `${titled(on)} stands outside of ${home.spec.folder}, the folder of its namespace`;
  return [error('outside-folder', on, path, message, { hint: `move it to ${home.spec.folder}`, related: related(home) })];
}

/** The tenant of the nearest folder above a file that is somebody's. */
function ownerOf(file: string, owners: ReadonlyMap<string, NamespaceDef>): NamespaceDef | undefined {
  for (let end = file.lastIndexOf('/'); end > 0; end = file.lastIndexOf('/', end - 1)) {
    const owner = owners.get(file.slice(0, end));
    if (owner !== undefined) return owner;
  }
  return undefined;
}
