/** The JSON Schemas as values: which kinds there are, what a field may be, what stands beside it. */
import { createHash } from 'node:crypto';
import addressPool from '../../schemas/address-pool.json' with { type: 'json' };
import cluster from '../../schemas/cluster.json' with { type: 'json' };
import common from '../../schemas/common.json' with { type: 'json' };
import floatingIP from '../../schemas/floating-ip.json' with { type: 'json' };
import iface from '../../schemas/interface.json' with { type: 'json' };
import namespace from '../../schemas/namespace.json' with { type: 'json' };
import network from '../../schemas/network.json' with { type: 'json' };
import node from '../../schemas/node.json' with { type: 'json' };
import routedIP from '../../schemas/routed-ip.json' with { type: 'json' };
import type { KindName } from '../objects/object.ts';

/** What this room reads of a schema; the rest is ajv's. */
export interface Schema {
  readonly $id?: string;
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly $defs?: Readonly<Record<string, Schema>>;
}

/** By kind of definition. */
export const KIND_SCHEMAS: Readonly<Record<KindName, Schema>> = {
  Cluster: cluster as Schema,
  Node: node as Schema,
  AddressPool: addressPool as Schema,
  Namespace: namespace as Schema,
  Network: network as Schema,
  Interface: iface as Schema,
  FloatingIP: floatingIP as Schema,
  RoutedIP: routedIP as Schema,
};

/** Those that other schemas refer to, with the kinds' own. */
export const ALL_SCHEMAS: readonly Schema[] = [common as Schema, ...Object.values(KIND_SCHEMAS)];

const BY_FILE = new Map(ALL_SCHEMAS.map(schema => [schema.$id?.slice(schema.$id.lastIndexOf('/') + 1), schema]));

/** The schema that `schema` means: itself, or what its `$ref` (`common.json#/$defs/name`, `#/$defs/auth`) points to; what stands beside a `$ref` holds too. */
export function resolved(schema: Schema, root: Schema): Schema {
  const { $ref, ...own } = schema;
  if ($ref === undefined) return schema;
  const [file = '', pointer = ''] = $ref.split('#');
  const holder = file === '' || root.$id?.endsWith(`/${file}`) ? root : BY_FILE.get(file);
  const target = holder?.$defs?.[pointer.slice(pointer.lastIndexOf('/') + 1)] ?? {};
  return own.type === undefined ? target : { ...target, type: own.type };
}

/** The types that a schema allows. */
export function typesOf({ type = [] }: Schema): readonly string[] {
  return typeof type === 'string' ? [type] : type;
}

/** The schema of a field; null where the schema knows no such field. */
export function schemaAt(root: Schema, path: readonly (string | number)[]): Schema | null {
  let schema: Schema = root;
  for (const step of path) {
    const within: Schema | undefined = ownField(schema, step) ?? (typeof step === 'number' ? schema.items : undefined) ?? anyField(schema);
    if (within === undefined) return null;
    schema = resolved(within, root);
  }
  return schema;
}

// A key of a user may be called as the methods of objects are.
function ownField({ properties }: Schema, step: string | number): Schema | undefined {
  return properties !== undefined && Object.hasOwn(properties, step) ? properties[step] : undefined;
}

function anyField(schema: Schema): Schema | undefined {
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
}

/** Changes whenever a definition could be read differently because a schema changed: a part of the key of what is kept. */
export function schemasHash(): string {
  return createHash('sha256').update(JSON.stringify(ALL_SCHEMAS)).digest('hex').slice(0, 16);
}
