/** Takes values of unknown shape apart without believing any of them. */

/** One map of unknown shape: each field is taken when it is right, and told when it is not. */
export interface Reader {
  readonly problems: string[];
  problem(message: string): [];
  value(field: string): unknown;
  text(field: string, isRight: (text: string) => boolean, otherwise: string): string;
  optional(field: string, isRight: (text: string) => boolean): string | undefined;
  number(field: string, isRight: (value: number) => boolean, otherwise: number): number;
  map(field: string): readonly (readonly [string, unknown])[];
  list(field: string): readonly unknown[];
  known(fields: readonly string[]): void;
}

/** Reads `raw`; problems begin with `where`. Never throws. */
export function reader(raw: unknown, where: string, problems: string[] = []): Reader {
  const isObject = typeof raw === 'object' && raw !== null && !Array.isArray(raw);
  const map: Readonly<Record<string, unknown>> = isObject ? (raw as Record<string, unknown>) : {};
  const problem = (message: string): [] => {
    problems.push(`${where}${message}`);
    return [];
  };
  const value = (field: string): unknown => (Object.hasOwn(map, field) ? map[field] : undefined);
  const wrong = (field: string): void => {
    const found = value(field);
    problem(found === undefined ? `${field} is missing` : `${field} is wrong${typeof found === 'object' ? '' : `: ${JSON.stringify(found).slice(0, 60)}`}`);
  };
  const checked = <T>(field: string, isRight: (found: unknown) => boolean, otherwise: T): T => {
    if (isRight(value(field))) return value(field) as T;
    wrong(field);
    return otherwise;
  };
  if (!isObject) problem('this is no map');
  return {
    problems,
    problem,
    value,
    text: (field, isRight, otherwise) => checked(field, found => typeof found === 'string' && isRight(found), otherwise),
    optional: (field, isRight) =>
      value(field) === undefined ? undefined : checked<string | undefined>(field, found => typeof found === 'string' && isRight(found), undefined),
    number: (field, isRight, otherwise) => checked(field, found => typeof found === 'number' && isRight(found), otherwise),
    map: field => Object.entries(checked<object>(field, found => typeof found === 'object' && found !== null && !Array.isArray(found), {})),
    list: field => checked<readonly unknown[]>(field, Array.isArray, []),
    known: fields => {
      for (const field of Object.keys(map)) if (!fields.includes(field)) problem(`${field} is no field that this version knows`);
    },
  };
}
