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
  let gone = (): void => undefined;
  try {
    const ended = new Promise<never>((_, reject) => {
      gone = () => reject(new CommandError('nothing was done: nobody answers any more', { hint: null }));
      lines.once('close', gone);
    });
    const answer = await Promise.race([lines.question(`${question}${otherwise === '' ? '' : ` [${otherwise}]`}: `), ended]);
    return answer.trim() || otherwise;
  } finally {
    // Its own listeners stay: they take it off the terminal.
    lines.off('close', gone);
    lines.close();
  }
}

/** True for y and yes. */
export async function agrees(question: string): Promise<boolean> {
  return /^y(es)?$/i.test(await ask(`${question} [y/N]`));
}

const [ENTER, NEWLINE, END, STOP, BACK, RUBOUT] = ['\r', '\n', '\u0004', '\u0003', '\b', '\u007f'];

/** An answer that is not shown. Throws CommandError when it is broken off. */
export function askSecret(question: string): Promise<string> {
  process.stderr.write(`${question}: `);
  const { stdin } = process;
  return new Promise((resolve, reject) => {
    let typed = '';
    const end = (then: () => void): void => {
      stdin.off('data', hear).setRawMode(false).pause();
      process.stderr.write('\n');
      then();
    };
    const hear = (chunk: Buffer): void => {
      for (const char of chunk.toString('utf8')) {
        if (char === STOP) end(() => reject(new CommandError('nothing was done', { hint: null })));
        else if (char === ENTER || char === NEWLINE || char === END) end(() => resolve(typed.trim()));
        else typed = char === BACK || char === RUBOUT ? typed.slice(0, -1) : typed + char;
      }
    };
    stdin.setRawMode(true).on('data', hear).resume();
  });
}
