/**
 * A private lab: mount, network and pid namespaces of its own with an empty /run/netns. What runs inside cannot meet the
 * machine's network, and whatever it leaves running dies with it.
 *
 * As a program: `node .ci/private-lab.mjs FILE...` runs test files of the kernel project in one.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const UNSHARE = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child'];
// A new namespace begins with the machine's own value of ip_forward.
const SET_UP = 'set -e; mount -t tmpfs tmpfs /run/netns; ip link set lo up; echo 0 >/proc/sys/net/ipv4/ip_forward';
const PATH = `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;

/** What the kernel must be able to do, tried in the order in which people can mend it. */
const PROBES = [
  ['network and mount namespaces', SET_UP],
  ['bridges (module bridge)', 'ip link add name b0 type bridge'],
  ['VXLAN (module vxlan)', 'ip link add name v0 type vxlan id 1 dstport 4789 local 127.0.0.1'],
  ['veth pairs (module veth)', 'ip link add name e0 type veth peer name e1'],
  ['taps (module tun)', 'ip tuntap add dev t0 mode tap'],
  ['nftables (modules nf_tables)', 'nft add table inet x'],
  ['nftables for bridges (module nf_tables_bridge)', 'nft add table bridge x'],
];

/** Why kernel tests cannot run here, in one sentence; undefined when they can. */
export function cannotRunKernelTests() {
  if (process.platform !== 'linux') return `this is ${process.platform}, not Linux`;
  if (process.getuid?.() !== 0) return 'not root (run as root, or in a container with --privileged)';
  mkdirSync('/run/netns', { recursive: true });
  for (const [what, script] of PROBES) {
    const { status, stderr, error } = spawnSync('unshare', [...UNSHARE, 'sh', '-c', script === SET_UP ? script : `${SET_UP}; ${script}`], {
      encoding: 'utf8',
      env: { ...process.env, PATH },
    });
    if (error) return `cannot run unshare: ${error.message}`;
    if (status !== 0) return `this machine gives no ${what}: ${stderr.trim()}`;
  }
}

/** Tells the tests inside which namespaces are not theirs (test/support/namespaces.ts): from in there, process 1 is one of them. */
function outside() {
  const names = statSync('/run/netns', { throwIfNoEntry: false })?.dev ?? 'none';
  return ['net', 'mnt']
    .map(kind => readlinkSync(`/proc/self/ns/${kind}`))
    .concat(String(names))
    .join(' ');
}

/** Runs node with `args` in a private lab, every line of output behind its name; true when it ended well in time. */
export function runShard({ name, args, temp, deadlineMs }) {
  mkdirSync(temp, { recursive: true });
  const child = spawn('unshare', [...UNSHARE, 'sh', '-c', `${SET_UP}; exec "$@"`, 'sh', process.execPath, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, PATH, TMPDIR: temp, NETLOOM_TEST_RUN: temp, NETLOOM_TEST_OUTSIDE: outside(), FORCE_COLOR: undefined, NO_COLOR: '1' },
  });
  for (const stream of [child.stdout, child.stderr]) prefixLines(stream, `${name}: `);
  // --kill-child: when unshare dies, the first process of the lab dies, and with that one all of them.
  const timer = setTimeout(() => {
    process.stdout.write(`FAIL ${name}: not finished after ${deadlineMs / 60_000} minutes, killed\n`);
    child.kill('SIGKILL');
  }, deadlineMs);
  return new Promise(done => {
    child.on('error', error => {
      process.stdout.write(`FAIL ${name}: ${error.message}\n`);
      done(false);
    });
    child.on('close', code => {
      clearTimeout(timer);
      done(code === 0);
    });
  });
}

function prefixLines(stream, prefix) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', text => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) process.stdout.write(`${prefix}${line}\n`);
  });
  stream.on('end', () => rest !== '' && process.stdout.write(`${prefix}${rest}\n`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const why = cannotRunKernelTests();
  if (why !== undefined) throw new Error(why);
  const temp = mkdtempSync(join(tmpdir(), 'netloom-test-'));
  const args = [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', 'kernel', ...process.argv.slice(2)];
  process.exitCode = (await runShard({ name: 'kernel', args, temp, deadlineMs: 14 * 60_000 })) ? 0 : 1;
  rmSync(temp, { recursive: true, force: true });
}
