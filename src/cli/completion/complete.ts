/** `earshot complete`, which the scripts of shells ask. It only asks who runs already, opens nothing and says nothing on stderr. */
import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import type { Command } from 'commander';
import type { PersonShown } from '../../ui/shown.ts';
import { settle } from '../config/settle.ts';
import { CONTROL_FORM } from '../job/guests.ts';
import { type Candidates, candidateLines, candidatesFor, type KnownNames } from './candidates.ts';
import { parseTypedLine } from './typed-line.ts';

/** A peer that has not answered by then is not waited for: somebody has pressed Tab. */
const ANSWER_WITHIN_MS = 1_000;
const NOTHING: KnownNames = { rooms: [], people: [] };

/** Of a line of bash: escaped, and without what readline keeps. */
export const completeLine = async (program: Command, line: string, breaks: string): Promise<string> => {
  const { before, current, kept, isQuoted } = parseTypedLine(line, breaks);
  const { found, hasFiles } = await candidates(program, before, current);
  const fitting = found.filter(({ word }) => word.startsWith(current));
  const put = fitting.map(({ word, about }) => ({ word: isQuoted ? word.slice(kept) : escaped(word.slice(kept)), about }));
  return candidateLines({ found: put, hasFiles });
};

/** Of words, as zsh and fish give them, the command first and the one being typed last; they choose and escape themselves. */
export const completeWords = async (program: Command, words: readonly string[]): Promise<string> =>
  candidateLines(await candidates(program, words.slice(1, -1), unquoted(words.at(-1) ?? '')));

const unquoted = (text: string): string => text.replace(/^["']/, '');

/** Everything but letters, digits and signs that mean nothing to bash. */
const escaped = (word: string): string => word.replace(/[^A-Za-z0-9_@=.,:/\u0080-\u{10ffff}-]/gu, '\\$&');

const candidates = (program: Command, before: readonly string[], current: string): Promise<Candidates> =>
  candidatesFor(program, before, current, async () => {
    const home = await homeOf(program, before);
    return askRunning(home).catch(() => NOTHING); // nobody runs, or another version
  });

/** The profile that the line being typed is about. */
const homeOf = async (program: Command, before: readonly string[]): Promise<string> => {
  const at = before.lastIndexOf('--home');
  const typed = at < 0 ? before.findLast((word) => word.startsWith('--home='))?.slice('--home='.length) : before[at + 1];
  if (typed !== undefined && typed !== '') return typed.replace(/^~(?=\/|$)/, homedir());
  const { settled } = await settle(program, process.env).catch(() => ({ settled: [] })); // the command itself will tell
  const home = settled.find(({ setting }) => setting.key === 'home')?.value;
  return typeof home === 'string' ? home : (await import('../../platform/home.ts')).defaultHome();
};

const askRunning = async (home: string): Promise<KnownNames> => {
  const { callControl } = await import('../../platform/control.ts');
  const request = { earshot: CONTROL_FORM, kind: 'start', session: randomUUID(), command: 'names', request: {} };
  const answer = async (): Promise<KnownNames> => {
    for await (const reply of (await callControl(home, request)) ?? []) {
      const { kind, record } = fieldsOf(reply);
      if (kind === 'record') return namesOf(fieldsOf(record));
    }
    return NOTHING;
  };
  const tooLate = new Promise<KnownNames>((resolve) => setTimeout(() => resolve(NOTHING), ANSWER_WITHIN_MS).unref());
  return Promise.race([answer(), tooLate]);
};

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const namesOf = ({ rooms, people }: Readonly<Record<string, unknown>>): KnownNames => ({
  rooms: Array.isArray(rooms) ? rooms.filter((room) => typeof room === 'string') : [],
  people: Array.isArray(people) ? people.filter(isPerson) : [],
});

const isPerson = (value: unknown): value is PersonShown => {
  const { id, name } = fieldsOf(value);
  return typeof id === 'string' && typeof name === 'string';
};
