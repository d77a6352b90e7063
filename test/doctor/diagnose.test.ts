import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/doctor/diagnose.ts';
import type { Evidence } from '../../src/doctor/evidence.ts';
import { CODES } from '../../src/doctor/finding.ts';
import { diagnosisOf, parseDiagnosis, withClock } from '../../src/doctor/record.ts';
import { diagnosisText } from '../../src/doctor/text.ts';
import { evidence, KERNEL, PEER, SEGMENT, step } from './evidence.ts';

const said = (other: Partial<Evidence>): readonly string[] =>
  diagnose(evidence(other)).findings.map(({ code, node, message }) => `${code} ${node}: ${message}`);
const unknown = (other: Partial<Evidence>): readonly string[] => diagnose(evidence(other)).untested.map(({ check, message }) => `${check}: ${message}`);
const underlay = evidence().underlay;

test('where everything is well nothing is broken and nothing unknown', () => {
  const { findings, untested, healthy } = diagnose(evidence());
  expect([findings, untested]).toEqual([[], []]);
  expect([...new Set(healthy.map(({ check }) => check))]).toEqual([
    'machine',
    'clock',
    'git',
    'nodes',
    'underlay',
    'peers',
    'vxlan',
    'kernel',
    'upstream',
    'floating',
    'addresses',
    'routers',
    'dhcp',
  ]);
});

describe('the wire', () => {
  test('one that is cut is one sentence, whatever hangs on it', () => {
    const networks = Array.from({ length: 40 }, (_, n) => `red/n${n}`);
    const gone = { ...PEER, networks, small: 'no answer', whole: { bytes: 1500, why: 'no answer' }, vxlan: { answer: 'silent', why: '' } as const, macs: null };
    const segments = networks.map(network => ({ ...SEGMENT, network, dhcp: { guest: '', macs: [] }, echo: { isAnswered: false } }));
    expect(said({ peers: [gone], segments })).toEqual([
      'peer-unreachable n2: 10.9.0.2 is not reached from n1 by anything (no answer), and 40 networks with it (red/n0, red/n1, red/n2, …)',
    ]);
    expect(unknown({ peers: [gone], segments })).toEqual([
      'routers: 40 networks: what is broken above is in the way',
      'dhcp: 40 networks: what is broken above is in the way',
    ]);
  });

  test('an address that the node has not is told once, with what it has instead', () => {
    const lost = { ...underlay, found: null, instead: [{ device: 'eth0', address: '10.9.0.7' }] };
    const { findings } = diagnose(
      evidence({ underlay: lost, peers: [{ ...PEER, small: 'x', whole: { bytes: 1500, why: 'x' }, vxlan: { answer: 'untried', why: 'x' } }] }),
    );
    expect(findings).toMatchObject([
      { code: 'underlay-address', cure: expect.stringMatching(/^ip addr add 10\.9\.0\.1\/PREFIX dev eth0 .*10\.9\.0\.7 at nodes\.yaml:1$/) },
    ]);
    expect(said({ underlay: { ...lost, other: 'n5' } })).toEqual([expect.stringMatching(/^wrong-machine n1: .*Node n5 and not 10\.9\.0\.1/)]);
  });

  test.each([
    ['on another device', { device: 'eth7' }, /^underlay-device n1: .*is on eth0, and Node n1 says eth7/],
    ['on one that is down', { found: { device: 'eth0', mtu: 1500, isUp: false } }, /^underlay-device n1: eth0, .*is down or has no carrier, and 2 networks/],
    ['which another machine has too', { rivals: ['02:ff:00:00:00:01'] }, /^underlay-duplicate n1: another machine \(02:ff:00:00:00:01\)/],
    ['on one that carries too little', { found: { device: 'eth0', mtu: 1400, isUp: true } }, /^underlay-mtu n1: eth0 carries 1400 bytes and 1500 are needed/],
  ])('the own address %s', (_, other, message) => expect(said({ underlay: { ...underlay, ...other } })).toEqual([expect.stringMatching(message)]));

  test('a second card of the same machine on the wire is no other machine', () => {
    expect(said({ underlay: { ...underlay, rivals: ['02:00:00:00:00:f1'] } })).toEqual([]);
  });

  test.each([
    ['dropped', { answer: 'silent', why: '' }, /^vxlan-blocked n2: UDP 4789 from n1 .* does not arrive/],
    ['rejected', { answer: 'refused', why: '' }, /^vxlan-blocked n2: .* is rejected by a filter/],
    ['taken by nobody', { answer: 'closed', why: '' }, /^vxlan-closed n2: nobody takes UDP 4789/],
    ['never sent', { answer: 'unsent', why: "this node's own filters drop it" }, /^vxlan-blocked n1: .* does not leave: this node's own filters/],
  ] as const)('VXLAN that is %s', (_, vxlan, message) => expect(said({ peers: [{ ...PEER, vxlan }] })).toEqual([expect.stringMatching(message)]));

  test('silence of a node that may not know probes is no finding, and one that git says nothing of is taken at its word', () => {
    const silent = (version: string | null) => ({ peers: [{ ...PEER, version, vxlan: { answer: 'silent', why: '' } as const }] });
    expect(said(silent('0.9.0'))).toEqual([]);
    expect(unknown(silent('0.9.0'))).toEqual([expect.stringContaining('n2 runs netloom 0.9.0')]);
    expect(said(silent(''))).toEqual([]);
    expect(said(silent(null))).toHaveLength(1);
  });

  test('a peer that answers VXLAN and no echo is not called short of mtu', () => {
    const deaf = { ...PEER, small: 'no answer', whole: { bytes: 1500, why: 'no answer' } };
    expect(said({ peers: [deaf] })).toEqual([]);
    expect(unknown({ peers: [deaf] })).toEqual([expect.stringMatching(/^underlay mtu: /)]);
    expect(said({ peers: [{ ...deaf, small: null }] })).toEqual([expect.stringMatching(/^underlay-mtu n2: .*no packets of 1500 bytes/)]);
  });

  test('two machines at the address of a peer: what it answers beside that means nothing', () => {
    const twice = { ...PEER, macs: ['02:00:00:00:00:02', '02:00:00:00:00:09'], vxlan: { answer: 'silent', why: '' } as const };
    expect(said({ peers: [twice], segments: [{ ...SEGMENT, echo: { isAnswered: false } }] })).toEqual([
      expect.stringMatching(/^underlay-duplicate n2: .*2 MACs/),
    ]);
  });
});

describe('what networks answer', () => {
  const mute = { ...SEGMENT, echo: { isAnswered: false }, dhcp: { guest: '', macs: [] } };
  test('nothing comes back where what is sent gets there: the other direction', () => {
    expect(said({ segments: [mute] })).toEqual([expect.stringMatching(/^vxlan-back n1: UDP 4789 from n2 \(10\.9\.0\.2\) to n1 .* in red\/lan$/)]);
  });
  test('a router on this very node that does not answer', () => {
    expect(said({ segments: [{ ...mute, router: 'n1' }] })).toEqual([expect.stringMatching(/^router-silent n1: /)]);
    // It needs no wire to answer.
    expect(said({ segments: [{ ...mute, router: 'n1' }], underlay: { ...underlay, found: null } })).toContainEqual(
      expect.stringMatching(/^router-silent n1: /),
    );
  });
  test('a router that answers, and no offer', () => {
    expect(said({ segments: [{ ...SEGMENT, dhcp: { guest: '', macs: [] } }] })).toEqual([
      expect.stringMatching(/^dhcp-silent n2: dnsmasq offers no addresses in red\/lan/),
    ]);
  });
  test('an offer of somebody else', () => {
    const dhcp = { guest: '', macs: [SEGMENT.routerMac, '02:ee:00:00:00:01'] };
    expect(said({ segments: [{ ...SEGMENT, dhcp }] })).toEqual([expect.stringMatching(/^foreign-dhcp n1: .*02:ee:00:00:00:01$/)]);
  });
  test('an address with two holders; not where a definition shares it', () => {
    const [first] = SEGMENT.addresses;
    const twice = { ...(first as (typeof SEGMENT.addresses)[number]), macs: ['02:aa:00:00:00:01', '02:aa:00:00:00:02'] };
    const at = (addresses: typeof SEGMENT.addresses) => said({ segments: [{ ...SEGMENT, addresses: [...addresses, ...SEGMENT.addresses.slice(1)] }] });
    expect(at([twice])).toEqual([
      expect.stringMatching(/^duplicate-address n1: 10\.7\.1\.11 of Interface red\/a .*by Interface red\/b \(02:aa:00:00:00:02\) too/),
    ]);
    expect(at([{ ...twice, isShared: true }])).toEqual([]);
  });
  test('without frames nothing of it is known, and nothing is called broken', () => {
    const frames = 'koffi is not installed';
    expect(said({ segments: [mute], frames })).toEqual([]);
    expect(unknown({ segments: [mute], frames })).toEqual([expect.stringContaining('koffi is not installed')]);
  });
});

describe('the outside', () => {
  const [floating] = evidence().outside.floating;
  const outside = (other: object, gateway: object = {}): Partial<Evidence> => {
    const [first] = evidence().outside.gateways;
    return { outside: { floating: [{ ...floating, ...other }], gateways: [{ ...first, ...gateway }] } as Evidence['outside'] };
  };
  test('a floating address that nobody answers for; or two do', () => {
    expect(said(outside({ macs: [] }))).toEqual([expect.stringMatching(/^floating-unanswered n1: nobody answers ARP for 192\.0\.2\.10/)]);
    expect(said(outside({ macs: ['02:01:c0:00:02:0a', '02:99:00:00:00:01'] }))).toEqual([
      expect.stringMatching(/^duplicate-address n1: 192\.0\.2\.10 .*02:99:00:00:00:01 too/),
    ]);
  });
  test('is not told again where the kernel lacks what would answer', () => {
    const kernel = {
      ...KERNEL,
      steps: [
        step('address', 'address:uuid-71/flt-c000020a-i/192.0.2.10/32', { from: [{ definition: 'FloatingIP red/web', at: { file: '', line: 0, col: 0 } }] }),
      ],
    };
    expect(said({ ...outside({ macs: [] }), kernel })).toEqual([
      expect.stringMatching(/^kernel-differs n1: FloatingIP red\/web: the address 192\.0\.2\.10\/32 on flt-c000020a-i is missing/),
    ]);
  });
  test('a guest that is quiet is no fault of the path', () => {
    expect(said(outside({ echo: 'does not answer' }))).toEqual([]);
    expect(unknown(outside({ echo: 'does not answer' }))).toHaveLength(1);
  });
  test('a router beyond the card', () => {
    expect(said(outside({}, { why: 'does not answer' }))).toEqual([expect.stringMatching(/^upstream-gateway n1: the upstream router 198\.18\.0\.1/)]);
    expect(unknown(outside({}, { address: '' }))).toEqual([expect.stringMatching(/^upstream: the router beyond eth1/)]);
  });
});

describe('the node', () => {
  const nodes = (other: object, node = 'n2') =>
    said({ branches: { ...evidence().branches, nodes: (evidence().branches.nodes ?? []).map(each => (each.node === node ? { ...each, ...other } : each)) } });
  test.each([
    ['silent', { state: 'silent' }, /^node-silent n2: it has published nothing since 2026-11-21T11:50:00Z$/],
    ['never heard', { state: 'initial', heard: '' }, /^node-silent n2: it has never published anything$/],
    ['suspended', { state: 'suspended', message: 'by ada, since noon' }, /^suspended n2: it is suspended by ada/],
    ['behind', { behind: true }, /^node-behind n2: .*\(as of 2026-11-21T11:50:00Z\)$/],
    ['observing', { state: 'degraded', reason: 'ObserveOnly' }, /^observe-only n2: /],
    ['in trouble', { state: 'error', reason: 'Conflict', message: 'br0 is there' }, /^node-wrong n2: it says of itself Conflict: br0 is there/],
  ])('another one that is %s', (_, other, message) => expect(nodes(other)).toEqual([expect.stringMatching(message)]));
  test('its own report is older than what was just looked at, but for what only git knows', () => {
    expect(nodes({ state: 'error', reason: 'Conflict' }, 'n1')).toEqual([]);
    expect(nodes({ state: 'silent' }, 'n1')).toHaveLength(1);
    expect(nodes({ behind: true }, 'n1')).toEqual([expect.stringMatching(/^node-behind n1/)]);
  });
  test('that was told to apply nothing', () => {
    expect(said({ word: { mode: 'enforce', suspended: 'by ada: a card is changed' } })).toEqual([
      expect.stringMatching(/^suspended n1: .*by ada: a card is changed/),
    ]);
    expect(said({ word: { mode: 'observe', suspended: null } })).toEqual([expect.stringMatching(/^observe-only n1/)]);
  });
  test('without git: the kernel and the wire are judged all the same', () => {
    const branches = { ...evidence().branches, why: 'connection refused', aheadMs: null, nodes: null };
    expect(said({ branches })).toEqual([expect.stringMatching(/^remote n1: .*connection refused$/)]);
    expect(unknown({ branches })).toEqual(['clock: nobody says what time it is', expect.stringMatching(/^nodes: /)]);
  });
  test.each([
    ['by the git server', 31_000, '2026-11-21T11:50:00Z', ['clock n1: its clock is 31 s ahead of that of the git server']],
    ['within what is usual', -29_000, '2026-11-21T12:00:25Z', []],
    ['by another node, where the server says nothing', null, '2026-11-21T12:01:00Z', ['clock n1: its clock is 60 s behind that of Node n2']],
    ['by another node that is alone with its time', 0, '2026-11-21T12:01:00Z', ['clock n2: its clock is 60 s ahead of that of n1']],
  ] as const)('with a clock that is off %s', (_, aheadMs, heard, found) => {
    const branches = evidence().branches;
    expect(said({ branches: { ...branches, aheadMs, nodes: (branches.nodes ?? []).map(each => (each.node === 'n2' ? { ...each, heard } : each)) } })).toEqual(
      found,
    );
  });
  test('without what it needs', () => {
    const machine = { ...evidence().machine, programs: [{ program: 'nft', of: 'nftables' }], features: [{ name: 'vxlan', todo: 'load it' }] };
    expect(diagnose(evidence({ machine })).findings).toMatchObject([
      { code: 'program-missing', cure: 'apt install nftables' },
      { code: 'kernel-feature-missing', message: 'the kernel has no vxlan', cure: 'load it' },
    ]);
  });
});

describe('for programs and people', () => {
  const judged = (other: Partial<Evidence>, node = 'n1') => ({ node, at: '2026-11-21T12:00:00.000Z', durationMs: 800, ...diagnose(evidence(other)) });
  const blocked = judged({ peers: [{ ...PEER, vxlan: { answer: 'silent', why: '' } }] });
  test('the shape is what its schema says', () => {
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(JSON.parse(readFileSync('schemas/output/doctor.json', 'utf8')));
    for (const diagnosis of [diagnosisOf('', [judged({})]), diagnosisOf('Network red/lan', [blocked], [{ node: 'n3', why: 'ssh' }])]) {
      expect([validate(diagnosis), validate.errors]).toEqual([true, null]);
      expect(parseDiagnosis(JSON.stringify(diagnosis))).toEqual(diagnosis);
    }
    expect([validate({ ...diagnosisOf('', []), healthy: 'yes' }), parseDiagnosis('{}'), parseDiagnosis('bash: netloom: not found')]).toEqual([
      false,
      null,
      null,
    ]);
    for (const code of CODES) expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });
  test('what is broken comes first, each once, with what to do; lines end at words', () => {
    const text = diagnosisText(diagnosisOf('', [blocked, { ...blocked, node: 'n2' }], [{ node: 'n3', why: 'no way' }]), 80);
    expect(text.split('\n')[0]).toBe('1 thing is broken (looked on n1, n2, 0.8 s); 1 node was not asked');
    expect(text.match(/BROKEN on n2: UDP 4789/g)).toHaveLength(1);
    expect(text).toContain('\n  do: let it in on n2');
    expect(text.indexOf('BROKEN')).toBeLessThan(text.indexOf('ok on n1: '));
    expect(text).toContain('not asked: n3: no way');
    const wrapped = text.split('\n').filter(line => !line.startsWith('  do: '));
    expect(Math.max(...wrapped.map(line => line.length))).toBeLessThanOrEqual(80);
    expect(text.match(/^ {2}do: .*4789 -s 10\.9\.0\.1 -j ACCEPT .*$/m)?.[0].length).toBeGreaterThan(80);
  });
  test('text of definitions and kernels forges no line', () => {
    const evil = diagnosisOf('', [judged({ word: { mode: 'enforce', suspended: 'by x\n\u001b[32mnothing is broken' } })]);
    expect(diagnosisText(evil, undefined)).toContain('by x\\u{a}\\u{1b}[32mnothing is broken');
  });
  test('another node’s clock is judged by when it was asked', () => {
    const there = judged({}, 'n2');
    const at = Date.parse(there.at);
    const clock = (fromMs: number, toMs: number) => withClock(there, 'n1', { fromMs, toMs }).findings.map(({ message }) => message);
    expect(clock(at - 1000, at + 5000)).toEqual([]);
    expect(clock(at - 90_000, at - 60_000)).toEqual(['its clock is 60 s ahead of that of n1']);
    expect(clock(at + 40_000, at + 45_000)).toEqual(['its clock is 40 s behind that of n1']);
  });
});
