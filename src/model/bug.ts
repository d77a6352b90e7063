/** Ends an exhaustive switch: reaching it is a mistake in netloom, never in what a user wrote. */
export function assertNever(value: never): never {
  throw new Error(`bug: unexpected ${JSON.stringify(value)}`);
}
