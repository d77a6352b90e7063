/** A gateway node with many networks: making them against the fewest bare runs and against one process for each command; a pass with nothing to do. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { against, inTurn, once, row, spent, together } from './measure.mjs';

const HEAD = 'apiVersion: netloom.dev/v1\n';

/** Runs in a private network namespace with eth0; `node(command, folder, ...more)` is how netloom is called. */
export function passesOfGateways(dir, node, count, { runs, create, noop }) {
  const folder = join(dir, `gateways-${count}`);
  const state = join(dir, `gateways-${count}-state`);
  const run = (command, ...more) => node(command, folder, '--state-dir', state, '--runtime-dir', join(state, 'run'), ...more);
  writeGateways(folder, count, { dhcp: false });
  execFileSync('ip', ['link', 'add', 'name', 'eth1', 'type', 'veth', 'peer', 'name', 'far1']);
  execFileSync('ip', ['link', 'set', 'dev', 'far1', 'up']);
  execFileSync('ip', ['link', 'set', 'dev', 'eth1', 'up']);
  try {
    creating(run, count, runs, create);
    writeGateways(folder, count, { dhcp: true });
    emptied(() => once(run('apply')));
    const [nothing] = inTurn(Math.max(runs, 3), () => once(run('apply')));
    row(`apply with nothing to do, ${count} networks with DHCP and NAT`, spent(nothing), noop);
    const [slow] = inTurn(runs, () => once(run('apply'), { env: { NETLOOM_READER: 'commands' } }));
    row('  read by commands', spent(slow), '-');
    // Not only the kernel has something of them now.
    writeGateways(folder, 0, { dhcp: true });
    row(`delete ${count} networks with DHCP and NAT (once)`, spent(once(run('apply'))), '-');
  } finally {
    emptied(() => undefined);
    execFileSync('ip', ['link', 'del', 'dev', 'eth1']);
    rmSync(folder, { recursive: true, force: true });
  }
}

// Without DHCP: starting dnsmasq is not what is measured.
function creating(run, count, runs, reach) {
  const commands = once(run('plan', '-o', 'commands')).stdout;
  once(run('apply'));
  const [bare, applied] = inTurn(
    runs,
    () => emptied(() => byHand(commands)),
    () => emptied(() => once(run('apply'))),
  );
  row(`create ${count} networks with NAT, against the fewest bare runs`, against(applied, bare), reach);
  const singly = emptied(() => oneByOne(commands));
  row('  against a process for each command (once)', against(applied, singly), '-');
}

function writeGateways(dir, count, { dhcp }) {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const nodes = [1, 2].map(
    n => `${HEAD}kind: Node\nmetadata: { name: n${n} }\nspec: { underlay: { address: 10.2.1.${n}, device: eth0 }, gateway: ${n === 1} }\n`,
  );
  const pool = `${HEAD}kind: AddressPool\nmetadata: { name: pool }\nspec: { cidr: 172.16.0.0/16, device: eth1, mode: routed }\n`;
  writeFileSync(
    join(dir, 'cluster.yaml'),
    [`${HEAD}kind: Cluster\nmetadata: { name: bench }\nspec: { underlay: { mtu: 9000 } }\n`, pool, ...nodes].join('---\n'),
  );
  for (let i = 0; i < count; i += 1) {
    const docs = [`${HEAD}kind: Network\nmetadata: { name: net-${i} }\nspec: { cidr: 10.0.0.0/24, dhcp: ${dhcp} }\n`];
    for (const n of [1, 2])
      docs.push(`${HEAD}kind: Interface\nmetadata: { name: net-${i}-vm-${n} }\nspec: { network: net-${i}, node: n2, attach: { tap: {} } }\n`);
    writeFileSync(join(dir, `net-${i}.yaml`), docs.join('---\n'));
  }
}

// The lines of a plan as [tool, namespace, words or text].
function parsed(commands) {
  const found = [];
  const lines = commands.split('\n');
  for (let i = 0; i < lines.length; i += 1) {
    const words = lines[i].split(' ');
    const entered = words[0] === 'ip' && words[1] === 'netns' && words[2] === 'exec';
    const [netns, rest] = entered ? [words[3], words.slice(4)] : words[1] === '-n' ? [words[2], [words[0], ...words.slice(3)]] : ['', words];
    if (rest[0] === 'nft') {
      const end = lines.indexOf('EOF', i);
      found.push({ tool: 'nft', netns, text: `${lines.slice(i + 1, end).join('\n')}\n` });
      i = end;
    } else if (rest[0] === 'sysctl') found.push({ tool: 'sysctl', netns, text: rest.slice(2).join(' ') });
    else if (rest[0] === 'ip' || rest[0] === 'bridge') found.push({ tool: rest[0], netns, text: rest.slice(1).join(' ').replaceAll("'", '"') });
    else if (rest[0] === 'for' || lines[i] === '' || lines[i].startsWith('#')) continue;
    else throw new Error(`not measured: ${lines[i]}`);
  }
  return found;
}

function enter(netns, argv) {
  return netns === '' ? argv : ['ip', 'netns', 'exec', netns, ...argv];
}

// Consecutive lines of one tool and namespace in one process: the order of the plan is the fewest runs.
function byHand(commands) {
  let all = { ms: 0, cpuMs: 0, mb: 0 };
  let group = [];
  const flush = () => {
    const [first] = group;
    if (first !== undefined) all = together(all, runGroup(first, group));
    group = [];
  };
  for (const line of parsed(commands)) {
    if (group.length > 0 && (group[0].tool !== line.tool || group[0].netns !== line.netns)) flush();
    group.push(line);
  }
  flush();
  return all;
}

function runGroup({ tool, netns }, group) {
  const texts = group.map(line => line.text);
  if (tool === 'sysctl') return once(enter(netns, ['sysctl', '-qw', ...texts]));
  if (tool === 'nft') return once(enter(netns, ['nft', '-f', '-']), { input: texts.join('') });
  return once([tool, ...(netns === '' ? [] : ['-n', netns]), '-batch', '-'], { input: texts.map(text => `${text}\n`).join('') });
}

function oneByOne(commands) {
  return parsed(commands).reduce((sum, line) => together(sum, runGroup(line, [line])), { ms: 0, cpuMs: 0, mb: 0 });
}

// Not measured: everything of ours goes first.
function emptied(work) {
  spawnSync('ip', ['link', 'del', 'group', '97']);
  const names = execFileSync('ip', ['netns', 'list'])
    .toString()
    .split('\n')
    .flatMap(line => (line === '' ? [] : [`netns del ${line.split(' ')[0]}`]));
  if (names.length > 0) execFileSync('ip', ['-batch', '-'], { input: names.map(line => `${line}\n`).join('') });
  execFileSync('nft', ['flush', 'ruleset']);
  return work();
}
