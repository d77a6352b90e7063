/** README's "A real cluster", played word for word on three machines that systemd runs, with a forge and an outside. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunResult, run } from '../../src/host/exec.ts';
import { ROOT } from '../house/tree.ts';
import { makeDeb } from '../package/checkout.ts';
import { describeWhere } from '../support/needs.ts';
import { isShown, type Step, stepsOf } from '../support/transcript.ts';
import { type DefinitionsServer, NODE_TOKEN, PERSON_TOKEN, serveDefinitions } from './definitions-server.ts';
import { cannotBoot, type Machine, makeMachine } from './machine.ts';
import { provideNode } from './provide-node.ts';
import { makeWire, type Wire } from './wire.ts';

const STEPS = stepsOf(readFileSync(join(ROOT, 'README.md'), 'utf8'), '## A real cluster');
const NAMES = ['n1', 'n2', 'n3'];

// A terminal stays where its last command left it.
const inTerminal = (typed: string): string => `set +e
cd "$(cat /root/.where 2>/dev/null || echo /root)"
${typed}
ended=$?
pwd > /root/.where
exit $ended`;

describeWhere(cannotBoot(), "README's real cluster", () => {
  let [inside, outside]: [Wire?, Wire?] = [];
  let server: DefinitionsServer | undefined;
  let folder = '';
  const machines = new Map<string, Machine>();

  beforeAll(async () => {
    const [wire, beyond] = [await makeWire('10.2.1.254/24'), await makeWire('198.18.0.1/24')];
    [inside, outside] = [wire, beyond];
    folder = mkdtempSync(join(tmpdir(), 'netloom-deb-'));
    const deb = await makeDeb(folder);
    server = await serveDefinitions(wire);
    for (const [nth, name] of NAMES.entries()) {
      const cards = [
        { wire, address: `10.2.1.1${nth + 1}/24` },
        ...(name === 'n1' ? [{ wire: beyond, address: '198.18.0.11/24', gateway: '198.18.0.1' }] : []),
      ];
      machines.set(name, await makeMachine({ name, cards }));
    }
    await Promise.all([...machines.values()].map(machine => machine.boot().then(() => furnish(machine, deb))));
  });
  afterAll(async () => {
    for (const machine of machines.values()) await machine.stop();
    await server?.remove();
    for (const wire of [inside, outside]) await wire?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  const machine = (name: string): Machine =>
    machines.get(name) ??
    (() => {
      throw new Error(`README speaks of a machine ${name}, and there is none`);
    })();

  // What README says is there: Node, the package, the two secrets, and a git that knows who pushes.
  async function furnish(one: Machine, deb: string): Promise<void> {
    await provideNode(one);
    copyFileSync(deb, join(one.shared, basename(deb)));
    await one.ask('cp', `/srv/${basename(deb)}`, '/root/');
    await one.ask('rm', '-f', '/usr/sbin/policy-rc.d');
    one.write('/etc/systemd/system/netloom.timer.d/soon.conf', '[Timer]\nOnUnitInactiveSec=2s\nRandomizedDelaySec=0\n');
    one.write('/root/node-token', `${NODE_TOKEN}\n`, 0o600);
    one.write('/root/my-token', `${PERSON_TOKEN}\n`, 0o600);
    one.write('/root/.git-credentials', `http://me:${PERSON_TOKEN}@10.2.1.254\n`, 0o600);
    one.write('/root/.gitconfig', '[user]\nname = me\nemail = me@example.org\n[credential]\nhelper = store\n');
  }

  async function direct(direction: string): Promise<void> {
    const [, name = '', verb = ''] = /^(\w+) (loses its power|is switched on)$/.exec(direction) ?? [];
    if (verb === 'loses its power') await machine(name).crash();
    else if (verb === 'is switched on') await machine(name).boot();
    else throw new Error(`README has a stage direction that nobody knows: (${direction})`);
  }

  async function typed({ who, typed: script }: Step): Promise<RunResult> {
    if (who === 'outside') return run('bash', ['-c', `exec 2>&1\n${script}`], { timeoutMs: 60_000 });
    return machine(who ?? '').shell(`exec 2>&1\n${inTerminal(script)}`);
  }

  it('leads from three machines and an empty repository to a network across them, and back', async () => {
    expect(STEPS.length).toBeGreaterThan(20);
    for (const step of STEPS) {
      if (step.who === null) {
        await direct(step.typed);
        continue;
      }
      const since = performance.now();
      const { exitCode, stdout } = await typed(step);
      const lines = stdout.trimEnd() === '' ? [] : stdout.trimEnd().split('\n');
      if (process.env['NETLOOM_TRANSCRIPT'] !== undefined)
        process.stderr.write(`${step.who}# ${step.typed}\n${stdout}(${exitCode}, ${((performance.now() - since) / 1000).toFixed(1)} s)\n`);
      expect(exitCode, `${step.who}# ${step.typed}\n${stdout}`).toBe(0);
      if (!isShown(step.shown, lines)) expect(lines.join('\n'), `${step.who}# ${step.typed}`).toBe(step.shown.join('\n'));
    }
  }, 400_000);
});
