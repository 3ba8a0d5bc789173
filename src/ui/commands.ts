/** The commands of a chat: what each takes and does, and what Tab makes of its arguments. The one table of them. */
import { nearest } from './nearest.ts';

/** What a word of a command stands for. `own`: a message of one's own. */
export type Argument =
  | 'room'
  | 'person'
  | 'message'
  | 'own'
  | 'command'
  | 'emoji'
  | 'setting'
  | 'value'
  | 'drop'
  | 'level'
  | 'place'
  | 'text';

type Entry = {
  readonly takes: string;
  readonly does: string;
  readonly example: string;
  /** Further lines of `/help COMMAND`. */
  readonly more?: readonly string[];
  /** By position; the last one stands for all that follow. */
  readonly completes?: readonly Argument[];
  /** Done where the keys are, and not by the chat, which may run in another process. */
  readonly isLocal?: true;
};

const MESSAGE = 'ID: the first digits of a message\u2019s id; /history shows them.';
const WHO = 'WHO: a name, a name in quotes ("bob smith"), or the first six digits or more of an id.';

const ENTRIES = {
  help: {
    takes: '[COMMAND]',
    does: 'this list; with COMMAND: more about it',
    example: '/help msg',
    completes: ['command'],
  },
  join: {
    takes: 'ROOM',
    does: 'join a room and talk there',
    example: '/join lobby',
    more: ['A room has a name of 1 to 32 letters, digits, "-", "_" or "."; whoever joins it makes it.'],
    completes: ['room'],
  },
  leave: { takes: '[ROOM]', does: 'leave a room (this one)', example: '/leave kitchen', completes: ['room'] },
  msg: {
    takes: 'WHO TEXT',
    does: 'say something to one person',
    example: '/msg bob hello',
    more: [WHO],
    completes: ['person', 'text'],
  },
  query: {
    takes: 'WHO',
    does: 'talk with one person from now on',
    example: '/query bob',
    more: [WHO, 'An id in full needs nobody to be here: what you say waits for them.', 'Back to a room: /join ROOM.'],
    completes: ['person', 'text'],
  },
  reply: {
    takes: '[ID] TEXT',
    does: 'answer a message (the last one)',
    example: '/reply yes, at noon',
    more: [MESSAGE],
    completes: ['message', 'text'],
  },
  react: {
    takes: 'EMOJI [ID]',
    does: 'react to a message (the last); again: not',
    example: '/react 👍',
    more: [MESSAGE],
    completes: ['emoji', 'message', 'text'],
  },
  edit: {
    takes: '[ID] TEXT',
    does: 'change what you said (last)',
    example: '/edit at noon, I mean',
    more: [MESSAGE, 'What it said before can still be seen.'],
    completes: ['own', 'text'],
  },
  delete: {
    takes: '[ID]',
    does: 'take back what you said (last)',
    example: '/delete',
    more: [MESSAGE, 'Everybody who hears of it forgets what it said.'],
    completes: ['own', 'text'],
  },
  info: {
    takes: '[ID]',
    does: 'a message (your last) in full, and who has it',
    example: '/info 1a2b3c4d',
    more: [MESSAGE],
    completes: ['message', 'text'],
  },
  who: { takes: '[ROOM]', does: 'who is in a room (this one)', example: '/who kitchen', completes: ['room'] },
  whois: {
    takes: 'WHO',
    does: 'who somebody is: key, address, rooms',
    example: '/whois bob',
    more: [WHO, 'Compare the fingerprint over another channel when it matters who they are.'],
    completes: ['person', 'text'],
  },
  peers: {
    takes: '',
    does: 'everybody who is here, with address and state',
    example: '/peers',
  },
  rooms: { takes: '', does: 'the rooms there are, and what is unread', example: '/rooms' },
  topic: {
    takes: '[TEXT]',
    does: 'what this room is about; TEXT: set it; -: none',
    example: '/topic soup at noon',
    more: ['Without TEXT: what it is now.'],
    completes: ['text'],
  },
  history: { takes: '[N]', does: 'the last messages here (20), with their ids', example: '/history 50' },
  older: {
    takes: '[ID]',
    does: 'what was said before that message (before now)',
    example: '/older 1a2b3c4d',
    more: [MESSAGE],
    completes: ['message', 'text'],
  },
  search: {
    takes: 'WORDS',
    does: 'what was said with these words',
    example: '/search "pea soup" OR print*',
    more: ['Words in quotes stand together; print* begins so; OR, NOT.'],
    completes: ['text'],
  },
  queue: {
    takes: '[drop ID]',
    does: 'what of yours waits; or give it up',
    example: '/queue drop 1a2b3c4d',
    more: [MESSAGE],
    completes: ['drop', 'own', 'text'],
  },
  away: {
    takes: '[TEXT]',
    does: 'tell others that you are away',
    example: '/away lunch, back at one',
    more: ['After some time without a key this is told by itself, and taken back at the next key: /set away-after.'],
    completes: ['text'],
  },
  back: { takes: '', does: 'tell others that you are back', example: '/back' },
  nick: { takes: 'NAME', does: 'change your name and keep it', example: '/nick Ann', completes: ['text'] },
  me: { takes: 'TEXT', does: 'say what you do: * alice waves', example: '/me waves', completes: ['text'] },
  ignore: {
    takes: '[WHO]',
    does: 'hide what somebody says, or show it again',
    example: '/ignore bob',
    more: [WHO, 'Without WHO: who is ignored.'],
    completes: ['person', 'text'],
  },
  notify: {
    takes: '[LEVEL] [PLACE]',
    does: 'what is told aloud here: all, mentions, none',
    example: '/notify all #kitchen',
    more: [
      'LEVEL: all that is said; mentions: what names you; none; default: mentions in a room, all of a person.',
      'PLACE: a room or a person (this one). It is kept in your profile, for all your chats.',
      'By a bell and a notice of the terminal, of a private message without its text; more, quiet hours: /set notify.',
    ],
    completes: ['level', 'place', 'text'],
  },
  mute: {
    takes: '[TIME] [PLACE]',
    does: 'nothing aloud here, for TIME; again: aloud',
    example: '/mute 8h',
    more: ['TIME: 30m, 8h, 2d; without: until you take it back. PLACE: #room or @person (this one).'],
  },
  set: {
    takes: '[KEY [VALUE]]',
    does: 'the settings; show one; change one for now',
    example: '/set typing off',
    more: ['For good they are set in a file: earshot config --init.'],
    completes: ['setting', 'value', 'text'],
    isLocal: true,
  },
  stats: { takes: '', does: 'what went over the network', example: '/stats' },
  doctor: {
    takes: '[WHO]',
    does: 'why people do not see each other, and what to do',
    example: '/doctor 192.168.1.7:4455',
    more: [WHO, 'Or an address: HOST:PORT.', 'It takes some seconds; the chat goes on meanwhile.'],
    completes: ['person', 'text'],
  },
  keys: { takes: '', does: 'what the keys do', example: '/keys', isLocal: true },
  clear: { takes: '', does: 'clear what is shown; nothing is deleted', example: '/clear', isLocal: true },
  quit: { takes: '', does: 'say goodbye and end', example: '/quit' },
} as const satisfies Readonly<Record<string, Entry>>;

export type CommandName = keyof typeof ENTRIES;
/** Those that are done where the keys are. */
export type LocalName = { [K in CommandName]: (typeof ENTRIES)[K] extends { readonly isLocal: true } ? K : never }[CommandName];

export const COMMANDS: Readonly<Record<CommandName, Entry>> = ENTRIES;
export const COMMAND_NAMES = Object.keys(ENTRIES) as readonly CommandName[];

export const isCommand = (text: string): text is CommandName => Object.hasOwn(ENTRIES, text);

/** The command of a line: `/Name rest`. Undefined: the line is none, or says a slash (`//`). The name may be of no command. */
export const commandOf = (line: string): { readonly typed: string; readonly rest: string } | undefined => {
  if (!line.startsWith('/') || line.startsWith('//')) return undefined;
  const space = line.search(/\s/);
  return {
    typed: line.slice(1, space === -1 ? undefined : space).toLowerCase(),
    rest: space === -1 ? '' : line.slice(space).trim(),
  };
};

/** What a line asks of whoever has the keys; undefined: it goes to the chat. */
export const localCommandOf = (line: string): { readonly name: LocalName; readonly rest: string } | undefined => {
  const command = commandOf(line);
  if (command === undefined || !isLocal(command.typed)) return undefined;
  return { name: command.typed, rest: command.rest };
};

const isLocal = (text: string): text is LocalName => isCommand(text) && COMMANDS[text].isLocal === true;

/** What other chats call it. */
const ELSEWHERE: ReadonlyMap<string, CommandName> = new Map([
  ['part', 'leave'],
  ['close', 'leave'],
  ['exit', 'quit'],
  ['bye', 'quit'],
  ['names', 'who'],
  ['list', 'rooms'],
  ['dm', 'msg'],
  ['action', 'me'],
]);

export const unknownCommandText = (typed: string): string => {
  const meant = ELSEWHERE.get(typed.toLowerCase()) ?? nearest(typed, COMMAND_NAMES);
  const hint = meant === undefined ? 'See /help.' : `Did you mean /${meant}?`;
  return `There is no command /${typed}. ${hint} To say a line that begins with a slash: //`;
};

const call = (name: CommandName): string => `/${name} ${COMMANDS[name].takes}`.trimEnd();

/** All of them. */
export const helpText = (): string => {
  const width = Math.max(...COMMAND_NAMES.map((name) => call(name).length));
  const lines = COMMAND_NAMES.map((name) => `${call(name).padEnd(width)}  ${COMMANDS[name].does}`);
  return [
    'A line is said in the room you are in. Commands:',
    ...lines,
    `${'//text'.padEnd(width)}  say a line that begins with a slash`,
    'More about one: /help COMMAND. The keys: /keys.',
  ].join('\n');
};

/** One of them; `typed` may begin with the slash. */
export const commandHelp = (typed: string): string => {
  const name = typed.replace(/^\//, '').toLowerCase();
  if (!isCommand(name)) return unknownCommandText(name);
  const { does, example, more = [] } = COMMANDS[name];
  return [`${call(name)}: ${does}`, ...more, `Example: ${example}`].join('\n');
};
