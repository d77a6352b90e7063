/** Each kind against the kernel itself: what it says is what it reads back, and what it takes away is gone. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Observed, Tie } from '../../src/kinds/kind.ts';
import { difference } from '../../src/plan/compare.ts';
import { readBack } from '../../src/plan/standing.ts';
import { batch, emptyNode, paste, say, seen } from '../kinds/kernel-room.ts';
import { SAMPLES, type Sample } from '../kinds/samples.ts';
import { insistOnLab } from '../support/namespaces.ts';

beforeAll(insistOnLab);
beforeEach(emptyNode);

describe.each(SAMPLES)('$title', sample => {
  const { kind, spec } = sample;

  it('reads back as it was made, as ours, and goes', async () => {
    for (const below of sample.on) await say(below.kind.create(below.spec));
    await say(kind.create(spec));
    expect(managed(sample, (await look(sample))?.spec)).toEqual(managed(sample, spec));
    const told = readBack({ kind: kind.name, ref: kind.ref(spec), spec, from: [] }, kind);
    const found = await look(sample);
    // Where there is no kernel, this stands for a reading: what it says is so, down to what things tie to.
    expect({ owner: found?.owner, spec: found?.spec }).toMatchObject({ owner: told.owner, spec: told.spec });
    expect(kind.ties(found?.spec ?? {})).toEqual(expect.arrayContaining([...kind.ties(told.spec)]));
    expect(found?.owner).toBe(kind.name === 'sysctl' ? 'common' : 'ours');
    if (kind.name === 'sysctl') return;
    await batch(kind.remove(spec));
    expect(await look(sample)).toBeUndefined();
  });

  it.each(Object.keys(sample.drift))('is put right where its %s drifts', async field => {
    for (const below of sample.on) await say(below.kind.create(below.spec));
    await batch(kind.create(spec));
    await say(kind.update({ ...spec, [field]: sample.drift[field] }, [field]));
    const drifted = await look(sample);
    expect(drifted?.owner).toBe(kind.name === 'sysctl' ? 'common' : 'ours');
    const differs = difference(kind, spec, drifted?.spec ?? {});
    // What a file holds is read as its hash.
    expect(differs.live).toContain(kind.name === 'file' ? 'hash' : field);
    expect(differs.fixed).toEqual([]);
    await batch(kind.update(spec, differs.live));
    expect(managed(sample, (await look(sample))?.spec)).toEqual(managed(sample, spec));
  });
});

describe('what else the kernel does', () => {
  it('a bridge keeps its mtu when a port with a smaller one joins', async () => {
    await make('bridge');
    await paste('ip link add name late mtu 1300 master br-vxlan-2 type veth peer name other');
    expect((await look(named('bridge')))?.spec).toMatchObject({ mtu: 1450 });
  });

  it('no link of ours in the root gets a link-local address', async () => {
    await make('vxlan', 'bridge', 'port of the mesh', 'veth', 'far', 'veth with both ends in the root', 'far end in the root');
    const found = (await seen()).filter(one => one.kind === 'address' && 'netns' in one.spec && one.spec.netns === '');
    expect(found.map(one => one.ref).filter(ref => !ref.includes('/lo/'))).toEqual([]);
  });

  it("a guest in its namespace has a link-local address, which is nobody's to take away", async () => {
    await make('veth', 'far');
    const found = (await seen()).filter(one => one.ref.startsWith('address:guest-a/eth0/fe80:'));
    expect(found.map(one => one.owner)).toEqual(['common']);
  });

  it('a tap whose making was cut off after its birth is ours and can be taken away', async () => {
    const tap = named('tap');
    await say(tap.kind.create(tap.spec).slice(0, 1));
    const [found] = (await seen()).filter(one => one.kind === 'tap');
    expect(found).toMatchObject({ ref: 'link:/nl-0000000c', owner: 'ours' });
    expect(tap.kind.claims(tap.spec)).toContain('ifname:/nl-0000000c');
    await say(tap.kind.remove(found?.spec ?? {}));
    expect((await seen()).filter(one => one.kind === 'tap')).toEqual([]);
  });

  it('a port that others put into our bridge is foreign, and ours in their bridge is ours', async () => {
    await make('bridge', 'tap');
    await paste(
      'ip link add name vnet0 master br-vxlan-2 type veth peer name other\nip link add name virbr9 type bridge\nip link set dev tap-0000000c master virbr9',
    );
    const ports = (await seen()).filter(one => one.kind === 'port').map(one => [one.ref, one.owner]);
    expect(new Map(ports as [string, string][])).toEqual(
      new Map([
        ['port:/tap-0000000c', 'ours'],
        ['port:/vnet0', 'foreign'],
      ]),
    );
  });

  it('an entry that lost its stickiness is drift', async () => {
    await make('bridge', 'vxlan', 'port of the mesh', 'tap', 'port of a guest', 'fdb');
    await paste('bridge fdb del 02:00:00:00:00:0a dev vxlan-2 master\nbridge fdb add 02:00:00:00:00:0a dev vxlan-2 master static');
    expect((await look(named('fdb')))?.spec).toMatchObject({ sticky: false });
    await say(named('fdb').kind.update(named('fdb').spec, ['sticky']));
    expect((await look(named('fdb')))?.spec).toMatchObject({ sticky: true });
  });

  it('an entry that traffic taught is taken over, and none of it is state before', async () => {
    await make('vxlan');
    await paste('bridge fdb add 02:00:00:00:00:0a dev vxlan-2 dst 10.9.0.7 self dynamic');
    expect((await seen()).filter(one => one.kind === 'vtep')).toEqual([]);
    await make('vtep');
    expect((await look(named('vtep')))?.spec).toMatchObject({ dst: '10.9.0.2' });
  });

  it('what somebody set on our devices is ours, and what they set on theirs is not', async () => {
    await make('bridge', 'vxlan');
    await paste(`
ip link add name br9 type bridge
ip link set dev br9 up
ip link add name vx9 type vxlan id 9 dstport 4790 local 10.9.0.1
for b in br9 br-vxlan-2; do ip neigh add 10.0.0.9 lladdr 02:00:00:00:00:09 dev $b nud permanent; ip addr add 10.7.0.1/24 dev $b; done
for v in vx9 vxlan-2; do bridge fdb append 00:00:00:00:00:00 dev $v dst 10.9.0.8 self; bridge fdb add 02:00:00:00:00:09 dev $v dst 10.9.0.8 self static; done`);
    const kinds = new Set(['neigh', 'address', 'flood', 'vtep']);
    const found = (await seen()).filter(one => kinds.has(one.kind) && !/\/lo\/|\/fe80:/.test(one.ref));
    const owners = (link: string) =>
      found
        .filter(one => one.ref.includes(`/${link}/`))
        .map(one => `${one.kind} ${one.owner}`)
        .sort();
    expect([...owners('br-vxlan-2'), ...owners('vxlan-2')]).toEqual(['address ours', 'neigh ours', 'flood ours', 'vtep ours']);
    expect([...owners('br9'), ...owners('vx9')]).toEqual(['address foreign', 'neigh foreign', 'flood foreign', 'vtep foreign']);
  });

  it('whatever a repair takes along is tied to it with `again`', async () => {
    const titles = ['bridge', 'vxlan', 'port of the mesh', 'tap', 'port of a guest', 'flood', 'vtep', 'fdb', 'neigh', 'IPv6 neigh'];
    const wanted = [...titles, 'veth', 'far', 'address', 'route over a next hop'].map(named);
    for (const one of wanted) await say(one.kind.create(one.spec));
    for (const sample of wanted.filter(one => wanted.some(other => other.on.includes(one)))) {
      for (const field of Object.keys(sample.drift)) {
        await say(sample.kind.update({ ...sample.spec, [field]: sample.drift[field] }, [field]));
        // As it would stand there if it had been made so: what cannot be in this state is not taken by leaving it.
        await makeMissing(wanted, byRef(await seen()));
        const drifted = byRef(await seen());
        await say(sample.kind.update(sample.spec, difference(sample.kind, sample.spec, drifted.get(refOf(sample))?.spec ?? {}).live));
        const repaired = byRef(await seen());
        const taken = wanted.filter(other => drifted.has(refOf(other)) && !repaired.has(refOf(other)));
        const untied = taken.filter(other => !other.kind.ties(other.spec).some((tie: Tie) => tie.when === 'again' && tie.to === refOf(sample)));
        expect(
          untied.map(other => other.title),
          `${sample.title}: ${field}`,
        ).toEqual([]);
        expect((await makeMissing(wanted, repaired)).map(other => other.title)).toEqual([]);
      }
    }
  });

  it('a neighbour that is gone already does not end the batch that deletes it', async () => {
    await make('bridge');
    const { kind, spec } = named('neigh');
    await batch([...kind.remove(spec), ...kind.create({ ...spec, ip: '10.0.0.33' }), ...kind.remove(spec)]);
    expect((await seen()).filter(one => one.kind === 'neigh').map(one => one.ref)).toEqual(['neigh:/br-vxlan-2/10.0.0.33']);
  });

  it('a bridge that gets another MAC loses its permanent neighbours', async () => {
    await make('bridge', 'neigh');
    await paste('ip link set dev br-vxlan-2 address 02:03:00:00:00:77');
    expect(await look(named('neigh'))).toBeUndefined();
  });

  it.each([
    [
      'one rule is gone',
      'nft delete rule bridge netloom guest_ip handle $(nft -a list chain bridge netloom guest_ip | sed -n "s/.*drop # handle //p" | tail -1)',
    ],
    ['one element is gone', 'nft delete element bridge netloom mac "{ tap-0000000a . 02:00:00:00:00:0a }"'],
    ['one element is more', 'nft add element bridge netloom v4 "{ tap-0000000a . 203.0.113.0/24 }"'],
    ['the rules are flushed', 'nft flush table bridge netloom'],
    ['a chain is more', 'nft add chain bridge netloom more'],
    ['a chain has another priority', 'nft "delete chain bridge netloom host" && nft "add chain bridge netloom host { type filter hook input priority 5; }"'],
  ])('a filter in which %s differs, and is put right', async (_, command) => {
    const guard = named('nft guard');
    await make('nft guard');
    await paste(command.replace('nft "delete chain bridge netloom host"', 'nft flush chain bridge netloom host && nft "delete chain bridge netloom host"'));
    expect((await look(guard))?.spec).not.toEqual(guard.spec);
    await say(guard.kind.update(guard.spec, ['rows']));
    expect((await look(guard))?.spec).toEqual(guard.spec);
  });
});

async function make(...titles: readonly string[]): Promise<void> {
  for (const title of titles) await say(named(title).kind.create(named(title).spec));
}

/** Those that cannot be made now are the answer. */
async function makeMissing(wanted: readonly Sample[], present: ReadonlyMap<string, Observed>): Promise<readonly Sample[]> {
  const refused: Sample[] = [];
  for (const one of wanted) if (!present.has(refOf(one))) await say(one.kind.create(one.spec)).catch(() => refused.push(one));
  return refused;
}

function refOf(sample: Sample): string {
  return sample.kind.ref(sample.spec);
}

function byRef(found: readonly Observed[]): ReadonlyMap<string, Observed> {
  return new Map(found.map(one => [one.ref, one]));
}

function named(title: string): Sample {
  const found = SAMPLES.find(sample => sample.title === title);
  if (found === undefined) throw new Error(`no sample ${title}`);
  return found;
}

async function look(sample: Sample): Promise<Observed | undefined> {
  const keys = sample.kind.keys?.(sample.spec) ?? [];
  return (await seen(keys)).find(one => one.ref === sample.kind.ref(sample.spec) && one.kind === sample.kind.name);
}

/** The fields that are kernel state and that `want` has. */
function managed(sample: Sample, spec: object | undefined): Readonly<Record<string, unknown>> {
  const fields = Object.keys(sample.spec).filter(field => sample.kind.fields[field] !== 'policy');
  return Object.fromEntries(fields.map(field => [field, (spec as Readonly<Record<string, unknown>> | undefined)?.[field]]));
}
