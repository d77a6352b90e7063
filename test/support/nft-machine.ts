/**
 * A small machine that runs what `nft -j list ruleset` prints on one packet: written from nft(8) and libnftables-json(5) alone, and
 * sharing no line with the program, so that both would have to be wrong in the same way. What it does not know is an error.
 */
import { BlockList } from 'node:net';

/** Fields by the words of the rules (`ether saddr`, `arp saddr ip`, `meta iifname`); what a packet lacks is not there. */
export type Packet = Readonly<Record<string, string | number>>;

// biome-ignore lint/suspicious/noExplicitAny: the shape is nft's, and each use is checked by what it does.
type Json = any;

/** What becomes of a packet at a hook of a family: the first table's chain that drops it has the last word. */
export function judge(ruleset: { readonly nftables: readonly Json[] }, family: string, hook: string, packet: Packet): 'accept' | 'drop' {
  const of = (what: string): readonly Json[] => ruleset.nftables.flatMap(row => (row[what]?.family === family ? [row[what]] : []));
  const sets = new Map(of('set').map(set => [`@${set.name}`, set]));
  const rules = (chain: string): readonly Json[] => of('rule').filter(rule => rule.chain === chain);
  const bases = of('chain')
    .filter(chain => chain.hook === hook && chain.type === 'filter')
    .sort((a, b) => a.prio - b.prio);
  for (const base of bases) if ((walk(base.name) ?? base.policy) === 'drop') return 'drop';
  return 'accept';

  function walk(chain: string): 'accept' | 'drop' | null {
    for (const { expr } of rules(chain)) {
      const verdict = run(expr);
      if (verdict === null || verdict === 'return') {
        if (verdict === 'return') return null;
        continue;
      }
      if (verdict === 'accept' || verdict === 'drop') return verdict;
      const deeper = walk(verdict.target);
      if (deeper !== null || verdict.isLast) return deeper;
    }
    return null;
  }

  function run(expr: readonly Json[]): 'accept' | 'drop' | 'return' | { readonly target: string; readonly isLast: boolean } | null {
    for (const statement of expr) {
      const [[name, body]] = Object.entries<Json>(statement) as [[string, Json]];
      if (name === 'match') {
        if (!matches(body)) return null;
      } else if (ENDS[name] !== undefined) return ENDS[name];
      else if (name === 'goto' || name === 'jump') return { target: body.target, isLast: name === 'goto' };
      else throw new Error(`the machine knows no ${name}`);
    }
    return null;
  }

  function matches({ op, left, right }: Json): boolean {
    const values = valuesOf(left);
    if (values === null) return left.exthdr !== undefined && right === false;
    const isIn = holds(right, values);
    if (op === '==' || op === 'in') return isIn;
    if (op === '!=') return !isIn;
    throw new Error(`the machine knows no ${op}`);
  }

  function valuesOf(left: Json): readonly (string | number)[] | null {
    const parts: readonly Json[] = left.concat ?? [left];
    const values = parts.map(part => packet[nameOf(part)]);
    return values.includes(undefined) ? null : (values as (string | number)[]);
  }

  function holds(right: Json, values: readonly (string | number)[]): boolean {
    if (typeof right === 'string' && right.startsWith('@')) {
      const set = sets.get(right);
      if (set === undefined) throw new Error(`there is no set ${right}`);
      return (set.elem ?? []).some((elem: Json) => isElement(elem.elem?.val ?? elem, values));
    }
    if (right?.set !== undefined) return right.set.some((elem: Json) => isElement(elem, values));
    return isElement(right, values);
  }
}

/** What is rejected does not get in either. */
const ENDS: Readonly<Record<string, 'accept' | 'drop' | 'return'>> = { accept: 'accept', drop: 'drop', return: 'return', reject: 'drop' };

function nameOf({ meta, payload, ct, exthdr }: Json): string {
  if (meta !== undefined) return `meta ${meta.key}`;
  if (ct !== undefined) return `ct ${ct.key}`;
  if (exthdr !== undefined) return `exthdr ${exthdr.name}`;
  if (payload?.protocol !== undefined) return `${payload.protocol} ${payload.field}`;
  if (payload?.base !== undefined) return `@${payload.base},${payload.offset},${payload.len}`;
  throw new Error('the machine does not know where that is in a packet');
}

function isElement(elem: Json, values: readonly (string | number)[]): boolean {
  const parts: readonly Json[] = typeof elem === 'object' && elem.concat !== undefined ? elem.concat : [elem];
  return parts.length === values.length && parts.every((part, index) => covers(part, values[index] as string | number));
}

function covers(part: Json, value: string | number): boolean {
  if (typeof part !== 'object') return part === true ? true : String(part) === String(value);
  const kind = String(value).includes(':') ? 'ipv6' : 'ipv4';
  if (part.prefix !== undefined) {
    if (String(part.prefix.addr).includes(':') !== (kind === 'ipv6')) return false;
    const block = new BlockList();
    // BlockList takes no prefix of length 0.
    if (part.prefix.len === 0) return true;
    block.addSubnet(part.prefix.addr, part.prefix.len, kind);
    return block.check(String(value), kind);
  }
  if (part.range !== undefined) {
    const [first, last] = part.range;
    if (String(first).startsWith('0x')) return BigInt(value) >= BigInt(first) && BigInt(value) <= BigInt(last);
    const block = new BlockList();
    block.addRange(first, last, kind);
    return block.check(String(value), kind);
  }
  throw new Error(`the machine knows no element ${JSON.stringify(part)}`);
}
