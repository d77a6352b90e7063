/**
 * `npm run bench`: the numbers of the design, as ratios in one run. Nothing here is asserted: machines differ, ratios less so.
 * The kernel part needs root; it runs in a network and mount namespace of its own and leaves nothing.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeMany } from './definitions.mjs';
import { inTurn, NETLOOM, once, ROOT, ratio, row, time } from './measure.mjs';

const dir = mkdtempSync(join(tmpdir(), 'netloom-bench-'));
try {
  startUp();
  validation();
  kernel();
} finally {
  rmSync(dir, { recursive: true, force: true });
}

function startUp() {
  const bare = () => once([process.execPath, '-e', '0']).ms;
  const help = () => once([process.execPath, NETLOOM, '--help']).ms;
  const example = () => once([process.execPath, NETLOOM, 'validate', join(ROOT, 'example-repo')], { env: { XDG_CACHE_HOME: join(dir, 'cache') } }).ms;
  const [node, first, second] = inTurn(11, bare, help, example);
  row('netloom --help, against node -e 0', `${ratio(first, node)} (${time(first)})`, '2 x');
  row('netloom validate example-repo, against node -e 0', `${ratio(second, node)} (${time(second)})`, '2 x');
}

function validation() {
  const many = join(dir, 'many');
  writeMany(many, 10_000);
  const cacheHome = join(dir, 'cache-many');
  const validate = () => once([process.execPath, NETLOOM, 'validate', many], { env: { XDG_CACHE_HOME: cacheHome } }).ms;
  const first = () => {
    rmSync(cacheHome, { recursive: true, force: true });
    return validate();
  };
  const bare = () => once([process.execPath, join(ROOT, 'test', 'bench', 'bare-parse.mjs'), many]).ms;
  const [parsed, cold] = inTurn(3, bare, first);
  const [warm] = inTurn(5, validate);
  row('validate 10,000 definitions, against bare yaml parsing', `${ratio(cold, parsed)} (${time(cold)})`, '1.5 x');
  row('  the second time, unchanged', time(warm), '200 ms');
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
