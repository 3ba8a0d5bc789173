/** Rooms with what is unread, and who is here, beside the messages. */
import { cleanText } from '../../base/terminal-text.ts';
import { nameInk } from '../paint.ts';
import { filled, type Row, rowOf, span } from './cells.ts';
import { nameOf } from './entry-rows.ts';
import type { PersonHere } from './event.ts';
import { here, isMutedAt, type Model } from './model.ts';
import { type PlaceKey, placeKey, placeLabel } from './place.ts';
import { listed } from './places.ts';
import { cutTo, textWidth } from './width.ts';

export const sidebarRows = (model: Model, columns: number, height: number): readonly Row[] => {
  const places = placeRows(model, columns);
  const people = personRows(model, columns);
  const placesMax = Math.max(
    2,
    Math.min(places.length, Math.floor(height / 2), height - Math.min(people.length, Math.floor(height / 2)) - 1),
  );
  const shown = [...cutRows(places, placesMax, columns), filled([], columns), ...people];
  const rows = cutRows(shown, height, columns);
  return [...rows, ...new Array<Row>(Math.max(0, height - rows.length)).fill(filled([], columns))];
};

/** What does not fit is counted in the last row. */
const cutRows = (rows: readonly Row[], height: number, columns: number): readonly Row[] => {
  if (rows.length <= height) return rows;
  const more = rows.length - Math.max(0, height - 1);
  return height <= 0 ? [] : [...rows.slice(0, height - 1), rowOf([span(` … ${more} more`, 'quiet')], columns)];
};

const placeRows = (model: Model, columns: number): readonly Row[] => [
  rowOf([span(' Places', 'strong')], columns),
  ...listed(model).map(({ place, unread, mentions }, index) => {
    const isHere = placeKey(place) === model.at;
    const count = unread === 0 || isHere ? '' : ` ${unread}${mentions > 0 ? '!' : ''}`;
    const number = index < 9 ? `${index + 1}` : ' ';
    const isMuted = isMutedAt(model, placeKey(place));
    const room = columns - 1 - count.length;
    const name = cutTo(`${number} ${placeLabel(place)}`, room);
    const mark = levelMark(model, placeKey(place));
    const label = textWidth(name) + mark.length <= room ? name + mark : name; // the look says it too
    const news = isMuted ? 'quiet' : mentions > 0 ? 'mention' : 'strong';
    const look = isHere ? 'selected' : unread > 0 ? news : isMuted ? 'quiet' : 'plain';
    return rowOf([span(` ${label}`, look), span(count, news)], columns, isHere ? 'selected' : 'plain');
  }),
];

const levelMark = (model: Model, key: PlaceKey): string => {
  const level = model.overview.levels?.[key];
  return level === undefined ? '' : level === 'none' ? ' (muted)' : ` (${level})`;
};

/** Those in the room that is looked at; then, apart, everybody else. */
const personRows = (model: Model, columns: number): readonly Row[] => {
  const { place } = here(model);
  const { people } = model.overview;
  const isInside = (person: PersonHere): boolean =>
    place.kind === 'room' ? person.rooms.includes(place.room) : person.id === place.id;
  const inside = people.filter(isInside);
  const outside = people.filter((person) => !isInside(person));
  return [
    rowOf([span(` Here (${inside.length})`, 'strong')], columns),
    ...inside.map((person) => personRow(person, columns)),
    ...(outside.length === 0 ? [] : [rowOf([span(` Elsewhere (${outside.length})`, 'strong')], columns)]),
    ...outside.map((person) => personRow(person, columns)),
  ];
};

const AWAY = ' (away)';

/** What somebody away says about it stands there as far as it fits. */
const personRow = (person: PersonHere, columns: number): Row => {
  const state = person.away !== undefined ? AWAY : person.state === 'unreachable' ? ' (?)' : '';
  const print = person.fingerprint === undefined ? '' : ` ${cleanText(person.fingerprint, { newlines: 'space' })}`;
  const about = person.away === undefined ? '' : cleanText(person.away, { newlines: 'space' });
  const tail = about !== '' && print === '' ? ` (away: ${about})` : state + print;
  const name = cutTo(nameOf(person), columns - 1 - state.length);
  const look = person.state === 'connected' ? nameInk(person.id) : 'quiet';
  return rowOf(
    [span(` ${name}`, look), span(cutTo(tail, Math.max(state.length, columns - 1 - textWidth(name))), 'quiet')],
    columns,
  );
};
