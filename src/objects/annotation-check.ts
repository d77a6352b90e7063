/** Annotations below `netloom.dev/` mean something, so a slip in one is a mistake: a protection that is none would be found out too late. */
import { ADOPT, APPROVE, hashesIn, isApprovalHash, OWN_PREFIX, PROTECT } from '../model/annotations.ts';
import { nearest, orList, shown } from '../model/text.ts';
import { error } from './finding.ts';
import type { Catalog, Definition, Finding } from './object.ts';

/** What is wrong with netloom's own annotations of a definition. */
export function checkAnnotations(self: Definition, catalog: Catalog): readonly Finding[] {
  const own = Object.keys(self.annotations).filter(name => name.startsWith(OWN_PREFIX));
  return own.flatMap(name => [...wrongWith(self, name, self.annotations[name] ?? ''), ...(name === ADOPT ? adoptionBy(self, catalog) : [])]);
}

// Who owns a folder writes what he likes into it: that it takes over what others run is for the operators to say.
function adoptionBy(self: Definition, { namespaces }: Catalog): readonly Finding[] {
  const tenant = namespaces.get(self.namespace);
  if (self.annotations[ADOPT] !== 'true' || tenant?.spec.folder === undefined || tenant.spec.adopt === true) return [];
  const hint = `its operators may write adopt: true into Namespace ${tenant.name}, for as long as that takes`;
  return [
    error('adoption-not-allowed', self, ['metadata', 'annotations', ADOPT], `namespace ${tenant.name} may not take over what runs already`, {
      hint,
      related: [{ on: tenant, path: ['spec', 'folder'] }],
    }),
  ];
}

const MORE: { readonly [K in Definition['kind']]?: readonly string[] } = { Cluster: [APPROVE], Network: [ADOPT], Interface: [ADOPT] };

function wrongWith(self: Definition, name: string, value: string): readonly Finding[] {
  const path = ['metadata', 'annotations', name];
  const known = [PROTECT, ...(MORE[self.kind] ?? [])];
  if (!known.includes(name)) {
    const near = nearest(name, known);
    const hint = near === null ? `netloom knows ${orList(known, 'and')} there` : `did you mean ${near}?`;
    return [error('unknown-annotation', self, path, `${self.kind} has no annotation ${shown(name)}`, { hint })];
  }
  if (name !== APPROVE) {
    if (value === 'true' || value === 'false') return [];
    return [error('wrong-value', self, path, `${name} is ${shown(value)}`, { hint: 'write "true", or "false"' })];
  }
  const wrong = hashesIn(value).find(word => !isApprovalHash(word));
  if (wrong === undefined) return [];
  return [
    error('wrong-value', self, path, `${shown(wrong)} in ${name} is no hash of deletions`, {
      hint: 'write the 16 digits that netloom plan shows, several with commas between',
    }),
  ];
}
