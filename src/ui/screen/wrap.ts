/** Long lines broken at words. */
import { blankOf, type Cell, cellsOf, type Row, type Span } from './cells.ts';

/** Space in front of every row: first and further ones. `columns` counts it. */
export type WrapShape = { readonly columns: number; readonly first: Row; readonly further: Row };

/**
 * The spans of one line as rows of at most `columns` cells. A break takes the space it stands at; a word longer than a row is
 * broken where it ends. A wide cluster is never parted. At least one row.
 */
export const wrap = (spans: readonly Span[], { columns, first, further }: WrapShape): readonly Row[] => {
  const cells = spans.flatMap(cellsOf);
  const rows: Row[] = [];
  let at = 0;
  do {
    const head = rows.length === 0 ? first : further;
    const room = Math.max(2, columns - head.length);
    const end = breakAt(cells, at, room);
    rows.push([...head, ...cells.slice(at, end)]);
    at = end;
    if (cells[at]?.text === ' ' && at < cells.length) at += 1;
  } while (at < cells.length);
  return rows;
};

/** Where a row of `room` cells that begins at `from` ends. */
const breakAt = (cells: readonly Cell[], from: number, room: number): number => {
  const limit = from + room;
  if (cells.length <= limit) return cells.length;
  if (cells[limit]?.text === ' ') return limit;
  for (let at = limit; at > from; at--) if (cells[at - 1]?.text === ' ') return at;
  return cells[limit]?.text === '' && limit - 1 > from ? limit - 1 : limit;
};

export const indent = (columns: number): Row => new Array<Cell>(Math.max(0, columns)).fill(blankOf('plain'));
