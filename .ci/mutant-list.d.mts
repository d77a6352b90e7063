/** A guard, and the test that turns red without it. */
export interface Mutant {
  readonly id: string;
  readonly room: string;
  /** `G1`, `L10`, `F12`. */
  readonly guards: readonly string[];
  readonly what: string;
  readonly file: string;
  readonly out: string;
  readonly in: string;
  readonly test: string;
  readonly title: string;
  /** Title of what must have run before, of the same file; '' where the test stands alone. */
  readonly after: string;
  /** Seconds after which a test that does not end counts as red; 0: never. */
  readonly hangsS: number;
}
export function readMutants(): readonly Mutant[];
export function mutated(text: string, mutant: Mutant): string | null;
export function titlesIn(text: string): readonly string[];
export function patternOf(title: string): string;
