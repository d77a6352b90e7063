/** The commands that look, against a real git server with 10,000 definitions and the reports of 100 nodes. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { writeLarge } from './definitions.mjs';
import { medians, NETLOOM, ROOT, row, runAside, spent } from './measure.mjs';

const LISTINGS = [
  ['status'],
  ['get', 'networks', '-A'],
  ['get', 'interfaces', '-A', '-l', 'role=web'],
  ['get', 'nodes'],
  ['get', 'floatingips', '-A'],
  ['get', 'pools'],
  ['get', 'namespaces'],
  ['get', 'all', '-A'],
  ['describe', 'network', 'tenant-3/net-11'],
  ['describe', 'node', 'n7'],
  ['events', 'network', 'tenant-3/net-11'],
  ['events', '-A'],
  ['addresses', 'tenant-3/net-11'],
  ['addresses', 'edge'],
];

/** Prints what each listing takes with nothing new on the remote, and after a node has published. */
export async function listings(dir, runs = 5) {
  mkdirSync(dir, { recursive: true });
  const { serveGit, createBareRepository, reportedCluster } = await bundled(dir);
  const root = join(dir, 'repos');
  const bare = join(root, 'net.git');
  mkdirSync(root, { recursive: true });
  await createBareRepository(bare);
  const definitions = join(dir, 'definitions');
  writeLarge(definitions);
  const revision = push(definitions, bare, 'main');
  const status = join(dir, 'status');
  for (const [path, text] of await reportedCluster(definitions, revision)) write(join(status, path), text);
  push(status, bare, 'netloom-status');
  const server = await serveGit({ root, host: '127.0.0.1', port: 0 });
  const env = { XDG_CACHE_HOME: join(dir, 'cache') };
  const look = argv => runAside([process.execPath, NETLOOM, ...argv, '--repo', `${server.url}/net.git`], { env });
  try {
    row('first look at 10,000 definitions, 100 nodes: clone and parse (once)', spent(await look(['status'])), '');
    for (const argv of LISTINGS) {
      await look(argv);
      const known = [];
      for (let run = 0; run < runs; run += 1) known.push(await look(argv));
      const fresh = [];
      for (let run = 0; run < runs; run += 1) {
        heartbeat(status, bare);
        fresh.push(await look(argv));
      }
      row(`  ${argv.join(' ')}`, `${spent(medians(known))}, ${medians(known).mb} MB`, '1 s');
      row('    after a node has published', spent(medians(fresh)), '1 s');
    }
  } finally {
    await server.close();
  }
}

async function bundled(dir) {
  const outfile = join(dir, 'cluster.mjs');
  const contents = `export { serveGit, createBareRepository } from '../../src/lab/git-server.ts';
    export { reportedCluster } from './reported.ts';`;
  const banner = { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" };
  const stdin = { contents, resolveDir: join(ROOT, 'test', 'bench') };
  await build({ stdin, outfile, bundle: true, format: 'esm', platform: 'node', banner, define: { __NETLOOM_VERSION__: '"bench"' }, logLevel: 'error' });
  return import(pathToFileURL(outfile).href);
}

let beats = 0;

// Another node each time, as in life.
function heartbeat(work, bare) {
  beats += 1;
  const file = join(work, 'nodes', `n${(beats % 100) + 1}.yaml`);
  const text = execFileSync('sed', ['-E', `s/^heard: .*/heard: "${new Date(Date.now() - 1000 + beats).toISOString()}"/`, file]);
  writeFileSync(file, text);
  push(work, bare, 'netloom-status');
}

function push(work, to, branch) {
  const git = (...args) => execFileSync('git', ['-C', work, '-c', 'user.name=bench', '-c', 'user.email=bench@example.org', ...args], { stdio: 'pipe' });
  git('init', '--quiet', '-b', branch);
  git('add', '.');
  git('commit', '--quiet', '-m', 'Bench');
  git('push', '--quiet', to, branch);
  return String(git('rev-parse', 'HEAD')).trim();
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
