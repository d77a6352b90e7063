/** The hypervisor part of 1,000 networks with 3 peers each. Runs in a private network and mount namespace that bench.mjs made. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCluster } from './definitions.mjs';
import { NETLOOM, once, ratio, row, time } from './measure.mjs';
import { pullWithNothingNew } from './pull.mjs';

const NETWORKS = Number(process.env.BENCH_NETWORKS ?? 1000);
const dir = mkdtempSync(join(tmpdir(), 'netloom-bench-'));
const definitions = join(dir, 'definitions');
const node = (command, state, ...more) => [
  process.execPath,
  NETLOOM,
  command,
  '--local',
  definitions,
  '--node',
  'n1',
  '--state-dir',
  join(dir, state),
  '--runtime-dir',
  join(dir, state, 'run'),
  ...more,
];

try {
  prepare();
  await pullWithNothingNew(dir);
  clean();
  const lines = once(node('plan', 'state', '-o', 'commands')).stdout.split('\n');
  const raw = [];
  const applied = [];
  for (let run = 0; run < 3; run += 1) {
    clean();
    raw.push(byHand(lines));
    clean();
    applied.push(once(node('apply', 'state')).ms);
  }
  const best = Math.min(...applied);
  row(`create ${NETWORKS} networks, against the same lines in bare batches`, `${ratio(best, Math.min(...raw))} (${time(best)})`, '2 x');
  const noop = [1, 2, 3].map(() => once(node('apply', 'state')));
  row(`no-op pass, ${NETWORKS} networks, start-up included`, time(Math.min(...noop.map(run => run.ms))), '1 s');
  row('  its memory', `${Math.min(...noop.map(run => run.mb))} MB`, '300 MB');
  writeCluster(join(dir, 'empty'), 0);
  const gone = [
    process.execPath,
    NETLOOM,
    'apply',
    '--local',
    join(dir, 'empty'),
    '--node',
    'n1',
    '--state-dir',
    join(dir, 'state'),
    '--runtime-dir',
    join(dir, 'state', 'run'),
  ];
  row(`delete ${NETWORKS} networks`, time(once(gone).ms), '20 s');
} finally {
  rmSync(dir, { recursive: true, force: true });
}

function prepare() {
  writeCluster(definitions, NETWORKS);
  const ip = (...args) => execFileSync('ip', args);
  ip('link', 'set', 'lo', 'up');
  ip('link', 'add', 'name', 'eth0', 'mtu', '9000', 'type', 'veth', 'peer', 'name', 'far0');
  ip('link', 'set', 'dev', 'far0', 'up');
  ip('link', 'set', 'dev', 'eth0', 'up');
  ip('addr', 'add', '10.2.1.1/24', 'dev', 'eth0');
}

function clean() {
  execFileSync('ip', ['link', 'set', 'dev', 'lo', 'up']);
  const links = JSON.parse(execFileSync('ip', ['-N', '-j', 'link', 'show', 'group', '97'], { maxBuffer: 1 << 28 }).toString() || '[]');
  if (links.some(link => link.ifname)) execFileSync('ip', ['link', 'del', 'group', '97']);
}

// One `ip -batch`, one `bridge -batch`: the lines of the plan in their order, nothing read back.
function byHand(all) {
  const of = tool =>
    all
      .filter(line => line.startsWith(`${tool} `))
      .map(line => line.slice(tool.length + 1).replaceAll("'", '"'))
      .join('\n');
  const [ip, ...rest] = [of('ip'), of('bridge')];
  return once(['ip', '-batch', '-'], { input: `${ip}\n` }).ms + once(['bridge', '-batch', '-'], { input: `${rest[0]}\n` }).ms;
}
