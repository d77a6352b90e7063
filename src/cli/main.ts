/** The front door: reads the command line, runs the command, and ends with its exit code. */
import { keepOutOfCores } from '../host/core-dump.ts';
import { explain } from './exit.ts';
import { program } from './program.ts';
import { showProgress } from './progress.ts';
import { expectShortRun } from './short-run.ts';
import { complain, surviveClosedPipes } from './terminal.ts';

async function main(): Promise<void> {
  keepOutOfCores();
  surviveClosedPipes();
  expectShortRun();
  showProgress();
  try {
    await program().parseAsync();
  } catch (error) {
    const { text, exitCode } = explain(error);
    complain(`netloom: ${text}`);
    process.exitCode = exitCode;
  }
}

await main();
