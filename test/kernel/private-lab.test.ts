/** Who empties a node first looks where it is: in namespaces that are not a lab's own, nothing is deleted. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { empty, links, sh } from '../host/lab.ts';
import { type Program, printed, program } from '../host/program.ts';
import { insistOnLab, namespacesOf, OUTSIDE, outsideOf } from '../support/namespaces.ts';

/** What is started below is told that these tests' own namespaces are the machine's. */
const MACHINE = ((own = namespacesOf('self')) => `${OUTSIDE}=${own.net} ${own.mnt} ${own.names}`)();
const OWN_NAMES = ['sh', '-c', 'mount -t tmpfs tmpfs /run/netns && exec "$@"', 'sh'];
const told = ['env', MACHINE];
const untold = ['env', '-u', OUTSIDE];

let emptying: Program;
beforeAll(async () => {
  insistOnLab();
  emptying = await program(`
    import { empty } from './lab.ts';
    try {
      empty();
      console.log('emptied');
    } catch (error) {
      console.log(error.message);
    }
  `);
});
beforeEach(() => {
  empty();
  sh('ip link add name precious type bridge');
  sh('ip netns add precious');
});
afterAll(() => {
  empty();
  emptying?.remove();
});

const emptied = async (...wrap: readonly string[]): Promise<string> => (await printed(emptying.start([], wrap))).trim();

describe('nothing is deleted', () => {
  test.each([
    ['in the namespaces of the machine', [], 'the network namespace and the mount namespace and the file system on /run/netns'],
    ['in a network namespace alone', ['unshare', '--net'], 'the mount namespace and the file system on /run/netns'],
    ['in a mount namespace alone', ['unshare', '--mount', ...OWN_NAMES], 'the network namespace'],
    ["where names of namespaces are the machine's", ['unshare', '--net', '--mount'], 'the file system on /run/netns'],
  ] as const)('%s', async (_, wrap, shared) => {
    expect(await emptied(...told, ...wrap)).toBe(
      `kernel tests run in a private lab only, and here ${shared} would be the machine's own: npm test, or node .ci/private-lab.mjs FILE`,
    );
    expect([links().includes('precious'), sh('ip netns list').trim()]).toEqual([true, 'precious']);
  });

  test('by a process 1 that nobody told where the lab begins, as in a container', async () => {
    const container = ['unshare', '--pid', '--fork', '--mount-proc', '--kill-child', ...OWN_NAMES];
    expect(await emptied(...untold, ...container)).toContain(
      "the network namespace and the mount namespace and the file system on /run/netns would be the machine's own",
    );
    expect(links()).toContain('precious');
  });
});

test.each([
  ['one that is told where it is, also as its own process 1', [...told, 'unshare', '--net', '--mount', '--pid', '--fork', '--mount-proc', '--kill-child']],
  ['one below a process 1 of the machine', [...untold, 'unshare', '--net', '--mount']],
] as const)('a lab is emptied: %s', async (_, wrap) => {
  expect(await emptied(...wrap, ...OWN_NAMES)).toBe('emptied');
  expect(links()).toContain('precious');
});

test('what names no namespaces is refused, and not taken for nothing', () => {
  expect(outsideOf(undefined)).toBeNull();
  for (const text of ['', 'net:[1]', 'net:[1] mnt:[2]', 'net:[1] mnt:[2] 3 4', 'mnt:[1] net:[2] 3']) expect(() => outsideOf(text)).toThrow(OUTSIDE);
});
