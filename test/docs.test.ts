/** What the documents say can be checked, as far as a program can. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { KINDS } from '../src/kinds/index.ts';
import type { Impact } from '../src/kinds/kind.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGES = ['README.md', 'DESIGN.md', 'CHANGELOG.md', 'example-repo/README.md', ...readdirSync(join(ROOT, 'docs')).map(name => `docs/${name}`)];

const textOf = (page: string): string => readFileSync(join(ROOT, page), 'utf8');

/** Fenced blocks of one language. */
function blocks(page: string, language: string): readonly string[] {
  return [...textOf(page).matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, 'gm'))].map(match => match[2] ?? '');
}

/** The anchor that forges make of a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
}

describe.each(PAGES)('%s', page => {
  it('links to files and headings that are there', () => {
    const targets = [...textOf(page).matchAll(/\]\(([^)\s]+)\)/g)].map(match => match[1] ?? '').filter(target => !target.includes('://'));
    const broken = targets.filter(target => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(ROOT, file))) return true;
      return (
        anchor !== undefined &&
        !textOf(file)
          .split('\n')
          .some(line => line.startsWith('#') && anchorOf(line.replace(/^#+ /, '')) === anchor)
      );
    });
    expect(broken).toEqual([]);
  });
});

describe('configurations shown to operators', () => {
  const check = new Ajv2020({ allErrors: true }).compile(JSON.parse(textOf('schemas/node-config.json')));
  const shown = ['README.md', 'docs/operations.md'].flatMap(page => blocks(page, 'yaml').map(text => ({ page, text })));

  it('there are some in each of the two pages', () => {
    expect([...new Set(shown.map(({ page }) => page))]).toEqual(['README.md', 'docs/operations.md']);
  });

  it.each(shown)('the one in $page is one that a node takes', ({ text }) => {
    check(parse(text));
    expect(check.errors).toBeNull();
  });
});

describe('what a change does to traffic', () => {
  const words = { 'no-traffic': 'no traffic', 'new-flows': 'new flows only', 'existing-flows': 'existing flows cut' } as const;
  const rows = [...KINDS.values()].map(({ name, title, impact }) => {
    const fields = Object.entries(impact.fields as Readonly<Record<string, Impact>>);
    const named = Object.keys(words).map(wanted => fields.flatMap(([field, found]) => (found === wanted ? [`\`${field}\``] : [])).join(', '));
    return `| ${[`${title} (\`${name}\`)`, words[impact.make], words[impact.delete], ...named].join(' | ')} |`
      .replaceAll('|  |', '| |')
      .replaceAll('|  |', '| |');
  });

  it('is told as the kinds have it, in the order of the table of kinds', () => {
    const told = textOf('docs/operations.md')
      .split('\n')
      .filter(line => /^\| .* \(`[a-z-]+`\) \| (no traffic|new flows only|existing flows cut) \|/.test(line));
    expect(told).toEqual(rows);
  });
});
