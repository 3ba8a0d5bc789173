/** A room's name has one form: NFC, lower case, 1 to `ROOM_NAME_LENGTH_MAX` code points of letters, digits, `-`, `_`, `.`. */
import type { RoomName } from './ids.ts';
import { ROOM_NAME_LENGTH_MAX } from './limits.ts';

const PLAIN = /^[a-z0-9\-_.]+$/;
/** Letters that cannot be seen (fillers) are no letters here: two rooms must not look alike for free. */
const LETTERS = /^(?:(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{Nd}\-_.])+$/u;

/** Whether `text` is a room's name in its one form. */
export const isRoomName = (text: string): text is RoomName => {
  if (PLAIN.test(text)) return text.length <= ROOM_NAME_LENGTH_MAX;
  if (text.length > 2 * ROOM_NAME_LENGTH_MAX || !LETTERS.test(text)) return false;
  return [...text].length <= ROOM_NAME_LENGTH_MAX && normalForm(text) === text;
};

/** The name a person meant: one leading `#` is dropped, the rest brought to normal form; undefined if that is no name. */
export const parseRoomName = (text: string): RoomName | undefined => {
  const name = normalForm(text.startsWith('#') ? text.slice(1) : text);
  return isRoomName(name) ? name : undefined;
};

const normalForm = (text: string): string => text.normalize('NFC').toLowerCase().normalize('NFC');
