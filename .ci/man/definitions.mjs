/** netloom.yaml(5) and netloom-node.yaml(5): what people write, from the JSON Schemas. */
import { documents, fieldEntry, fieldsOf, typeEntry } from './fields.mjs';
import { bold, example, heading, page, paragraph, prose, subheading } from './roff.mjs';

const MANUAL = 'File Formats';
/** As one comes to need them; a kind that is not named here comes last. */
const ORDER = ['Cluster', 'Node', 'AddressPool', 'Namespace', 'Network', 'Interface', 'FloatingIP', 'RoutedIP'];
const rank = kind => (ORDER.includes(kind) ? ORDER.indexOf(kind) : ORDER.length);

const kindOf = schema => schema.properties.kind.const;

/** @param kinds  schemas of definitions; `common` what they share, `lookUp(ref)` what a `$ref` names; `head` what all pages say */
export function definitionsPage({ kinds, common, lookUp, head }) {
  const sorted = kinds.toSorted((a, b) => rank(kindOf(a)) - rank(kindOf(b)));
  const shared = sharedFields(sorted, lookUp);
  return page({
    ...head,
    name: 'netloom.yaml',
    section: 5,
    manual: MANUAL,
    parts: [
      heading('NAME'),
      `${bold('netloom.yaml')} \\- definitions of virtual networks`,
      heading('DESCRIPTION'),
      ...INTRODUCTION.map(text => paragraph(prose(text))),
      example(
        '# yaml-language-server: $schema=/usr/lib/netloom/schemas/network.json\napiVersion: netloom.dev/v1\nkind: Network\nmetadata: {name: shop, namespace: bakery}\nspec: {cidr: 192.168.0.0/24}',
      ),
      heading('FIELDS OF ALL KINDS'),
      ...[...shared.values()].map(({ field, kinds: having }) =>
        fieldEntry(field.path === 'kind' ? oneOf(field, having) : having.length === sorted.length ? field : only(field, having)),
      ),
      heading('KINDS'),
      ...sorted.map(schema => kindSection(schema, shared, lookUp)),
      heading('TYPES'),
      paragraph(prose('What the words for types stand for.')),
      ...Object.values(common.$defs)
        .filter(each => each.type !== 'object')
        .map(typeEntry),
      heading('SEE ALSO'),
      paragraph(`${bold('netloom')}(8), ${bold('netloom-node.yaml')}(5)`),
    ],
  });
}

const INTRODUCTION = [
  'A repository of definitions may have any folders. Every file `*.yaml` or `*.yml` counts, and in it every document whose `apiVersion` is `netloom.dev/v1`; a file may have several. `netloom validate` says everything that is wrong with them at once.',
  'Files are YAML 1.2 in UTF-8. A field that is not named here is an error. What is left out has its default, or is allocated once and kept. An object is known by its kind, its namespace (the tenant) and its name.',
  'Editors complete and check fields when the first line of a file names the schema of its kind:',
];

const oneOf = (field, kinds) => ({ ...field, schema: { description: `What it is: ${kinds.join(', ')}.`, const: '' } });
const only = (field, kinds) => ({ ...field, schema: { ...field.schema, description: `${field.schema.description} Of ${kinds.join(', ')}.` } });

// The same words but for the kind's name.
const wordsOf = ({ schema }, kind) => schema.description.replaceAll(kind, 'definition').replace(/\ban (?=definition)/, 'a ');

const isHead = ({ path }) => !path.startsWith('spec');

/** What most kinds say alike, by path: the field, and the kinds that have it. */
function sharedFields(kinds, lookUp) {
  const all = kinds.flatMap(schema =>
    fieldsOf(schema, lookUp)
      .filter(isHead)
      .map(field => ({ field, kind: kindOf(schema), words: wordsOf(field, kindOf(schema)) })),
  );
  const byPath = groups(all, each => each.field.path);
  return new Map([...byPath].map(([path, each]) => [path, mostOf(each)]));
}

function mostOf(entries) {
  const [[words, most]] = [...groups(entries, each => each.words)].toSorted((a, b) => b[1].length - a[1].length);
  const { field } = most[0];
  return { words, kinds: entries.map(({ kind }) => kind), field: { ...field, schema: { ...field.schema, description: words } } };
}

function groups(values, keyOf) {
  const found = new Map();
  for (const value of values) found.set(keyOf(value), [...(found.get(keyOf(value)) ?? []), value]);
  return found;
}

function kindSection(schema, shared, lookUp) {
  const kind = kindOf(schema);
  const own = fieldsOf(schema, lookUp).filter(field => !isHead(field) || shared.get(field.path).words !== wordsOf(field, kind));
  return [
    subheading(kind),
    paragraph(prose(schema.description)),
    ...own.map(fieldEntry),
    paragraph(prose(schema.examples.length === 1 ? 'For example:' : 'Examples:')),
    example(documents(schema.examples)),
  ];
}

/** @param schema  of node.yaml; `path` where the file is */
export function nodeConfigPage({ schema, path, lookUp, head }) {
  return page({
    ...head,
    name: 'netloom-node.yaml',
    section: 5,
    manual: MANUAL,
    parts: [
      heading('NAME'),
      `${bold('netloom-node.yaml')} \\- configuration of netloom on one node`,
      heading('SYNOPSIS'),
      paragraph(bold(path)),
      heading('DESCRIPTION'),
      paragraph(prose(schema.description)),
      paragraph(prose('A field that is not named here is an error. `netloom join` writes this file; every pass reads it anew.')),
      heading('FIELDS'),
      ...fieldsOf(schema, lookUp).map(fieldEntry),
      heading('EXAMPLE'),
      example(NODE_EXAMPLE),
      heading('SEE ALSO'),
      paragraph(`${bold('netloom')}(8), ${bold('netloom.yaml')}(5), ${bold('systemd.exec')}(5)`),
    ],
  });
}

const NODE_EXAMPLE = `node: n1
mode: observe            # for the first week: change nothing
repo:
  url: https://git.example.com/net/definitions.git
  auth:
    file: /etc/netloom/git-token`;
