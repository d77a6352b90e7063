/** Who may import what: the arrows of DESIGN.md as a table, and the reader that finds the imports of a file. `import type` counts. */

/** What only tells kinds apart by name: the contract, and what is written once for all kinds. */
const KIND_CONTRACT = [
  'kinds/kind.ts',
  'kinds/impact.ts',
  'kinds/op.ts',
  'kinds/rows.ts',
  'kinds/step.ts',
  'kinds/marks.ts',
  'kinds/render.ts',
  'kinds/render-service.ts',
  'kinds/reach.ts',
];
const HASH_AND_IP = ['node:crypto', 'node:net'];
const BELOW_KINDS = ['model/'];
const BELOW_OBJECTS = [...BELOW_KINDS, 'kinds/'];
const BELOW_STAGES = [...BELOW_OBJECTS, 'objects/'];
const STAGES = ['load/', 'edit/', 'allocate/', 'compile/', 'consent/', 'plan/', 'report/', 'graph/', 'review/', 'trace/', 'doctor/', 'host/', 'repo/'];
const ALL_BELOW_DOORS = [...BELOW_STAGES, ...STAGES];

/**
 * By room (`plan/`) or by single file of src/: what it may import besides its own room. An entry ending in `/` is a room (or a
 * folder beside src/), `node:*` every module of Node, everything else one file or one package. The most precise key counts, alone.
 */
export const ARROWS: Readonly<Record<string, readonly string[]>> = {
  'model/': [...HASH_AND_IP],
  'kinds/': [...BELOW_KINDS, ...HASH_AND_IP],
  'objects/': [...BELOW_OBJECTS, ...HASH_AND_IP],
  'load/': [...BELOW_STAGES, ...HASH_AND_IP, '../schemas/', 'yaml', 'ajv'],
  'allocate/': [...BELOW_STAGES, ...HASH_AND_IP],
  'compile/': [...BELOW_STAGES, ...HASH_AND_IP],
  'consent/': [...BELOW_STAGES, ...HASH_AND_IP],
  'plan/': [...BELOW_KINDS, ...KIND_CONTRACT, ...HASH_AND_IP],
  'report/': [
    ...BELOW_KINDS,
    ...KIND_CONTRACT,
    'objects/object.ts',
    'objects/mesh.ts',
    'objects/services.ts',
    'objects/tenancy.ts',
    'objects/guest-routes.ts',
    'objects/types.ts',
    ...HASH_AND_IP,
    'yaml',
  ],
  // It draws what report tells.
  'graph/': [...BELOW_OBJECTS, 'objects/object.ts', 'objects/mesh.ts', 'objects/services.ts', 'report/', ...HASH_AND_IP],
  // It takes away what stands on what goes, which consent knows.
  'edit/': [...BELOW_STAGES, 'consent/lived.ts', 'node:path', 'yaml'],
  // It tells plans, so it may print them.
  'review/': [...BELOW_KINDS, ...KIND_CONTRACT, 'plan/'],
  // It tells plans' words, the reports' and the ledger's.
  // From probes and a plan to sentences.
  'doctor/': [...BELOW_KINDS, ...KIND_CONTRACT],
  'trace/': [...BELOW_STAGES, 'plan/', 'report/'],
  'host/': [...BELOW_KINDS, ...KIND_CONTRACT, 'node:*'],
  'host/exec.ts': ['model/', 'node:*', 'execa'],
  'host/spawn-long.ts': ['node:*', 'execa'],
  'host/netlink/library.ts': ['node:*', 'koffi'],
  'repo/': [...BELOW_KINDS, 'host/exec.ts', 'host/files.ts', 'host/errors.ts', 'host/marked.ts', 'node:*', 'isomorphic-git'],
  'pass/': [...ALL_BELOW_DOORS, 'node:*'],
  'reconcile.ts': [...ALL_BELOW_DOORS, 'pass/', 'node:*'],
  // Pure but for the type of what it is given, and beside join: both write definitions for people.
  'adopt/': [...BELOW_STAGES, 'edit/yaml-text.ts', 'host/inventory.ts', 'join/definition-text.ts'],
  'watch/': [...ALL_BELOW_DOORS, 'pass/', 'reconcile.ts', 'node:*', 'chokidar'],
  'join/': [...ALL_BELOW_DOORS, 'pass/', 'reconcile.ts', 'node:*', 'yaml'],
  'cli/': [...ALL_BELOW_DOORS, 'adopt/', 'lab/', 'pass/', 'join/', 'reconcile.ts', 'watch/', 'node:*', 'commander', 'pino', 'yaml', 'ajv'],
  'lab/': [...ALL_BELOW_DOORS, 'pass/', 'reconcile.ts', 'watch/', 'node:*', 'yaml'],
};

/** Modules that only these files may import, whatever the table says of their room. */
const ONLY: Readonly<Record<string, readonly string[]>> = {
  execa: ['host/exec.ts', 'host/spawn-long.ts'],
  koffi: ['host/netlink/library.ts'],
  'node:child_process': ['host/exec.ts', 'lab/spawn.ts'],
};

/** Module specifiers of a file: static, type-only, re-exported and dynamic imports. */
export function importsOf(text: string): string[] {
  const code = text.replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  const found = code.matchAll(/(?:^|[\s;}])(?:import|export)\s(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/g);
  return [...found].map(match => match[1] ?? match[2] ?? '');
}

/** What a file of src/ imports and may not: one sentence each. `file` is below src/, with `/`. */
export function violations(file: string, text: string): string[] {
  const key = file in ARROWS ? file : roomOf(file);
  const allowed = ARROWS[key];
  if (allowed === undefined) return [`src/${file}: ${key} is not in the table of rooms (test/house/arrows.ts)`];
  return importsOf(text).flatMap(specifier => {
    const target = targetOf(file, specifier);
    const guards = ONLY[packageOf(target)];
    if (guards !== undefined && !guards.includes(file)) return [`src/${file}: only ${guards.join(', ')} may import ${specifier}`];
    return permits(allowed, target, file) ? [] : [`src/${file}: ${key} may not import ${specifier}`];
  });
}

function permits(allowed: readonly string[], target: string, file: string): boolean {
  const room = roomOf(file);
  if (room.endsWith('/') && target.startsWith(room)) return true;
  if (target.startsWith('node:')) return allowed.includes(target) || allowed.includes('node:*');
  if (target.includes('/') && allowed.some(entry => entry.endsWith('/') && target.startsWith(entry))) return true;
  return allowed.includes(target) || allowed.includes(packageOf(target));
}

/** `plan/` for `plan/diff.ts`, the file itself for a file of src/. */
function roomOf(file: string): string {
  return file.includes('/') ? file.slice(0, file.indexOf('/') + 1) : file;
}

/** A path below src/ for a file, else the specifier. `../` at the front = outside of src/. */
function targetOf(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  const parts = file.split('/').slice(0, -1);
  for (const part of specifier.split('/')) {
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** `ajv` for `ajv/dist/2020.js`, `@a/b` for `@a/b/c`. */
function packageOf(target: string): string {
  const parts = target.split('/');
  return target.startsWith('@') ? parts.slice(0, 2).join('/') : (parts[0] ?? target);
}
