/** What the commands of a chat do. */
import { type EntryId, type PeerId, parsePeerId, type RoomName, type Scope } from '../../base/ids.ts';
import { cleanName } from '../../base/name.ts';
import { parseRoomName } from '../../base/room-name.ts';
import { type CommandName, commandHelp, helpText } from '../../ui/commands.ts';
import type { Paint } from '../../ui/paint.ts';
import type { OutputRecord } from '../format/record.ts';
import { conversationLine, roomLine } from '../format/status-text.ts';
import type { Context } from '../job/operation.ts';
import type { SayOptions, StoredMessage } from '../library.ts';
import { overview } from '../past/status.ts';
import type { ChatDoctor } from './chat-doctor.ts';
import { splitPerson } from './chat-line.ts';
import { levelMark, mute, notify } from './chat-notify.ts';
import { away, edit, find, older, react, remove, reply, showHistory, showQueue, topic } from './chat-past.ts';
import { ignore, readerOf } from './chat-person.ts';
import { info, peers, whois } from './chat-whois.ts';
import type { Changed, OwnTopic } from './own-voice.ts';

/** What a command may do to its chat. */
export interface ChatActions {
  readonly context: Context;
  /** Where lines are said, if not to `person`. */
  readonly room: RoomName | undefined;
  readonly person: { readonly id: PeerId; readonly name: string } | undefined;
  readonly here: Scope | undefined;
  /** People whose words are not shown, with the names they had. BOUNDED: by what the user types. */
  readonly ignored: Map<PeerId, string>;
  readonly doctor: ChatDoctor;
  tell(text: string, isWarning?: boolean): void;
  show(record: OutputRecord): void;
  join(room: RoomName): void;
  leave(room: RoomName): boolean;
  joined(): readonly RoomName[];
  /** From now on lines go to this person. */
  talkWith(person: { readonly id: PeerId; readonly name: string }): void;
  sayHere(text: string, options: SayOptions): Promise<void>;
  sayInRoom(room: RoomName | undefined, text: string, options: SayOptions): Promise<void>;
  sayTo(reader: PeerId, name: string, text: string, options?: SayOptions): Promise<void>;
  /** Shows what was said before a message; undefined: before now. */
  older(scope: Scope, before: EntryId | undefined): Promise<void>;
  /** A message was changed by us. */
  onChanged(message: StoredMessage, change: Changed): void;
  /** A room has a topic from us. */
  onTopic(topic: OwnTopic): void;
  prompt(): void;
  quit(): void;
}

export const runChatCommand = async (chat: ChatActions, command: CommandName, rest: string): Promise<void> => {
  switch (command) {
    case 'help':
      return chat.tell(rest === '' ? helpText() : commandHelp(rest));
    case 'join':
      return join(chat, rest);
    case 'leave':
      return leave(chat, rest);
    case 'msg':
      return message(chat, rest);
    case 'query':
      return query(chat, rest);
    case 'who':
      return who(chat, rest);
    case 'whois':
      return whois(chat, rest);
    case 'peers':
      return peers(chat);
    case 'info':
      return info(chat, rest);
    case 'doctor':
      return chat.doctor.visit(chat, rest);
    case 'rooms':
      return rooms(chat);
    case 'nick':
      return nick(chat, rest);
    case 'me':
      return rest === '' ? chat.tell('What do you do? /me waves', true) : chat.sayHere(rest, { isAction: true });
    case 'ignore':
      return ignore(chat, rest);
    case 'reply':
      return reply(chat, rest);
    case 'react':
      return react(chat, rest);
    case 'edit':
      return edit(chat, rest);
    case 'delete':
      return remove(chat, rest);
    case 'topic':
      return topic(chat, rest);
    case 'history':
      return showHistory(chat, rest);
    case 'older':
      return older(chat, rest);
    case 'search':
      return find(chat, rest);
    case 'queue':
      return showQueue(chat, rest);
    case 'away':
      return away(chat, rest);
    case 'back':
      return away(chat, undefined);
    case 'notify':
      return notify(chat, rest);
    case 'mute':
      return mute(chat, rest);
    case 'stats':
      return chat.tell(statsText(chat.context.host.peer.stats()));
    case 'quit':
      return chat.quit();
    case 'keys':
    case 'clear':
    case 'set':
      return chat.tell(`/${command} is for a chat at a terminal.`, true); // there it does not come this far
    default:
      return command satisfies never;
  }
};

/** The room meant by what was typed; says so if it is none. */
const roomOf = (chat: ChatActions, typed: string): RoomName | undefined => {
  const room = parseRoomName(typed);
  if (typed === '') chat.tell('Which room? /join lobby', true);
  else if (room === undefined) chat.tell(`"${typed}" is no name of a room: 1 to 32 letters, digits, "-", "_" or "."`, true);
  return room;
};

const join = (chat: ChatActions, rest: string): void => {
  const room = roomOf(chat, rest);
  if (room === undefined) return;
  chat.join(room);
  chat.show({ kind: 'notice', text: `You are in #${room}.`, isSeen: true });
};

const leave = (chat: ChatActions, rest: string): void => {
  const room = rest === '' ? chat.room : roomOf(chat, rest);
  if (room === undefined) {
    if (rest === '') chat.tell('You are in no room.', true);
    return;
  }
  const hasLeft = chat.leave(room);
  if (!hasLeft) chat.tell(`You are not in #${room}; see /rooms.`, true);
  else
    chat.tell(
      chat.room === undefined
        ? `You have left #${room} and are in no room; join one: /join lobby`
        : `You have left #${room} and are in #${chat.room}.`,
    );
};

const message = async (chat: ChatActions, rest: string): Promise<void> => {
  const [typed, text] = splitPerson(rest);
  if (typed === '' || text === '') return chat.tell('To whom, and what? /msg bob hello', true);
  const person = await readerOf(chat, typed);
  if (person !== undefined) await chat.sayTo(person.id, person.name, text);
};

/** An id in full needs nobody to be here: what is said to them waits. */
const query = async (chat: ChatActions, rest: string): Promise<void> => {
  const [typed] = splitPerson(rest);
  if (typed === '') return chat.tell('With whom? /query bob', true);
  const { peer } = chat.context.host;
  const id = parsePeerId(typed);
  const known = id === undefined || id === peer.id ? undefined : (await peer.peopleNamed(id)).find((one) => one.id === id);
  const person = id === undefined || id === peer.id ? await readerOf(chat, typed) : { id, name: known?.name ?? '' };
  if (person === undefined) return;
  chat.talkWith({ id: person.id, name: person.name });
  const name = cleanName(person.name) || person.id.slice(0, 12);
  const text = `You talk with ${name}; nobody else hears it. Back to a room: /join lobby`;
  chat.show({ kind: 'notice', text, isSeen: true });
};

const who = (chat: ChatActions, rest: string): void => {
  const { host } = chat.context;
  const room = rest === '' ? chat.room : roomOf(chat, rest);
  if (room === undefined && rest !== '') return;
  const members = new Set<PeerId>(room === undefined ? [] : host.peer.members(room));
  const here = host.peer.peers;
  const inside = here.filter(({ id }) => members.has(id));
  const outside = here.filter(({ id }) => !members.has(id));
  if (room !== undefined) {
    const isInside = chat.joined().includes(room);
    if (inside.length === 0) chat.tell(`Nobody${isInside ? ' else' : ''} is in #${room}.`);
    else chat.tell(`In #${room}${isInside ? ' besides you' : ''}:`);
  }
  for (const peer of inside) chat.show({ kind: 'peer', peer: host.shown(peer) });
  if (outside.length > 0) chat.tell(room === undefined ? 'You are in no room; here are:' : 'Elsewhere:');
  for (const peer of outside) chat.show({ kind: 'peer', peer: host.shown(peer) });
};

const rooms = async (chat: ChatActions): Promise<void> => {
  const [known, conversations] = await overview(chat.context.host);
  const lines = [
    ...known.map((room) =>
      roomLine(room, plain, room.room === chat.room ? ' (you are here)' : '', levelMark(chat, room.room as RoomName)),
    ),
    ...conversations.filter(({ unread }) => unread > 0).map((conversation) => conversationLine(conversation, plain)),
  ];
  chat.tell(lines.length === 0 ? 'No rooms; make one: /join lobby' : lines.join('\n'));
};

const plain: Paint = (_role, text) => text;

const nick = (chat: ChatActions, rest: string): void => {
  const name = cleanName(rest);
  if (name === '') {
    chat.tell('Which name? /nick alice', true);
    return;
  }
  chat.context.host.peer.rename(name);
  chat.context.host.attendance.changed();
  chat.tell(`You are ${name} now.`);
};

/** Numbers by name, one a line; groups are indented. */
export const statsText = (stats: object): string => statLines(stats, '').join('\n');

const statLines = (value: object, indent: string): readonly string[] => {
  const entries: readonly (readonly [string, unknown])[] = value instanceof Map ? [...value] : Object.entries(value);
  return entries.flatMap(([name, part]) => {
    const label = name.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
    if (typeof part !== 'object' || part === null) return [`${indent}${label}: ${String(part)}`];
    const inner = statLines(part, `${indent}  `);
    return [`${indent}${label}:${inner.length === 0 ? ' none' : ''}`, ...inner];
  });
};
