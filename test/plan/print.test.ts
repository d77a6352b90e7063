import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { bridge } from '../../src/kinds/bridge.ts';
import type { Observed } from '../../src/kinds/kind.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { differenceLines } from '../../src/plan/print-changes.ts';
import { printCommands } from '../../src/plan/print-commands.ts';
import { printText } from '../../src/plan/print-text.ts';
import { toJson } from '../../src/plan/to-json.ts';
import { applied, changed, GUEST, guestPair, guestTap, planOf, segment, wanted } from './demo.ts';

const BRIDGE = segment()[5]?.spec as Parameters<typeof bridge.ref>[0];
const lostMark: Observed = { kind: 'bridge', ref: 'link:/br-vxlan-2', spec: { ...BRIDGE, group: 0, alias: 'netloom:Network default/demo' }, owner: 'foreign' };
const guestPort: readonly Observed[] = [
  {
    kind: 'port',
    ref: 'port:/vnet3',
    spec: { netns: '', link: 'vnet3', bridge: 'br-vxlan-2', learning: true, flood: true, suppress: false, locked: false },
    owner: 'foreign',
  },
];
const stray: Observed = {
  kind: 'route',
  ref: 'route:/254/10.9.0.0/16',
  spec: { netns: '', dst: '10.9.0.0/16', link: 'br-vxlan-2', table: '254' },
  owner: 'foreign',
};

/** A plan of every sort: what is printed of each is below. */
const PLANS: Readonly<Record<string, Plan>> = {
  create: planOf([...segment(), ...guestTap()], []),
  nothing: planOf(segment(), applied(segment())),
  update: planOf(segment(), changed(changed(applied(segment()), 'link:/vxlan-2', { mtu: 1500 }), 'link:/br-vxlan-2', { up: false })),
  replace: planOf(segment('2', { vni: 3 }), applied(segment())),
  delete: planOf([], [...applied([...segment(), ...guestTap()]), stray]),
  conflict: planOf(segment(), [lostMark, ...applied(segment()).filter(({ ref }) => ref !== 'link:/br-vxlan-2')]),
  inUse: planOf([], [...applied(segment()), ...guestPort]),
  waiting: planOf(guestPair('guest'), []),
  readdress: planOf(guestPair('guest', { ip: '192.168.0.3' }), [GUEST, ...applied(guestPair('guest'))]),
};

const printed = (name: string): readonly string[] => printText(PLANS[name] as Plan).split('\n');

describe('the text of a plan', () => {
  test('says for each definition what is made and how it will be', () => {
    expect(printed('create')).toEqual([
      'Interface default/web  networks/demo.yaml:9:1  [no traffic affected]',
      '  + tap tap-0000000a  mac=fe:00:00:00:00:0a mtu=1450 group=97 up=true addrgenmode=none multiQueue=false',
      '  + port tap-0000000a  bridge=br-vxlan-2 learning=false flood=true suppress=false locked=true',
      '',
      'Network default/demo  networks/demo.yaml:1:1  [no traffic affected]',
      '  + vxlan bridge br-vxlan-2  mac=02:03:00:00:00:02 mtu=1450 group=97 up=true addrgenmode=none stp=false forwardDelay=0 snooping=false',
      '  + vxlan interface vxlan-2  mac=02:04:00:00:00:02 mtu=1450 group=97 up=true addrgenmode=none vni=2 port=4789 local=10.2.1.12 family=4 learning=false',
      '  + neighbours br-vxlan-2/192.168.0.2  mac=02:00:00:00:00:0a',
      '  + mesh elements vxlan-2/10.2.1.11',
      '  + sysctl net/ipv6/conf/br-vxlan-2/disable_ipv6  value=1',
      '  + port vxlan-2  bridge=br-vxlan-2 learning=false flood=false suppress=true locked=false',
      '',
      'Plan: 8 to add, 0 to change, 0 to destroy. No traffic affected.',
      '',
    ]);
  });

  test('says that nothing is to do', () => {
    expect(printed('nothing')).toEqual(['No changes. The kernel is as the definitions want it.', '']);
  });

  test('names drift with what is there and what is wanted', () => {
    expect(printed('update').slice(1)).toEqual([
      '  ~ vxlan bridge br-vxlan-2',
      '      ~ up: false -> true',
      '  ~ vxlan interface vxlan-2  [existing connections cut]',
      '      ~ mtu: 1500 -> 1450',
      '  ~ neighbours br-vxlan-2/192.168.0.2 (said again)  # with br-vxlan-2',
      '',
      'Plan: 0 to add, 3 to change, 0 to destroy. Traffic: existing connections cut in 1 of 1 definition.',
      '',
    ]);
  });

  test('names the attribute that forces a replacement, and counts it as added and destroyed', () => {
    expect(printed('replace').slice(1)).toEqual([
      '-/+ vxlan interface vxlan-2',
      '      ~ vni: 2 -> 3  # forces replacement',
      '-/+ port vxlan-2  # with vxlan-2',
      '-/+ mesh elements vxlan-2/10.2.1.11  # with vxlan-2',
      '',
      'Plan: 3 to add, 0 to change, 3 to destroy. Traffic: existing connections cut in 1 of 1 definition.',
      '',
    ]);
  });

  test('what leaves a network that stays is a line of that network, and what leaves a guest one of the guest', () => {
    const left = printText(planOf(segment(), applied(segment('2', { peers: ['10.2.1.11', '10.2.1.13'] }))));
    expect(left.split('\n').slice(0, 3)).toEqual([
      'Network default/demo  networks/demo.yaml:1:1  [new connections only]',
      '  - mesh elements vxlan-2/10.2.1.13',
      '',
    ]);
    expect(printed('readdress')[0]).toBe('Interface default/web  networks/demo.yaml:9:1  [existing connections cut]');
    expect(printed('readdress').join('\n')).not.toContain('o longer defined');
  });

  test('what is defined and not here any more is not called undefined', () => {
    const marked = applied(guestTap()).map(seen => ({ ...seen, formerly: 'Interface default/web' }));
    const plan = planOf(segment(), [...applied(segment()), ...marked]);
    expect(printText(plan).split('\n')[0]).toBe('Interface default/web  no longer defined  [existing connections cut]');
    const placeOf = (definition: string) => (definition === 'Interface default/web' ? { file: 'web.yaml', line: 4, col: 1 } : undefined);
    expect(printText(plan, { placeOf }).split('\n')[0]).toBe('Interface default/web  web.yaml:4:1, not here any more  [existing connections cut]');
  });

  test('shows all that a deletion takes along, also what is not ours', () => {
    expect(printed('delete')).toEqual([
      'No longer defined  [existing connections cut]',
      '  - tap tap-0000000a',
      '  - vxlan interface vxlan-2',
      '      - mesh elements vxlan-2/10.2.1.11 (goes along)',
      '  - vxlan bridge br-vxlan-2',
      '      - neighbours br-vxlan-2/192.168.0.2 (goes along)',
      '      - 2 x port: tap-0000000a, vxlan-2 (goes along)',
      '',
      'Warning: this plan takes along',
      '  ! route 254/10.9.0.0/16 is not ours and goes with br-vxlan-2',
      '',
      'Plan: 0 to add, 0 to change, 7 to destroy. Traffic: existing connections cut in 1 of 1 definition.',
      '',
    ]);
  });

  test('says how a link of ours that lost its mark gets it back', () => {
    expect(printed('conflict')).toEqual([
      'Held back',
      '  ! vxlan bridge br-vxlan-2: conflict: bridge br-vxlan-2 is there and is not ours',
      '      hint: it lost its mark: `ip link set dev br-vxlan-2 group 97` gives it back',
      '  ! neighbours br-vxlan-2/192.168.0.2: depends on br-vxlan-2, which is held',
      '  ! port vxlan-2: depends on br-vxlan-2, which is held',
      '  ! sysctl net/ipv6/conf/br-vxlan-2/disable_ipv6: depends on br-vxlan-2, which is held',
      '',
      'No changes. 4 held back.',
      '',
    ]);
  });

  test('says which guest keeps a bridge, and what it waits for', () => {
    expect(printed('inUse')).toContain('  ! vxlan bridge br-vxlan-2: in use: port vnet3 is not ours and would be cut off');
    expect(printed('inUse')).toContain('      hint: detach vnet3; the next pass then goes on');
    expect(printed('waiting')).toContain('  ! veth pair tap-0000000b: waiting for netns guest, which is not there');
  });

  test('takes colours from who knows the terminal', () => {
    const text = printText(PLANS.replace as Plan, { paint: (words, style) => `<${style}>${words}</>` });
    expect(text).toContain('<replace>-/+ vxlan interface vxlan-2</>');
    expect(text).toContain('<change>      ~ vni: 2 -> 3</><replace>  # forces replacement</>');
  });

  test('lets no definition and no kernel colour or forge a line', () => {
    const evil = '\u001b[31mx\nPlan: 0 to add';
    const from = { definition: `Network ${evil}`, at: { file: evil, line: 1, col: 1 } };
    const plans = [
      planOf([wanted(bridge, { ...BRIDGE, name: evil, alias: evil }, from)], []),
      planOf([wanted(bridge, BRIDGE, from)], changed(applied(segment().slice(5)), 'link:/br-vxlan-2', { alias: evil, mac: evil, mtu: 1 })),
      planOf([wanted(bridge, BRIDGE, from)], [{ ...lostMark, spec: { ...lostMark.spec, name: evil } }]),
    ];
    for (const plan of plans) {
      expect(printText(plan)).not.toContain('\u001b');
      expect(
        printText(plan)
          .split('\n')
          .filter(line => line.startsWith('Plan:')).length,
      ).toBeLessThanOrEqual(1);
      expect(
        printCommands(plan)
          .split('\n')
          .filter(line => line.startsWith('#'))
          .join(''),
      ).not.toContain('\u001b');
    }
  });
});

describe('the difference of two values', () => {
  const shown = (have: unknown, want: unknown) => differenceLines(have, want, 'rows').map(({ sign, path, text }) => `${sign} ${path}: ${text}`);

  test('names the one set element that is missing', () => {
    const set = (elem: readonly string[]) => ({ set: { name: 'guests', elem } });
    expect(shown([set(['a', 'b']), { rule: 1 }], [set(['a', 'b', 'c']), { rule: 1 }])).toEqual(['+ rows[0].set.elem: c']);
  });

  test('names the one rule that is too much', () => {
    expect(shown([{ rule: 1 }, { rule: 2 }, { rule: 3 }], [{ rule: 1 }, { rule: 3 }])).toEqual(['- rows: {"rule":2}']);
  });

  test('says when only the order is another', () => {
    expect(shown([1, 2], [2, 1])).toEqual(['~ rows: in another order']);
  });
});

describe('the JSON of a plan', () => {
  const validate = new Ajv2020({ strict: true, allErrors: true }).compile(JSON.parse(readFileSync('schemas/output/plan.json', 'utf8')));

  test.each(Object.keys(PLANS))('of %s fits its schema', name => {
    const json = JSON.parse(JSON.stringify(toJson(PLANS[name] as Plan)));
    validate(json);
    expect(validate.errors ?? []).toEqual([]);
  });

  test('has for each field what was there before and what is there after', () => {
    expect(toJson(PLANS.replace as Plan)).toMatchObject({
      format_version: '1.2',
      steps: [
        { actions: ['delete'], ref: 'link:/vxlan-2', replacing: true },
        { actions: ['create'], ref: 'link:/vxlan-2', replacing: true, needs: [0] },
        { actions: ['create'], ref: 'port:/vxlan-2', because: 'link:/vxlan-2' },
        { actions: ['create'], ref: 'flood:/vxlan-2/10.2.1.11' },
      ],
      definitions: [{ definition: 'Network default/demo', impact: 'existing-flows' }],
      summary: { add: 3, change: 0, destroy: 3, held: 0, impact: 'existing-flows' },
    });
    expect(JSON.stringify(toJson(PLANS.replace as Plan))).toContain('{"field":"vni","before":2,"after":3,"forces_replacement":true}');
  });

  test('does not fit when a field is of another type', () => {
    expect(validate({ ...(toJson(PLANS.nothing as Plan) as object), steps: [{ actions: ['erase'] }] })).toBe(false);
  });
});

describe('the commands of a plan', () => {
  test('are the lines of its steps in order, under the names of the definitions', () => {
    expect(printCommands(planOf(segment(), changed(applied(segment()), 'link:/vxlan-2', { mtu: 1500 })))).toBe(
      '# Network default/demo\nip link set dev vxlan-2 mtu 1450\n',
    );
    const lines = printCommands(PLANS.readdress as Plan).split('\n');
    expect(lines[0]).toBe('# Interface default/web');
    expect(lines.filter(line => line.includes(' addr ')).map(line => line.split(' ').slice(3, 6).join(' '))).toEqual([
      'addr del 192.168.0.2/24',
      'addr add 192.168.0.3/24',
    ]);
  });

  test('say what is held, so that a paste does not look complete', () => {
    expect(printCommands(PLANS.waiting as Plan)).toContain('# held: veth pair tap-0000000b: waiting for netns guest, which is not there');
    expect(printCommands(PLANS.nothing as Plan)).toBe('# nothing to do\n');
  });
});
