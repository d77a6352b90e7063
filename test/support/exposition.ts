/**
 * Reads Prometheus' text format as strictly as `promtool check metrics` and the text parser of Prometheus together: what it refuses, one of
 * them refuses. From the format's description (Exposition formats, text-based format 0.0.4) and its naming rules.
 */

export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ReadFamily {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly ReadSample[];
}

const NAME = /^[a-z][a-z0-9_]*$/;
const UNITS = /(?:_seconds|_bytes|_ratio|_total|_info|_addresses|_objects|_allocations|_approval|_condition|_drift|_suspended|_back|_full)$/;

interface Growing {
  readonly name: string;
  readonly help: string;
  type: string;
  readonly samples: ReadSample[];
}

/** Families by name. Throws with the line that is wrong. */
export function readExposition(text: string): ReadonlyMap<string, ReadFamily> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, Growing>();
  let current: Growing | undefined;
  for (const line of text.slice(0, -1).split('\n')) {
    const [, what, name = '', words = ''] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (what === 'HELP') current = begin(families, name, words);
    else if (current === undefined) throw new Error(`no family: ${line}`);
    else if (what === 'TYPE') setType(current, name, words);
    else current.samples.push(readSample(line, current));
  }
  for (const family of families.values()) check(family);
  return families;
}

function begin(families: Map<string, Growing>, name: string, words: string): Growing {
  if (families.has(name)) throw new Error(`twice: ${name}`);
  const family = { name, help: unescaped(words), type: '', samples: [] };
  families.set(name, family);
  return family;
}

function setType(family: Growing, name: string, type: string): void {
  if (family.name !== name || family.type !== '' || family.samples.length > 0) throw new Error(`out of place: the type of ${name}`);
  if (!['gauge', 'counter', 'histogram'].includes(type)) throw new Error(`no type: ${type}`);
  family.type = type;
}

function readSample(line: string, { name, type }: { readonly name: string; readonly type: string }): ReadSample {
  const match = /^([a-z0-9_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
  const own = match?.[1] ?? '';
  const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  if (match === null || !suffixes.some(suffix => own === `${name}${suffix}`)) throw new Error(`no sample of ${name}: ${line}`);
  if (!/^(?:-?\d+(?:\.\d+)?(?:e[+-]?\d+)?|\+Inf|-Inf|NaN)$/.test(match[3] ?? '')) throw new Error(`no number: ${line}`);
  return { name: own, labels: readLabels(match[2], line), value: Number(match[3]) };
}

function readLabels(text: string | undefined, line: string): Readonly<Record<string, string>> {
  if (text === undefined) return {};
  const labels: Record<string, string> = {};
  let rest = text;
  while (rest !== '') {
    const match = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(?:,(?=.)|$)/.exec(rest);
    const [whole = '', name = '', value = ''] = match ?? [];
    if (match === null || name.startsWith('__') || name in labels) throw new Error(`no label: ${line}`);
    labels[name] = unescaped(value);
    rest = rest.slice(whole.length);
  }
  if (Object.keys(labels).length === 0) throw new Error(`empty braces: ${line}`);
  return labels;
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(.)/g, (whole, char: string) => {
    if (!['\\', 'n', '"'].includes(char)) throw new Error(`no escape: ${whole}`);
    return char === 'n' ? '\n' : char;
  });
}

function check({ name, type, samples, help }: ReadFamily): void {
  const wrong = (why: string): never => {
    throw new Error(`${name}: ${why}`);
  };
  if (!NAME.test(name) || /__/.test(name)) wrong('no name');
  if (help.trim() === '') wrong('no help');
  if (samples.length === 0) wrong('no sample');
  if ((type === 'counter') !== name.endsWith('_total')) wrong('counters, and they alone, end in _total');
  if (/_(?:bucket|sum|count)$/.test(name)) wrong('its name is that of a part of a histogram');
  if (/milliseconds|minutes|kilobytes|percent/.test(name) || !UNITS.test(name)) wrong('its name has no base unit, and says not what is counted');
  if (name.endsWith('_info') && samples.some(({ value }) => value !== 1)) wrong('an info is 1');
  if (type === 'counter' && samples.some(({ value }) => !(value >= 0))) wrong('a counter below 0');
  const keys = samples.map(sample => `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`);
  if (new Set(keys).size !== keys.length) wrong('one series twice');
  const shapes = new Set(samples.filter(sample => sample.name === name).map(({ labels }) => Object.keys(labels).sort().join()));
  if (shapes.size > 1) wrong('other labels in one family');
  if (type === 'histogram') checkHistogram(name, samples, wrong);
}

function checkHistogram(name: string, samples: readonly ReadSample[], wrong: (why: string) => never): void {
  const buckets = samples.filter(sample => sample.name === `${name}_bucket`);
  const bounds = buckets.map(({ labels }) => (labels['le'] === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels['le'])));
  const isRising = (numbers: readonly number[], strictly: boolean): boolean =>
    numbers.every((n, i) => i === 0 || n - (numbers[i - 1] ?? 0) >= (strictly ? 1e-9 : 0));
  if (bounds.at(-1) !== Number.POSITIVE_INFINITY || bounds.some(Number.isNaN)) wrong('no bucket of all');
  if (
    !isRising(bounds.slice(0, -1), true) ||
    !isRising(
      buckets.map(({ value }) => value),
      false,
    )
  )
    wrong('its buckets do not rise');
  const [count] = samples.filter(sample => sample.name === `${name}_count`);
  if (count === undefined || count.value !== buckets.at(-1)?.value) wrong('its count is not that of its last bucket');
  if (!samples.some(sample => sample.name === `${name}_sum`)) wrong('no sum');
}
