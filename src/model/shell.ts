/** Words as a POSIX shell reads them back: for commands that people copy, and for the shell at the other end of ssh. */

/** The line that gives exactly these words: what is not plain stands in single quotes. Newlines stay what they are. */
export function shellText(words: readonly string[]): string {
  return words.map(word => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
