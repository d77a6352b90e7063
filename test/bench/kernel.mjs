/** The hypervisor part of 1,000 networks with 3 peers each. Runs in a private network and mount namespace that bench.mjs made. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeCluster } from './definitions.mjs';
import { firstLeases } from './first-lease.mjs';
import { passesOfGateways } from './gateway-passes.mjs';
import { readingOfGateways } from './gateways.mjs';
import { against, inTurn, NETLOOM, once, row, spent, together } from './measure.mjs';
import { passesWithNothingNew } from './pull.mjs';

const NETWORKS = Number(process.env.BENCH_NETWORKS ?? 1000);
const dir = mkdtempSync(join(tmpdir(), 'netloom-bench-'));
const definitions = join(dir, 'definitions');

try {
  prepare();
  const lines = once(node('plan', definitions, '-o', 'commands')).stdout.split('\n');
  // Parsed and allocated before, as on every node that has seen its definitions once.
  once(node('apply', definitions));
  const [raw, applied] = inTurn(
    5,
    () => cleaned(() => byHand(lines)),
    () => cleaned(() => once(node('apply', definitions))),
  );
  row(`create ${NETWORKS} networks, against the same lines in bare batches`, against(applied, raw), '2 x');
  const [noop, slow] = inTurn(
    5,
    () => once(node('apply', definitions), { memory: true }),
    () => once(node('apply', definitions), { env: { NETLOOM_READER: 'commands' } }),
  );
  row(`apply with nothing to do, ${NETWORKS} networks`, spent(noop), '1 s');
  row('  reading by commands, against netlink', against(slow, noop), '-');
  row('  its memory', `${noop.mb} MB`, '300 MB');
  writeCluster(join(dir, 'empty'), 0);
  row(`delete ${NETWORKS} networks (once)`, spent(once(node('apply', join(dir, 'empty')))), '20 s');
  await passesWithNothingNew(dir, definitions, NETWORKS);
  cleaned(() => undefined);
  firstLeases(dir, 5);
  passesOfGateways(dir, node, 100, { runs: 5, create: '3 x', noop: '0.3 s' });
  passesOfGateways(dir, node, Number(process.env.BENCH_GATEWAYS ?? 1000), { runs: 1, create: '3 x', noop: '1.5 s' });
  await readingOfGateways(100, 9, '-');
  await readingOfGateways(Number(process.env.BENCH_GATEWAYS ?? 1000), 3, '-');
} finally {
  rmSync(dir, { recursive: true, force: true });
}

function node(command, folder, ...more) {
  const where = ['--local', folder, '--node', 'n1', '--state-dir', join(dir, 'state'), '--runtime-dir', join(dir, 'state', 'run')];
  return [process.execPath, NETLOOM, command, ...where, ...(command === 'apply' ? ['--approve', 'all'] : []), ...more];
}

function prepare() {
  writeCluster(definitions, NETWORKS);
  const ip = (...args) => execFileSync('ip', args);
  ip('link', 'set', 'dev', 'lo', 'up');
  ip('link', 'add', 'name', 'eth0', 'mtu', '9000', 'type', 'veth', 'peer', 'name', 'far0');
  ip('link', 'set', 'dev', 'far0', 'up');
  ip('link', 'set', 'dev', 'eth0', 'up');
  ip('addr', 'add', '10.2.1.1/24', 'dev', 'eth0');
}

// Not measured: everything of ours goes first, the filters too.
function cleaned(work) {
  const links = JSON.parse(execFileSync('ip', ['-N', '-j', 'link', 'show', 'group', '97'], { maxBuffer: 1 << 28 }).toString() || '[]');
  if (links.some(link => link.ifname)) execFileSync('ip', ['link', 'del', 'group', '97']);
  execFileSync('nft', ['flush', 'ruleset']);
  return work();
}

// One `ip -batch`, one `bridge -batch`: the lines of the plan in their order, nothing read back, no sysctl, no filter.
function byHand(lines) {
  const of = tool =>
    lines
      .filter(line => line.startsWith(`${tool} `))
      .map(line => `${line.slice(tool.length + 1).replaceAll("'", '"')}\n`)
      .join('');
  return together(once(['ip', '-batch', '-'], { input: of('ip') }), once(['bridge', '-batch', '-'], { input: of('bridge') }));
}
