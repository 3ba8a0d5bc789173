/** How much of what was said is kept, as a person writes it: `7 days`, `#builds 500 messages`, `64 MB`, `2000 MB in all`. */
import type { RoomName } from './ids.ts';
import { RETENTION_DAYS_MAX, RETENTION_ENTRIES_MAX, RETENTION_MEGABYTES_MAX } from './limits.ts';
import { parseRoomName } from './room-name.ts';

export type KeepMeasure = 'days' | 'messages' | 'MB' | 'MB in all';

/** One limit: of a room, or (`room` undefined) of every room and conversation that has none of its own in that measure. */
export type KeepRule = { readonly room: RoomName | undefined; readonly measure: KeepMeasure; readonly most: number };

/** What is wrong with a text, as a sentence that says what to write. */
export type KeepMistake = { readonly mistake: string };

const FORM = /^(?:(#?\S+)\s+)?(\d{1,9})\s*(days?|messages?|MB)(\s+in\s+all)?$/i;
const MOST = {
  days: RETENTION_DAYS_MAX,
  messages: RETENTION_ENTRIES_MAX,
  MB: RETENTION_MEGABYTES_MAX,
  'MB in all': RETENTION_MEGABYTES_MAX,
} as const;

export const parseKeepRule = (text: string): KeepRule | KeepMistake => {
  const [, place, number, unit, inAll] = FORM.exec(text.trim()) ?? [];
  if (number === undefined || unit === undefined)
    return {
      mistake: 'Write "7 days", "500 messages", "64 MB" or "2000 MB in all", of one room with its name before: "#builds 7 days".',
    };
  const room = place === undefined ? undefined : parseRoomName(place);
  if (place !== undefined && (room === undefined || !place.startsWith('#')))
    return { mistake: 'Only a room can have limits of its own; write it with its "#": "#builds 7 days".' };
  const measure = measureOf(unit, inAll !== undefined);
  if (measure === undefined || (measure === 'MB in all' && room !== undefined))
    return { mistake: 'What is kept in all is said in MB, without a room: "2000 MB in all".' };
  const most = Number(number);
  if (most < 1 || most > MOST[measure]) return { mistake: `Give 1 to ${MOST[measure]} ${measure}.` };
  return { room, measure, most };
};

const measureOf = (unit: string, isInAll: boolean): KeepMeasure | undefined => {
  if (unit.toLowerCase() === 'mb') return isInAll ? 'MB in all' : 'MB';
  if (isInAll) return undefined;
  return unit.toLowerCase().startsWith('day') ? 'days' : 'messages';
};
