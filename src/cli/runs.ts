/** The seam between a command's name and its code: the code is loaded only when the command runs. */

/** A command's own code: commander's arguments in, the exit code out. */
export type Action = (...args: readonly never[]) => Promise<number>;

/** Runs a command's action; its number becomes the exit code. */
export function runs(load: () => Promise<Action>): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const action = (await load()) as (...args: readonly unknown[]) => Promise<number>;
    process.exitCode = await action(...args);
  };
}
