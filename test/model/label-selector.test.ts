import { describe, expect, test } from 'vitest';
import { parseSelector, selects } from '../../src/model/label-selector.ts';

const chosen = (text: string, labels: Readonly<Record<string, string>>): boolean => {
  const selector = parseSelector(text);
  if ('message' in selector) throw new Error(`${selector.column}: ${selector.message}`);
  return selects(selector, labels);
};
const web = { role: 'web', tier: 'a', 'example.org/team one': 'x,y', empty: '' };

describe('a label selector', () => {
  test.each([
    ['', true],
    ['role=web', true],
    ['role==web', true],
    ['role = web', true],
    ['role=db', false],
    ['role!=web', false],
    ['role!=db', true],
    ['gone!=db', true],
    ['role', true],
    ['gone', false],
    ['!role', false],
    ['! gone', true],
    ['empty=', true],
    ['role=', false],
    ['tier in (a,b)', true],
    ['tier in(b, c)', false],
    ['tier notin (a)', false],
    ['tier notin (b,c)', true],
    ['gone notin (b)', true],
    ['gone in (a)', false],
    ['role=web,tier in (a,b),!gone', true],
    ['role=web, tier=b', false],
    ['"example.org/team one"="x,y"', true],
    ['"example.org/team one" notin ("x,y")', false],
    ['constructor', false],
    ['toString!=x', true],
    ['in=x', false],
    ['notin', false],
  ])('%s', (text, expected) => expect(chosen(text, web)).toBe(expected));

  test('a key may be called as a word of the grammar', () => {
    expect(chosen('in in (x)', { in: 'x' })).toBe(true);
    expect(chosen('notin=x', { notin: 'x' })).toBe(true);
  });

  test.each([
    ['role=web,', 10, 'the end where the key of a label was expected'],
    ['=web', 1, '"=" where the key of a label was expected'],
    ['role=web tier=a', 10, '"t" where "," or the end was expected'],
    ['role is web', 6, '"i" after the key role, where =, !=, in (..), notin (..) or "," was expected'],
    ['role in web', 9, '"w" where "(" was expected: key in (a,b)'],
    ['role in (a', 11, 'the end where "," or ")" was expected'],
    ['role in (a,b))', 14, '")" where "," or the end was expected'],
    ['"role', 1, 'a double quote that is not closed'],
    ['"\\x"=1', 1, '"\\x" is no text as JSON writes it'],
    [`a,${'k'.repeat(254)}`, 3, 'a key or value of more than 253 bytes'],
  ])('%s: where it is wrong, and why', (text, column, message) => expect(parseSelector(text)).toEqual({ column, message }));

  test('253 bytes are allowed, counted as bytes', () => {
    expect(parseSelector('k'.repeat(253))).toHaveLength(1);
    expect(parseSelector('ü'.repeat(127))).toMatchObject({ column: 1 });
  });
});
