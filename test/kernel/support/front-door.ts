/** The program as people call it, in the test's own process: no start of a process for each question. */
import { explain } from '../../../src/cli/exit.ts';
import { program } from '../../../src/cli/program.ts';

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** The program in this very process, as its front door runs it. */
export async function netloom(...args: readonly string[]): Promise<Ended> {
  const said = { stdout: '', stderr: '' };
  const doors = (['stdout', 'stderr'] as const).map(name => [name, process[name].write] as const);
  for (const [name] of doors) {
    process[name].write = ((text: string) => {
      said[name] += text;
      return true;
    }) as typeof process.stdout.write;
  }
  try {
    await program().parseAsync(['node', 'netloom', ...args]);
    return { code: Number(process.exitCode ?? 0), out: said.stdout, err: said.stderr };
  } catch (error) {
    const { text, exitCode } = explain(error);
    return { code: exitCode, out: said.stdout, err: said.stderr + text };
  } finally {
    for (const [name, write] of doors) process[name].write = write;
    process.exitCode = 0;
  }
}
