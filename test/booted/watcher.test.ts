/** Under a real systemd, what watches over an armed change is a timer of its own: it takes the change back whatever became of the pass. */
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ROOT } from '../house/tree.ts';
import { type Bare, makeBare } from '../repo/support/remote.ts';
import { describeWhere } from '../support/needs.ts';
import { bootMachine, cannotBoot, type Machine } from './machine.ts';

const PROGRAM = [process.execPath, join(ROOT, 'dist/netloom.js')] as const;
const HEAD = 'apiVersion: netloom.dev/v1\n';
const NODE = `${HEAD}kind: Cluster
metadata: { name: booted }
spec: {}
---
${HEAD}kind: Node
metadata: { name: n1 }
spec: { underlay: { address: 10.2.1.11, device: eth0 } }
`;
const CONFIG = 'node: n1\nrepo: { url: /srv/repo.git }\n';

/** A network of that name with a tap on n1. */
const network = (name: string): string => `${HEAD}kind: Network
metadata: { name: ${name} }
spec: {}
---
${HEAD}kind: Interface
metadata: { name: ${name} }
spec: { network: ${name}, node: n1, attach: { tap: { ifname: tap-${name} } } }
`;

describeWhere(cannotBoot(), 'on a machine that systemd runs', () => {
  let machine: Machine;
  let bare: Bare;

  beforeAll(async () => {
    machine = await bootMachine();
    bare = await makeBare('main', machine.shared);
    for (const words of ['link add eth0 type veth peer name far0', 'link set far0 up', 'link set eth0 up', 'addr add 10.2.1.11/24 dev eth0'])
      await machine.ask('ip', ...words.split(' '));
    machine.write('/etc/netloom/node.yaml', CONFIG);
    await bare.grow('main', { 'node.yaml': NODE, 'one.yaml': network('one') });
    await netloom('reconcile');
  });
  afterAll(() => machine?.stop());

  async function netloom(...words: readonly string[]): Promise<void> {
    const { exitCode, stderr } = await machine.run(...PROGRAM, ...words);
    expect(exitCode, stderr).toBe(0);
  }

  const taps = async (): Promise<readonly string[]> => (await machine.ask('ip', '-br', 'link')).match(/^tap-\w+/gm) ?? [];
  const units = async (): Promise<string> => machine.ask('systemctl', 'list-units', '--all', '--plain', '--no-legend', 'netloom-undo-*');
  const heldBack = (): { readonly revision: string; readonly message: string } => JSON.parse(machine.read('/var/lib/netloom/control/held-back.json'));

  async function until(what: string, met: () => Promise<boolean>): Promise<void> {
    for (const end = Date.now() + 60_000; !(await met()); await sleep(100)) if (Date.now() > end) throw new Error(`${what}: ${await units()}`);
  }

  it('a timer waits for the deadline, and no process of ours does', async () => {
    const commit = await bare.grow('main', { 'two.yaml': network('two') });
    await netloom('reconcile', '--confirm-timeout', '5s');
    expect(await taps()).toEqual(['tap-one', 'tap-two']);
    expect(await units()).toMatch(/^netloom-undo-[0-9a-f]{8}\.timer\s+loaded\s+active\s+waiting/m);
    expect((await machine.run('pgrep', '-af', 'netloom.js')).stdout).toBe('');
    await until('it is not taken back', async () => (await units()) === '');
    expect(await taps()).toEqual(['tap-one']);
    expect(heldBack()).toMatchObject({ revision: commit, message: expect.stringContaining('was taken back: nobody confirmed it in time') });
  });

  it('what is confirmed stays, and the timer goes', async () => {
    const commit = await bare.tip('main');
    await netloom('reconcile', '--accept', String(commit), '--confirm-timeout', '10m');
    expect(await units()).toContain('.timer');
    await netloom('confirm');
    expect(await units()).toBe('');
    expect(await taps()).toEqual(['tap-one', 'tap-two']);
  });

  it('a pass that is killed in the middle, and its way back too, has the previous state back', async () => {
    let [halfway, killed] = [0, 0];
    // The pass may be at its end before it is killed.
    for (let tries = 0; tries < 4 && halfway === 0; tries++) {
      const many = Array.from({ length: 150 }, (_, nth) => `m${tries}-${nth}`);
      await bare.grow('main', { 'many.yaml': many.map(name => network(name)).join('---\n') });
      const pass = machine.start(...PROGRAM, 'reconcile', '--confirm-timeout', '5s');
      const ended = once(pass, 'exit');
      await until('the pass does not begin', async () => (await taps()).length > 4 || pass.exitCode !== null);
      await machine.run('pkill', '-KILL', '-f', 'netloom.js reconcile');
      await ended;
      await until('it is not taken back', async () => {
        // systemd starts it again.
        if (killed < 2 && (await machine.run('pkill', '-KILL', '-f', 'netloom.js undo')).exitCode === 0) killed++;
        return (await units()) === '';
      });
      expect(await taps()).toEqual(['tap-one', 'tap-two']);
      expect(heldBack().message).toContain('was taken back');
      if (heldBack().message.includes('it was not confirmed in time')) halfway++;
    }
    expect([halfway, killed > 0]).toEqual([1, true]);
    expect((await machine.run(...PROGRAM, 'plan')).stdout).toContain('No changes');
  });
});
