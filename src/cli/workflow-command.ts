/** Workflow commands of GitHub Actions: lines of a log that show up beside the lines of a pull request. */
import { harmless } from '../model/text.ts';
import type { Annotation } from '../review/annotations.ts';
import { displayed } from './validate/result.ts';

/** One line, which no text can end and begin another command; `root` is the folder of the definitions in the repository. */
export function workflowCommand({ level, at, title, message }: Annotation, root: string): string {
  const text = message.split('\n').map(harmless).join('\n');
  return `::${level} ${[...placeOf(at, root), `title=${property(`netloom ${title}`)}`].join(',')}::${escaped(text)}`;
}

function placeOf(at: Annotation['at'], root: string): readonly string[] {
  if (at === undefined) return [];
  const file = `file=${property(displayed(at.file, root))}`;
  if (at.line === 0) return [file];
  return [file, `line=${at.line}`, ...(at.col === 0 ? [] : [`col=${at.col}`])];
}

// Escapes of the runner (actions/toolkit, command.ts): without them text could end the command and begin another.
function escaped(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return escaped(harmless(text)).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
