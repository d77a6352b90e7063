import { expect, test } from 'vitest';
import { migrationRemarks } from '../../src/pass/migrations.ts';
import { catalogOf } from '../report/world.ts';

const on = (spec: { node?: string; migrateTo?: string }) => catalogOf({ 'red/lan': {} }, { 'red/web': { network: 'lan', ...spec } });
const told = (base: object, head: object): readonly string[] => migrationRemarks(on(base), on(head)).map(({ message }) => message);

test('a revision by which a guest may move, has moved or stays says so, and who takes its port away', () => {
  const both = { node: 'n1', migrateTo: 'n2' };
  const may = [
    'Interface red/web may move from n1 to n2: both have its port, and what is for it goes to both, until node says where it is and migrateTo is left out',
  ];
  expect(told({ node: 'n1' }, both)).toEqual(may);
  expect(told({}, both)).toEqual(may);
  expect(told({ node: 'n2', migrateTo: 'n1' }, both)).toEqual(may);
  expect(told(both, { node: 'n2' })).toEqual(['Interface red/web has moved to n2: n1 takes its port away, also while its guest is there']);
  expect(told(both, { node: 'n1' })).toEqual(['Interface red/web stays on n1: n2 takes its port away, also while its guest is there']);
  expect(told(both, { node: 'n3' })).toEqual(['Interface red/web moves to n3, and its guest was to be on n1 or n2: both take its port away']);
  expect(told(both, {})).toEqual(['Interface red/web moves no more, and has no node: n1 and n2 take its port away']);
  for (const same of [both, { node: 'n1' }]) expect(told(same, same)).toEqual([]);
});
