/** Passes that find nothing new, as the timer runs them: requests counted by a real git server, in the private namespace of kernel.mjs. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { medians, NETLOOM, ROOT, row, runAside, spent } from './measure.mjs';

/** Makes the networks from a remote, then prints requests, time and memory of passes without news. */
export async function passesWithNothingNew(dir, definitions, networks) {
  const { serveGit, createBareRepository } = await gitServer(dir);
  const root = join(dir, 'repos');
  mkdirSync(root, { recursive: true });
  await createBareRepository(join(root, 'net.git'));
  push(definitions, join(root, 'net.git'));
  const server = await serveGit({ root, host: '127.0.0.1', port: 0 });
  try {
    const config = join(dir, 'node.yaml');
    writeFileSync(config, `node: n1\nrepo: { url: "${server.url}/net.git" }\nstateDir: ${join(dir, 'pull-state')}\nruntimeDir: ${join(dir, 'pull-run')}\n`);
    const pass = () => runAside([process.execPath, NETLOOM, 'reconcile', '--config', config]);
    row(`first pass: clone, allocate, create ${networks}, publish (once)`, spent(await pass()), '');
    await pass();
    const before = server.requests.length;
    const runs = [];
    for (let run = 0; run < 5; run += 1) runs.push(await pass());
    const idle = medians(runs);
    row(`reconcile with nothing new, ${networks} networks`, spent(idle), '1 s');
    row('  its memory', `${idle.mb} MB`, '300 MB');
    row('  its requests to the remote', `${(server.requests.length - before) / runs.length}`, '1');
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

function push(work, to) {
  const git = (...args) => execFileSync('git', ['-C', work, '-c', 'user.name=bench', '-c', 'user.email=bench@example.org', ...args], { stdio: 'pipe' });
  git('init', '--quiet', '-b', 'main');
  git('add', '.');
  git('commit', '--quiet', '-m', 'Definitions');
  git('push', '--quiet', to, 'main');
}
