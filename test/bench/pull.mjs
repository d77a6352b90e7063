/** How many requests a pass makes that finds nothing new: counted by a real git server, in the private namespace of kernel.mjs. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { writeCluster } from './definitions.mjs';
import { NETLOOM, ROOT, row, runAside, time } from './measure.mjs';

/** Prints the count and the time of a pass without news. */
export async function pullWithNothingNew(dir) {
  const { serveGit, createBareRepository } = await gitServer(dir);
  const root = join(dir, 'repos');
  await createBareRepository(join(root, 'net.git'));
  pushDefinitions(dir, join(root, 'net.git'));
  const server = await serveGit({ root, host: '127.0.0.1', port: 0 });
  try {
    const config = join(dir, 'node.yaml');
    writeFileSync(config, `node: n1\nrepo: { url: "${server.url}/net.git" }\nstateDir: ${join(dir, 'pull-state')}\nruntimeDir: ${join(dir, 'pull-run')}\n`);
    const pass = () => runAside([process.execPath, NETLOOM, 'reconcile', '--config', config]);
    await pass();
    await pass();
    const before = server.requests.length;
    const ms = await pass();
    row('a pass with nothing new: requests to the remote', `${server.requests.length - before} (${time(ms)})`, '1');
  } finally {
    await server.close();
  }
}

async function gitServer(dir) {
  const outfile = join(dir, 'git-server.mjs');
  const banner = { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" };
  await build({ entryPoints: [join(ROOT, 'src/lab/git-server.ts')], outfile, bundle: true, format: 'esm', platform: 'node', banner, logLevel: 'error' });
  return import(outfile);
}

function pushDefinitions(dir, to) {
  const work = join(dir, 'pull-definitions');
  mkdirSync(work, { recursive: true });
  writeCluster(work, 10);
  const git = (...args) => execFileSync('git', ['-C', work, '-c', 'user.name=bench', '-c', 'user.email=bench@example.org', ...args], { stdio: 'pipe' });
  git('init', '--quiet', '-b', 'main');
  git('add', '.');
  git('commit', '--quiet', '-m', 'Definitions');
  git('push', '--quiet', to, 'main');
}
