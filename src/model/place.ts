/** Where a definition, or a field of one, stands in the files that people write. */
export interface Place {
  /** Path below the root of the definitions, with `/`. */
  readonly file: string;
  /** 1-based; 0 when the whole file is meant. */
  readonly line: number;
  /** 1-based, in UTF-16 code units as editors count; 0 when the whole line is meant. */
  readonly col: number;
}

/** `networks/blue.yaml:7:9`, the form that terminals and editors make clickable. */
export function formatPlace(at: Place): string {
  if (at.line === 0) return at.file;
  return at.col === 0 ? `${at.file}:${at.line}` : `${at.file}:${at.line}:${at.col}`;
}
