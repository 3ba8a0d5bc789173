/** Where something is said: a room, or the conversation with one person. */
import { cleanName } from '../../base/name.ts';
import { cleanText } from '../../base/terminal-text.ts';
import type { MessageShown } from '../shown.ts';

export type Place =
  | { readonly kind: 'room'; readonly room: string }
  | { readonly kind: 'person'; readonly id: string; readonly name: string };

export type PlaceKey = string;

export const placeKey = (place: Place): PlaceKey => (place.kind === 'room' ? `#${place.room}` : `@${place.id}`);

/** `#lobby`, `@bob`. */
export const placeLabel = (place: Place): string =>
  place.kind === 'room'
    ? `#${cleanText(place.room, { newlines: 'space' })}`
    : `@${cleanName(place.name) || place.id.slice(0, 12)}`;

/** Of something said: for a direct one, the other side. `nameOf` knows people by their id. */
export const placeOf = (
  said: Pick<MessageShown, 'room' | 'to' | 'from'>,
  self: string,
  nameOf: (id: string) => string,
): Place => {
  if (said.room !== undefined) return { kind: 'room', room: said.room };
  if (said.from.id !== self) return { kind: 'person', id: said.from.id, name: said.from.name };
  const to = said.to ?? '';
  return { kind: 'person', id: to, name: nameOf(to) };
};
