/** Questions to a person on a terminal: each with the answer that Enter gives. Asked on stderr, so that results stay alone on stdout. */
import { createInterface } from 'node:readline/promises';
import { CommandError } from './exit.ts';

/** True where somebody can be asked. */
export function isAnybodyThere(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true;
}

/** The answer without white space around it; `otherwise` for none. Throws CommandError when stdin ends. */
export async function ask(question: string, otherwise = ''): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const ended = new Promise<never>((_, reject) => lines.once('close', () => reject(new CommandError('nothing was done: nobody answers any more'))));
    const answer = await Promise.race([lines.question(`${question}${otherwise === '' ? '' : ` [${otherwise}]`}: `), ended]);
    return answer.trim() || otherwise;
  } finally {
    lines.removeAllListeners('close');
    lines.close();
  }
}
