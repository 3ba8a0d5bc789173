/** The state of a profile as lines for people. */
import { cleanName } from '../../base/name.ts';
import { cleanText } from '../../base/terminal-text.ts';
import { nameInk, type Paint } from '../../ui/paint.ts';
import type { ConversationShown, RoomShown, StatusRecord } from './record.ts';

/** Whoever is not open is seen by few. */
export const SEEN = {
  private: 'private: only contacts, the people you wrote to, see you',
  stealth: 'in stealth: nobody sees you until you dial',
} as const;

export const statusLines = (status: StatusRecord, paint: Paint): string => {
  const { isRunning, name, id, addresses, peers, queued, away, rooms, conversations, visibility } = status;
  const others = peers === 1 ? '1 other is here' : `${peers} others are here`;
  const seen = isRunning && visibility !== 'open' ? [`seen     ${SEEN[visibility]}`] : [];
  const lines = [
    `name     ${cleanName(name)}`,
    `id       ${id}`,
    `running  ${isRunning ? `yes, at ${addresses.join(', ') || 'no address'}; ${others}` : 'no; start one: earshot, or earshot up'}`,
    ...seen,
    ...(away === undefined ? [] : [`away     ${cleanText(away, { newlines: 'space' }) || 'yes'}`]),
    `waiting  ${queued === 0 ? 'nothing' : `${queued} of your messages; see: earshot queue`}`,
    ...rooms.map((room) => `room     ${roomLine(room, paint)}`),
    ...conversations.map((conversation) => `person   ${conversationLine(conversation, paint)}`),
  ];
  return lines.join('\n');
};

/** `#lobby  3 people (joined), 2 unread (1 for you): what it is about` */
export const roomLine = (
  { room, isJoined, others, unread, mentions, topic }: RoomShown,
  paint: Paint,
  mark = '',
  level = '',
): string => {
  const count = others + (isJoined ? 1 : 0);
  const people = count === 1 ? '1 person' : `${count} people`;
  const about = topic === undefined ? '' : `: ${cleanText(topic, { newlines: 'space' })}`;
  return `${paint('place', `#${room}`)}  ${people}${mark || (isJoined ? ' (joined)' : '')}${level}${unreadText(unread, mentions, paint)}${about}`;
};

export const conversationLine = ({ person, unread }: ConversationShown, paint: Paint): string =>
  `${paint(nameInk(person.id), `@${cleanName(person.name) || person.id.slice(0, 12)}`)}${unreadText(unread, 0, paint) || '  nothing unread'}`;

const unreadText = (unread: number, mentions: number, paint: Paint): string => {
  if (unread === 0) return '';
  return paint('warning', `, ${unread} unread${mentions === 0 ? '' : ` (${mentions} for you)`}`);
};
