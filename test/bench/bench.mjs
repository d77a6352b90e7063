/**
 * `npm run bench`: the numbers of the design, as ratios in one run. Nothing here is asserted: machines differ, ratios less so.
 * The kernel part needs root; it runs in a network and mount namespace of its own and leaves nothing.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeMany } from './definitions.mjs';
import { listings } from './listings.mjs';
import { against, inTurn, NETLOOM, once, ROOT, row, spent } from './measure.mjs';

const dir = mkdtempSync(join(tmpdir(), 'netloom-bench-'));
try {
  console.log(`Node.js ${process.version}, ${cpus().length} processors, load ${loadavg()[0]?.toFixed(1)} at the start; medians`);
  startUp();
  validation();
  await listings(join(dir, 'large'));
  kernel();
} finally {
  rmSync(dir, { recursive: true, force: true });
}

function startUp() {
  const env = { XDG_CACHE_HOME: join(dir, 'cache') };
  const bare = () => once([process.execPath, '-e', '0']);
  const help = () => once([process.execPath, NETLOOM, '--help']);
  const example = () => once([process.execPath, NETLOOM, 'validate', join(ROOT, 'example-repo')], { env });
  const [node, first, second] = inTurn(15, bare, help, example);
  row('netloom --help, against node -e 0', against(first, node), '2 x');
  row('netloom validate example-repo, against node -e 0', against(second, node), '2 x');
}

function validation() {
  const many = join(dir, 'many');
  writeMany(many, 10_000);
  const cacheHome = join(dir, 'cache-many');
  const validate = () => once([process.execPath, NETLOOM, 'validate', many], { env: { XDG_CACHE_HOME: cacheHome } });
  const first = () => {
    rmSync(cacheHome, { recursive: true, force: true });
    return validate();
  };
  const bare = () => once([process.execPath, join(ROOT, 'test', 'bench', 'bare-parse.mjs'), many]);
  const [parsed, cold] = inTurn(5, bare, first);
  const [warm] = inTurn(5, validate);
  row('validate 10,000 definitions, against bare yaml parsing', against(cold, parsed), '1.5 x');
  row('  the second time, unchanged', spent(warm), '200 ms');
}

function kernel() {
  if (process.getuid?.() !== 0) {
    console.log('the kernel part needs root: left out');
    return;
  }
  const inside = 'mount -t tmpfs tmpfs /run/netns && exec "$0" "$1"';
  const script = join(ROOT, 'test', 'bench', 'kernel.mjs');
  spawnSync('mkdir', ['-p', '/run/netns']);
  const done = spawnSync('unshare', ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child', 'sh', '-c', inside, process.execPath, script], {
    stdio: 'inherit',
  });
  if (done.status !== 0) process.exitCode = 1;
}
