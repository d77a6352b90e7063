/** What a guest, or a directory of users, can do to a pass by being unreadable: hold up what concerns it, and nothing else. */
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { exitOf } from '../../src/cli/apply-command.ts';
import { read } from '../../src/host/read.ts';
import { usersOf } from '../../src/host/users.ts';
import { obstaclesOf } from '../../src/pass/obstacles.ts';
import { insistOnLab } from '../support/namespaces.ts';
import { given } from './support/definitions.ts';
import { type Row, settledDump } from './support/dump.ts';
import { converge, freshNode, pass, paste } from './support/node.ts';
import { BASE } from './support/transitions.ts';

// Their `ip` says what is wrong; what netlink meets is in netlink-rows.test.ts and in the tests of its parts.
process.env['NETLOOM_READER'] = 'commands';

const FOLDER = mkdtempSync(join(tmpdir(), 'netloom-unreadable-'));
const WORDS = join(FOLDER, 'words');
const SLOW = join(FOLDER, 'slow');

/** Puts a script in the place of a program of this lab's own mount namespace; the script finds the real one as `$real`. */
async function wrap(path: string, script: string): Promise<void> {
  const real = join(FOLDER, `${path.split('/').at(-1)}.real`);
  const fake = join(FOLDER, `${path.split('/').at(-1)}`);
  copyFileSync(path, real);
  writeFileSync(fake, `#!/bin/sh\nreal=${real}\n${script}\nexec $real "$@"\n`);
  for (const file of [real, fake]) chmodSync(file, 0o755);
  await paste(`mount --bind ${fake} "$(readlink -f ${path})"`);
}

beforeAll(async () => {
  insistOnLab();
  // What ip says on stderr when a change cut its dump short, with exit code 0.
  await wrap('/usr/sbin/ip', `case "$*" in "-n g1 -N"*) [ ! -e ${WORDS} ] || cat ${WORDS} >&2;; esac`);
  await wrap('/usr/bin/getent', `case "$*" in *far-away*) [ ! -e ${SLOW} ] || sleep 60;; esac`);
});

// The tests after these have the same mount namespace.
afterAll(async () => {
  await paste('umount "$(readlink -f /usr/sbin/ip)"; umount "$(readlink -f /usr/bin/getent)"');
  rmSync(FOLDER, { recursive: true });
});

beforeEach(async () => {
  await freshNode();
});

afterEach(() => {
  for (const file of [WORDS, SLOW]) rmSync(file, { force: true });
});

const CHANGING = 'Dump was interrupted and may be inconsistent.\n';
const ALL = given(BASE);
const inG1 = (rows: readonly Row[]): readonly Row[] => rows.filter(row => row.of.startsWith('g1'));

function told({ remaining, outcomes, compiled }: Awaited<ReturnType<typeof pass>>) {
  return obstaclesOf({
    outcomes,
    remaining: remaining.steps,
    held: remaining.held.map(held => ({ ...held, definitions: held.from.map(origin => origin.definition) })),
    troubles: compiled.troubles,
    observing: false,
  });
}

describe.each([
  ['keeps changing', CHANGING, 'the network namespace g1 keeps changing while it is read'],
  ['cannot be read', 'Cannot open network namespace "g1": Invalid argument\n', 'the network namespace g1 cannot be read'],
])('a namespace that %s', (_, words, reason) => {
  it('holds back what is wanted in it, with the reason, and nothing else', async () => {
    writeFileSync(WORDS, words);
    const before = inG1(await settledDump());
    const done = await pass(ALL);
    expect(done.outcomes.filter(one => one.status !== 'done')).toEqual([]);
    expect(done.remaining.steps).toEqual([]);
    expect(exitOf(done)).toBe(4);
    const obstacles = told(done);
    expect([...new Set(obstacles.map(({ definition, state, reason: why }) => `${definition} ${state} ${why}`))]).toEqual([
      'Interface default/web error GuestUnreadable',
    ]);
    expect(obstacles[0]?.message).toContain(reason);
    expect(inG1(await settledDump())).toEqual(before);
    rmSync(WORDS);
    expect(exitOf(await converge(ALL))).toBe(0);
  });

  it('loses nothing of what is there, while the node beside it is repaired and other guests come and go', async () => {
    await converge(ALL);
    const before = inG1(await settledDump());
    writeFileSync(WORDS, words);
    const tap = ALL.ledger.networks['default/lan']?.interfaces['default/web']?.uuid.slice(0, 8);
    await paste(`bridge link set dev tap-${tap} locked off`);
    const { cam: _, ...others } = BASE.interfaces;
    const done = await pass(given({ ...BASE, interfaces: others }, ALL));
    expect(done.plan.steps.map(step => `${step.verb} ${step.ref}`)).toContain(`update port:/tap-${tap}`);
    expect(done.plan.steps.some(step => step.verb === 'delete')).toBe(true);
    expect(done.remaining.steps).toEqual([]);
    expect(inG1(await settledDump())).toEqual(before);
    rmSync(WORDS);
    await converge(ALL);
  });

  it('does not keep its end of a pair that nobody wants any more', async () => {
    await converge(ALL);
    writeFileSync(WORDS, words);
    const { web: _, ...others } = BASE.interfaces;
    const done = await pass(given({ ...BASE, interfaces: others }, ALL));
    expect([done.remaining.steps, done.remaining.held]).toEqual([[], []]);
    rmSync(WORDS);
    const [, g1] = await read({ netnses: ['g1'], keys: [] });
    expect(g1?.links.map(link => link.ifname)).toEqual(['lo']);
  });
});

describe('a directory of users that does not answer', () => {
  const soon = { togetherMs: 500, aloneMs: 500 };

  it('leaves only those users unknown that it alone knows', async () => {
    expect(await usersOf(['root', 'far-away', '7'], soon)).toEqual({ uids: new Map([['root', 0]]), unanswered: new Set() });
    writeFileSync(SLOW, '');
    expect(await usersOf(['root', 'far-away'], soon)).toEqual({ uids: new Map([['root', 0]]), unanswered: new Set(['far-away']) });
  });
});
