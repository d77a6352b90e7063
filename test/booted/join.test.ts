/** A machine that systemd runs joins and leaves: what is enabled, what a unit gets as a credential, and that nothing of it stays. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWhere } from '../support/needs.ts';
import { type DefinitionsServer, NODE_TOKEN, serveDefinitions } from './definitions-server.ts';
import { install } from './installed.ts';
import { cannotBoot, type Machine, makeMachine } from './machine.ts';
import { makeWire, type Wire } from './wire.ts';

const document = (kind: string, name: string, spec: string): string =>
  `apiVersion: netloom.dev/v1\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: ${spec}\n`;

describeWhere(cannotBoot(), 'a machine that systemd runs', () => {
  let wire: Wire;
  let forge: DefinitionsServer;
  let machine: Machine;

  beforeAll(async () => {
    wire = await makeWire('10.2.1.254/24');
    forge = await serveDefinitions(wire);
    await forge.bare.grow('main', {
      'cluster.yaml': document('Cluster', 'harbour', '{}'),
      'n1.yaml': document('Node', 'n1', '{ underlay: { address: 10.2.1.11, device: eth0 } }'),
      'lan.yaml': document('Network', 'lan', '{ vxid: 0x77 }'),
      'vm.yaml': document('Interface', 'vm', '{ network: lan, node: n1, attach: { tap: {} } }'),
    });
    machine = await makeMachine({ name: 'n1', cards: [{ wire, address: '10.2.1.11/24' }] });
    await machine.boot();
    await install(machine);
  });
  afterAll(async () => {
    await machine?.stop();
    await forge?.remove();
    await wire?.remove();
  });

  it('joins with its secret as a credential, is run by the timer, and leaves without a trace', async () => {
    const seen = async (...lines: readonly string[]): Promise<readonly string[]> =>
      (await machine.shell(lines.map(line => `${line} || true`).join('\n'))).stdout.trim().split('\n');
    const links = await seen('ip -br link');
    machine.write('/root/token', `${NODE_TOKEN}\n`);
    const joined = await machine.run('netloom', 'join', forge.url, '--node', 'n1', '--token-file', '/root/token', '--credential');
    expect(joined.exitCode, joined.stderr).toBe(0);
    expect(await seen('systemctl is-enabled netloom.timer', 'systemctl is-active netloom.timer', 'stat -c %a /etc/netloom/git-token')).toEqual([
      'enabled',
      'active',
      '600',
    ]);
    expect(machine.read('/etc/netloom/node.yaml')).toContain('credential: git-token');
    expect(await seen('systemctl start netloom.service', 'systemctl show -P Result netloom.service', 'ip -br link show br-vxlan-77 | cut -d " " -f 1')).toEqual(
      ['success', 'br-vxlan-77'],
    );

    const left = await machine.run('netloom', 'leave', '--yes');
    expect([left.exitCode, left.stderr]).toEqual([0, '']);
    expect(left.stdout).toMatch(/^published that n1 has left$[\s\S]*^Nothing of netloom is left on this machine\.$/m);
    expect(await seen('systemctl is-enabled netloom.timer netloom.service', 'systemctl is-active netloom.timer', 'ls -A /etc/netloom')).toEqual([
      'disabled',
      'disabled',
      'inactive',
    ]);
    expect(await seen('ls -d /etc/systemd/system/netloom*.d /var/lib/netloom /run/netloom 2>/dev/null', 'ip -br link')).toEqual(links);
  });
});
