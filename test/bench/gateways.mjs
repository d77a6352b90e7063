/** Reading a gateway node: namespaces like those of routed networks, read whole by each of the two readers, as a process of its own. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { against, inTurn, once, ROOT, row, spent } from './measure.mjs';

/** Prints how long it takes with so many; what it made goes again. */
export async function readingOfGateways(count, runs, reach) {
  // Below the checkout, where koffi is found.
  const dir = join(ROOT, 'node_modules', '.netloom-bench', String(process.pid));
  mkdirSync(dir, { recursive: true });
  const names = Array.from({ length: count }, (_, nth) => `00000000-0000-8000-8000-6e6c6d${nth.toString(16).padStart(6, '0')}`);
  try {
    make(names);
    const program = join(dir, 'read.mjs');
    await bundleReader(dir, program);
    const read = by => () => once([process.execPath, program, String(count)], { env: { NETLOOM_READER: by } });
    const [commands, netlink] = inTurn(runs, read('commands'), read(''));
    row(`read ${count} gateway namespaces by netlink`, spent(netlink), reach);
    row('  by commands, against netlink', against(commands, netlink), '-');
  } finally {
    clean(names);
    rmSync(dir, { recursive: true, force: true });
  }
}

// Reads what a pass reads, and insists that it was there.
async function bundleReader(dir, outfile) {
  const entry = join(dir, 'entry.ts');
  writeFileSync(
    entry,
    `import { read, readOwn } from ${JSON.stringify(join(ROOT, 'src/host/read.ts'))};
const keys = netns => ['net/ipv4/ip_forward', 'net/ipv4/conf/all/arp_ignore'].map(sysctl => ({ netns, sysctl }));
const own = await readOwn();
const rows = await read({ own, netnses: [], keys: own.namespaces.flatMap(keys) });
const whole = rows.filter(one => one.links.length === 4 && one.routes.length === 3 && one.neighs.length === 4 && one.tables.length === 1 && one.sysctls['net/ipv4/ip_forward'] === '1');
if (whole.length !== Number(process.argv[2])) throw new Error(whole.length + ' were read whole: ' + JSON.stringify(rows[1]));
`,
  );
  const require = "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);";
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    external: ['koffi'],
    banner: { js: require },
  });
}

function batch(tool, args, lines) {
  execFileSync(tool, [...args, '-batch', '-'], { input: lines.map(line => `${line}\n`).join('') });
}

function make(names) {
  batch(
    'ip',
    [],
    names.map(name => `netns add ${name}`),
  );
  batch(
    'ip',
    [],
    names.flatMap((name, nth) => ['a', 'b', 'c'].map(end => `link add name ${end}${nth} group 97 type veth peer name ${end} group 97 netns ${name}`)),
  );
  for (const name of names) {
    batch('ip', ['-n', name], INSIDE);
    const enter = [`--net=/run/netns/${name}`, '--'];
    execFileSync('nsenter', [...enter, 'nft', '-f', '-'], { input: TABLE });
    execFileSync('nsenter', [...enter, 'tee', '/proc/sys/net/ipv4/ip_forward'], { input: '1', stdio: ['pipe', 'ignore', 'inherit'] });
  }
}

const INSIDE = [
  ...['a', 'b', 'c'].flatMap((end, nth) => [`addr add 10.${nth}.0.1/24 dev ${end}`, `link set dev ${end} up`]),
  ...[5, 6, 7, 8].map(host => `neigh add 10.0.0.${host} lladdr 02:00:00:00:00:0${host} dev a nud permanent protocol 97`),
  'route add default via 10.1.0.2 dev b proto 97',
  'route add 192.0.2.7 dev a proto 97',
  'route add default via 10.2.0.2 dev c table 1000 proto 97',
  'rule add pref 1000 fwmark 7 table 1000 protocol 97',
];

const TABLE = `table inet netloom {
  map floats { type ipv4_addr : ipv4_addr; elements = { 192.0.2.10 : 10.0.0.5, 192.0.2.11 : 10.0.0.6 }; }
  chain c_pre { type nat hook prerouting priority -100; dnat ip to ip daddr map @floats; }
  chain c_post { type nat hook postrouting priority 100; ip saddr 10.0.0.0/24 oifname "b" masquerade; }
  chain c_forward { type filter hook forward priority 0; ct state established,related accept; iifname "b" drop; }
}
`;

function clean(names) {
  execFileSync('ip', ['link', 'del', 'group', '97']);
  batch(
    'ip',
    [],
    names.map(name => `netns del ${name}`),
  );
}
