/**
 * A small printer of man(7) pages: sections, paragraphs, terms, examples. Text comes as people write it elsewhere, with `code` in
 * backticks; nothing of it is taken for roff.
 */

/** Characters that roff would take for something else, or print as another one. */
const ESCAPES = new Map([
  ['\\', '\\e'],
  ['-', '\\-'],
  ["'", '\\(aq'],
  ['`', '\\(ga'],
  ['^', '\\(ha'],
  ['~', '\\(ti'],
  ['"', '\\(dq'],
]);

/** One line of plain text. */
export const plain = text => text.replace(/[\\\-'`^~"]|[^\x20-\x7e]/gu, char => ESCAPES.get(char) ?? `\\[u${hex(char)}]`);

const hex = char => char.codePointAt(0).toString(16).toUpperCase().padStart(4, '0');

export const bold = text => `\\fB${plain(text)}\\fR`;
export const italic = text => `\\fI${plain(text)}\\fR`;

/** A sentence: what is in backticks is bold, white space is one space. */
export const prose = text =>
  text
    .trim()
    .replace(/\s+/g, ' ')
    .split(/(`[^`]+`)/)
    .map(part => (/^`[^`]+`$/.test(part) ? bold(part.slice(1, -1)) : plain(part)))
    .join('');

// A dot or an apostrophe at the beginning of a line would be a request.
const line = text => (/^[.']/.test(text) ? `\\&${text}` : text);

// Sources of pages have short lines too.
const filled = text => wrapped(text, 79).map(line).join('\n');

/** Lines of at most that many characters, cut at spaces; a longer word is a line. */
export function wrapped(text, width) {
  const lines = [];
  for (const word of text.split(' ').filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Makes one page of lines of roff, each made by the functions below. */
export function page({ name, section, date, source, manual, parts }) {
  const head = `.TH ${name.toUpperCase()} ${section} ${date} "${plain(source)}" "${plain(manual)}"`;
  // Left-aligned, and no words cut in two: names of fields and programs are searched for.
  const lines = [head, '.nh', '.ad l', ...parts.flat(9)];
  // A section begins with a paragraph by itself.
  const needed = lines.filter((text, nth) => text !== '.PP' || !/^\.S[HS] /.test(lines[nth - 1]));
  return `.\\" Made by the build: see .ci/man/ in the sources.\n${needed.join('\n')}\n`;
}

export const heading = text => `.SH ${plain(text)}`;
export const subheading = text => `.SS ${plain(text)}`;
/** A paragraph of text in roff, as `prose`, `bold` and `italic` make it. */
export const paragraph = text => ['.PP', filled(text)];
/** A term and what it means. */
export const term = (name, meaning) => ['.TP', line(name), filled(meaning)];
/** Lines as they are. */
export const example = text => ['.PP', '.nf', '.RS 4', ...text.replace(/\n+$/, '').split('\n').map(verbatim), '.RE', '.fi'];

const verbatim = text => (text === '' ? '\\&' : line(plain(text)));
