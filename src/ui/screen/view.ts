/** What a model looks like on a screen of a size: exactly that many rows and columns, and the cursor inside. */
import { cleanText } from '../../base/terminal-text.ts';
import { blankOf, filled, type Row, rowOf, span } from './cells.ts';
import { QUEUED_SHOWN_MAX, type Size } from './event.ts';
import { type InputRows, inputRows } from './input-view.ts';
import { type Frame, frameOf, here, isMutedAt, logStyle, type Model } from './model.ts';
import { placeKey, placeLabel } from './place.ts';
import { listed } from './places.ts';
import { logRows } from './scroll.ts';
import { sidebarRows } from './sidebar.ts';
import { cutTo, textWidth } from './width.ts';

export type View = { readonly rows: readonly Row[]; readonly cursor: { readonly row: number; readonly column: number } };

export const view = (model: Model, size: Size): View => {
  const frame = frameOf(model, size);
  const input = inputOf(model, frame, size);
  const height = heightOf(frame, size, input);
  const area = areaRows(model, frame, height);
  const top = frame.hasTopBar ? [topRow(model, frame)] : [];
  const status = frame.hasStatus ? [statusRow(model, frame)] : [];
  const above = [...top, ...area, ...status];
  return {
    rows: [...above, ...input.rows],
    cursor: { row: above.length + input.cursor.row, column: input.cursor.column },
  };
};

/** Rows of the message area, as the model's own size has them. */
export const logHeight = (model: Model): number => {
  const frame = frameOf(model, model.size);
  return heightOf(frame, model.size, inputOf(model, frame, model.size));
};

const heightOf = (frame: Frame, size: Size, { rows }: InputRows): number =>
  Math.max(0, size.rows - rows.length - (frame.hasTopBar ? 1 : 0) - (frame.hasStatus ? 1 : 0));

const inputOf = (model: Model, { columns, inputRowsMax }: Frame, size: Size): InputRows => {
  const label = columns < 20 ? '' : cutTo(placeLabel(here(model).place), Math.floor(columns / 4));
  return inputRows(model.editor, span(`${label}> `, 'place'), columns, Math.min(inputRowsMax, size.rows));
};

const areaRows = (model: Model, frame: Frame, height: number): readonly Row[] => {
  const rows = logRows(here(model), height, logStyle(model, frame));
  if (frame.sidebarColumns === 0) return rows;
  const side = sidebarRows(model, frame.sidebarColumns, height);
  const edge = { text: '│', look: 'quiet' } as const;
  return rows.map((row, at) => [...row, edge, ...(side[at] ?? filled([], frame.sidebarColumns))]);
};

const topRow = (model: Model, { columns }: Frame): Row => {
  const { place } = here(model);
  const room = place.kind === 'room' ? model.overview.rooms.find((one) => one.room === place.room) : undefined;
  const topic = room?.topic === undefined ? '' : `  ${cleanText(room.topic, { newlines: 'space' })}`;
  const label = ` ${placeLabel(place)}`;
  const spans = [span(cutTo(label, columns), 'bar-strong'), span(cutTo(topic, columns - textWidth(label)), 'bar')];
  return rowOf(spans, columns, 'bar');
};

const SEPARATOR = ' · ';

const statusRow = (model: Model, { columns }: Frame): Row => {
  const asked = question(model);
  if (asked !== undefined) return rowOf([span(cutTo(asked, columns), 'selected')], columns, 'selected');
  const left = ` ${facts(model).join(SEPARATOR)}`;
  const right = elsewhere(model);
  const room = columns - textWidth(left) - 1;
  const news = right === '' || room < 6 ? '' : cutTo(right, room - 1);
  // Where there is no room for both, what is said elsewhere counts more than who one is.
  if (news === '' && right !== '') return rowOf([span(cutTo(` ${right}`, columns), 'bar-strong')], columns, 'bar');
  const gap = filled([], Math.max(0, columns - textWidth(left) - textWidth(news) - 1), 'bar');
  const tail = rowOf([span(news, 'bar-strong')], textWidth(news), 'bar');
  return filled(
    [...rowOf([span(left, 'bar')], Math.min(columns, textWidth(left)), 'bar'), ...gap, ...tail, blankOf('bar')],
    columns,
    'bar',
  );
};

const facts = (model: Model): readonly string[] => {
  const { overview } = model;
  const { unread, anchor } = here(model);
  const name = cleanText(overview.self.name, { newlines: 'space' });
  const writing = [...model.typing.values()].filter(({ at }) => at === model.at).map((one) => one.name || '?');
  return [
    ...(name === '' ? ['earshot'] : [overview.isAway ? `${name} (away)` : name]),
    overview.hasNetwork ? `${overview.people.length} here` : 'no network',
    ...(overview.queued === 0
      ? []
      : [`${overview.queued > QUEUED_SHOWN_MAX ? `${QUEUED_SHOWN_MAX}+` : overview.queued} waiting`]),
    ...(anchor === undefined ? [] : [unread === 0 ? 'more below' : `${unread} new below`]),
    ...(writing.length === 0 ? [] : [writing.length > 2 ? 'several are writing' : `${writing.join(' and ')} writing…`]),
  ];
};

/** Where something is unread and not muted: `2:#kitchen 3 5:@bob 1!`. */
const elsewhere = (model: Model): string => {
  const places = listed(model).flatMap(({ place, unread, mentions }, index) =>
    unread === 0 || placeKey(place) === model.at || isMutedAt(model, placeKey(place))
      ? []
      : [{ text: `${index + 1}:${placeLabel(place)} ${unread}${mentions > 0 ? '!' : ''}`, mentions }],
  );
  return places
    .toSorted((a, b) => Math.sign(b.mentions) - Math.sign(a.mentions))
    .map(({ text }) => text)
    .join('  ');
};

const question = ({ mode, completion }: Model): string | undefined => {
  switch (mode.kind) {
    case 'paste':
      return ` ${mode.text.split('\n').length} lines pasted: Enter one message, l line by line, Esc not at all`;
    case 'search':
      return ` search in what you typed: ${cleanText(mode.words, { newlines: 'space' })}_`;
    case 'prefix':
      return ' Ctrl-X: Ctrl-E writes in your editor';
    case 'typing':
      return completion === undefined ? undefined : ` ${completionText(completion.candidates, completion.index)}`;
    default:
      return mode satisfies never;
  }
};

/** The candidates from the chosen one on. */
const completionText = (candidates: readonly string[], index: number): string =>
  [...candidates.slice(index), ...candidates.slice(0, index)]
    .map((one, at) => (at === 0 ? `[${one.trim()}]` : one.trim()))
    .join('  ');
