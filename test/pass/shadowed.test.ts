/** Prefixes that come onto a node with the git server in them are told of before they do. */
import { expect, test } from 'vitest';
import { shadowRemarks } from '../../src/pass/shadowed.ts';
import { doc, node, revision } from '../consent/world.ts';

const BASE = [doc('Cluster test'), node('n1'), node('n2')];
const back = (place: string) => [
  doc('Network red/back', 'cidr: 198.51.100.0/24'),
  doc('Interface red/h', `network: back, node: ${place}, attach: { host: {} }`),
];

test('a host interface whose network holds the server is told, with its address or its name', async () => {
  const catalog = revision(...BASE, ...back('n1'));
  expect(await shadowRemarks(['198.51.100.7'], catalog, 'n1')).toEqual([
    'Interface red/h brings 198.51.100.0/24 onto this node, and the git server 198.51.100.7 lies in it: the node would look for it there; choose a prefix without it',
  ]);
  const named = await shadowRemarks(['git.test'], catalog, 'n1', async () => ['2001:db8::1', '198.51.100.7']);
  expect(named).toEqual([expect.stringContaining('the git server git.test (198.51.100.7) lies in it')]);
});

test('a server elsewhere, another node, and a network that the node is not in, are nobody’s business', async () => {
  expect(await shadowRemarks(['192.0.2.1'], revision(...BASE, ...back('n1')), 'n1')).toEqual([]);
  expect(await shadowRemarks(['198.51.100.7'], revision(...BASE, ...back('n2')), 'n1')).toEqual([]);
  expect(await shadowRemarks(['198.51.100.7'], revision(...BASE, doc('Network red/lan', 'cidr: 198.51.100.0/24')), 'n1')).toEqual([]);
});
