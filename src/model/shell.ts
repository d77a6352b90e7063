/** Words as a POSIX shell reads them back: for commands that people copy, for the shell at the other end of ssh, and for one that completes a line. */

/** A word that every shell takes as it is, outside of quotes too. */
export function isPlainWord(word: string): boolean {
  return /^[\w@%+=:,./-]+$/.test(word);
}

/** The line that gives exactly these words: what is not plain stands in single quotes. Newlines stay what they are. */
export function shellText(words: readonly string[]): string {
  return words.map(word => (isPlainWord(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
}
