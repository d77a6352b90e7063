/**
 * The shipped units on a machine that systemd runs, with a git server on its wire: ticks, the boot with git and without, what is killed
 * or stopped in the middle, an upgrade, and what a person reads of it all.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../src/host/exec.ts';
import { document } from '../kernel/support/remote-node.ts';
import { describeWhere } from '../support/needs.ts';
import { type DefinitionsServer, serveDefinitions } from './definitions-server.ts';
import { config, DEFINITIONS, furnish, taps } from './furnished.ts';
import { install } from './installed.ts';
import { cannotBoot, type Machine, makeMachine } from './machine.ts';
import { makeWire, type Wire } from './wire.ts';

describeWhere(cannotBoot(), 'the units on a booted machine', () => {
  let wire: Wire;
  let outside: Wire;
  let server: DefinitionsServer;
  let machine: Machine;

  beforeAll(async () => {
    [wire, outside] = [await makeWire('10.2.1.254/24'), await makeWire('203.0.113.254/24')];
    server = await serveDefinitions(wire);
    await server.bare.grow('main', DEFINITIONS);
    const cards = [
      { wire, address: '10.2.1.11/24' },
      { wire: outside, address: '203.0.113.1/24', gateway: '203.0.113.254' },
    ];
    machine = await makeMachine({ name: 'n1', cards });
    await machine.boot();
    await furnish(machine, server.url);
  });
  afterAll(async () => {
    await machine?.stop();
    await server?.remove();
    for (const each of [wire, outside]) await each?.remove();
  });

  async function typed(script: string): Promise<string> {
    const { stdout, stderr, exitCode } = await machine.shell(script);
    expect(exitCode, `${script}: ${stdout}${stderr}`).toBe(0);
    return stdout;
  }

  const property = async (unit: string, name: string): Promise<string> => (await typed(`systemctl show --value -p ${name} ${unit}`)).trim();
  const journal = (...words: readonly string[]): Promise<string> => typed(`journalctl -q -o cat -u netloom.service ${words.join(' ')}`);
  const guestReaches = (): Promise<string> => typed('ip netns exec web ping -c 1 -W 5 192.168.7.1');
  const dnsmasqPid = (): Promise<string> => property("'netloom-dnsmasq@*'", 'MainPID');
  /** A drop-in that the next boot does not have. */
  const forNow = async (unit: string, text: string): Promise<void> => {
    machine.write(`/run/systemd/system/${unit}.d/test.conf`, text);
    await typed('systemctl daemon-reload');
  };
  const asEver = (unit: string): Promise<string> => typed(`rm /run/systemd/system/${unit}.d/test.conf; systemctl daemon-reload`);

  async function until(what: string, met: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 90_000; !(await met()); await sleep(50)) if (Date.now() > end) throw new Error(`${what}: ${await journal()}`);
  }

  it('enabling the timer enables the pass of the boot; a pass does all, as confined as it is, and a person can read what it did', async () => {
    machine.write('/etc/netloom/hooks.d/10-note', '#!/bin/sh\necho "$NETLOOM_EVENT $NETLOOM_KIND $NETLOOM_NAME" >> /run/netloom/told\n', 0o755);
    await forNow('netloom.service', `[Service]\nExecStartPre=/usr/bin/node -e 'require("/usr/lib/netloom/node_modules/koffi").load("libc.so.6")'\n`);
    await typed('systemctl enable -q --now netloom.timer; systemctl start netloom.service');
    await asEver('netloom.service');
    expect(await typed('systemctl is-enabled netloom.timer netloom.service')).toBe('enabled\nenabled\n');
    await guestReaches();
    expect(machine.read('/run/netloom/told')).toContain('created Network shop\n');
    expect(await typed('setpriv --reuid=nobody --clear-groups cat /var/lib/prometheus/node-exporter/netloom.prom')).toMatch(/^netloom_\w+(\{.*\})? 1$/m);
    expect(await journal()).toMatch(/^pass ended \(revision [0-9a-f]{10}, done \d+, left 0, held 0, rounds 1\)$/m);
    expect(await journal()).not.toContain('{"level"');
    expect(await server.bare.show('netloom-status', 'nodes/n1.yaml')).toContain('Ready');
  });

  it('the timer ticks, and what ticks while a pass goes on starts no second one', async () => {
    await forNow('netloom.timer', '[Timer]\nOnBootSec=\nOnUnitInactiveSec=200ms\nOnCalendar=*:*:0/1\nRandomizedDelaySec=0\nAccuracySec=1ms\n');
    await typed('systemctl restart netloom.timer');
    const passes = async (): Promise<number> => (await journal()).match(/^pass ended/gm)?.length ?? 0;
    const before = await passes();
    await until('it does not tick', async () => (await passes()) >= before + 3);
    // A pass that waits for a git server which says nothing, and everybody who wants another one.
    await server.mute();
    const work = async (): Promise<string> =>
      (await property('netloom.service', 'ActiveState')) === 'activating' ? property('netloom.service', 'MainPID') : '';
    await until('no pass waits', async () => server.waiting() > 0);
    const pid = await work();
    for (let tries = 0; tries < 10; tries++) {
      await typed('systemctl start --no-block netloom.timer netloom.service');
      expect(await typed('pgrep -cf "netloom reconcil[e]"')).toBe('1\n');
      await sleep(150);
    }
    expect(await work()).toBe(pid);
    await server.up();
    await until('it does not go on', async () => (await passes()) >= before + 5);
    await typed('systemctl stop netloom.timer; rm -r /run/systemd/system/netloom.timer.d; systemctl daemon-reload');
    await until('a pass does not end', async () => (await property('netloom.service', 'ActiveState')) === 'inactive');
    expect(await property('netloom.service', 'Result')).toBe('success');
    const course = await typed("journalctl -q -o cat -u netloom.service --grep='^(Starting|Finished) '");
    expect(
      course
        .trim()
        .split('\n')
        .map(line => line.split(' ')[0]),
    ).toEqual(expect.arrayContaining(['Starting', 'Finished']));
    expect(course).not.toMatch(/^Starting.*\nStarting/m);
  });

  it('a dnsmasq that is killed is started anew by systemd, and the next pass has nothing to do', async () => {
    const pid = await dnsmasqPid();
    await typed(`kill -KILL ${pid}`);
    await until(
      'it is not started',
      async () => (await property("'netloom-dnsmasq@*'", 'ActiveState')) === 'active' && ![pid, '0'].includes(await dnsmasqPid()),
    );
    expect((await machine.run('netloom', 'plan')).stdout).toContain('No changes');
  });

  it('an upgrade of netloom touches no link, address, route or neighbour, no dnsmasq and no packet', async () => {
    await typed('systemctl start netloom.service');
    const pid = await dnsmasqPid();
    const uuid = (await typed("ip netns list | grep -o '^[-0-9a-f]\\{36\\}'")).trim();
    await typed(`for netns in ${uuid} web; do systemd-run -q --unit=monitor-$netns --property=StandardOutput=file:/root/monitor-$netns ip netns exec $netns ip -o monitor link address route; done
      systemd-run -q --unit=monitor-root --property=StandardOutput=file:/root/monitor-root ip -o monitor link address route
      systemd-run -q --unit=stream --property=StandardOutput=file:/root/stream --property=KillSignal=SIGINT ip netns exec web ping -i 0.05 -W 5 192.168.7.1`);
    await until('no stream', async () => (await machine.shell('cat /root/stream')).stdout.includes('icmp_seq=3 '));
    await typed('mv /usr/lib/netloom /root/old');
    await install(machine);
    await typed('systemctl restart netloom.timer; systemctl start netloom.service');
    // The monitors hear.
    await typed(`for netns in ${uuid} web; do ip -n $netns link add control type bridge; done; ip link add control type bridge`);
    const heard = async (): Promise<string> => typed('cat monitor-*');
    await until('the monitors are deaf', async () => (await typed('grep -l control monitor-* | wc -l')) === '3\n');
    await typed('systemctl stop stream "monitor-*"');
    expect((await heard()).split('\n').filter(line => line !== '' && !line.includes('control'))).toEqual([]);
    expect(machine.read('/root/stream')).toMatch(/ 0% packet loss/);
    expect(await dnsmasqPid()).toBe(pid);
    await typed('systemctl stop netloom.timer');
  });

  it('what waits for a person fails the unit and is an error in the journal; the network stays, and the next pass is well again', async () => {
    machine.write('/etc/netloom/node.yaml', config(server.url, 'mian'));
    expect((await machine.run('systemctl', 'start', 'netloom.service')).exitCode).not.toBe(0);
    expect(await typed('systemctl list-units --failed --plain --no-legend')).toContain('netloom.service');
    expect(await journal('-p err')).toMatch(/^the repository has no branch mian: .* \(reason BranchMissing\)$/m);
    await guestReaches();
    machine.write('/etc/netloom/node.yaml', config(server.url));
    await typed('systemctl start netloom.service; ! systemctl is-failed netloom.service');
  });

  it.each([
    ['whose packets are dropped', 'netloom.timer', '', 'did not answer in time'],
    ['whose name nobody knows yet', 'netloom.timer', 'git.harbour.example', 'nobody knows the name git.harbour.example yet'],
    ['whose packets are dropped, by the watch', 'netloom-watch.service', '', 'did not answer in time'],
  ])(
    'at boot, with a git server %s, the last good revision is in force within 5 s of the network, before guests are started',
    async (_, enabled, host, said) => {
      const unit = enabled.replace('timer', 'service');
      machine.write('/etc/netloom/node.yaml', config(host === '' ? server.url : server.url.replace(wire.address, host)));
      machine.write('/etc/resolv.conf', `nameserver ${wire.address}\n`);
      await typed(`systemctl disable -q netloom.timer netloom-watch.service; systemctl enable -q ${enabled}; sync`);
      const deaf = 'add table inet deaf; add chain inet deaf in { type filter hook input priority 0; }; add rule inet deaf in meta l4proto { tcp, udp } drop';
      await run('nft', [deaf], { okCodes: [0] });
      let [tookMs, limitMs] = [Number.POSITIVE_INFINITY, 0];
      for (let tries = 0; tries < 3 && tookMs >= limitMs; tries++) {
        await machine.crash();
        await machine.boot();
        const told = await typed(`journalctl -q -o cat -u ${unit}`);
        expect(told).toContain(said);
        expect(told).toMatch(/^pass ended \(revision \w+, done [1-9]\d+, left 0, held 0, rounds 1\)$/m);
        for (const guests of ['libvirtd', 'virtqemud', 'libvirt-guests']) expect(await property(guests, 'Result')).toBe('success');
        await guestReaches();
        // On a machine that others keep busy all takes longer; this is a tenth of a second otherwise.
        const since = performance.now();
        await typed('netloom --help');
        limitMs = Math.max(5_000, (performance.now() - since) * 40);
        // Only now do guests begin.
        const at = async (name: string, what: string): Promise<number> => Number(await property(name, what)) / 1000;
        tookMs = (await at('libvirtd', 'ExecMainStartTimestampMonotonic')) - (await at('network-online.target', 'ActiveEnterTimestampMonotonic'));
      }
      await run('nft', ['delete table inet deaf'], { okCodes: [0] });
      expect(tookMs).toBeLessThan(limitMs);
      machine.write('/etc/netloom/node.yaml', config(server.url));
      // Another pass has patience again.
      await typed('systemctl stop netloom-watch; systemctl start netloom.service');
    },
  );

  it('at boot, with git, what is new is made before guests are started, and hooks are told when they do not wait', async () => {
    await typed('systemctl disable -q netloom-watch netloom.timer; systemctl enable -q netloom.service; sync');
    await machine.crash();
    await server.bare.grow('main', { 'late.yaml': document('Interface', 'late', '{ network: shop, node: n1, attach: { tap: { ifname: tap-late } } }') });
    await machine.boot();
    expect(await typed('cat /run/netloom/told 2>/dev/null || true')).toBe('');
    await typed('ip link show up dev tap-late');
    for (const guests of ['libvirtd', 'virtqemud', 'libvirt-guests']) expect(await property(guests, 'Result')).toBe('success');
    await typed('systemctl start netloom.service');
    expect(machine.read('/run/netloom/told')).toContain('created Interface late\n');
  });

  it('a pass that is stopped in the middle says so, leaves nothing half made, and the next one goes on', async () => {
    let halfway = 0;
    for (let tries = 0; tries < 4 && halfway === 0; tries++) {
      await server.bare.grow('main', { [`many-${tries}.yaml`]: taps(`a${tries}`, 120) });
      const made = async (): Promise<number> => (await typed('ip -br link')).match(new RegExp(`^t-a${tries}-`, 'gm'))?.length ?? 0;
      const before = await property('netloom.service', 'InvocationID');
      const isOver = async (): Promise<boolean> => (await property('netloom.service', 'ActiveState')) !== 'activating';
      await typed('systemctl start --no-block netloom.service');
      await until(
        'the pass does not begin',
        async () => (await property('netloom.service', 'InvocationID')) !== before && ((await made()) > 0 || (await isOver())),
      );
      await typed('systemctl stop netloom.service');
      const plan = (await machine.run('netloom', 'plan')).stdout;
      if (plan.includes('No changes') || !(await journal('-n 20')).includes('stopped by SIGTERM: between two acts; the next pass goes on')) continue;
      halfway++;
      // Ours by their marks: nothing is in the way of what is still to be made.
      expect(plan).toMatch(/^Plan: [1-9]\d* to add, \d+ to change, 0 to destroy/m);
      expect(plan).not.toContain('conflict');
    }
    expect(halfway).toBe(1);
    await typed('systemctl start netloom.service');
    expect((await machine.run('netloom', 'plan')).stdout).toContain('No changes');
  });

  it('a watch is started when its first pass is done, also without koffi; it or the timer: what is started stops the other', async () => {
    const states = async (): Promise<readonly string[]> => [
      await property('netloom.timer', 'ActiveState'),
      await property('netloom-watch.service', 'ActiveState'),
    ];
    await typed('systemctl start netloom.timer netloom.service');
    for (const move of ['/usr/lib/netloom/node_modules /root/', '/root/node_modules /usr/lib/netloom/']) {
      const since = (await typed('date +%s.%N')).trim();
      await typed(`mv ${move}; systemctl restart netloom-watch.service`);
      expect(await states()).toEqual(['inactive', 'active']);
      expect(await typed(`journalctl -q -o cat -u netloom-watch --since=@${since}`)).toContain('pass ended');
    }
    await typed('systemctl start netloom.timer');
    await until('the watch goes on', async () => (await states())[1] === 'inactive');
    expect((await states())[0]).toBe('active');
    expect(await typed('journalctl -q -o cat -u netloom-watch -n 20')).toContain('stopped by SIGTERM');
    await typed('systemctl start netloom-watch');
    expect(await states()).toEqual(['inactive', 'active']);
  });

  it('a watch that hangs is killed and started anew, and nobody notices', async () => {
    await forNow('netloom-watch.service', '[Service]\nWatchdogSec=5s\n');
    await typed('systemctl restart netloom-watch');
    const [pid, service] = [await property('netloom-watch', 'MainPID'), await dnsmasqPid()];
    expect(Number(pid)).toBeGreaterThan(1);
    await typed(`kill -STOP ${pid}`);
    await until(
      'it is not started anew',
      async () => (await property('netloom-watch', 'ActiveState')) === 'active' && ![pid, '0'].includes(await property('netloom-watch', 'MainPID')),
    );
    await asEver('netloom-watch.service');
    expect(await typed('journalctl -q -o cat -u netloom-watch')).toContain('Watchdog timeout');
    expect(await dnsmasqPid()).toBe(service);
    await guestReaches();
    await typed('systemctl stop netloom-watch');
  });
});
