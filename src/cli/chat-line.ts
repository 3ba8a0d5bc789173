/** A line typed into a chat: something to say, or a command. */
import { nearest } from '../ui/nearest.ts';

export type ChatCommand =
  | 'help'
  | 'join'
  | 'leave'
  | 'msg'
  | 'query'
  | 'reply'
  | 'react'
  | 'edit'
  | 'delete'
  | 'who'
  | 'rooms'
  | 'topic'
  | 'history'
  | 'older'
  | 'search'
  | 'queue'
  | 'away'
  | 'back'
  | 'nick'
  | 'me'
  | 'ignore'
  | 'stats'
  | 'quit';

export type ChatLine =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'say'; readonly text: string }
  | { readonly kind: 'command'; readonly command: ChatCommand; readonly rest: string }
  | { readonly kind: 'unknown'; readonly typed: string; readonly nearest: string | undefined };

/** What each command takes and does, in the order shown by /help. */
export const CHAT_COMMANDS: Readonly<Record<ChatCommand, { readonly takes: string; readonly does: string }>> = {
  help: { takes: '', does: 'this list' },
  join: { takes: 'ROOM', does: 'join a room and talk there' },
  leave: { takes: '[ROOM]', does: 'leave a room (this one)' },
  msg: { takes: 'WHO TEXT', does: 'say something to one person; WHO: bob, "bob smith" or an id' },
  query: { takes: 'WHO', does: 'talk with one person: what you say from now on goes to them' },
  reply: { takes: '[ID] TEXT', does: 'answer a message (the last one)' },
  react: { takes: 'EMOJI [ID]', does: 'react to a message (the last one); again: take it back' },
  edit: { takes: '[ID] TEXT', does: 'change what you said (last)' },
  delete: { takes: '[ID]', does: 'take back what you said (last)' },
  who: { takes: '[ROOM]', does: 'who is in a room (this one)' },
  rooms: { takes: '', does: 'the rooms there are, and what is unread' },
  topic: { takes: '[TEXT]', does: 'what this room is about; with TEXT: set it; with -: take it away' },
  history: { takes: '[N]', does: 'the last messages here (20), with their ids' },
  older: { takes: '[ID]', does: 'what was said here before that message (before now)' },
  search: { takes: 'WORDS', does: 'what was said with these words, "in quotes" together, beginnings*, OR, NOT' },
  queue: { takes: '[drop ID]', does: 'what of yours waits for somebody; or give it up' },
  away: { takes: '[TEXT]', does: 'tell others that you are away' },
  back: { takes: '', does: 'tell others that you are back' },
  nick: { takes: 'NAME', does: 'change your name and keep it' },
  me: { takes: 'TEXT', does: 'say what you do: * alice waves' },
  ignore: { takes: '[WHO]', does: 'hide what somebody says, or show it again; without WHO: a list' },
  stats: { takes: '', does: 'what went over the network' },
  quit: { takes: '', does: 'say goodbye and end' },
};

const NAMES = Object.keys(CHAT_COMMANDS) as readonly ChatCommand[];
const isCommand = (text: string): text is ChatCommand => Object.hasOwn(CHAT_COMMANDS, text);

/** `//` at the start says a line that begins with a slash. */
export const parseChatLine = (line: string): ChatLine => {
  if (line.trim() === '') return { kind: 'nothing' };
  if (line.startsWith('//')) return { kind: 'say', text: line.slice(1) };
  if (!line.startsWith('/')) return { kind: 'say', text: line };
  const space = line.search(/\s/);
  const typed = line.slice(1, space === -1 ? undefined : space).toLowerCase();
  const rest = space === -1 ? '' : line.slice(space).trim();
  if (isCommand(typed)) return { kind: 'command', command: typed, rest };
  return { kind: 'unknown', typed, nearest: nearest(typed, NAMES) };
};

/** The first word, or what stands in double quotes at the start, and the rest. */
export const splitFirst = (text: string): readonly [string, string] => {
  const quoted = /^"([^"]*)"\s*([\s\S]*)$/.exec(text);
  if (quoted !== null) return [quoted[1] ?? '', quoted[2] ?? ''];
  const [first = '', rest = ''] = /^(\S*)\s*([\s\S]*)$/.exec(text)?.slice(1) ?? [];
  return [first, rest];
};

/** The text of /help. */
export const helpText = (): string => {
  const rows = NAMES.map((name) => [`/${name} ${CHAT_COMMANDS[name].takes}`.trimEnd(), CHAT_COMMANDS[name].does] as const);
  const width = Math.max(...rows.map(([call]) => call.length));
  const lines = rows.map(([call, does]) => `${call.padEnd(width)}  ${does}`);
  return [
    'A line is said in the room you are in. Commands:',
    ...lines,
    `${'//text'.padEnd(width)}  say a line that begins with a slash`,
  ].join('\n');
};

/** What a keyboard may complete: the commands. */
export const commandWords: readonly string[] = NAMES.map((name) => `/${name}`);
