/**
 * docs/networking.md, played from top to bottom on a lab: definitions are committed, commands typed, and outputs and drawings compared with those of the page.
 * With NETLOOM_PAGE=write what differs is written into the page: read the difference before you commit it.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { pushFolder } from '../../src/lab/definitions.ts';
import { labDown } from '../../src/lab/down.ts';
import { labRun } from '../../src/lab/enter.ts';
import type { Lab } from '../../src/lab/lab.ts';
import { castOf } from '../../src/lab/topology.ts';
import { labUp } from '../../src/lab/up.ts';
import { loadFolder } from '../../src/pass/local.ts';
import { ROOT } from '../house/tree.ts';
import { isShown, stepsIn } from '../support/transcript.ts';

const PAGE = join(ROOT, 'docs/networking.md');
const NODES = ['n1', 'n2', 'n3'];
const base = mkdtempSync(join(tmpdir(), 'netloom-page-'));
const folder = join(base, 'definitions');
let lab: Lab;

interface Block {
  readonly language: string;
  readonly text: string;
}

/** Fenced blocks and the text between them, in order; joined they are the page. */
const parts = readFileSync(PAGE, 'utf8').split(/(^```\w+\n[\s\S]*?^```\n)/m);
const blockOf = (part: string): Block | null => {
  const [, language, text] = /^```(\w+)\n([\s\S]*?)^```\n$/m.exec(part) ?? [];
  return language === undefined || text === undefined ? null : { language, text };
};

const fileOf = (text: string): string => /^# (\S+\.yaml)\n/.exec(text)?.[1] ?? '';
const linesOf = (text: string): readonly string[] => (text.trimEnd() === '' ? [] : text.trimEnd().split('\n'));

beforeAll(async () => {
  mkdirSync(folder);
  const first = parts.flatMap(part => blockOf(part) ?? []).find(({ language }) => language === 'yaml');
  writeFileSync(join(folder, 'cluster.yaml'), first?.text ?? '');
  const { catalog } = await loadFolder(folder, null);
  if (catalog === null) throw new Error('the page does not begin with a cluster');
  lab = await labUp({ dir: join(base, 'lab'), definitions: { folder, cast: castOf(catalog) }, home: ROOT });
});
afterAll(async () => {
  await labDown(join(base, 'lab'));
  rmSync(base, { recursive: true, force: true });
});

/** Guests are there before their definitions; then every node passes until all have seen what the others did. */
async function commit({ text }: Block): Promise<void> {
  writeFileSync(join(folder, fileOf(text)), text);
  for (const { kind, spec } of parseAllDocuments(text).map(each => each.toJS())) {
    if (kind === 'Interface') await labRun(lab, spec.node, ['ip', 'netns', 'add', spec.attach.netns.name], { okCodes: [0] });
  }
  await pushFolder(lab.dir, folder);
  const ends = await Promise.all(NODES.map(node => labRun(lab, node, ['netloom', 'reconcile'], { timeoutMs: 60_000 })));
  expect(ends.map(({ exitCode, stderr }) => (exitCode === 0 ? '' : stderr))).toEqual(['', '', '']);
}

async function typed(who: string, script: string): Promise<readonly string[]> {
  const { stdout, stderr, exitCode } = await labRun(lab, who, ['bash', '-c', script], { timeoutMs: 60_000 });
  expect(exitCode, `${who}# ${script}\n${stdout}${stderr}`).toBe(0);
  return linesOf(stdout);
}

const DRAWS = /^netloom graph\b(?!.*-o)/;

/** What a part of the page should be; `drawing` is what a command of the console before it drew. */
async function played(part: string, drawings: string[][]): Promise<string> {
  const block = blockOf(part);
  if (block?.language === 'yaml') await commit(block);
  if (block?.language === 'mermaid') {
    const drawn = drawings.shift() ?? [];
    return isShown(linesOf(block.text), drawn) ? part : `\`\`\`mermaid\n${drawn.join('\n')}\n\`\`\`\n`;
  }
  if (block?.language !== 'console') return part;
  const out: string[] = [];
  for (const step of stepsIn(linesOf(block.text))) {
    const lines = await typed(step.who ?? '', step.typed);
    out.push(`${step.who}# ${step.typed}`);
    if (DRAWS.test(step.typed)) drawings.push([...lines]);
    else out.push(...(isShown(step.shown, lines) ? step.shown : lines));
  }
  return `\`\`\`console\n${out.join('\n')}\n\`\`\`\n`;
}

test('the page says what is', async () => {
  const drawings: string[][] = [];
  const found: string[] = [];
  for (const part of parts) found.push(await played(part, drawings));
  if (process.env['NETLOOM_PAGE'] === 'write') {
    // A drawing that has no place yet gets one below its command.
    const missing = drawings.map(lines => `\n\`\`\`mermaid\n${lines.join('\n')}\n\`\`\`\n`);
    writeFileSync(PAGE, found.join('') + missing.join(''));
    return;
  }
  expect(found.join('')).toBe(parts.join(''));
  expect(drawings).toEqual([]);
  expect(parts.filter(part => blockOf(part)?.language === 'mermaid').length).toBeGreaterThanOrEqual(6);
}, 300_000);
