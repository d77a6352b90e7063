/** Pages of the manual, made of the program's commands and of the schemas: netloom(8), netloom.yaml(5), netloom-node.yaml(5). */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { kindSchemas, readSchemas, resolve } from '../gen.mjs';
import { sourceDate } from '../source-date.mjs';
import { commandsPage } from './commands.mjs';
import { definitionsPage, nodeConfigPage } from './definitions.mjs';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** File name to text, of every page. */
export async function manualPages() {
  const { version, description } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const { program, EXIT_MEANINGS, DEFAULT_CONFIG_PATH } = await commandTree(version);
  const schemas = readSchemas();
  const config = schemas.get('node-config.json');
  const head = { date: sourceDate().toISOString().slice(0, 10), source: `netloom ${version}` };
  const lookUpFrom = base => ref => resolve(ref, schemas, base)[0];
  const commands = { root: program(), about: [`${description}.`], meanings: EXIT_MEANINGS, config, configPath: DEFAULT_CONFIG_PATH, units: units(), head };
  return new Map([
    ['netloom.8', commandsPage(commands)],
    ['netloom.yaml.5', definitionsPage({ kinds: kindSchemas(schemas), common: schemas.get('common.json'), lookUp: lookUpFrom('common.json'), head })],
    ['netloom-node.yaml.5', nodeConfigPage({ schema: config, path: DEFAULT_CONFIG_PATH, lookUp: lookUpFrom('node-config.json'), head })],
  ]);
}

/** Writes them into a folder, which is made. */
export async function writeManual(folder) {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of await manualPages()) writeFileSync(join(folder, name), text);
}

// The tree alone: what a command loads when it runs is left where it is.
async function commandTree(version) {
  const { outputFiles } = await build({
    stdin: {
      contents: "export { program } from './program.ts'; export { EXIT_MEANINGS } from './exit.ts'; export { DEFAULT_CONFIG_PATH } from './defaults.ts';",
      resolveDir: join(ROOT, 'src/cli'),
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    define: { __NETLOOM_VERSION__: JSON.stringify(version) },
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire('file:///');" },
    plugins: [
      {
        name: 'tree-only',
        setup: ({ onResolve }) => onResolve({ filter: /./ }, ({ kind, path }) => (kind === 'dynamic-import' ? { path, external: true } : undefined)),
      },
    ],
    logLevel: 'warning',
  });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
}

/** Name and description of each unit that people may start. */
function units() {
  const folder = join(ROOT, 'systemd');
  return readdirSync(folder)
    .filter(name => /\.(service|timer|socket|target)$/.test(name))
    .toSorted()
    .map(name => [name, describedIn(readFileSync(join(folder, name), 'utf8'))]);
}

function describedIn(unit) {
  const [, text = ''] = /^Description=(?:netloom: )?(.*)$/m.exec(unit) ?? [];
  return text.replace(/ %[iI]$/, ' that the instance names');
}
