/** One network with DHCP and NAT: from the push of its definition to a guest's first lease, one pass on the node that carries all of it. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inTurn, NETLOOM, once, row, spent, together } from './measure.mjs';

const HEAD = 'apiVersion: netloom.dev/v1\n';
const BASE = [
  `${HEAD}kind: Cluster\nmetadata: { name: bench }\nspec: { underlay: { mtu: 9000 } }\n`,
  `${HEAD}kind: Node\nmetadata: { name: n1 }\nspec: { underlay: { address: 10.2.1.1, device: eth0 }, gateway: true }\n`,
  `${HEAD}kind: AddressPool\nmetadata: { name: pool }\nspec: { cidr: 172.16.0.0/16, device: eth1, mode: masquerade }\n`,
];

/** Runs in a private network namespace with eth0, which has 10.2.1.1, on the loopback's git: a path. */
export function firstLeases(dir, runs) {
  const home = join(dir, 'first-lease');
  const [work, bare] = [join(home, 'work'), join(home, 'definitions.git')];
  const ip = (...args) => execFileSync('ip', args);
  const git = (...args) => execFileSync('git', ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', '-C', work, ...args], { stdio: 'pipe' });
  mkdirSync(work, { recursive: true });
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', bare]);
  git('init', '-q', '-b', 'main');
  git('remote', 'add', 'origin', bare);
  const push = () => {
    git('add', '-A');
    git('commit', '-q', '-m', 'a network');
    git('push', '-q', 'origin', 'HEAD:main');
  };
  const config = join(home, 'node.yaml');
  writeFileSync(config, `node: n1\nrepo: { url: ${bare}, branch: main }\nstateDir: ${home}/state\nruntimeDir: ${home}/run\n`);
  writeFileSync(join(home, 'lease.sh'), '#!/bin/sh\n[ "$1" = bound ] && echo "$ip"\nexit 0\n', { mode: 0o755 });
  writeFileSync(join(work, 'base.yaml'), BASE.join('---\n'));
  push();
  const pass = () => once([process.execPath, NETLOOM, 'reconcile', '--config', config]);
  ip('link', 'add', 'name', 'eth1', 'type', 'veth', 'peer', 'name', 'far1');
  for (const dev of ['far1', 'eth1']) ip('link', 'set', 'dev', dev, 'up');
  let count = 0;
  try {
    pass();
    const lease = () => {
      const guest = `guest${++count}`;
      ip('netns', 'add', guest);
      writeFileSync(
        join(work, `${guest}.yaml`),
        [
          `${HEAD}kind: Network\nmetadata: { name: ${guest} }\nspec: { cidr: 10.0.0.0/24 }\n`,
          `${HEAD}kind: Interface\nmetadata: { name: ${guest} }\nspec: { network: ${guest}, node: n1, attach: { netns: { name: ${guest} } } }\n`,
        ].join('---\n'),
      );
      push();
      const passed = pass();
      const asked = once([
        'ip',
        'netns',
        'exec',
        guest,
        'busybox',
        'udhcpc',
        '-i',
        'eth0',
        '-f',
        '-n',
        '-q',
        '-t',
        '20',
        '-T',
        '1',
        '-s',
        join(home, 'lease.sh'),
      ]);
      if (!asked.stdout.includes('10.0.0.')) throw new Error(`${guest} was leased nothing: ${asked.stdout}`);
      return together(passed, asked);
    };
    const [leased] = inTurn(runs, lease);
    row('one network with DHCP and NAT, from push to first lease', spent(leased), '2 s plus the poll');
  } finally {
    execFileSync('git', ['-C', work, 'rm', '-q', '--ignore-unmatch', 'guest*.yaml'], { stdio: 'pipe' });
    push();
    pass();
    for (let nth = 1; nth <= count; nth += 1) ip('netns', 'del', `guest${nth}`);
    ip('link', 'del', 'dev', 'eth1');
  }
}
