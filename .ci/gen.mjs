/**
 * Makes code from schemas/: types (src/objects/types.ts and src/model/node-config.ts, checked in so that a review sees them) and
 * ajv validators (*.gen.js, not checked in). `--check` writes the validators only and says which checked-in types are stale.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { _, Ajv2020 } from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { build } from 'esbuild';
import { compile } from 'json-schema-to-typescript';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const API = 'netloom.dev/v1';

/** Every schema file by its name. */
export function readSchemas(root = ROOT) {
  const dir = join(root, 'schemas');
  const names = readdirSync(dir).filter(name => name.endsWith('.json'));
  return new Map(names.map(name => [name, JSON.parse(readFileSync(join(dir, name), 'utf8'))]));
}

/** Schemas of definitions, sorted by kind. */
export function kindSchemas(schemas) {
  return [...schemas.values()]
    .filter(schema => schema.properties?.apiVersion?.const === API && typeof schema.properties?.kind?.const === 'string')
    .sort((a, b) => (a.properties.kind.const < b.properties.kind.const ? -1 : 1));
}

/**
 * The same shape as the loader gives it: references replaced by what they mean, and what has a default always there.
 * References must not be circular.
 */
function loaded(schema, schemas, base) {
  if (Array.isArray(schema)) return schema.map(each => loaded(each, schemas, base));
  if (schema === null || typeof schema !== 'object') return schema;
  const { $ref, $id: _id, $schema: _schema, $defs: _defs, ...rest } = schema;
  if ($ref !== undefined) {
    const [target, targetBase] = resolve($ref, schemas, base);
    const kind = schemas.get(targetBase)?.properties?.kind?.const;
    // What another kind's spec is needs no second type.
    if (kind !== undefined && targetBase !== base && $ref.endsWith('#/$defs/spec'))
      return { ...loaded(rest, schemas, base), tsType: specType(kind, rest.type) };
    return { ...loaded(target, schemas, targetBase), ...loaded(rest, schemas, base), title: undefined };
  }
  const out = {};
  for (const [key, value] of Object.entries(rest)) out[key] = KEEP.has(key) ? value : loaded(value, schemas, base);
  if (out.properties !== undefined) {
    const filled = Object.keys(out.properties).filter(name => 'default' in out.properties[name]);
    out.required = [...new Set([...(out.required ?? []), ...filled])];
  }
  return out;
}

const specType = (kind, type) => `${kind}['spec']${type === 'object' ? '' : ' | boolean'}`;

const KEEP = new Set(['default', 'enum', 'const', 'examples', 'required']);

export function resolve(ref, schemas, base) {
  const [file, pointer = ''] = ref.split('#');
  const name = file === '' ? base : file.slice(file.lastIndexOf('/') + 1);
  let target = schemas.get(name);
  for (const part of pointer.split('/').filter(Boolean)) target = target?.[part];
  if (target === undefined) throw new Error(`schemas/${base}: nothing at $ref ${ref}`);
  return [target, name];
}

function nameOf(schema, schemas) {
  return [...schemas].find(([, each]) => each === schema)[0];
}

const HEAD = '// Generated from schemas/ by .ci/gen.mjs. Do not edit: change the schema and run `npm run gen`.\n';

async function typesOf(list, schemas) {
  let text = HEAD;
  for (const schema of list) {
    const name = nameOf(schema, schemas);
    const inlined = dropNoise(loaded(schema, schemas, name));
    text += `\n${await compile(inlined, schema.title, {
      bannerComment: '',
      additionalProperties: false,
      ignoreMinAndMaxItems: true,
      style: { singleQuote: true, printWidth: 160 },
    })}`;
  }
  return text;
}

/** What says nothing about the type would only make it longer, and titles inside would make named types of every part. */
function dropNoise(schema, top = true) {
  if (Array.isArray(schema)) return schema.map(each => dropNoise(each, false));
  if (schema === null || typeof schema !== 'object') return schema;
  const out = {};
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'default' || key === 'examples' || (key === 'title' && !top)) continue;
    if (key === 'properties') out[key] = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, dropNoise(each, false)]));
    else out[key] = KEEP.has(key) ? value : dropNoise(value, false);
  }
  return out;
}

/** ajv with the options that generated and run-time validators share. Formats are looked up in `FORMATS` when the code runs. */
function ajvFor(schemas) {
  const ajv = new Ajv2020({
    allErrors: true,
    useDefaults: true,
    strict: true,
    allowUnionTypes: true,
    ownProperties: true,
    code: { source: true, esm: true, lines: true, formats: _`FORMATS` },
  });
  for (const format of new Set(JSON.stringify([...schemas.values()]).match(/(?<="format":")netloom-[a-z0-9-]+/g))) ajv.addFormat(format, () => true);
  for (const schema of schemas.values()) ajv.addSchema(schema);
  return ajv;
}

/**
 * A module of validators. ajv leaves `require` of its small runtime parts in the text; bundling takes these in, and leaves
 * the formats as an import so that they exist once.
 */
async function validatorModule({ exports, tail, formats, schemas, outfile }) {
  const code = standalone(ajvFor(schemas), exports);
  const source = `import { FORMATS } from '${formats}';\n${code}\n${tail}`;
  const result = await build({
    stdin: { contents: source, resolveDir: ROOT, loader: 'js' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: [formats],
    write: false,
    logLevel: 'error',
  });
  writeIfNew(outfile, `// Generated from schemas/ by .ci/gen.mjs.\n${result.outputFiles[0].text}`);
}

/** Whole or not at all, and only when it differs, so that watchers and the build see no change where there is none. */
function writeIfNew(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.${process.pid}.tmp`, text);
  renameSync(`${path}.${process.pid}.tmp`, path);
}

/** The checked-in types as they should be: path below the root, text. */
export async function generatedTypes(root = ROOT) {
  const schemas = readSchemas(root);
  const types = new Map([['src/objects/types.ts', await typesOf(kindSchemas(schemas), schemas)]]);
  const config = schemas.get('node-config.json');
  if (config) types.set('src/model/node-config.ts', await typesOf([config], schemas));
  return types;
}

async function validators(schemas) {
  const kinds = kindSchemas(schemas);
  const names = kinds.map(schema => schema.properties.kind.const);
  await validatorModule({
    exports: Object.fromEntries(kinds.map(schema => [`validate${schema.properties.kind.const}`, schema.$id])),
    tail: `export const VALIDATORS = { ${names.map(name => `${name}: validate${name}`).join(', ')} };`,
    formats: './formats.ts',
    schemas,
    outfile: join(ROOT, 'src/load/validators.gen.js'),
  });
  const config = schemas.get('node-config.json');
  if (!config) return;
  await validatorModule({
    exports: { validateNodeConfig: config.$id },
    tail: `export const CONFIG_FIELDS = ${JSON.stringify([...new Set(fieldsOf(config))])};`,
    formats: '../load/formats.ts',
    schemas,
    outfile: join(ROOT, 'src/cli/config-validator.gen.js'),
  });
}

/** The names of all fields of a schema, at whatever depth. */
function fieldsOf(schema) {
  if (schema === null || typeof schema !== 'object') return [];
  return [...Object.keys(Array.isArray(schema) ? {} : (schema.properties ?? {})), ...Object.values(schema).flatMap(fieldsOf)];
}

/** Writes everything; in check mode the types are compared instead, and the stale ones returned. */
export async function generate({ check = false } = {}) {
  const schemas = readSchemas();
  const stale = [];
  const [types] = await Promise.all([generatedTypes(), validators(schemas)]);
  for (const [path, text] of types) {
    if (existsSync(join(ROOT, path)) && readFileSync(join(ROOT, path), 'utf8') === text) continue;
    stale.push(path);
    if (!check) writeIfNew(join(ROOT, path), text);
  }
  return stale;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes('--check');
  const stale = await generate({ check });
  if (check && stale.length > 0) {
    console.error(`stale: ${stale.join(', ')}; run \`npm run gen\` and commit the result`);
    process.exitCode = 1;
  }
}
