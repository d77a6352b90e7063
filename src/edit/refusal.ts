/** An edit that is not done, told to people: nothing was written. */
export class Refusal extends Error {
  /** What to do instead. */
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.name = 'Refusal';
    this.hint = hint;
  }
}
