/** Nothing that a definition says can add a line or a directive to what dnsmasq reads, or keep it from starting. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { optionValue, quoted } from '../../src/objects/dhcp-option.ts';
import { diagnose } from '../load/diagnose.ts';
import { base, doc, HEAD, LEASING, POOL, RESOLVER, textsOf } from './dnsmasq-texts.ts';

describe('a definition', () => {
  const DIRECTIVES = new Set(
    `${HEAD}${LEASING}${RESOLVER}server=\ndhcp-option=\ndhcp-option-force=\nport=\ncname=`.split('\n').map(line => line.split('=')[0] ?? ''),
  );
  const ascii = (maxLength: number): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...'",\\#=:.\' \ttn/axyz019@!-'.replace('\t', '')), minLength: 1, maxLength });

  test('adds no line and no directive, whatever an option says', () => {
    const code = fc.integer({ min: 1, max: 254 });
    fc.assert(
      fc.property(code, ascii(255), (number, value) => {
        const said = optionValue(number, value);
        const text = said === null ? '' : said;
        expect(text).toMatch(/^([0-9.]+(,[0-9.]+)*|[-a-z0-9_.,]+|"([^"\\]|\\["\\])*")?$/i);
        expect(text.length).toBeLessThan(600);
      }),
    );
  });

  test('has each of its characters within the quotes', () => {
    expect(quoted('a"b\\n#, c')).toBe('"a\\"b\\\\n#, c"');
    expect(optionValue(114, '\\')).toBe('"\\\\"');
    expect(() => quoted('a\nport=53')).toThrow('bug: ');
    expect(() => quoted('é')).toThrow('bug: ');
  });

  test('gives lines of known directives only, also where everything in it is hostile', () => {
    const hostile = '"\\"\nconf-file=/etc/shadow'.replace('\n', '\\n');
    const dhcpOptions = [
      { code: 114, value: hostile },
      { code: 66, value: ',1,"#' },
    ];
    const dnsRecords = [
      { name: '_a._tcp', type: 'A', value: '10.1.0.77' },
      { name: 'x', type: 'CNAME', value: '_a._tcp' },
    ];
    const texts = textsOf({ dns: true, dhcpOptions, dnsRecords, ntp: ['192.0.2.1'] });
    for (const line of (texts?.conf ?? '').split('\n')) if (line !== '' && !line.startsWith('# ')) expect(DIRECTIVES).toContain(line.split('=')[0]);
    expect((texts?.conf ?? '').split('\n').filter(line => line.startsWith('conf-file'))).toEqual([]);
    for (const line of (texts?.hosts ?? '').trimEnd().split('\n')) expect(line).toMatch(/^[0-9a-f:]{17},[-a-z0-9.]+,[0-9.]+$/);
    for (const line of (texts?.names ?? '').trimEnd().split('\n')) expect(line).toMatch(/^[0-9a-f.:]+( [-_a-z0-9.]+)+$/);
  });

  const names = (field: object): readonly string[] =>
    diagnose([...base(), POOL, doc('Network', 'web', { cidr: '10.1.0.0/24', ...field })].join('\n---\n'), null).map(found => found.split(' ')[2] ?? '');

  test('with line ends in a value is refused before', () => {
    expect(names({ dhcpOptions: [{ code: 114, value: 'a\nport=53' }] })).toEqual(['wrong-value']);
    expect(names({ dns: true, dnsRecords: [{ name: 'a\nport=53', type: 'A', value: '10.1.0.9' }] })).toEqual(['wrong-value']);
    expect(names({ dns: true, dnsRecords: [{ name: 'a', type: 'CNAME', value: 'b,c\nport=53' }] })).toContain('wrong-value');
  });

  test('that dnsmasq would not start with is refused before: text for an option of addresses, routes beyond 255 bytes', () => {
    expect(names({ dhcpOptions: [{ code: 150, value: 'tftp.example.org' }] })).toEqual(['wrong-value']);
    expect(names({ dhcpOptions: [{ code: 119, value: 'no name' }] })).toEqual(['wrong-value']);
    expect(names({ dhcpOptions: [{ code: 150, value: '192.0.2.5' }] })).toEqual([]);
    const routes = (count: number): object[] => Array.from({ length: count }, (_, at) => ({ to: `10.${at + 2}.0.0/16`, via: '10.1.0.7' }));
    expect(names({ nat: false, routes: routes(27) })).toEqual([]);
    expect(names({ nat: false, routes: routes(36) })).toEqual(['without-effect']);
    expect(names({ nat: false, routes: routes(37) })).toEqual(['wrong-value']);
    // The default route takes five bytes of its own.
    expect(names({ routes: routes(26) })).toEqual([]);
    expect(names({ routes: routes(35) })).toEqual(['without-effect']);
    expect(names({ routes: routes(36) })).toEqual(['wrong-value']);
    expect(names({ routes: routes(36), dhcp: false })).toEqual([]);
  });

  test('whose CNAMEs go round, or of which one has two targets, is refused before', () => {
    const cname = (name: string, value: string): object => ({ name, type: 'CNAME', value });
    expect(names({ dns: true, dnsRecords: [cname('a', 'b'), cname('b', 'a')] })).toContain('contradiction');
    expect(names({ dns: true, dnsRecords: [cname('a', 'a')] })).toContain('contradiction');
    const two = [cname('a', 'b'), cname('a', 'c'), { name: 'b', type: 'A', value: '10.1.0.9' }, { name: 'c', type: 'A', value: '10.1.0.9' }];
    expect(names({ dns: true, dnsRecords: two })).toEqual(['duplicate-entry']);
  });
});
