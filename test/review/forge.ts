/** A forge's view of a comment, and the texts that would like to be more in it than text. */

/** What a hostile text would like to be. */
export const HOSTILE: readonly string[] = [
  '```',
  '````\n\n</details>\n',
  '`',
  '|',
  '\n::add-mask::',
  '##[add-mask]',
  '<script>',
  '</details>',
  '<!-- netloom:plan -->',
  '-->',
  '@team',
  '#1',
  '[x](https://example.org)',
  'https://example.org/',
  '\u001b[31m',
  '\u202e',
  '\r',
  '~~~',
  '**',
  '> ',
  '| - | - |\n',
  '\u{1f600}',
  'é',
];

/** Parts of these that prose must never hold. */
export const NEVER_IN_PROSE: readonly string[] = ['@team', 'example.org', '<script', '#1', '::add-mask', '\u001b', '\u202e', '##['];

/** The words outside of code, and whether every fence and fold is closed: the few rules of CommonMark that the comment uses. */
export function readAsForge(markdown: string): { readonly prose: string; readonly isClosed: boolean } {
  const prose: string[] = [];
  let open = '';
  let folds = 0;
  for (const line of markdown.split('\n')) {
    const marks = /^ {0,3}(`{3,})([^`]*)$/.exec(line);
    if (open !== '') {
      if (marks !== null && (marks[1] ?? '').length >= open.length && marks[2]?.trim() === '') open = '';
      continue;
    }
    if (marks !== null) {
      open = marks[1] ?? '';
      continue;
    }
    if (/^<details>/.test(line)) folds += 1;
    if (/^<\/details>/.test(line)) folds -= 1;
    prose.push(line.replaceAll(/<code>[^<]*<\/code>/g, '').replaceAll(/(`+)(?!`)(.+?)(?<!`)\1(?!`)/g, ''));
  }
  return { prose: prose.join('\n'), isClosed: open === '' && folds === 0 };
}
