/** What can stand where the cursor is: commands, options, values, rooms and people. */
import { networkInterfaces } from 'node:os';
import type { Command, Option } from 'commander';
import { cleanName, nameSkeleton } from '../../base/name.ts';
import { isRoomName } from '../../base/room-name.ts';
import { cleanText } from '../../base/terminal-text.ts';
import type { PersonShown } from '../../ui/shown.ts';
import { visibleCommands } from '../program/program-self.ts';

/** What the running peer knows. Names are claims of others: anything. */
export type KnownNames = { readonly rooms: readonly string[]; readonly people: readonly PersonShown[] };
/** `word` has only characters that no shell obeys (invariant 10). */
export type Candidate = { readonly word: string; readonly about: string };
export type Candidates = { readonly found: readonly Candidate[]; readonly hasFiles: boolean };

/** What a value may be. */
type Values = 'rooms' | 'people' | 'places' | 'files' | 'interfaces' | 'commands' | 'none';

/** Letters, digits and pictures, single spaces and a few signs inside: a shell takes it for itself, with its spaces escaped. */
const HARMLESS = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}_.-]|\p{Extended_Pictographic}|[\u200d\ufe0f]| (?! ))*$/u;
/** Digits of an id that stand for somebody whose name is no word. */
const ID_LENGTH = 12;
const ABOUT_LENGTH_MAX = 60;

const VALUES_OF_OPTION: Readonly<Record<string, Values>> = {
  '--to': 'people',
  '--from': 'people',
  '--home': 'files',
  '--passphrase-file': 'files',
  '--interface': 'interfaces',
};
const VALUES_OF_ARGUMENT: Readonly<Record<string, Values>> = {
  room: 'rooms',
  place: 'places',
  file: 'files',
  topic: 'commands',
  peer: 'people',
};

/**
 * @param before the words before the one that is being typed.
 * @param current what is typed of it.
 * @param ask gives what the running peer knows; called only where that matters.
 */
export const candidatesFor = async (
  program: Command,
  before: readonly string[],
  current: string,
  ask: () => Promise<KnownNames>,
): Promise<Candidates> => {
  const { command, position, pending, isOver } = placeIn(program, before);
  if (pending !== undefined) return valuesOf(program, optionValues(command, pending), pending.argChoices, ask);
  if (!isOver && current.startsWith('-')) {
    const [flag = '', value] = current.split(/=(.*)/s);
    const option = value === undefined ? undefined : optionNamed(program, command, flag);
    if (option === undefined) return only(optionCandidates(program, command));
    const { found } = await valuesOf(program, optionValues(command, option), option.argChoices, ask);
    return only(found.map(({ word, about }) => ({ word: `${flag}=${word}`, about })));
  }
  if (command === program) return only(commandCandidates(program));
  const { registeredArguments } = command;
  const argument = registeredArguments[position] ?? registeredArguments.findLast(({ variadic }) => variadic);
  if (argument === undefined) return only([]);
  if (argument.name() === 'drop') return only([{ word: 'drop', about: argument.description }]);
  return valuesOf(program, VALUES_OF_ARGUMENT[argument.name()] ?? 'none', argument.argChoices, ask);
};

const only = (found: readonly Candidate[]): Candidates => ({ found, hasFiles: false });

/** Where the words before lead: into which command, to which of its arguments, or to an option that wants a value. */
const placeIn = (program: Command, before: readonly string[]) => {
  let command = program;
  let position = 0;
  let pending: Option | undefined;
  let isOver = false;
  for (const word of before) {
    if (pending !== undefined) pending = undefined;
    else if (!isOver && word === '--') isOver = true;
    else if (!isOver && word.startsWith('-') && word !== '-') {
      const option = optionNamed(program, command, word);
      pending = option?.required === true ? option : undefined;
    } else if (command === program) {
      command = visibleCommands(program).find((one) => one.name() === word) ?? program;
    } else position += 1;
  }
  return { command, position, pending, isOver };
};

const optionNamed = (program: Command, command: Command, flag: string): Option | undefined =>
  [...command.options, ...program.options].find(({ long, short }) => long === flag || short === flag);

const optionValues = (command: Command, { long }: Option): Values => {
  if (long === '--room') return command.name() === 'search' ? 'places' : 'rooms';
  return VALUES_OF_OPTION[long ?? ''] ?? 'none';
};

const optionCandidates = (program: Command, command: Command): readonly Candidate[] => {
  const options = command === program ? program.options : [...command.options, ...program.options];
  const shown = options.flatMap(({ long, hidden, description }) => (long && !hidden ? [{ word: long, about: description }] : []));
  return [...shown, { word: '--help', about: 'show help' }];
};

const commandCandidates = (program: Command): readonly Candidate[] =>
  visibleCommands(program).map((command) => ({ word: command.name(), about: command.description() }));

const valuesOf = async (
  program: Command,
  values: Values,
  choices: readonly string[] | undefined,
  ask: () => Promise<KnownNames>,
): Promise<Candidates> => {
  if (choices !== undefined) return only(choices.map((word) => ({ word, about: '' })));
  switch (values) {
    case 'none':
      return only([]);
    case 'files':
      return { found: [], hasFiles: true };
    case 'interfaces':
      return only(Object.keys(networkInterfaces()).flatMap((word) => (HARMLESS.test(word) ? [{ word, about: '' }] : [])));
    case 'commands':
      return only([...commandCandidates(program), { word: 'codes', about: 'the exit codes' }]);
    case 'rooms':
      return only(roomCandidates((await ask()).rooms));
    case 'people':
      return only(peopleCandidates((await ask()).people));
    case 'places': {
      const { rooms, people } = await ask();
      const places = peopleCandidates(people).map(({ word, about }) => ({ word: `@${word}`, about }));
      return only([...roomCandidates(rooms), ...places]);
    }
    default:
      return values satisfies never;
  }
};

/** A name that begins with a dash would be an option: it gets its # back. */
const roomCandidates = (rooms: readonly string[]): readonly Candidate[] =>
  rooms.filter(isRoomName).map((room) => ({ word: /^[\p{L}\p{N}]/u.test(room) ? room : `#${room}`, about: 'room' }));

/** A person goes by their name if it is one person's only and nothing that a shell could obey; else by the beginning of the id. */
const peopleCandidates = (people: readonly PersonShown[]): readonly Candidate[] => {
  const bearers = new Map<string, number>();
  for (const { name } of people) bearers.set(nameSkeleton(name), (bearers.get(nameSkeleton(name)) ?? 0) + 1);
  return people.flatMap(({ id, name }) => {
    const shown = cleanName(name);
    const isClear = HARMLESS.test(shown) && bearers.get(nameSkeleton(name)) === 1;
    if (isClear) return [{ word: shown, about: id.slice(0, ID_LENGTH) }];
    return /^[0-9a-f]{64}$/.test(id) ? [{ word: id.slice(0, ID_LENGTH), about: shown }] : [];
  });
};

/** Lines for the scripts: a word and, after a tab, what it is. A line with no word: files fit too. */
export const candidateLines = ({ found, hasFiles }: Candidates): string =>
  [
    ...found.map(
      ({ word, about }) => `${word}\t${[...cleanText(about, { newlines: 'space' })].slice(0, ABOUT_LENGTH_MAX).join('')}`,
    ),
    ...(hasFiles ? ['\tfiles'] : []),
  ]
    .map((line) => `${line}\n`)
    .join('');
