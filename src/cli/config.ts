/** The node's configuration: /etc/netloom/node.yaml, or the file of --config. */
import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import type { NodeConfig } from '../model/node-config.ts';
import { nearest } from '../model/text.ts';
import { CONFIG_FIELDS, validateNodeConfig } from './config-validator.gen.js';
import { CommandError } from './exit.ts';

/** Reads and checks the configuration. Throws CommandError that names file, line and field. */
export function loadConfig(path: string): NodeConfig {
  const text = readConfig(path);
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, version: '1.2', strict: true, uniqueKeys: true });
  const problem = doc.errors[0] ?? doc.warnings[0];
  if (problem !== undefined)
    throw new CommandError(`${path}:${lines.linePos(problem.pos[0]).line}: ${words(problem.message)}`, {
      hint: 'man 5 netloom-node.yaml shows how it is written',
    });
  const value: unknown = doc.toJS({ maxAliasCount: 0 });
  if (validateNodeConfig(value)) return checkKeys(path, checkBranches(path, value as NodeConfig));
  const wrong = (validateNodeConfig.errors ?? []).map(error => {
    const field = [...error.instancePath.split('/').slice(1), ...extraField(error.params)];
    const at = positionOf(doc, field);
    return `${path}:${at === undefined ? 1 : lines.linePos(at).line}: ${field.join('.') || 'the file'} ${wrongWords(error)}`;
  });
  throw new CommandError([...new Set(wrong)].join('\n'), { hint: 'schemas/node-config.json describes every field' });
}

// One pass would overwrite the definitions with status, and all nodes would refuse what they then read.
function checkBranches(path: string, config: NodeConfig): NodeConfig {
  const { repo, status } = config;
  const isShared = status.url === '' || plain(status.url) === plain(repo.url);
  if (!isShared || status.branch !== repo.branch) return config;
  throw new CommandError(`${path}: status.branch and repo.branch are both ${repo.branch}, in one repository`, {
    hint: 'status goes to a branch that netloom alone writes: netloom-status, or another name',
  });
}

// Without a key nothing could ever be taken.
function checkKeys(path: string, config: NodeConfig): NodeConfig {
  const { verify } = config.repo;
  if (verify === undefined || verify.mode === 'none' || verify.allowedSigners !== undefined || verify.keyring !== undefined) return config;
  throw new CommandError(`${path}: repo.verify.mode is ${verify.mode}, and no key is named that commits may be signed with`, {
    hint: 'name allowedSigners (SSH keys), keyring (OpenPGP keys), or both',
  });
}

function plain(url: string): string {
  return url.replace(/(?<!\/)\/+$/, '').replace(/\.git$/, '');
}

// yaml's sentence, without its place and the text that follows: the line is told already.
function words(message: string): string {
  return (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '');
}

type WrongValue = NonNullable<(typeof validateNodeConfig)['errors']>[number];

function wrongWords({ keyword, params, message }: WrongValue): string {
  if (keyword === 'required') return 'is missing';
  if (keyword === 'type') return `must be a ${params['type'] === 'object' ? 'mapping' : params['type']}`;
  if (keyword !== 'additionalProperties') return message ?? 'is wrong';
  const name = String(params['additionalProperty']);
  const near = nearest(name, CONFIG_FIELDS);
  return `is no field here${near === null || near === name ? '' : `: did you mean ${near}?`}`;
}

function readConfig(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const hint =
      code === 'ENOENT'
        ? `write ${path} (node, repo.url), or name another file with --config; commands that look take --repo URL, plan and apply take --local DIR --node NAME`
        : 'root may read it; commands that look take --repo URL';
    throw new CommandError(`cannot read the configuration ${path}: ${code === 'ENOENT' ? 'there is no such file' : (code ?? error)}`, { hint });
  }
}

function extraField(params: Record<string, unknown>): readonly string[] {
  const name = params['additionalProperty'] ?? params['missingProperty'];
  return typeof name === 'string' ? [name] : [];
}

function positionOf(doc: ReturnType<typeof parseDocument>, field: readonly string[]): number | undefined {
  for (let length = field.length; length > 0; length -= 1) {
    const found = doc.getIn(field.slice(0, length), true) as { range?: readonly number[] } | undefined;
    if (found?.range !== undefined) return found.range[0];
  }
  return undefined;
}
