/** What Tab makes of the word before the cursor, on a screen and line by line. Pure; what a directory holds is asked of whoever can look. */
import { cleanName, nameSkeleton } from '../base/name.ts';
import { cleanText } from '../base/terminal-text.ts';
import { type Argument, COMMAND_NAMES, COMMANDS, commandOf, isCommand } from './commands.ts';
import { LEVELS } from './notify-level.ts';

/** What there is to name. Names are raw. */
export type Vocabulary = {
  readonly people: readonly { readonly id: string; readonly name: string }[];
  readonly rooms: readonly string[];
  /** Of the place that is looked at, the newest first. */
  readonly messages: readonly { readonly id: string; readonly isOwn: boolean }[];
  readonly emoji: ReadonlyMap<string, string>;
  readonly settings: readonly SettingWords[];
};
export type SettingWords = { readonly key: string; readonly values: readonly string[] };

/** `start`: where the word begins. `words`: what may stand in its place, with what follows it. */
export type Completed =
  | { readonly kind: 'words'; readonly start: number; readonly words: readonly string[] }
  /** A path, without quotes: what it may be is for `pathWords`. */
  | { readonly kind: 'path'; readonly start: number; readonly path: string };

/** BOUNDED: candidates offered for one word. */
export const CANDIDATES_MAX = 100;
const EMOJI_AFTER = 2;
const ID_DIGITS = 8;
const PERSON_DIGITS = 12;
const COMMON_EMOJI = ['👍', '❤️', '😄', '🎉', '👀', '🙏', '👎'];

/** @param left the line up to the cursor. */
export const completed = (left: string, vocabulary: Vocabulary): Completed | undefined => {
  const argument = argumentAt(left);
  if (argument !== undefined) {
    const { kind, start, word, key } = argument;
    const words = wordsFor(kind, word, key, vocabulary);
    if (words.length > 0) return { kind: 'words', start, words: words.slice(0, CANDIDATES_MAX) };
    if (kind === 'command' || kind === 'room' || word === '') return undefined;
  }
  const path = pathAt(left);
  if (path !== undefined) return path;
  const start = left.search(/\S*$/);
  const word = left.slice(start);
  if (word === '') return undefined;
  const words = inText(word, left.slice(0, start).trim() === '', vocabulary).slice(0, CANDIDATES_MAX);
  return words.length === 0 ? undefined : { kind: 'words', start, words };
};

/** What may stand for a path: `names` are paths as they were asked for, a folder with its slash at the end. What cannot be typed is left out. */
export const pathWords = (names: readonly string[]): readonly string[] =>
  names
    .filter((name) => !name.includes('"') && cleanText(name, { newlines: 'space' }) === name)
    .map((name) => {
      const isFolder = name.endsWith('/');
      if (/\s/.test(name)) return `"${name}${isFolder ? '' : '" '}`;
      return isFolder ? name : `${name} `;
    })
    .slice(0, CANDIDATES_MAX);

/** The word at the cursor, if it is an argument of a command. `key`: the argument before it. */
const argumentAt = (left: string): { kind: Argument; start: number; word: string; key: string } | undefined => {
  const command = commandOf(left);
  if (command === undefined || !/\s/.test(left) || !isCommand(command.typed)) return undefined;
  const { completes = [] } = COMMANDS[command.typed];
  const pieces = [...left.matchAll(/"[^"]*"?|\S+/g)];
  const last = pieces.at(-1);
  const isOpen = last !== undefined && (/\S$/.test(left) || /^"[^"]*$/.test(last[0])) && last.index > 0;
  const word = isOpen ? (last?.[0] ?? '') : '';
  const before = isOpen ? pieces.slice(1, -1) : pieces.slice(1);
  const kind = completes[before.length] ?? completes.at(-1);
  if (kind === undefined || kind === 'text' || /^"[^"]*"$/.test(word)) return undefined;
  return { kind, start: left.length - word.length, word, key: before.at(-1)?.[0] ?? '' };
};

const wordsFor = (kind: Argument, word: string, key: string, vocabulary: Vocabulary): readonly string[] => {
  const spaced = (words: readonly string[]): readonly string[] => begun(words, word).map((one) => `${one} `);
  switch (kind) {
    case 'room': {
      const mark = word.startsWith('#') ? '#' : '';
      return spaced(sorted(vocabulary.rooms.map((room) => mark + room)));
    }
    case 'person':
      return people(word, vocabulary);
    case 'message':
      return spaced(vocabulary.messages.map(({ id }) => id.slice(0, ID_DIGITS)));
    case 'own':
      return spaced(vocabulary.messages.flatMap(({ id, isOwn }) => (isOwn ? [id.slice(0, ID_DIGITS)] : [])));
    case 'command':
      return spaced(COMMAND_NAMES.map((name) => (word.startsWith('/') ? `/${name}` : name)).toSorted());
    case 'emoji':
      if (word === '') return COMMON_EMOJI.map((emoji) => `${emoji} `);
      return emojiNamed(word.replace(/^:/, ''), vocabulary).map((emoji) => `${emoji} `);
    case 'setting':
      return spaced(vocabulary.settings.map((setting) => setting.key));
    case 'value':
      return spaced(vocabulary.settings.find((setting) => setting.key === key)?.values ?? []);
    case 'drop':
      return spaced(['drop']);
    case 'level':
      return spaced([...LEVELS, 'default']);
    case 'place':
      return places(word, vocabulary);
    case 'text':
      return [];
    default:
      return kind satisfies never;
  }
};

/** `#room` or `@person`, also where the mark is not typed yet. */
const places = (word: string, vocabulary: Vocabulary): readonly string[] => {
  const rooms = sorted(vocabulary.rooms.map((room) => `#${room} `)).filter(
    (room) => startsSo(room, word) || startsSo(room, `#${word}`),
  );
  return word.startsWith('#') ? rooms : [...rooms, ...people(word.startsWith('@') ? word : `@${word}`, vocabulary)];
};

/**
 * By name, or by the id where a name is not one person's only; in quotes if it has spaces. Beginnings of ids count where no name
 * begins so: who types "b" does not mean those whose id does.
 */
const people = (word: string, vocabulary: Vocabulary): readonly string[] => {
  const open = /^@?"?/.exec(word)?.[0] ?? '';
  const mark = open.startsWith('@') ? '@' : '';
  const start = word.slice(open.length);
  const bearers = new Map<string, number>();
  for (const { name } of vocabulary.people) bearers.set(nameSkeleton(name), (bearers.get(nameSkeleton(name)) ?? 0) + 1);
  const named = vocabulary.people.filter(({ name }) => startsSo(cleanName(name), start));
  const meant = named.length > 0 ? named : vocabulary.people.filter(({ id }) => startsSo(id, start));
  const found = meant.map(({ id, name }) => {
    const shown = cleanName(name);
    const isClear = shown !== '' && !shown.includes('"') && bearers.get(nameSkeleton(name)) === 1 && startsSo(shown, start);
    if (!isClear) return id.slice(0, Math.max(PERSON_DIGITS, start.length));
    return /\s/.test(shown) ? `"${shown}"` : shown;
  });
  return sorted(found).map((one) => `${mark}${one} `);
};

const PATH = /(?:^|\s)("(?:\.{1,2}|~)?\/[^"]*|(?:\.{1,2}|~)?\/\S*)$/;

const pathAt = (left: string): Completed | undefined => {
  const word = PATH.exec(left)?.[1];
  if (word === undefined) return undefined;
  const start = left.length - word.length;
  if (word.startsWith('/') && left.slice(0, start).trim() === '') return undefined; // a command
  return { kind: 'path', start, path: word.replace(/^"/, '') };
};

const inText = (word: string, isFirst: boolean, vocabulary: Vocabulary): readonly string[] => {
  if (word.startsWith('/'))
    return isFirst ? begun(COMMAND_NAMES.map((name) => `/${name}`).toSorted(), word).map((one) => `${one} `) : [];
  if (word.startsWith('#')) return begun(sorted(vocabulary.rooms.map((room) => `#${room}`)), word).map((one) => `${one} `);
  if (word.startsWith(':')) return word.length <= EMOJI_AFTER ? [] : emojiNamed(word.slice(1), vocabulary);
  const mark = word.startsWith('@') ? '@' : '';
  const names = sorted(vocabulary.people.map(({ name }) => cleanName(name)).filter((name) => name !== ''));
  return begun(names, word.slice(mark.length)).map((name) => `${mark}${name}${isFirst && mark === '' ? ': ' : ' '}`);
};

const emojiNamed = (start: string, { emoji }: Vocabulary): readonly string[] => [
  ...new Set([...emoji].flatMap(([name, picture]) => (name.startsWith(start.toLowerCase()) ? [picture] : []))),
];

const sorted = (words: readonly string[]): readonly string[] => [...new Set(words)].toSorted();
const startsSo = (text: string, start: string): boolean => text.toLowerCase().startsWith(start.toLowerCase());
const begun = (words: readonly string[], start: string): readonly string[] => words.filter((word) => startsSo(word, start));
