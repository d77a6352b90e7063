/**
 * Text -> YAML documents with positions. YAML 1.2 (core schema) and nothing else; everything that could change the meaning
 * of text or the life of the process is refused before a document is composed: nesting, directives, tags, many aliases.
 */
import { Composer, type CST, type Document, Lexer, LineCounter, type ParsedNode, Parser } from 'yaml';
import type { Diagnostic, DiagnosticCode } from '../model/diagnostic.ts';
import type { Place } from '../model/place.ts';

/** Most problems that are told of one file: one of garbage breaks every rule at once, and nobody reads further. */
export const MOST_ERRORS = 1000;

const MAX_NESTING = 32;
const MAX_ALIASES = 32;

export interface YamlDoc {
  /** 0-based index in the file; empty documents are not counted. */
  readonly index: number;
  readonly root: ParsedNode;
  /** It does not parse: what is left of it may mean something else than its author did. */
  readonly broken: boolean;
  /** Problems of the text itself; they count whoever the document belongs to. */
  readonly syntax: readonly Diagnostic[];
  /** Directives, tags and aliases past the bound: they count only in our documents. */
  readonly refused: readonly Diagnostic[];
}

export interface YamlFile {
  readonly docs: readonly YamlDoc[];
  /** The file was given up at some place; documents after it are not there. */
  readonly cut: Diagnostic | null;
  readonly place: (offset: number) => Place;
}

interface Mark {
  readonly code: DiagnosticCode;
  readonly offset: number;
  readonly message: string;
  readonly hint: string;
}

/** Never throws. */
export function readYaml(file: string, text: string): YamlFile {
  const lines = new LineCounter();
  const place = (offset: number): Place => ({ file, ...lines.linePos(offset) });
  const { documents, marks, deep } = compose(text, lines);
  const cut = deep === null ? null : problem(tooDeep(deep), place);
  const docs: YamlDoc[] = [];
  let next = 0;
  for (const document of documents) {
    const end = document.range[2];
    const first = next;
    while ((marks[next]?.offset ?? end) < end) next++;
    const own = marks.slice(first, next);
    if (document.contents === null && document.errors.length === 0) continue;
    const syntax = syntaxOf(document, place);
    const root = document.contents as ParsedNode;
    docs.push({
      index: docs.length,
      root,
      broken: syntax.length > 0 || root === null,
      syntax,
      refused: own.slice(0, MOST_ERRORS).map(mark => problem(mark, place)),
    });
  }
  return { docs, cut, place };
}

interface Composed {
  readonly documents: readonly Document.Parsed[];
  /** In the order of the text. */
  readonly marks: Mark[];
  /** Where nesting passed the limit. */
  readonly deep: number | null;
}

function compose(text: string, lines: LineCounter): Composed {
  const parser = new Parser(lines.addNewLine);
  // Duplicate keys are found in value.ts: here each key would be compared with all before it.
  const composer = new Composer({ version: '1.2', uniqueKeys: false, stringKeys: true, prettyErrors: false, logLevel: 'silent' });
  const documents: Document.Parsed[] = [];
  const take = (tokens: Iterable<CST.Token>): void => {
    for (const token of tokens) if (token.type !== 'directive') for (const document of composer.next(token)) documents.push(document as Document.Parsed);
  };
  const notes = marker();
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    notes.see(lexeme, parser.offset);
    take(parser.next(lexeme));
    // The parser keeps its own stack and never recurses; the composer does, and deep recursion can end the process.
    if (depthOf(parser) > MAX_NESTING) return { documents, marks: notes.marks, deep: parser.offset - lexeme.length };
  }
  take(parser.end());
  for (const document of composer.end(documents.length === 0, text.length)) documents.push(document as Document.Parsed);
  return { documents, marks: notes.marks, deep: null };
}

/** Collections that are open: the parser's stack without the document below and the scalar on top. */
function depthOf({ stack }: Parser): number {
  return stack.at(-1)?.type === 'scalar' ? stack.length - 2 : stack.length - 1;
}

/** Looks at lexemes for what is refused by its mere presence. */
function marker(): { readonly marks: Mark[]; see(lexeme: string, offset: number): void } {
  const marks: Mark[] = [];
  let scalar = false;
  let aliases = 0;
  const see = (lexeme: string, offset: number): void => {
    if (scalar) {
      scalar = false;
      return;
    }
    switch (lexeme.charCodeAt(0)) {
      case 0x1f: // the next lexeme is the text of a scalar
        scalar = true;
        return;
      case 0x02: // a document starts
        aliases = 0;
        return;
      case 0x21: // !
        marks.push({ code: 'yaml-tag', offset, message: `tag ${lexeme} is not read`, hint: 'remove it: types follow from the schema' });
        return;
      case 0x25: // %
        marks.push({ code: 'yaml-directive', offset, message: `directive ${lexeme.trim()} is not read`, hint: 'remove it: files are YAML 1.2' });
        return;
      case 0x2a: // *
        if (++aliases === MAX_ALIASES + 1) {
          marks.push({ code: 'yaml-aliases', offset, message: `more than ${MAX_ALIASES} aliases in one document`, hint: 'write the values out' });
        }
    }
  };
  return { marks, see };
}

function tooDeep(offset: number): Mark {
  return {
    code: 'yaml-nesting',
    offset,
    message: `nested more than ${MAX_NESTING} deep`,
    hint: 'no definition needs that; look for a bracket or dash too many',
  };
}

function problem({ code, offset, message, hint }: Mark, place: (offset: number) => Place): Diagnostic {
  return { code, severity: 'error', message, at: place(offset), hint };
}

// One mistake makes several errors; those after the first on a line, and after the third line, rarely tell anything new.
function syntaxOf(document: Document.Parsed, place: (offset: number) => Place): readonly Diagnostic[] {
  const found = new Map<number, Diagnostic>();
  for (const error of [...document.errors, ...document.warnings]) {
    if (error.code === 'TAG_RESOLVE_FAILED') continue; // refused as a tag already
    const at = place(error.pos[0]);
    if (found.size === 3 || found.has(at.line)) continue;
    const code = error.code === 'BAD_ALIAS' ? 'yaml-aliases' : error.code === 'RESOURCE_EXHAUSTION' ? 'yaml-nesting' : 'yaml-syntax';
    const hint = HINTS[error.code];
    found.set(at.line, { code, severity: 'error', message: lowerFirst(error.message), at, ...(hint === undefined ? {} : { hint }) });
  }
  return [...found.values()];
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

const HINTS: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_INDENT: 'check the indentation of this line and the one before',
  BAD_DQ_ESCAPE: "write the backslash twice, or use single quotes ('...')",
  BAD_SCALAR_START: 'quote the value',
  BLOCK_AS_IMPLICIT_KEY: 'quote the value if it holds a colon',
  MULTILINE_IMPLICIT_KEY: 'a colon is missing, or the indentation is wrong',
  MISSING_CHAR: 'a bracket, quote, colon or comma is missing',
};
