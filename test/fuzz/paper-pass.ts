/** A pass of the node on paper: look, compile, read, plan, apply, with the project's own code for all but the kernel. */
import { compile } from '../../src/compile/compile.ts';
import { scope } from '../../src/host/read.ts';
import { KINDS } from '../../src/kinds/index.ts';
import type { Observed, Resource } from '../../src/kinds/kind.ts';
import { isOurGroup } from '../../src/kinds/marks.ts';
import { renderOp } from '../../src/kinds/render.ts';
import type { LinkRow, NftJson } from '../../src/kinds/rows.ts';
import type { Step } from '../../src/kinds/step.ts';
import type { Facts } from '../../src/model/facts.ts';
import type { Compiled } from '../../src/objects/object.ts';
import { asksOf, type Target } from '../../src/pass/enforce.ts';
import { NOTHING_SPARED, planSparing, type Spared, sparedOn } from '../../src/pass/spared.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { act } from './paper-kernel.ts';
import type { PaperNode } from './paper-node.ts';
import { rowsOf } from './paper-rows.ts';

export interface PaperPass {
  readonly compiled: Compiled;
  readonly plan: Plan;
}

const NOTHING: Compiled = { resources: [], troubles: [] };

/** What a pass would do; without a target nothing is wanted. */
export function planOnPaper(node: PaperNode, target: Target | null): PaperPass {
  const compiled = target === null ? NOTHING : compile({ ...target, facts: factsOf(node, asksOf(target)) });
  const spared: Spared = target === null ? NOTHING_SPARED : sparedOn(target);
  return { compiled, plan: planSparing(compiled.resources, observedOn(node, compiled.resources), spared) };
}

function observedOn(node: PaperNode, want: readonly Resource[]): readonly Observed[] {
  const keys = want.flatMap(({ kind, spec }) => KINDS.get(kind)?.keys?.(spec) ?? []);
  return rowsOf(node, scope(want), keys).flatMap(rows => [...KINDS.values()].flatMap(kind => kind.parse(rows)));
}

/** Plans and does it, act by act. Throws what the kernel on paper refuses, with the plan so far. */
export function passOnPaper(node: PaperNode, target: Target | null): PaperPass {
  const pass = planOnPaper(node, target);
  const done: string[] = [];
  for (const step of pass.plan.steps) {
    for (const op of step.ops) {
      try {
        act(node, op, tableRows(step));
      } catch (error) {
        throw new Error(`${step.verb} ${step.ref}: ${renderOp(op)}: ${(error as Error).message}\nafter\n${done.join('\n')}`, { cause: error });
      }
      done.push(renderOp(op).split('\n')[0] ?? '');
    }
  }
  return pass;
}

// The act itself carries text, which nft alone can read.
function tableRows({ changes }: Step): readonly NftJson[] {
  return (changes.find(({ field }) => field === 'rows')?.want ?? []) as readonly NftJson[];
}

const UIDS: Readonly<Record<string, number>> = { root: 0, daemon: 1 };

function factsOf(node: PaperNode, { underlayAddress, users, egress = [] }: ReturnType<typeof asksOf>): Facts {
  const [own] = rowsOf(node, [], []);
  const links = own?.links ?? [];
  const underlay = links.find(({ addr_info }) => addr_info.some(({ local }) => local === underlayAddress));
  const ways = (own?.routes ?? []).filter(({ dst, table, protocol }) => dst === 'default' && table === '254' && protocol === '3');
  const card = ({ ifname, mtu, master, addr_info }: LinkRow) => {
    const way = ways.find(({ dev }) => dev === ifname);
    const gateway = way === undefined ? {} : { gateway: way.gateway ?? '' };
    return { mtu, up: true, addresses: addr_info.map(({ local }) => local), ...gateway, ...(master === undefined ? {} : { master }) };
  };
  return {
    underlay: underlay === undefined ? null : { device: underlay.ifname, mtu: underlay.mtu, up: true },
    bridgeNetfilter: true,
    ports: links.flatMap(({ master, ifname, address = '', group }) =>
      master?.startsWith('br-vxlan-') ? [{ bridge: master, ifname, mac: address, ours: isOurGroup(group) }] : [],
    ),
    users: Object.fromEntries(users.map(name => [name, UIDS[name] ?? null])),
    devices: links.flatMap(({ group, ifname }) => (isOurGroup(group) ? [] : [ifname])),
    egress: Object.fromEntries(links.flatMap(link => (egress.includes(link.ifname) ? [[link.ifname, card(link)]] : []))),
    ...(ways[0]?.dev === undefined ? {} : { defaultDevice: ways[0].dev }),
    runtimeFolder: '/run/netloom',
    programs: { dnsmasq: true, conntrack: true },
    forwardDrops: [],
    missing: [],
  };
}
