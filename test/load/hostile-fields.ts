/** Every place of a definition that takes text, found in the schemas, and what somebody who means harm writes there. */
import { KIND_SCHEMAS, resolved, type Schema, schemaAt } from '../../src/load/schema.ts';
import type { KindName } from '../../src/objects/object.ts';

type Examples = Schema & { readonly examples?: readonly unknown[] };
type Value = Readonly<Record<string, unknown>> | readonly unknown[] | unknown;

export interface Field {
  readonly kind: KindName;
  /** `spec.routes[].to`; `{}` is the value of a map. */
  readonly path: string;
  readonly steps: readonly (string | number)[];
  /** It names a network device. */
  readonly isDevice: boolean;
}

/** The name that the key of a map gets. */
const ANY = 'key';

/** One for each place, in the order of the schemas; what has another apiVersion is somebody else's document. */
export const FIELDS: readonly Field[] = Object.entries(KIND_SCHEMAS).flatMap(([kind, schema]) =>
  pathsOf(schema, schema, [])
    .map(steps => ({ kind: kind as KindName, steps, path: pathText(steps), isDevice: schemaAt(schema, steps)?.format === 'netloom-ifname' }))
    .filter(({ path }) => path !== 'apiVersion'),
);

function pathsOf(field: Schema, root: Schema, steps: readonly (string | number)[]): readonly (readonly (string | number)[])[] {
  const schema = resolved(field, root);
  const takesText = schema.type === 'string' || schema.enum !== undefined || schema.const !== undefined;
  const inside = [
    ...Object.entries(schema.properties ?? {}).map(([name, one]) => [name, one] as const),
    ...(typeof schema.additionalProperties === 'object' ? [[ANY, schema.additionalProperties] as const] : []),
    ...(schema.items === undefined ? [] : [[0, schema.items] as const]),
  ];
  const below = inside.flatMap(([name, one]) => pathsOf(one, root, [...steps, name]));
  const either = (schema.anyOf ?? []).flatMap(one => pathsOf(one, root, steps));
  const all = [...(takesText ? [steps] : []), ...either, ...below];
  return all.filter((one, at) => all.findIndex(other => pathText(other) === pathText(one)) === at);
}

function pathText(steps: readonly (string | number)[]): string {
  return steps
    .map(step => (step === 0 ? '[]' : step === ANY ? '.{}' : `.${step}`))
    .join('')
    .slice(1);
}

/** What a definition of each kind needs. */
const LEAST: Readonly<Record<KindName, object>> = {
  Cluster: { underlay: { mtu: 9000 } },
  Node: { underlay: { address: '198.51.100.99' } },
  AddressPool: { cidr: '192.0.2.0/24', device: 'eth1' },
  Namespace: {},
  Network: { cidr: '10.0.0.0/24', dns: true },
  Interface: { network: 'web', node: 'n1' },
  FloatingIP: { interface: 'vm' },
  RoutedIP: { network: 'web' },
};

/** A definition of the field's kind that is fine, but for this value there; around it stands what the schemas give as examples. */
export function withValue({ kind, steps }: Field, value: unknown): object {
  const least = { apiVersion: 'netloom.dev/v1', kind, metadata: { name: 'hostile' }, spec: LEAST[kind] };
  return put(least, KIND_SCHEMAS[kind], KIND_SCHEMAS[kind], steps, value) as object;
}

function put(into: Value, field: Examples, root: Schema, [step, ...rest]: readonly (string | number)[], value: unknown): Value {
  if (step === undefined) return value;
  const schema = resolved(field, root) as Examples;
  const within = (schema.properties?.[step] ?? schema.items ?? schema.additionalProperties ?? {}) as Examples;
  const there = into ?? { ...schema, ...field }.examples?.[0];
  if (typeof step === 'number') return [put(Array.isArray(there) ? there[0] : undefined, within, root, rest, value)];
  const beside = (schema as { readonly maxProperties?: number }).maxProperties === 1 ? {} : there;
  return { ...(beside as object), [step]: put((beside as Readonly<Record<string, unknown>> | undefined)?.[step], within, root, rest, value) };
}

/** Words of shells, tools, terminals, forges and file systems. */
export const TEXTS: readonly string[] = [
  ...['-batch', '--help', '-', ';id', '$(id)', '`id`', '| id', '&& reboot', "'; id; '", '"; id; "', 'a b', '*', '~', '\\', '#', '!x'],
  ...['line\nlink del dev lo', 'tab\tdev lo', 'nul\0', '\r\nport=53', '\u0085x', '\u2028x', '\u202egpj.exe', '\ufeffx', '\ud800'],
  ...['.', '..', '../../etc/passwd', '/etc/passwd', 'a/b', '@{u}', 'refs/heads/..', '%d', 'eth%d'],
  ...['х'.repeat(4), 'ｅｔｈ０', 'e\u0301th', 'x'.repeat(4097)],
  ...['} ; flush ruleset ; {', '"; add rule inet x y accept; comment "', '@vteps', '/* */', 'conf-file=/etc/shadow', ',1,"#'],
  ...['\u001b[2J\u001b[1;1H', '\u001b]0;owned\u0007', '\u009b31m', '::add-mask::x', '::set-output name=a::b', '<script>alert(1)</script>', '@team', '```\n# x'],
];

/** Too long, words of the tools, devices that are there anyway. */
export const NO_DEVICES: readonly string[] = ['abcdefghijklmnop', 'all', 'lo', 'default', 'dev', 'name', 'type', 'master', 'docker0'];

/** YAML that stands where a text belongs. */
export const SNIPPETS: readonly string[] = [
  '*nothing',
  '&a [*a]',
  '!!binary aGk=',
  '!!js/function "function(){}"',
  '!!python/object/apply:os.system [id]',
  '!<tag:yaml.org,2002:str> x y',
  `${'['.repeat(40)}${']'.repeat(40)}`,
  '{a: 1, a: 2}',
  '{__proto__: {x: 1}}',
  '{constructor: {prototype: {x: 1}}}',
  '{<<: {a: b}}',
  '010',
  '12345678901234567890',
  '1e400',
  '.nan',
  'null',
  'true',
  '[]',
  '{}',
];
