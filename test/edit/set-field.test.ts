import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { removeDocument } from '../../src/edit/remove-document.ts';
import { addItem, removeField, removeItem, setField } from '../../src/edit/set-field.ts';

const WEB = `# The first web server.
apiVersion: netloom.dev/v1
kind: Interface
metadata:
    name: web-1   # as in the inventory
    labels:
        role: "web"   # for the graph
        # team: edge
spec:
    network: shop

    node: n2 # rack 2
    attach: {netns: {name: web-1}}
    routedIPs:
      - lb   # the active one
`;
const at = (path: string, doc = 0) => ({ doc, path: path.split('.') });
const crlf = (text: string): string => text.replaceAll('\n', '\r\n');

describe('a field is set', () => {
  test('in its place, with all else as it was', () => {
    expect(setField(WEB, at('spec.node'), 'n3')).toBe(WEB.replace('node: n2 #', 'node: n3 #'));
    expect(setField(WEB, at('spec.node'), 'n2')).toBe(WEB);
    expect(setField(WEB, at('metadata.labels.role'), 'web')).toBe(WEB);
    expect(setField(WEB, at('metadata.labels.team'), 'edge')).toBe(WEB.replace('for the graph\n', 'for the graph\n        team: edge\n'));
    expect(setField(WEB, at('spec.address'), '10.0.0.9')).toBe(`${WEB}    address: 10.0.0.9\n`);
    expect(setField(WEB, at('spec.attach.netns.name'), 'b')).toBe(WEB.replace('{name: web-1}', '{name: b}'));
    expect(setField(WEB, at('spec.attach.netns.ifname'), 'eth9')).toBe(WEB.replace('{name: web-1}', '{name: web-1, ifname: eth9}'));
  });

  test('with the mappings that are missing on the way, at the indentation of the file', () => {
    expect(setField(WEB, at('metadata.annotations.ticket'), 'NET-42')).toBe(
      WEB.replace('# team: edge\n', '# team: edge\n    annotations:\n        ticket: NET-42\n').replace(
        '        # team: edge\n    annotations:\n        ticket: NET-42\n',
        '    annotations:\n        ticket: NET-42\n        # team: edge\n',
      ),
    );
    expect(setField('metadata: {name: a}\nspec: {}\n', at('metadata.labels.a'), '1')).toBe('metadata: {name: a, labels: {a: "1"}}\nspec: {}\n');
    expect(setField('spec:\n', at('spec.interface'), 'a')).toBe('spec:\n  interface: a\n');
    expect(setField('spec: # none\nz: 1', at('spec.interface'), 'a')).toBe('spec: # none\n  interface: a\nz: 1');
    expect(setField('spec: {}\n', at('spec.interface'), 'a')).toBe('spec: {interface: a}\n');
    expect(setField('spec:\n  labels:\nz: 1\n', at('spec.labels.a.b'), 'c')).toBe('spec:\n  labels:\n    a:\n      b: c\nz: 1\n');
  });

  test('in one of several documents, with CRLF, without a newline at the end, below a block of text', () => {
    const two = `---\n${WEB}---\n${WEB.replace('web-1  ', 'web-2  ')}`;
    expect(setField(two, at('spec.node', 1), 'n9')).toBe(`---\n${WEB}---\n${WEB.replace('web-1  ', 'web-2  ').replace('n2 #', 'n9 #')}`);
    expect(setField(crlf(WEB), at('spec.address'), 'none')).toBe(crlf(`${WEB}    address: none\n`));
    expect(setField('spec:\n  a: 1', at('spec.b'), 'x')).toBe('spec:\n  a: 1\n  b: x\n');
    expect(setField('spec:\n  a: |\n    text\n\nz: 1\n', at('spec.b'), 'x')).toBe('spec:\n  a: |\n    text\n  b: x\n\nz: 1\n');
    expect(setField('spec:\n  a: |\n    text\nz: 1\n', at('spec.a'), 'x')).toBe('spec:\n  a: x\nz: 1\n');
    expect(setField('spec:\n  node:\n    - n1\n    - n2 # soon\n  z: 1\n', at('spec.node'), 'n2')).toBe('spec:\n  node: n2 # soon\n  z: 1\n');
    expect(setField('spec:\n  node: [n1, n2]\n', at('spec.node'), 'n2')).toBe('spec:\n  node: n2\n');
  });

  test('with any key and any text', () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 });
    const key = fc.oneof(text, fc.constantFrom('__proto__', 'constructor', 'a=b', '? x', '- ', '#', 'null', '~', '<<', '\u0001'.repeat(253)));
    const files = fc.constantFrom(WEB, crlf(WEB), `${WEB}---\n${WEB}`, 'metadata: {name: a}\nspec: {}\n', 'metadata:\n  name: a\nspec: {}');
    fc.assert(
      fc.property(files, key, text, (file, name, value) => {
        const set = setField(file, { doc: 0, path: ['metadata', 'annotations', name] }, value);
        const is = parseAllDocuments(set ?? '', { uniqueKeys: false });
        const [first] = Array.isArray(is) ? is : [];
        expect(Object.entries(first?.toJS({ maxAliasCount: 0 }).metadata.annotations ?? {})).toEqual([[name, value]]);
        expect(removeField(set ?? '', { doc: 0, path: ['metadata', 'annotations', name] })).toBe(file);
      }),
    );
  });
});

describe('a field is taken away', () => {
  test('with its line, and with what held nothing else', () => {
    expect(removeField(WEB, at('spec.node'))).toBe(WEB.replace('    node: n2 # rack 2\n', ''));
    expect(removeField(WEB, at('spec.attach'))).toBe(WEB.replace('    attach: {netns: {name: web-1}}\n', ''));
    expect(removeField(WEB, at('spec.attach.netns.name'))).toBe(WEB.replace('    attach: {netns: {name: web-1}}\n', ''));
    expect(removeField(WEB, at('spec.nothing'))).toBe(WEB);
    expect(removeField('spec:\n  interface: a\n', at('spec.interface'))).toBe('spec: {}\n');
    expect(removeField('spec: {interface: a}\n', at('spec.interface'))).toBe('spec: {}\n');
    expect(removeField('a: {b: 1, c: 2, d: 3}\n', at('a.b'))).toBe('a: {c: 2, d: 3}\n');
    expect(removeField('a: {b: 1, c: 2, d: 3}\n', at('a.d'))).toBe('a: {b: 1, c: 2}\n');
    expect(removeField('spec: {b: 1}\n', at('spec'))).toBeNull();
  });
});

describe('a list', () => {
  test('gets one more and one less', () => {
    const two = WEB.replace('active one\n', 'active one\n      - web\n');
    expect(addItem(WEB, at('spec.routedIPs'), 'web')).toBe(two);
    expect(addItem(two, at('spec.routedIPs'), 'web')).toBe(two);
    expect(removeItem(two, at('spec.routedIPs'), 'web')).toBe(WEB);
    expect(removeItem(WEB, at('spec.routedIPs'), 'lb')).toBe(WEB.replace(/ {4}routedIPs:\n.*\n$/, ''));
    expect(addItem('spec:\n  a: 1\n', at('spec.routedIPs'), 'lb')).toBe('spec:\n  a: 1\n  routedIPs:\n    - lb\n');
    expect(addItem('spec: {l: [a]}\n', at('spec.l'), 'b')).toBe('spec: {l: [a, b]}\n');
    expect(removeItem('spec: {l: [a, b], z: 1}\n', at('spec.l'), 'a')).toBe('spec: {l: [b], z: 1}\n');
    expect(removeItem('spec: {l: [a], z: 1}\n', at('spec.l'), 'a')).toBe('spec: {z: 1}\n');
  });
});

describe('what cannot be edited without harm is left to people:', () => {
  test.each([
    ['an alias', 'a: &x {node: n1}\nspec: *x\n'],
    ['an anchor', 'spec: &x {node: n1}\nb: *x\n'],
    ['a list', 'spec: [node]\n'],
    ['no YAML', 'spec: {node: n1\n'],
    ['a key that stands twice', 'spec: {node: n1, node: n3}\n'],
    ['a tag', 'spec: !x {node: n1}\n'],
  ])('%s', (_, text) => expect(setField(text, at('spec.node'), 'n2')).toBeNull());
});

describe('a document is removed', () => {
  const a = 'kind: A\nx: |\n  text\n  # no comment\n';
  const b = '# about b\nkind: B # b\n';
  test.each([
    ['the second of two', `${a}---\n${b}`, 1, a],
    ['the first of two', `${a}---\n${b}`, 0, b],
    ['the first of two with markers', `---\n${a}---\n${b}`, 0, `---\n${b}`],
    ['the one in the middle', `${a}---\n${b}---\n${a}`, 1, `${a}---\n${a}`],
    ['one with its comment above the marker', `${a}\n# about b\n---\nkind: B\n---\n${a}`, 1, `${a}\n---\n${a}`],
    ['the last with its comment above the marker', `${a}\n# about b\n# too\n---\nkind: B\n`, 1, a],
    ['one before a comment of the next', `${b}---\n${a}\n# about the next\n---\nkind: C\n`, 1, `${b}# about the next\n---\nkind: C\n`],
    ['one behind an empty one', `${a}---\n# nothing\n---\n${b}`, 2, `${a}---\n# nothing\n`],
    ['the first of two below an empty line and a comment', `\n# head\n---\n${a}---\n${b}`, 0, `\n---\n${b}`],
    ['the second of two below an empty line and a comment', `\n# head\n---\n${a}---\n${b}`, 1, `\n# head\n---\n${a}`],
    ['with CRLF', crlf(`${a}---\n${b}`), 1, crlf(a)],
    ['the only one', b, 0, ''],
  ])('%s', (_, text, doc, left) => expect(removeDocument(text, doc)).toBe(left));

  test('not where there is none, or no YAML', () => {
    expect(removeDocument(a, 1)).toBeNull();
    expect(removeDocument('a: [', 0)).toBeNull();
  });
});

describe('untouched documents are the same bytes', () => {
  const comment = fc.constantFrom('', '# a comment\n', '# two\n#   lines\n', '\n# after an empty line\n');
  const body = fc.constantFrom(
    'kind: A\nmetadata:\n  name: a\nspec:\n  node: n1\n',
    'kind: A\nmetadata: {name:   a}\nspec: { node: n1 } # x\n',
    'kind: "A"\nmetadata:\n    name: a\n\n    labels: {x: y}\nspec:\n    node:   n1   # x\n    text: >\n      folded\n\n      text\n',
    "kind: A\nmetadata:\n- no map\nspec:\n  'node': n1\n  l:\n  - 1\n  -   2\n",
  );
  const lead = fc.constantFrom('', '\n', '---\n', '\n# a head\n---\n', '\n\n# a head\n\n---\n');
  const document = fc.tuple(comment, body).map(([before, text]) => before + text);
  const file = fc.record({
    lead,
    docs: fc.array(document, { minLength: 1, maxLength: 5 }),
    isWindows: fc.boolean(),
    marker: fc.constantFrom('---\n', '---   \n'),
  });

  test('whatever is set, added, or taken out of another one', () => {
    const change = fc.constantFrom(
      (text: string, doc: number) => setField(text, at('spec.node', doc), 'n2'),
      (text: string, doc: number) => setField(text, at('metadata.labels.new', doc), 'x'),
      (text: string, doc: number) => removeField(text, at('spec.node', doc)),
      (text: string, doc: number) => addItem(text, at('spec.l', doc), 'z'),
      removeDocument,
    );
    fc.assert(
      fc.property(file, fc.nat(4), change, ({ lead: head, docs: bodies, isWindows, marker }, pick, edit) => {
        const docs = bodies.map((text, index) => (index === 0 ? head + text : text));
        const doc = pick % docs.length;
        const as = (text: string): string => (isWindows ? crlf(text) : text);
        const edited = edit(as(docs.join(marker)), doc);
        if (edited === null) {
          expect(docs[doc]).toContain('no map');
          return;
        }
        const [before, after] = [docs.slice(0, doc), docs.slice(doc + 1)].map(part => as(part.join(marker)));
        expect(edited.startsWith(before ?? '')).toBe(true);
        expect(edited.endsWith(after ?? '')).toBe(true);
        if (isWindows) expect(edited.replaceAll('\r\n', '')).not.toContain('\n');
        const lines = as(docs[doc] ?? '').split('\n');
        const kept = edited.split('\n').filter(line => lines.includes(line)).length;
        if (edit !== removeDocument) expect(kept).toBeGreaterThanOrEqual(lines.length - 4);
      }),
    );
  });
});
