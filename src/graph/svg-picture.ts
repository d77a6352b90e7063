/** Boxes with places: what the layout makes and the SVG prints. Lengths are SVG user units, y grows downwards. */
import type { Box } from './drawing.ts';
import { linesOf } from './outline.ts';

export interface Placed {
  readonly box: Box;
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** Corners of a line that goes only across and down. */
export type Path = readonly (readonly [number, number])[];

export interface Picture {
  /** Boxes around others: drawn first. */
  readonly frames: readonly Placed[];
  readonly boxes: readonly Placed[];
  readonly paths: readonly Path[];
}

/** Space within a box, between boxes beside one another, and below one another. */
export const PAD = 8;
export const GAP = 14;
export const DROP = 18;

/** Of the one font size; all fonts that `monospace` stands for have letters of about 0.6 of it, and none has wider ones. */
const LETTER = 7.3;
export const LINE = 15;

/** Letters of a line: one long name must not make a whole picture wide; all of it is in the picture's words. */
const LONGEST = 44;

/** The lines of a box as they are shown, the mark last. */
export function shownLines(box: Box): readonly string[] {
  return linesOf(box).map(line => ([...line].length <= LONGEST ? line : `${[...line].slice(0, LONGEST - 1).join('')}…`));
}

/** The width and height that the texts of a box need. */
export function sizeOf(box: Box): { readonly w: number; readonly h: number } {
  const lines = shownLines(box);
  return { w: Math.ceil(Math.max(...lines.map(line => [...line].length)) * LETTER) + 2 * PAD, h: lines.length * LINE + 2 * PAD - 4 };
}

export function joined(...pictures: readonly Picture[]): Picture {
  return {
    frames: pictures.flatMap(({ frames }) => frames),
    boxes: pictures.flatMap(({ boxes }) => boxes),
    paths: pictures.flatMap(({ paths }) => paths),
  };
}

/** Widths beside one another. */
export function across(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, 0) + GAP * Math.max(0, widths.length - 1);
}

export const most = (...numbers: readonly number[]): number => Math.max(0, ...numbers);
