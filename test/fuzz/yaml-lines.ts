/** Documents as YAML in block style, one field a line, so that each line tells which field it is: the way back from a diagnostic. */
export type Step = string | number;
export type Path = readonly Step[];

/** A document, or a part of one. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

export interface Lines {
  readonly text: string;
  /** By line, from 1: where in the documents it is, the first step being the number of the document. */
  readonly paths: readonly Path[];
}

/** One file of these documents. */
export function yamlLines(documents: readonly Value[]): Lines {
  const lines: string[] = [];
  const paths: Path[] = [];
  const write = (text: string, path: Path): void => {
    lines.push(text);
    paths.push(path);
  };
  documents.forEach((document, at) => {
    write('---', [at]);
    block(document, [at], '', write);
  });
  return { text: `${lines.join('\n')}\n`, paths };
}

function block(value: Value, path: Path, indent: string, write: (text: string, path: Path) => void): void {
  const isList = Array.isArray(value);
  for (const [key, one] of Object.entries(value as object)) {
    if (isList) entry(`${indent}-`, one, [...path, Number(key)], `${indent}  `, write);
    else entry(`${indent}${scalar(key)}:`, one, [...path, key], `${indent}  `, write);
  }
}

function entry(head: string, value: Value, path: Path, indent: string, write: (text: string, path: Path) => void): void {
  const isFlat = typeof value !== 'object' || value === null || Object.keys(value).length === 0;
  write(isFlat ? `${head} ${scalar(value)}` : head, path);
  if (!isFlat) block(value, path, indent, write);
}

// JSON is YAML, but for characters that no line may hold as they are.
function scalar(value: Value): string {
  return JSON.stringify(value).replace(/[\u007f-\u009f\u2028-\u202f\ufeff]/g, found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The line of a diagnostic's place as a path; [] for a place outside of the documents. */
export function pathAt({ paths }: Lines, line: number): Path {
  return paths[line - 1] ?? [];
}

/** A copy without what is at the path. */
export function without(value: Value, [step, ...rest]: Path): Value {
  if (step === undefined || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return rest.length === 0 ? value.filter((_, at) => at !== step) : value.map((one: Value, at) => (at === step ? without(one, rest) : one));
  }
  const fields = Object.entries(value as { readonly [key: string]: Value });
  return Object.fromEntries(
    rest.length === 0 ? fields.filter(([key]) => key !== step) : fields.map(([key, one]) => [key, key === step ? without(one, rest) : one]),
  );
}

/** A copy with another value at the path. */
export function replaced(value: Value, [step, ...rest]: Path, by: Value): Value {
  if (step === undefined) return by;
  if (Array.isArray(value)) return value.map((one: Value, at) => (at === step ? replaced(one, rest, by) : one));
  const body = (typeof value === 'object' && value !== null ? value : {}) as { readonly [key: string]: Value };
  return { ...body, [step]: replaced(body[step] ?? null, rest, by) };
}

/** The value at a path; undefined where there is none. */
export function valueAt(value: Value | undefined, path: Path): Value | undefined {
  return path.reduce<Value | undefined>((at, step) => (at as { readonly [key: Step]: Value } | null | undefined)?.[step], value);
}
