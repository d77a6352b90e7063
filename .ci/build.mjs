/**
 * Bundles src/cli/main.ts and what it imports into dist/: ES modules, split so that `--help` loads little, not minified because
 * an uncaught error prints its line. dist/netloom.js needs nothing but Node and the schemas/ folder beside dist/. With it go the
 * manual, completions for shells, and the licenses of what is bundled.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';
import { generate } from './gen.mjs';
import { licensesOf } from './licenses.mjs';
import { writeManual } from './man/index.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const ENTRY = join(ROOT, 'src/cli/main.ts');

// Bundled CommonJS packages still call require, which an ES module does not have.
const BANNER = "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";

/** Replaces dist/, whole or not at all. */
export async function build() {
  if (!existsSync(ENTRY)) throw new Error(`build: ${ENTRY} is not there`);
  await generate();
  const version = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version;
  const dist = join(ROOT, 'dist');
  // Beside it first: a build that fails leaves the old program as it is.
  const outdir = `${dist}.${process.pid}.tmp`;
  try {
    const inputs = await bundleInto(outdir, version);
    writeFileSync(join(outdir, 'THIRD-PARTY-LICENSES.txt'), licensesOf(inputs));
    await writeManual(join(outdir, 'man'));
    writeCompletions(outdir);
    rmSync(dist, { recursive: true, force: true });
    renameSync(outdir, dist);
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

// Where each shell looks a file of that name up for the command.
const COMPLETIONS = { bash: 'netloom', zsh: '_netloom', fish: 'netloom.fish' };

/** What the program itself prints for each shell, as files. */
function writeCompletions(outdir) {
  for (const [shell, name] of Object.entries(COMPLETIONS)) {
    const text = execFileSync(process.execPath, [join(outdir, 'netloom.js'), 'completion', shell], { timeout: 60_000 });
    mkdirSync(join(outdir, 'completions', shell), { recursive: true });
    writeFileSync(join(outdir, 'completions', shell, name), text);
  }
}

/** Gives the paths of all files of which something is in the bundle. */
/** The program of a version, in a folder beside a copy of schemas/. */
export async function bundleInto(outdir, version) {
  const { metafile } = await bundle({
    entryPoints: { netloom: ENTRY, 'lab-git-server': join(ROOT, 'src/lab/git-server-main.ts') },
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // It finds its machine code beside itself, and may be missing.
    external: ['koffi'],
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: BANNER },
    define: { __NETLOOM_VERSION__: JSON.stringify(version) },
    logLevel: 'warning',
    // They are in a file of their own.
    legalComments: 'none',
    metafile: true,
    absWorkingDir: ROOT,
  });
  const program = join(outdir, 'netloom.js');
  const text = readFileSync(program, 'utf8');
  // The banner is for every chunk; the first line of the program is for the kernel.
  if (!text.startsWith('#!')) writeFileSync(program, `#!/usr/bin/env node\n${text}`);
  chmodSync(program, 0o755);
  const taken = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
  return taken.flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : []));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await build();
