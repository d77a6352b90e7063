/** The machines that other tests boot: what a reboot keeps and what it takes, the wire between two, and the forge on it. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWhere } from '../support/needs.ts';
import { type DefinitionsServer, NODE_TOKEN, PERSON_TOKEN, serveDefinitions } from './definitions-server.ts';
import { cannotBoot, type Machine, makeMachine } from './machine.ts';
import { makeWire, type Wire } from './wire.ts';

// A unit of the distribution's kind: it is started by the boot, and it needs the network.
const NEEDY = `[Unit]
Wants=network-online.target
After=network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'ip -br addr show dev eth0 > /root/seen'
[Install]
WantedBy=multi-user.target
`;

describeWhere(cannotBoot(), 'two booted machines on a wire', () => {
  let wire: Wire;
  let server: DefinitionsServer;
  let [one, two]: [Machine?, Machine?] = [];

  beforeAll(async () => {
    wire = await makeWire('10.2.1.254/24');
    server = await serveDefinitions(wire);
    [one, two] = [
      await makeMachine({ name: 'n1', cards: [{ wire, address: '10.2.1.11/24' }] }),
      await makeMachine({ name: 'n2', cards: [{ wire, address: '10.2.1.12/24', gateway: '10.2.1.254' }] }),
    ];
    one.write('/etc/systemd/system/needy.service', NEEDY);
    await Promise.all([one.boot(), two.boot()]);
  });
  afterAll(async () => {
    for (const machine of [one, two]) await machine?.stop();
    await server?.remove();
    await wire?.remove();
  });

  const typed = async (machine: Machine | undefined, script: string): Promise<string> => {
    const { stdout, stderr, exitCode } = (await machine?.shell(script)) ?? {};
    expect(exitCode, stderr).toBe(0);
    return String(stdout);
  };
  const identity = (): Promise<string> => typed(one, 'hostname; cat /etc/machine-id; ip -o link show dev eth0 | grep -o "link/ether [^ ]*"');
  const boot = (): Promise<string> => typed(one, 'cat /proc/sys/kernel/random/boot_id');

  it('each has its name, its machine-id and its address, and they hear each other', async () => {
    expect(await typed(one, 'hostname')).toBe('n1\n');
    expect(await typed(two, 'hostname; ip route show default; pwd')).toBe('n2\ndefault via 10.2.1.254 dev eth0 \n/root\n');
    expect(one?.read('/etc/machine-id')).toMatch(/^[0-9a-f]{32}$/m);
    expect(one?.read('/etc/machine-id')).not.toBe(two?.read('/etc/machine-id'));
    expect(await boot()).not.toBe(two?.read('/proc/sys/kernel/random/boot_id'));
    await typed(one, 'ping -c 1 -W 5 10.2.1.12');
  });

  it('shut down in order or cut off, one comes back with its disk, name and cards, as another boot with an empty /run', async () => {
    await typed(one, 'systemctl enable needy.service; echo kept > /root/kept; echo gone > /run/gone; sync');
    const before = await identity();
    for (const off of ['shutDown', 'crash'] as const) {
      const lastBoot = await boot();
      await one?.[off]();
      await expect(async () => one?.run('true')).rejects.toThrow('the machine is off');
      one?.write('/root/meanwhile', 'written while it was off\n');
      await one?.boot();
      expect(await typed(one, 'cat /root/kept /root/meanwhile; ls /run/gone 2>&1 || true')).toBe(
        "kept\nwritten while it was off\nls: cannot access '/run/gone': No such file or directory\n",
      );
      expect(await identity()).toBe(before);
      expect(await boot()).not.toBe(lastBoot);
      await typed(one, 'ping -c 1 -W 5 10.2.1.12');
    }
  });

  it('what is after network-online.target begins when the network is there, and no sooner', async () => {
    await one?.shutDown();
    one?.write('/root/seen', '');
    one?.write(
      '/etc/systemd/system/machine-network.service.d/slow.conf',
      "[Service]\nExecStartPre=/bin/sh -c 'until [ -e /srv/carrier ]; do sleep 0.05; done'\n",
    );
    const booting = one?.boot();
    const waits = async (): Promise<boolean> =>
      (await one?.run('systemctl', 'show', '--property=SubState', 'machine-network'))?.stdout === 'SubState=start-pre\n';
    while (!(await waits().catch(() => false))) await sleep(50);
    expect(one?.read('/root/seen')).toBe('');
    expect(await typed(one, 'systemctl show --property=ActiveState needy.service')).toBe('ActiveState=inactive\n');
    await typed(one, 'touch /srv/carrier');
    await booting;
    expect(one?.read('/root/seen')).toContain('10.2.1.11/24');
  });

  it('a person pushes definitions to the forge, and a node may read them and write branches of netloom', async () => {
    const url = (token: string): string => server.url.replace('//', `//x:${token}@`);
    await typed(
      two,
      `git config --global user.email me@example.org; git config --global user.name me; git init -q -b main definitions; cd definitions
       echo a > a.yaml; git add .; git commit -q -m first; git remote add origin ${server.url}; git push -q ${url(PERSON_TOKEN)} main`,
    );
    expect(await server.bare.show('main', 'a.yaml')).toBe('a');
    await typed(two, `git clone -q ${url(NODE_TOKEN)} read; cd read; git push -q origin main:netloom-status`);
    const refused = await two?.shell('cd read; git push origin main:other');
    expect(refused?.exitCode).not.toBe(0);
    expect(refused?.stderr).toContain('node may not write refs/heads/other');
    expect((await two?.shell(`GIT_TERMINAL_PROMPT=0 git ls-remote ${url('wrong')}`))?.exitCode).not.toBe(0);
    await server.down();
    expect((await two?.shell('cd read; git fetch'))?.stderr).toMatch(/refused|connect/i);
    await server.up();
    await typed(two, 'cd read; git fetch');
  });
});
