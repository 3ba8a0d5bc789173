/** What a place tells aloud: `/notify` shows and sets it, `/mute` is the short way. */
import { directScope, parsePeerId, type RoomName, roomScope, type Scope, scopeKey } from '../../base/ids.ts';
import { cleanName } from '../../base/name.ts';
import { parseRoomName } from '../../base/room-name.ts';
import { type Choice, isLevel, LEVELS, type Level, MUTE_MAX_MS, parseMuteTime, timeText } from '../../ui/notify-level.ts';
import { describeError } from '../exit-code.ts';
import { scopeNamed } from '../past/place.ts';
import type { ChatActions } from './chat-commands.ts';
import { splitFirst, splitPerson } from './chat-line.ts';
import type { Unusual } from './notify-levels.ts';

const TOLD: Readonly<Record<Level, string>> = { all: 'everything', mentions: 'what names you', none: 'nothing' };
const STANDARD = 'default';
const WORDS: readonly string[] = [...LEVELS, STANDARD];

export const notify = async (chat: ChatActions, rest: string): Promise<void> => {
  const [first, after] = splitFirst(rest);
  const word = first.toLowerCase();
  const isLevelGiven = WORDS.includes(word);
  const place = await placeMeant(chat, isLevelGiven ? after : rest, isLevelGiven ? '' : `; levels are ${WORDS.join(', ')}`);
  if (place === undefined) return;
  if (!isLevelGiven) return show(chat, place, rest === '');
  attempt(chat, () => chat.context.host.levels.set(place, isLevel(word) ? { level: word } : {}));
  chat.tell(await describe(chat, place));
};

export const mute = async (chat: ChatActions, rest: string): Promise<void> => {
  const [first, after] = splitFirst(rest);
  const isTime = /^\d/.test(first);
  const forMs = isTime ? parseMuteTime(first) : undefined;
  if (isTime && forMs === undefined)
    return chat.tell(`For how long? /mute 30m, /mute 8h, /mute 2d: ${timeText(MUTE_MAX_MS)} at most.`, true);
  const place = await placeMeant(chat, isTime ? after : rest);
  if (place === undefined) return;
  const { levels } = chat.context.host;
  attempt(chat, () => {
    if (!isTime && levels.level(place) === 'none') levels.unmute(place);
    else levels.mute(place, forMs);
  });
  chat.tell(await describe(chat, place));
};

/** What cannot be kept is so until the end. */
const attempt = (chat: ChatActions, change: () => void): void => {
  try {
    change();
  } catch (error) {
    chat.tell(error instanceof Error ? error.message : String(error), true);
  }
};

/** Where: what was named, else where lines go; says so if that is nowhere. */
const placeMeant = async (chat: ChatActions, typed: string, hint = ''): Promise<Scope | undefined> => {
  if (typed === '') {
    if (chat.here === undefined) chat.tell('You are in no room; name one: /notify #lobby', true);
    return chat.here;
  }
  const room = parseRoomName(typed);
  const isRoom = typed.startsWith('#') || (room !== undefined && chat.joined().includes(room));
  if (isRoom && room !== undefined) return roomScope(room);
  if (typed.startsWith('#')) {
    chat.tell(`"${typed}" is no name of a room: 1 to 32 letters, digits, "-", "_" or "."`, true);
    return undefined;
  }
  const [who] = splitPerson(typed);
  const id = parsePeerId(who);
  if (id !== undefined) return directScope(id);
  try {
    return await scopeNamed(chat.context.host, `@${who}`);
  } catch (error) {
    const text = describeError(error).text.replace('earshot peers', '/who');
    chat.tell(/^[@"]/.test(typed) ? text : `${text}; a room that you are not in: #room${hint}`, true);
    return undefined;
  }
};

const show = async (chat: ChatActions, place: Scope, isHere: boolean): Promise<void> => {
  const lines = [await describe(chat, place)];
  const others = chat.context.host.levels.unusual().filter(({ key }) => key !== scopeKey(place));
  if (isHere && others.length > 0)
    lines.push(`Others: ${(await Promise.all(others.map((one) => unusualText(chat, one)))).join(', ')}.`);
  if (isHere) lines.push(`Change it: /notify ${LEVELS.join(', /notify ')}, /notify ${STANDARD}, /mute.`);
  chat.tell(lines.join('\n'));
};

/** `#lobby tells what names you.` */
const describe = async (chat: ChatActions, place: Scope): Promise<string> => {
  const { levels } = chat.context.host;
  const choice = levels.choice(place);
  const label = await labelOf(chat, scopeKey(place));
  const muted = mutedText(chat, choice);
  if (muted !== '') return `${label} is ${muted}; aloud again: /mute`;
  return `${label} tells ${TOLD[levels.level(place)]}.`;
};

const unusualText = async (chat: ChatActions, { key, level, choice }: Unusual): Promise<string> =>
  `${await labelOf(chat, key)} ${mutedText(chat, choice) || level}`;

const mutedText = (chat: ChatActions, choice: Choice): string => {
  const left = chat.context.host.levels.mutedForMs(choice);
  if (left === 0) return '';
  return Number.isFinite(left) ? `muted for ${timeText(left)}` : 'muted';
};

const labelOf = async (chat: ChatActions, key: string): Promise<string> => {
  const id = parsePeerId(key.replace(/^@/, ''));
  if (id === undefined) return key;
  const known = (await chat.context.host.peer.peopleNamed(id)).find((one) => one.id === id);
  return `@${cleanName(known?.name ?? '') || id.slice(0, 12)}`;
};

/** How `/rooms` marks a room that tells something unusual. */
export const levelMark = (chat: ChatActions, room: RoomName): string => {
  const unusual = chat.context.host.levels.unusual().find(({ key }) => key === scopeKey(roomScope(room)));
  return unusual === undefined ? '' : unusual.level === 'none' ? ' (muted)' : ` (${unusual.level})`;
};
