/** An edit told: to people in sentences, as a patch, and to programs. */
import { type FileChange, unifiedDiff } from '../edit/unified-diff.ts';
import { harmless } from '../model/text.ts';
import { linesOf } from '../trace/difference.ts';
import type { Done } from './edit-keep.ts';
import type { Ready } from './edit-ready.ts';
import { paint, print, say } from './terminal.ts';

/** Only the patch, to stdout, where nothing is kept, so that it can be piped; the sentences beside it. Else sentences, by `tell`. */
export function tellEdit(ready: Ready, done: Done, tell: (text: string) => void): void {
  const isPrinted = done.as === 'printed';
  const words = isPrinted ? say : tell;
  if (isPrinted) print(patchOf(ready));
  words([...ready.differing.flatMap(linesOf), ...ready.change.notes].map(harmless).join('\n'));
  if (ready.differing.length === 0) words('No definition says anything else.');
  if (ready.consent !== '') words(ready.consent);
  words(endOf(ready, done));
}

function patchOf(ready: Ready): string {
  const text = changesOf(ready).map(unifiedDiff).join('');
  return process.stdout.isTTY === true ? text.split('\n').map(shownLine).join('\n') : text;
}

// What stands in files may hold what a terminal would obey.
function shownLine(line: string): string {
  const text = harmless(line);
  if (/^(---|\+\+\+|diff |@@ )/.test(text)) return paint('bold', text);
  return text.startsWith('+') ? paint('green', text) : text.startsWith('-') ? paint('red', text) : text;
}

function changesOf({ edits }: Ready): readonly FileChange[] {
  return [...edits].map(([path, { from, text }]) => ({ path, from, to: text })).sort((a, b) => (a.path < b.path ? -1 : 1));
}

function endOf(ready: Ready, { as, branch, commit, link, into }: Done): string {
  switch (as) {
    case 'printed':
      return 'Nothing was written: --write changes the files, --commit commits, --push makes a branch for a pull request.';
    case 'written':
      return [
        ...changesOf(ready).map(({ path, to }) => `${to === null ? 'removed' : 'wrote'} ${path}`),
        'It takes effect once it is committed and pushed.',
      ].join('\n');
    case 'committed':
      return `Committed ${commit}${branch === '' ? '' : ` on ${branch}`}. Next: git push -u origin ${branch === '' ? 'HEAD:BRANCH' : branch}${into === '' ? '' : ', and open a pull request'}.`;
    case 'pushed':
      if (into === '') return `Pushed ${commit} to ${branch}: nodes that follow it take it up with their next pass.`;
      return `Pushed ${commit} as ${branch}. Next: open a pull request into ${into}${link === null ? '' : `: ${link}`}`;
  }
}

/** schemas/output/edit.json. `done` null: there was nothing to do. */
export function editJson(ready: Ready, done: Done | null): string {
  const { change, differing, consent } = ready;
  const record = {
    apiVersion: 'netloom.dev/v1',
    kind: 'DefinitionEdit',
    subject: change.subject,
    result: done?.as ?? 'nothing',
    changes: differing.map(item => ({
      definition: item.definition,
      change: item.is === undefined ? 'removed' : item.was === undefined ? 'added' : 'changed',
      says: linesOf(item),
    })),
    notes: change.notes,
    consent: consent === '' ? null : consent,
    files: changesOf(ready).map(each => ({
      path: each.path,
      change: each.from === null ? 'added' : each.to === null ? 'removed' : 'changed',
      patch: unifiedDiff(each),
    })),
    branch: done?.branch || null,
    commit: done?.commit || null,
    link: done?.link ?? null,
  };
  return JSON.stringify(record, null, 2);
}
