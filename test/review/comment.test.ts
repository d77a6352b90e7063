/** The comment as a forge reads it, whatever stands in definitions, files and reports. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { workflowCommand } from '../../src/cli/workflow-command.ts';
import { annotationsOf } from '../../src/review/annotations.ts';
import { MOST_BYTES, markerOf, printMarkdown } from '../../src/review/markdown.ts';
import { code, fence, sizeOf } from '../../src/review/markdown-words.ts';
import { printReview } from '../../src/review/print-review.ts';
import type { Review } from '../../src/review/review.ts';
import { reviewJson } from '../../src/review/review-json.ts';
import { ROOT } from '../house/tree.ts';
import { definition, filesIn, reviewed } from './cluster.ts';
import { HOSTILE, NEVER_IN_PROSE, readAsForge } from './forge.ts';

/** A word by which a hostile text is found again. */
const CANARY = 'zqx';
const text = fc.array(fc.constantFrom(...HOSTILE, CANARY, ' ', 'word'), { maxLength: 12 }).map(parts => parts.join(''));

const EXAMPLE = filesIn('example-repo');
const REMOVED = reviewed({ main: EXAMPLE, edits: { 'namespaces/museum/networks/gallery.yaml': null, 'namespaces/museum/interfaces/gallery.yaml': null } });

/** A review in which every text that somebody else wrote is hostile. */
function hostile(words: readonly string[]): Review {
  const base = REMOVED;
  let at = 0;
  const next = () => words[at++ % Math.max(1, words.length)] ?? '';
  const remark = () => ({ reason: 'Some', message: next() });
  return {
    ...base,
    base: { name: next(), commit: base.base.commit },
    head: { name: next(), commit: base.head.commit },
    root: next(),
    changes: base.changes.map(change => ({
      ...change,
      definition: `Network ${next()}`,
      at: { file: next(), line: 1, col: 1 },
      fields: [{ sign: '~', path: next(), text: next() }],
    })),
    allocations: base.allocations.map(each => ({ ...each, definition: next(), message: next() })),
    pending: [{ definition: next(), ...remark() }],
    remarks: [remark()],
    nodes: base.nodes.map(node => ({
      ...node,
      node: `${node.node}${next()}`,
      caveats: [remark()],
      obstacles: [{ definition: next(), ...remark() }],
      plan: {
        ...node.plan,
        held: [{ why: 'conflict', kind: 'bridge', title: 'vxlan bridge', ref: `link:/${next()}`, from: [], on: `link:/${next()}` }],
        bystanders: [{ kind: 'route', title: 'route', ref: `route:${next()}`, by: `link:${next()}` }],
        steps: node.plan.steps.map(step => ({
          ...step,
          ref: `${step.ref}${next()}` as const,
          from: step.from.map(origin => ({ definition: `${origin.definition}${next()}`, at: { file: next(), line: 3, col: 1 } })),
          changes: [...step.changes, { field: 'text', want: next(), have: next() }],
        })),
      },
    })),
  };
}

describe('a comment of any text', () => {
  it('closes its fences and folds, stays within its size, and shows foreign words in code alone', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), fc.constantFrom(MOST_BYTES, 20_000, 6000), (words, most) => {
        const comment = printMarkdown(hostile(words), most);
        const { prose, isClosed } = readAsForge(comment);
        expect(isClosed).toBe(true);
        expect(sizeOf(comment)).toBeLessThanOrEqual(most);
        for (const foreign of [CANARY, ...NEVER_IN_PROSE]) expect(prose.slice(prose.indexOf('\n'))).not.toContain(foreign);
        expect(prose.match(/<!--.*-->/g)).toEqual([prose.split('\n')[0]]);
      }),
      { numRuns: 25 },
    );
  });

  it('is told to a log without a line that a runner would obey', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), words => {
        const review = hostile(words);
        for (const printed of [printReview(review), printMarkdown(review)]) {
          expect(printed.split(/[\n\r]/).filter(line => /^\s*::/.test(line) || line.includes('##['))).toEqual([]);
        }
        for (const line of annotationsOf(review).map(each => workflowCommand(each, review.root))) {
          expect(line).toMatch(/^::(error|warning|notice) [^\n\r]*$/);
          expect(line.slice(2).indexOf('::')).toBe(line.slice(2).search(/::(?!.*title=)/));
        }
      }),
      { numRuns: 15 },
    );
  });

  it('keeps each word of code in one span, and each line in its fence', () => {
    fc.assert(
      fc.property(text, word => {
        expect(code(word)).toMatch(/^`[^`\n\r|]+`$/);
        const fenced = fence([word.replaceAll(/[\n\r]/g, ' ')]).split('\n');
        expect(fenced).toHaveLength(3);
        expect(fenced[1]?.trim()).not.toBe(fenced[0]);
      }),
    );
  });
});

describe('a fence', () => {
  it.each(['```', '   ````', '`````  ', '```diff'])('is not closed by a line of %j', line => {
    const [open = '', ...rest] = fence(['before', line, 'after'], 'diff').split('\n');
    const marks = open.replace('diff', '');
    const closing = rest.map(each => each.trim()).findIndex(each => /^`+$/.test(each) && each.length >= marks.length);
    expect([marks.length > 2, closing]).toEqual([true, 3]);
  });
});

describe('a comment of much', () => {
  const many = Array.from({ length: 300 }, (_, index) => `hv${index + 1}`);
  it('names what there is no room for', () => {
    const one = reviewed({ main: EXAMPLE, edits: { 'namespaces/bakery/networks/shop.yaml': was => was.replace('spec:', 'spec:\n  mtu: 1400') } });
    const [first] = one.nodes;
    if (first === undefined) throw new Error('no node');
    // Nodes that have nothing in common, so that none is folded into another.
    const nodes = many.map((node, index) => ({
      ...first,
      node,
      plan: { ...first.plan, steps: first.plan.steps.map(step => ({ ...step, title: `${step.title} ${index}` })) },
    }));
    const comment = printMarkdown({ ...one, nodes });
    expect(sizeOf(comment)).toBeLessThanOrEqual(MOST_BYTES);
    expect(sizeOf(comment)).toBeGreaterThan(MOST_BYTES * 0.7);
    expect(readAsForge(comment).isClosed).toBe(true);
    expect(comment).toMatch(/… \d+ more lines: netloom plan --all-nodes prints them/);
    const small = printMarkdown({ ...one, nodes }, 20_000);
    expect(sizeOf(small)).toBeLessThanOrEqual(20_000);
    expect(small).toMatch(/And \d+ more sections, for which there is no room here/);
  });
});

describe('the marker', () => {
  it('is the first line, the same for each comment of a folder, and another for another folder', () => {
    expect(printMarkdown(reviewed({ main: EXAMPLE, edits: {} })).split('\n')[0]).toBe(markerOf(''));
    expect(markerOf('net/prod')).toBe('<!-- netloom:plan:net/prod -->');
    expect(markerOf('a-->b')).not.toContain('-->b');
  });
});

describe('the JSON', () => {
  const ajv = new Ajv2020({ strict: false });
  const schemaOf = (name: string) => JSON.parse(readFileSync(join(ROOT, 'schemas/output', name), 'utf8'));
  ajv.addSchema(schemaOf('plan.json'));
  const validate = ajv.compile(schemaOf('review.json'));
  it.each([
    ['a change', REMOVED],
    ['nothing', reviewed({ main: EXAMPLE, edits: {} })],
    ['errors', reviewed({ main: EXAMPLE, edits: { 'x.yaml': definition('Network', 'bakery/x', { vxid: 'no' }) } })],
    ['no reports', reviewed({ main: EXAMPLE, edits: { 'n4.yaml': definition('Node', 'n4', { underlay: { address: '10.2.1.14' } }) }, report: () => null })],
  ])('of %s is as its schema says', (_, review) => {
    const value = reviewJson(review);
    expect(validate(value), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...(value as object), format_version: '2.0' })).toBe(false);
  });
});
