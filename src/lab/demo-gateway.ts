/** The demo's chapters about the gateway: a lease, the way out, and a floating address that moves with one line. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { everywhere, type Guest, guest, inClone, insist, type Play, pings } from './demo-play.ts';
import { labRun } from './enter.ts';
import { OUTSIDE } from './outside.ts';

/** Plays them; the example's network `bakery/shop` has DHCP, DNS, NAT and the floating address `shop-front`. */
export async function wayOut(play: Play): Promise<void> {
  const [one, two] = await Promise.all([guest(play, 'bakery/web-1'), guest(play, 'bakery/web-2')]);
  const floating = await floatingAddress(play);
  await lease(play, one);
  play.stage.chapter('The way out: by NAT on the gateway node, and in by a floating address.');
  insist(await pings(play, one, [OUTSIDE.address]), play, `bakery/web-1 on ${one.node} reaches ${OUTSIDE.address}, which stands for the internet`);
  await Promise.all([welcome(play, one, 'this is web-1'), welcome(play, two, 'this is web-2')]);
  insist(await says(play, floating, 'this is web-1'), play, `the outside reaches web-1 by ${floating}`);
  insist((await fetched(play, one.address)) === '', play, `and nobody reaches ${one.address} from there`);
  await moved(play, floating);
}

async function lease(play: Play, { node, netns, address }: Guest): Promise<void> {
  play.stage.chapter('DHCP and DNS of a network: dnsmasq in its namespace on the gateway node.');
  const [script, note] = [join(play.lab.dir, 'bound'), join(play.lab.dir, 'lease')];
  const told = '"$ip, router $router, mtu $mtu, resolver $dns, domain $domain"';
  writeFileSync(script, `#!/bin/sh\n[ "$1" = bound ] && echo ${told} > ${note}\nexit 0\n`, { mode: 0o755 });
  await play.quietly(node, ['ip', 'netns', 'exec', netns, 'busybox', 'udhcpc', '-i', 'eth0', '-n', '-q', '-t', '8', '-T', '1', '-s', script]);
  const said = readFileSync(note, 'utf8').trim();
  play.stage.shown(`netloom lab exec ${node} -- ip netns exec ${netns} busybox udhcpc -i eth0`, said);
  insist(said.startsWith(`${address}, router `), play, 'the guest leases the address that the ledger gave it');
  const name = 'www.bakery.netloom';
  const { stdout } = await play.quietly(node, ['ip', 'netns', 'exec', netns, 'busybox', 'nslookup', name, said.match(/resolver (\S+),/)?.[1] ?? '']);
  insist(stdout.includes(address), play, `${name} is ${address}`);
}

async function floatingAddress(play: Play): Promise<string> {
  const { stdout } = await play.quietly(play.nodes[0] ?? '', ['netloom', 'get', 'floatingip', 'bakery/shop-front', '-o', 'json']);
  return (JSON.parse(stdout) as { status: { address: string } }).status.address;
}

/** A web server in a guest, until the lab ends. */
async function welcome(play: Play, { node, netns }: Guest, words: string): Promise<void> {
  const folder = join(play.lab.dir, `www-${netns}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'index.html'), words);
  const argv = ['ip', 'netns', 'exec', netns, 'busybox', 'httpd', '-f', '-p', '80', '-h', folder];
  void labRun(play.lab, node, argv, { timeoutMs: 3_600_000 }).catch(() => undefined);
}

const GET = `require('node:http').get('http://' + process.argv[1] + '/', { timeout: 2000 }, answer => answer.pipe(process.stdout))
  .on('timeout', function () { this.destroy(); }).on('error', () => process.exit(1))`;

/** What the outside gets at an address; '' when nobody answers. */
async function fetched(play: Play, address: string): Promise<string> {
  const { stdout } = await play.quietly(OUTSIDE.name, [process.execPath, '-e', GET, address]);
  return stdout.trim();
}

// Servers need a moment to start.
async function says(play: Play, address: string, words: string): Promise<boolean> {
  for (let tries = 0; tries < 10; tries += 1) {
    if ((await fetched(play, address)) === words) return true;
    await sleep(200);
  }
  return false;
}

async function moved(play: Play, floating: string): Promise<void> {
  const [first = ''] = play.nodes;
  await inClone(play, async (git, folder) => {
    const file = 'namespaces/bakery/floating-ips/shop.yaml';
    const path = join(folder, file);
    writeFileSync(path, readFileSync(path, 'utf8').replace('interface: web-1', 'interface: web-2'));
    await git('commit', '--quiet', '-am', 'The shop front moves to web-2');
    await git('push', '--quiet', 'origin', 'HEAD:main');
    play.stage.shown(`sed -i 's/interface: web-1/interface: web-2/' ${file} && git commit -am "The shop front moves to web-2" && git push`, '');
    await play.netloom(first, ['plan'], { lines: 16 });
    await everywhere(play);
    insist(await says(play, floating, 'this is web-2'), play, `one commit later ${floating} leads to web-2`);
  });
}
