import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ARROWS, importsOf, violations } from './arrows.ts';
import { filesBelow, ROOT } from './tree.ts';

const sources = filesBelow('src').filter(path => /\.(ts|js)$/.test(path) && !path.endsWith('.gen.js'));

test('every import in src/ follows the arrows', () => {
  const found = sources.flatMap(path => violations(relative(`${ROOT}/src`, path), readFileSync(path, 'utf8')));
  expect(found).toEqual([]);
});

test('the arrows have no cycle', () => {
  const rooms = Object.keys(ARROWS).filter(key => key.endsWith('/') || !key.includes('/'));
  const edges = (room: string): string[] =>
    Object.entries(ARROWS)
      .filter(([key]) => key === room || (room.endsWith('/') && key.startsWith(room)))
      .flatMap(([, allowed]) => rooms.filter(other => other !== room && allowed.some(entry => entry === other || entry.startsWith(other))));
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    edges(from).some(next => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))));
  expect(rooms.filter(room => reaches(room, room))).toEqual([]);
});

describe('a violation is found:', () => {
  const seeded: [string, string, string][] = [
    ['a pure room that does I/O', 'plan/diff.ts', "import { readFileSync } from 'node:fs';"],
    ['the planner that knows a kind', 'plan/diff.ts', "import type { BridgeSpec } from '../kinds/bridge.ts';"],
    ['the host that knows a kind', 'host/read.ts', "import { vxlan } from '../kinds/vxlan.ts';"],
    ['the host that knows definitions', 'host/look.ts', "import type { NodeDef } from '../objects/object.ts';"],
    ['a report that knows the table of kinds', 'report/status.ts', "import { KINDS } from '../kinds/index.ts';"],
    ['a kind that knows objects', 'kinds/bridge.ts', "import { network } from '../objects/network.ts';"],
    ['a leaf that is none', 'model/ip.ts', "import type { Ref } from '../kinds/kind.ts';"],
    ['siblings', 'load/load.ts', "import { allocate } from '../allocate/allocate.ts';"],
    ['repo that takes more than processes from host', 'repo/git.ts', "import { lock } from '../host/lock.ts';"],
    ['a door that opens inwards', 'host/apply.ts', "import { reconcile } from '../reconcile.ts';"],
    ['a second user of execa', 'host/read.ts', "import { execa } from 'execa';"],
    ['a second user of processes', 'cli/plan.ts', "import { spawn } from 'node:child_process';"],
    ['a second user of isomorphic-git', 'cli/main.ts', "import git from 'isomorphic-git';"],
    ['a part of a package', 'lab/up.ts', "import http from 'isomorphic-git/http/node';"],
    ['an export', 'model/ip.ts', "export { run } from '../host/exec.ts';"],
    ['an import of everything', 'model/ip.ts', "export * from '../host/exec.ts';"],
    ['an import when it runs', 'plan/diff.ts', "const { run } = await import('../host/exec.ts');"],
    ['an import for its effect', 'plan/diff.ts', "import '../host/exec.ts';"],
    ['several lines', 'plan/diff.ts', "import {\n  run,\n  spawnLong,\n} from '../host/exec.ts';"],
    ['the second on one line', 'plan/diff.ts', "import { a } from './a.ts'; import { run } from '../host/exec.ts';"],
    ['files outside of src/', 'plan/diff.ts', "import config from '../../package.json';"],
    ['a room that nobody put into the table', 'shiny/new.ts', ''],
  ];
  test.each(seeded)('%s', (_, file, text) => expect(violations(file, text)).toHaveLength(1));
});

test('what is allowed is not found', () => {
  expect(violations('host/exec.ts', "import { execa } from 'execa';\nimport { accessSync } from 'node:fs';")).toEqual([]);
  expect(violations('repo/git.ts', "import { run } from '../host/exec.ts';\nimport git from 'isomorphic-git';")).toEqual([]);
  expect(violations('load/site.ts', "import { Ajv2020 } from 'ajv/dist/2020.js';\n// import { x } from '../host/exec.ts';")).toEqual([]);
  expect(violations('plan/order.ts', "import type { Kind } from '../kinds/kind.ts';\nimport { diff } from './diff.ts';")).toEqual([]);
});

test('words in texts are no imports', () => {
  expect(importsOf("const text = `import the file from`;\nsay('export from x');")).toEqual([]);
});
