import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { CommandError, EXIT } from '../../src/cli/exit.ts';
import { elsewhere, type PingOptions, pingNumbers, pingTarget, pingWords, sshDestination } from '../../src/cli/ping-target.ts';
import { shellText } from '../../src/model/shell.ts';
import { catalogOf, ledgerOf, SHOP } from '../report/world.ts';

const known = { catalog: SHOP, ledger: ledgerOf(SHOP) };
const OPTIONS: PingOptions = { count: '10', interval: '1', timeout: '2', output: 'text' };
const target = pingTarget('acme/shop', '10.0.0.2', known);

function refusal(ask: () => unknown): string {
  try {
    return `no refusal: ${JSON.stringify(ask())}`;
  } catch (error) {
    return error instanceof CommandError && error.exitCode === EXIT.error ? error.message : `another error: ${error}`;
  }
}

describe('which address may be asked', () => {
  test('one of the network, from its namespace on its gateway node', () => {
    expect(target).toEqual({ network: 'acme/shop', address: '10.0.0.2', nodes: ['n1'], netns: known.ledger.networks['acme/shop']?.uuid });
  });

  test.each<[string, string, string, typeof known, string]>([
    ['of another network', 'acme/shop', '10.1.0.2', known, '10.1.0.2 is not in Network acme/shop (10.0.0.0/24)'],
    ['of another family', 'acme/shop', '2001:db8::1', known, '2001:db8::1 is not in Network acme/shop (10.0.0.0/24)'],
    ['a name', 'acme/shop', 'web', known, '"web" is no address'],
    ['an option', 'acme/shop', '-f', known, '"-f" is no address'],
    ['of a network that is gone', 'acme/none', '10.0.0.2', known, 'Network acme/none is not defined any more'],
  ])('not %s', (_, key, address, where, expected) => expect(refusal(() => pingTarget(key, address, where))).toBe(expected));

  test('a network without a router has nobody to ask', () => {
    const flat = catalogOf({ 'acme/flat': {}, 'acme/alone': { cidr: '10.0.0.0/24' } }, {});
    const where = { catalog: flat, ledger: ledgerOf(flat) };
    expect(refusal(() => pingTarget('acme/flat', '10.0.0.2', where))).toBe('Network acme/flat is layer 2 only: netloom has no address in it to ask from');
    expect(refusal(() => pingTarget('acme/alone', '10.0.0.2', where))).toBe('no gateway node carries Network acme/alone: there is no router to ask from');
  });
});

test('numbers as ping takes them, and with a unit', () => {
  expect(pingNumbers(OPTIONS)).toEqual({ count: 10, intervalS: 1, timeoutS: 2 });
  expect(pingNumbers({ ...OPTIONS, interval: '0.2', timeout: '500ms' })).toEqual({ count: 10, intervalS: 0.2, timeoutS: 0.5 });
  for (const bad of [{ count: '0' }, { count: 'x' }, { interval: '0' }, { interval: '-1' }, { timeout: '1h' }, { timeout: '' }]) {
    expect(refusal(() => pingNumbers({ ...OPTIONS, ...bad }))).toMatch(/^--(count|interval|timeout) /);
  }
});

describe('on a machine that does not carry the network', () => {
  test('the nodes that do, and the command to run there', () => {
    const error = elsewhere(target, OPTIONS);
    expect(error.exitCode).toBe(1);
    expect(error.message).toBe('this machine does not carry the router of Network acme/shop: n1 does');
    expect(error.hint).toBe('run on n1: netloom ping -n acme shop 10.0.0.2 -c 10 --interval 1 --timeout 2\n  or here, with --ssh n1');
  });

  test('--ssh names a node that can ask, with or without a user', () => {
    expect(sshDestination('n1', target, SHOP)).toBe('n1');
    expect(sshDestination('root@n1', target, SHOP)).toBe('root@n1');
    expect(sshDestination('gateway.example.com', target, SHOP)).toBe('gateway.example.com');
    expect(refusal(() => sshDestination('n2', target, SHOP))).toBe('n2 does not carry the router of Network acme/shop');
    for (const bad of ['-oProxyCommand=id', 'n1 id', 'root@', '', 'n1\nid'])
      expect(refusal(() => sshDestination(bad, target, SHOP))).toMatch(/^--ssh .* is no node$/);
  });

  test('the shell there reads the words back as they are, whatever is in them', () => {
    const words = [...pingWords(target, { ...OPTIONS, output: 'json' }), "it's", '$(id)', '`id`', 'a b', '', '\\', '*', '"x"', 'a\nb', ';', '!x', 'ä', '~root'];
    const read = execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${shellText(words)}`])
      .toString()
      .split('\0')
      .slice(0, -1);
    expect(read).toEqual(words);
    expect(shellText(pingWords(target, OPTIONS))).toBe('netloom ping -n acme shop 10.0.0.2 -c 10 --interval 1 --timeout 2');
  });
});
