import { describe, expect, test } from 'vitest';
import { takenOver } from '../../src/allocate/gateways.ts';
import type { Ledger } from '../../src/model/ledger.ts';
import { after as at, give, guest, MEMORY_S, natted, net, network, pool, T0 } from './world.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const NODES = ['n1', 'n2', 'n3'];

function several(candidates: readonly string[], names = NAMES) {
  return [pool(), ...names.map(name => natted(name, candidates))];
}

function nodesOf(ledger: Ledger, names = NAMES): readonly (string | undefined)[] {
  return names.map(name => network(ledger, name).gateway?.node);
}

/** How many networks each node carries. */
function spread(ledger: Ledger, names = NAMES): Readonly<Record<string, number>> {
  const count: Record<string, number> = {};
  for (const node of nodesOf(ledger, names)) count[String(node)] = (count[String(node)] ?? 0) + 1;
  return count;
}

describe('the node of a router', () => {
  const first = give(several(NODES));

  test('is chosen so that all candidates carry as many networks', () => {
    expect(first.pending).toEqual([]);
    expect(spread(first.ledger)).toEqual({ n1: 2, n2: 2, n3: 2 });
    expect(network(first.ledger, 'a').gateway).toEqual({ node: expect.any(String), since: T0 });
  });

  test('does not follow the alphabet: single networks of different clusters of names go to different nodes', () => {
    const alone = NAMES.map(name => network(give([pool(), natted(name, NODES)]).ledger, name).gateway?.node);
    expect(new Set(alone).size).toBeGreaterThan(1);
  });

  test('stays, whatever node comes and whatever network goes', () => {
    const more = give(several(['n0', ...NODES, 'n4'], [...NAMES, 'g']), first.ledger, 10).ledger;
    expect(nodesOf(more)).toEqual(nodesOf(first.ledger));
    expect(['n0', 'n4']).toContain(network(more, 'g').gateway?.node);
    expect(nodesOf(give(several(NODES, NAMES.slice(3)), more, 20).ledger, NAMES.slice(3))).toEqual(nodesOf(first.ledger).slice(3));
  });

  test('is the one that the definition names, also one that takes no others', () => {
    const pinned = give([pool(), natted('a', ['n1'], 'n9'), natted('b', ['n1', 'n2'])]).ledger;
    expect(network(pinned, 'a').gateway?.node).toBe('n9');
    const unpinned = give([pool(), natted('a', ['n1', 'n9']), natted('b', ['n1', 'n2'])], pinned, 10).ledger;
    expect(network(unpinned, 'a').gateway?.node).toBe('n9');
  });

  test('is counted where a definition names it: the others keep clear of it', () => {
    const { ledger } = give([pool(), natted('a', ['n1', 'n2'], 'n1'), natted('b', ['n1', 'n2'], 'n1'), natted('c', ['n1', 'n2']), natted('d', ['n1', 'n2'])]);
    expect(nodesOf(ledger, ['c', 'd'])).toEqual(['n2', 'n2']);
  });

  test('is none for a network that asks for no router, and goes when it asks no more', () => {
    expect(network(give([net('demo')]).ledger).gateway).toBeUndefined();
    expect(network(give([pool(), net('a')], first.ledger, 10).ledger, 'a').gateway).toBeUndefined();
  });

  test('is where it was when a removed network comes back', () => {
    const gone = give([pool(), natted('b', NODES)], first.ledger, 10).ledger;
    expect(network(gone, 'a')).toMatchObject({ removed: at(10), gateway: { node: network(first.ledger, 'a').gateway?.node } });
    const back = give(several(NODES), gone, MEMORY_S - 1).ledger;
    expect(nodesOf(back)).toEqual(nodesOf(first.ledger));
    expect(network(back, 'a').gateway?.former).toBeUndefined();
  });
});

describe('without any candidate', () => {
  test('a new network has no router and says why; its guests have all they ask for', () => {
    const { ledger, pending } = give([pool(), natted('demo', []), guest('web')]);
    expect(pending).toEqual([{ definition: 'Network default/demo', reason: 'NoGateway', message: expect.stringContaining('does not serve AddressPool edge') }]);
    expect(network(ledger).gateway).toBeUndefined();
    expect(network(ledger).interfaces['default/web']?.address).toBe('10.0.0.2');
  });

  test('one that has a router keeps it where it is, and says so, until its node is gone', () => {
    const before = give([pool(), natted('demo', ['n1'])]).ledger;
    const stays = give([pool(), natted('demo', [])], before, 10, { nodes: ['n1'] });
    expect(stays.ledger).toBe(before);
    expect(stays.pending).toMatchObject([{ reason: 'NoGateway', message: expect.stringContaining('it stays on n1') }]);
    const gone = give([pool(), natted('demo', [])], before, 10, { nodes: ['n2'] });
    expect(network(gone.ledger).gateway).toBeUndefined();
    expect(gone.pending).toMatchObject([{ reason: 'NoGateway' }]);
  });
});

describe('a router that moves', () => {
  const before = give([pool(), natted('demo', ['n1'])]).ledger;
  const moved = give([pool(), natted('demo', ['n2', 'n3'], 'n2')], before, 10, { nodes: NODES });

  test('has the new node and the former one, and says so', () => {
    expect(network(moved.ledger).gateway).toEqual({ node: 'n2', since: at(10), former: 'n1' });
    expect(moved.changes).toEqual([{ definition: 'Network default/demo', change: 'change', network: 'default/demo', message: 'gateway node n1 -> n2' }]);
    expect(network(moved.ledger).floatingGateway).toEqual(network(before).floatingGateway);
  });

  test('waits for the new node, however long', () => {
    expect(give([pool(), natted('demo', ['n2'])], moved.ledger, 10 + MEMORY_S, { nodes: NODES }).ledger).toBe(moved.ledger);
  });

  test('is over when the new node says so, and nobody else may', () => {
    expect(takenOver(moved.ledger, ['default/demo'], 'n1')).toBe(moved.ledger);
    expect(takenOver(moved.ledger, [], 'n2')).toBe(moved.ledger);
    const over = takenOver(moved.ledger, ['default/demo'], 'n2');
    expect(network(over).gateway).toEqual({ node: 'n2', since: at(10) });
    expect(takenOver(over, ['default/demo'], 'n2')).toBe(over);
    expect(give([pool(), natted('demo', ['n2'])], over, 20, { nodes: NODES }).ledger).toBe(over);
  });

  test('waits for nobody that is no node any more', () => {
    const { ledger, changes } = give([pool(), natted('demo', ['n2'])], moved.ledger, 20, { nodes: ['n2'] });
    expect(network(ledger).gateway).toEqual({ node: 'n2', since: at(10) });
    expect(changes).toMatchObject([{ change: 'change', message: 'former gateway node n1 -> none' }]);
    const atOnce = give([pool(), natted('demo', ['n2'])], before, 20, { nodes: ['n2'] }).ledger;
    expect(network(atOnce).gateway).toEqual({ node: 'n2', since: at(20) });
  });

  test('that moves on before it arrived is still carried by the first node of all; back there nothing was moved', () => {
    const on = give([pool(), natted('demo', ['n3'])], moved.ledger, 20, { nodes: NODES }).ledger;
    expect(network(on).gateway).toEqual({ node: 'n3', since: at(20), former: 'n1' });
    const back = give([pool(), natted('demo', ['n1'])], on, 30, { nodes: NODES }).ledger;
    expect(network(back).gateway).toEqual({ node: 'n1', since: at(30) });
  });

  test('and with it all others of a node that is cordoned go to the rest, evenly', () => {
    const full = give(several(NODES)).ledger;
    const emptied = give(several(['n1', 'n3']), full, 10, { nodes: NODES }).ledger;
    expect(spread(emptied)).toEqual({ n1: 3, n3: 3 });
    for (const name of NAMES) {
      const was = network(full, name).gateway?.node;
      expect(network(emptied, name).gateway).toMatchObject(was === 'n2' ? { former: 'n2', since: at(10) } : { node: was, since: T0 });
    }
  });
});
