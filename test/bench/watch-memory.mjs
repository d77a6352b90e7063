/**
 * `node test/bench/watch-memory.mjs [PASSES] [NETWORKS]`: what `netloom watch` holds after many passes, in a private lab. Everything of
 * the watch is the real thing (loop, ears, files, passes over http); only who wakes it is not: the next pass comes as soon as one
 * has ended, every twentieth after a link of ours was deleted. Prints a line of JSON at 100 passes and at each tenfold, all garbage collected.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { writeCluster } from './definitions.mjs';
import { ROOT } from './measure.mjs';

const [passes = '10000', networks = '4', where = ''] = process.argv.slice(2);

if (where === 'inside') await inside(Number(passes), Number(networks));
else process.exitCode = outside();

function outside() {
  spawnSync('mkdir', ['-p', '/run/netns']);
  const unshare = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child'];
  const script = 'mount -t tmpfs tmpfs /run/netns && exec "$@"';
  const words = ['--expose-gc', fileURLToPath(import.meta.url), passes, networks, 'inside'];
  return spawnSync('unshare', [...unshare, 'sh', '-c', script, 'sh', process.execPath, ...words], { stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1;
}

async function inside(most, count) {
  const dir = mkdtempSync(join(tmpdir(), 'netloom-watch-memory-'));
  // Below the packages that the program takes.
  const outdir = join(ROOT, 'node_modules', '.cache', `netloom-watch-${process.pid}`);
  try {
    wires();
    const config = await node(dir, count);
    const entryPoints = ['src/cli/serve-watch.ts', 'src/cli/watch-work.ts', 'src/cli/kept-config.ts', 'src/cli/tell-hooks.ts'].map(file => join(ROOT, file));
    await build({ entryPoints, outdir, outbase: join(ROOT, 'src'), bundle: true, splitting: true, format: 'esm', platform: 'node', packages: 'external' });
    const parts = await Promise.all(['serve-watch', 'watch-work', 'kept-config', 'tell-hooks'].map(name => import(join(outdir, 'cli', `${name}.js`))));
    await watch(Object.assign({}, ...parts), config, most);
  } finally {
    rmSync(dir, { recursive: true, force: true });
    rmSync(outdir, { recursive: true, force: true });
  }
}

function ip(...args) {
  return execFileSync('ip', args);
}

function wires() {
  ip('link', 'set', 'dev', 'lo', 'up');
  ip('link', 'add', 'name', 'eth0', 'mtu', '9000', 'type', 'veth', 'peer', 'name', 'far0');
  ip('link', 'set', 'dev', 'far0', 'up');
  ip('link', 'set', 'dev', 'eth0', 'up');
  ip('addr', 'add', '10.2.1.1/24', 'dev', 'eth0');
}

/** A node of a repository with these networks, on a git server in a process of its own; the path of its configuration. */
async function node(dir, count) {
  const work = join(dir, 'definitions');
  const repos = join(dir, 'repos');
  writeCluster(work, count);
  mkdirSync(repos);
  const git = (...args) => execFileSync('git', ['-C', work, '-c', 'user.name=bench', '-c', 'user.email=bench@example.org', ...args], { stdio: 'pipe' });
  execFileSync('git', ['init', '--quiet', '--bare', '-b', 'main', join(repos, 'net.git')]);
  execFileSync('git', ['-C', join(repos, 'net.git'), 'config', 'http.receivepack', 'true']);
  git('init', '--quiet', '-b', 'main');
  git('add', '.');
  git('commit', '--quiet', '-m', 'Definitions');
  git('push', '--quiet', join(repos, 'net.git'), 'main');
  const server = spawn(process.execPath, [join(ROOT, 'dist', 'lab-git-server.js'), repos, '127.0.0.1', '8080'], { stdio: 'ignore' });
  server.unref();
  process.once('exit', () => server.kill('SIGKILL'));
  while (!(await isServed())) if (server.exitCode !== null) throw new Error('the git server ended');
  const config = join(dir, 'node.yaml');
  const places = `stateDir: ${join(dir, 'state')}\nruntimeDir: ${join(dir, 'run')}\n`;
  writeFileSync(config, `node: n1\nrepo: { url: "http://127.0.0.1:8080/net.git" }\nstatus: { pushesPerMinute: 60 }\n${places}`);
  return config;
}

async function isServed() {
  await sleep(50);
  return fetch('http://127.0.0.1:8080/net.git/info/refs?service=git-upload-pack').then(
    answer => answer.ok,
    () => false,
  );
}

async function watch({ serveWatch, remoteWork, keepConfig, hooksBeside }, path, most) {
  const fail = error => console.error(error.message);
  const kept = keepConfig(path, { check: () => undefined, changed: () => undefined, broken: fail });
  let done = 0;
  await serveWatch({
    times: () => ({ pollMs: 3_600_000, intervalMs: 3_600_000 }),
    warn: fail,
    watched: wake => [{ path, changed: () => wake('configuration', 'pass') }],
    work: frame => {
      const work = remoteWork({ kept, prefix: null, frame, hooks: hooksBeside(kept.now, frame.stop, fail) });
      const pass = async why => {
        const seen = await work.pass(why);
        if (seen === null) throw new Error('the remote was not heard');
        done += 1;
        if (/^10{2,}$/.test(String(done)) || done === most) console.log(JSON.stringify(held(done)));
        if (done >= most) process.kill(process.pid, 'SIGTERM');
        else if (done % 20 === 0) ip('link', 'del', 'dev', tap());
        // Not from within: the loop goes round as it does when something happens later.
        setImmediate(() => frame.wake('again', 'pass'));
        return seen;
      };
      return { ...work, pass };
    },
  });
}

// A guest's port of this node.
function tap() {
  return JSON.parse(String(execFileSync('ip', ['-j', 'link', 'show', 'group', '97']))).find(({ ifname = '' }) => ifname.startsWith('tap-')).ifname;
}

/** What this process has, in whole kilobytes, and things that it holds open. */
function held(done) {
  for (let round = 0; round < 3; round += 1) globalThis.gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  const kb = bytes => Math.round(bytes / 1024);
  const open = { descriptors: readdirSync('/proc/self/fd').length, resources: process.getActiveResourcesInfo().length };
  return { passes: done, seconds: Math.round(performance.now() / 1000), rssKb: kb(rss), heapKb: kb(heapUsed), externalKb: kb(external), ...open };
}
