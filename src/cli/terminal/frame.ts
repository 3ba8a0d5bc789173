/** The bytes that turn one picture of a terminal into the next: only what differs is drawn. Pure. */
import type { Cell, Row } from '../../ui/screen/cells.ts';
import type { View } from '../../ui/screen/view.ts';
import type { Palette } from './looks.ts';

export type FrameStyle = { readonly palette: Palette; readonly hasLinks: boolean };

const CSI = '\x1b[';
/** Cells that are the same, drawn anew rather than jumped over. */
const GAP_MAX = 6;
/** Nothing is shown before all of it is there (contour, DEC mode 2026); terminals without it take no notice. */
const BEGIN = `${CSI}?2026h${CSI}?25l`;
const END = `${CSI}?25h${CSI}?2026l`;

/** Clears a terminal that may show anything. */
export const CLEAR = `${CSI}0m${CSI}2J`;

/** @param before undefined: the terminal is clear. Same rows and columns as `after`, else clear it first. */
export const difference = (before: View | undefined, after: View, style: FrameStyle): string => {
  let bytes = '';
  after.rows.forEach((row, at) => {
    bytes += rowDifference(before?.rows[at], row, at, style);
  });
  const { row, column } = after.cursor;
  const isMoved = before === undefined || before.cursor.row !== row || before.cursor.column !== column;
  if (bytes === '' && !isMoved) return '';
  return `${BEGIN}${bytes}${CSI}${row + 1};${column + 1}H${END}`;
};

const isSame = (a: Cell | undefined, b: Cell): boolean =>
  a === b || (a === undefined ? isBlank(b) : a.text === b.text && a.look === b.look && a.link === b.link);
const isBlank = ({ text, look }: Cell): boolean => text === ' ' && look === 'plain';

const rowDifference = (before: Row | undefined, after: Row, rowAt: number, style: FrameStyle): string => {
  if (before === after) return '';
  let bytes = '';
  for (const { from, to } of changes(before, after))
    bytes += `${CSI}${rowAt + 1};${from + 1}H${cellBytes(after, from, to, style)}`;
  return bytes;
};

/** Spans of cells to draw, whole wide clusters, both old and new. */
const changes = (before: Row | undefined, after: Row): readonly { readonly from: number; readonly to: number }[] => {
  const spans: { from: number; to: number }[] = [];
  const isBehind = (at: number): boolean => after[at]?.text === '' || before?.[at]?.text === '';
  for (let at = 0; at < after.length; at++) {
    const cell = after[at];
    if (cell === undefined || isSame(before?.[at], cell)) continue;
    let from = at;
    while (from > 0 && isBehind(from)) from -= 1;
    let to = at + 1;
    while (to < after.length && isBehind(to)) to += 1;
    const last = spans.at(-1);
    if (last !== undefined && from - last.to <= GAP_MAX) last.to = Math.max(last.to, to);
    else spans.push({ from, to });
    at = to - 1;
  }
  return spans;
};

/**
 * What stands in a cell may be as wide as the terminal thinks: behind everything that is not plain the cursor is put where the
 * next cell is, and what a narrower one leaves open is blank.
 */
const cellBytes = (row: Row, from: number, to: number, { palette, hasLinks }: FrameStyle): string => {
  let bytes = '';
  let look: string | undefined;
  let link: string | undefined;
  for (let at = from; at < to; at++) {
    const cell = row[at];
    if (cell === undefined || cell.text === '') continue;
    if (hasLinks && cell.link !== link) {
      link = cell.link;
      bytes += `\x1b]8;;${link ?? ''}\x1b\\`;
    }
    if (palette[cell.look] !== look) {
      look = palette[cell.look];
      bytes += `${CSI}0${look === '' ? '' : `;${look}`}m`;
    }
    const isPlain = cell.text.length === 1 && cell.text < '\u0300';
    if (isPlain) bytes += cell.text;
    else {
      const width = row[at + 1]?.text === '' ? 2 : 1;
      bytes += `${' '.repeat(width)}${CSI}${at + 1}G${cell.text}${CSI}${at + 1 + width}G`;
    }
  }
  if (link !== undefined) bytes += '\x1b]8;;\x1b\\';
  return look === undefined || look === '' ? bytes : `${bytes}${CSI}0m`;
};
