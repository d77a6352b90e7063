/** `netloom validate`. */
import { inStage } from '../host/stage.ts';
import type { ExitCode } from './exit.ts';
import { print, say, usesColour } from './terminal.ts';
import { validatePath } from './validate/validate.ts';

interface Options {
  readonly output: 'text' | 'json' | 'github' | 'sarif';
  readonly cache: boolean;
  readonly schemas?: string;
}

/** Exit 0 valid, 3 invalid, 1 when it could not be found out. */
export async function validateCommand(path: string, options: Options): Promise<ExitCode> {
  const { output, cache, schemas } = options;
  const how = { output, cache, colour: usesColour(), ...(schemas === undefined ? {} : { schemas }) };
  const { text, exitCode } = await inStage('reading definitions', () => validatePath(path, how));
  if (exitCode === 1) say(text);
  else print(text);
  return exitCode;
}
