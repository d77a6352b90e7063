/**
 * The printer of nft tables: rows as `nft -j` lists them, in the words that `nft -f` reads. A closed set of statements;
 * what is not in it is a bug, and so is any text that could leave its place in the grammar.
 */
import type { NftJson, NftTable } from './rows.ts';

type Body = { readonly [key: string]: NftJson };

/** The table as text, without the two lines that make replacing it one transaction. */
export function tableText(table: NftTable): string {
  const named = (type: string): readonly Body[] => table.rows.flatMap(row => (type in body(row) ? [body(body(row)[type])] : []));
  const rules = named('rule');
  const chains = named('chain').map(chain => [...chainHead(chain), ...rules.filter(rule => rule.chain === chain.name).map(ruleText)]);
  const sets = named('set').map(set => setText(set, rules));
  const maps = named('map').map(mapText);
  const known = sets.length + maps.length + chains.length + rules.length;
  if (known !== table.rows.length) return refuse('table row', table.rows);
  const homeless = rules.find(rule => !named('chain').some(chain => chain.name === rule.chain));
  if (homeless !== undefined) return refuse('chain for a rule', homeless);
  const blocks = [
    ...sets.map((lines, i) => block(`set ${name(named('set')[i]?.name)}`, lines)),
    ...maps.map((lines, i) => block(`map ${name(named('map')[i]?.name)}`, lines)),
    ...chains.map((lines, i) => block(`chain ${name(named('chain')[i]?.name)}`, lines)),
  ];
  return `table ${name(table.family)} ${name(table.name)} {\n${blocks.join('')}}\n`;
}

function block(head: string, lines: readonly string[]): string {
  return `  ${head} {\n${lines.map(line => `    ${line}\n`).join('')}  }\n`;
}

function chainHead(chain: Body): readonly string[] {
  if (chain.hook === undefined) return [];
  return [`type ${name(chain.type)} hook ${name(chain.hook)} priority ${integer(chain.prio)}; policy ${name(chain.policy)};`];
}

function setText(set: Body, rules: readonly Body[]): readonly string[] {
  const types = [set.type].flat().map(name);
  const lines = [types.includes('integer') ? `typeof ${lookedUpBy(name(set.name), rules)}` : `type ${types.join(' . ')}`];
  const flags = list(set.flags).map(name);
  if (flags.length > 0) lines.push(`flags ${flags.join(',')}`);
  const elements = list(set.elem).map(one => element(one, types));
  if (elements.length > 0) lines.push(`elements = { ${elements.join(', ')} }`);
  return lines;
}

function mapText(map: Body): readonly string[] {
  const pairs = list(map.elem).map(pair => {
    const [key = null, value = null] = list(pair);
    return `${scalar(key, map.type === 'ifname')} : ${scalar(value, map.map === 'ifname')}`;
  });
  return [`type ${name(map.type)} : ${name(map.map)}`, ...(pairs.length > 0 ? [`elements = { ${pairs.join(', ')} }`] : [])];
}

/** `type integer` has no size to nft; the expression that is looked up in the set has one. */
function lookedUpBy(set: string, rules: readonly Body[]): string {
  for (const rule of rules) {
    for (const statement of list(rule.expr)) {
      const match = body(body(statement).match ?? null);
      if (match.right === `@${set}`) return expression(match.left ?? null);
    }
  }
  return refuse('set without a rule that tells its type', set);
}

/** An element of a set, as nft writes it. Throws for what is in no set of ours. */
export function element(value: NftJson, types: readonly string[]): string {
  const parts = body(value).concat;
  if (parts === undefined) return scalar(value, types[0] === 'ifname');
  return list(parts)
    .map((part, i) => scalar(part, types[i] === 'ifname'))
    .join(' . ');
}

/** A rule as nft writes it. Throws for statements that no rule of ours has. */
export function ruleText(rule: Body): string {
  const words = list(rule.expr).map(statement);
  if (rule.comment !== undefined) words.push(`comment ${quoted(rule.comment)}`);
  return words.join(' ');
}

function statement(value: NftJson): string {
  const [verb = '', detail = null] = Object.entries(body(value))[0] ?? [];
  switch (verb) {
    case 'match':
      return matchText(body(detail));
    case 'accept':
    case 'drop':
    case 'return':
    case 'counter':
    case 'masquerade':
      return verb;
    case 'reject':
      return `reject with ${name(body(detail).type)} type ${name(body(detail).expr)}`;
    case 'dnat':
    case 'snat':
      return `${verb} to ${written(body(detail).addr ?? null)}`;
    case 'mangle':
      return `${expression(body(detail).key ?? null)} set ${written(body(detail).value ?? null)}`;
    case 'goto':
    case 'jump':
      return `${verb} ${name(body(detail).target)}`;
    default:
      return refuse('statement', value);
  }
}

/** What is written into a packet: a value, another field, or what a map says for one. */
function written(value: NftJson): string {
  const { map, ct, meta } = body(value);
  if (map !== undefined) return `${expression(body(map).key ?? null)} map @${name(String(body(map).data).slice(1))}`;
  return ct === undefined && meta === undefined ? scalar(value, false) : expression(value);
}

function matchText(match: Body): string {
  const { op = null, left = null, right = null } = match;
  if (op !== '==' && op !== '!=' && op !== 'in') return refuse('operator', op);
  const exists = body(left).exthdr !== undefined && typeof right === 'boolean';
  const value = exists ? (right ? 'exists' : 'missing') : rightSide(right, isIfname(left));
  return [expression(left), ...(op === '!=' ? ['!='] : []), value].join(' ');
}

function rightSide(right: NftJson, ifname: boolean): string {
  const members = body(right).set;
  if (members !== undefined)
    return `{ ${list(members)
      .map(one => scalar(one, ifname))
      .join(', ')} }`;
  if (typeof right === 'string' && right.startsWith('@')) return `@${name(right.slice(1))}`;
  if (Array.isArray(right)) return right.map(name).join(',');
  return scalar(right, ifname);
}

function expression(value: NftJson): string {
  const { meta, payload, concat, exthdr, ct } = body(value);
  if (concat !== undefined) return list(concat).map(expression).join(' . ');
  if (meta !== undefined) return metaText(name(body(meta).key));
  if (exthdr !== undefined) return `exthdr ${name(body(exthdr).name)}`;
  if (ct !== undefined) return ['ct', ...(body(ct).dir === undefined ? [] : [name(body(ct).dir)]), ...String(body(ct).key).split(' ').map(name)].join(' ');
  if (payload === undefined) return refuse('expression', value);
  const { base, offset, len, protocol, field } = body(payload);
  if (base !== undefined) return `@${name(base)},${integer(offset)},${integer(len)}`;
  // `saddr ether` of ARP is two words.
  return `${name(protocol)} ${String(field).split(' ').map(name).join(' ')}`;
}

function metaText(key: string): string {
  return key === 'iifname' || key === 'oifname' ? key : `meta ${key}`;
}

function isIfname(left: NftJson): boolean {
  const key = body(body(left).meta ?? null).key;
  return key === 'iifname' || key === 'oifname';
}

function scalar(value: NftJson, ifname: boolean): string {
  if (ifname) return quoted(value);
  const { prefix, range } = body(value);
  if (prefix !== undefined) return `${scalar(body(prefix).addr ?? null, false)}/${integer(body(prefix).len)}`;
  if (range !== undefined)
    return list(range)
      .map(end => scalar(end, false))
      .join('-');
  if (typeof value === 'number') return integer(value);
  return typeof value === 'string' && /^[0-9a-zA-Z][0-9a-zA-Z.:-]*$|^::[0-9a-f.:]*$/.test(value) ? value : refuse('value', value);
}

function quoted(value: NftJson | undefined): string {
  return typeof value === 'string' && /^[^"\\\p{Cc}]{1,128}$/u.test(value) ? `"${value}"` : refuse('text', value);
}

function name(value: NftJson | undefined): string {
  return typeof value === 'string' && /^[a-zA-Z0-9_][a-zA-Z0-9_-]*$/.test(value) ? value : refuse('name', value);
}

function integer(value: NftJson | undefined): string {
  return Number.isInteger(value) ? String(value) : refuse('integer', value);
}

function list(value: NftJson | undefined): readonly NftJson[] {
  return value === undefined ? [] : Array.isArray(value) ? value : refuse('list', value);
}

function body(value: NftJson | undefined): Body {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Body) : {};
}

function refuse(what: string, value: unknown): never {
  throw new Error(`bug: nft printer has no ${what} like ${JSON.stringify(value)}`);
}
