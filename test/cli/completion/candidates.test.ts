import { describe, expect, test } from '@jest/globals';
import { candidateLines, candidatesFor, type KnownNames } from '../../../src/cli/completion/candidates.ts';
import { programOf } from '../../../src/cli/program/program.ts';

const id = (digit: string): string => digit.repeat(64);
const KNOWN: KnownNames = {
  rooms: ['lobby', '-v', 'not a room', 'küche'],
  people: [
    { id: id('a'), name: 'Ann' },
    { id: id('b'), name: 'Bob' },
    { id: id('c'), name: 'B\u043eb' },
    { id: id('d'), name: '$(reboot)' },
    { id: 'nonsense\n', name: '`reboot`' },
    { id: id('e'), name: '👩\u200d🚀 Eve' },
  ],
};
const words = async (...typed: readonly string[]): Promise<readonly string[]> => {
  const found = await candidatesFor(programOf('0'), typed.slice(0, -1), typed.at(-1) ?? '', () => Promise.resolve(KNOWN));
  return found.found.map(({ word }) => word);
};
const PEOPLE = ['Ann', id('b').slice(0, 12), id('c').slice(0, 12), id('d').slice(0, 12), id('e').slice(0, 12)];
const ROOMS = ['lobby', '#-v', 'küche'];

describe('what can stand in a command line', () => {
  test('commands, but no hidden ones', async () => {
    expect(await words('')).toEqual(expect.arrayContaining(['chat', 'send', 'config', 'completion']));
    expect(await words('')).not.toContain('complete');
  });
  test('people go by their name if it is clear and harmless, else by digits of their id', async () => {
    expect(await words('send', '--to', '')).toEqual(PEOPLE);
    expect(await words('doctor', '')).toEqual(PEOPLE);
    expect(await words('--name', 'x', 'history', '--from', '')).toEqual(PEOPLE);
    expect(await words('send', '--to=')).toEqual(PEOPLE.map((word) => `--to=${word}`));
  });
  test('rooms and places; a dash in front would be an option', async () => {
    expect(await words('chat', '')).toEqual(ROOMS);
    expect(await words('listen', '--room', '')).toEqual(ROOMS);
    expect(await words('history', '')).toEqual([...ROOMS, ...PEOPLE.map((word) => `@${word}`)]);
    expect(await words('history', 'lobby', '')).toEqual([]);
  });
  test('options of the command and of all, and their choices', async () => {
    expect(await words('send', '-')).toEqual(expect.arrayContaining(['--reply-to', '--name', '--help']));
    expect(await words('send', '-')).not.toContain('--discovery');
    expect(await words('chat', '-')).not.toContain('--reply-to');
    expect(await words('send', '--wait', '')).toEqual(['queued', 'sent', 'delivered']);
    expect(await words('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(await words('send', '--', '-')).toEqual([]);
    expect(await words('send', '--timeout', '')).toEqual([]);
  });
  test('files where a file is meant', async () => {
    const ask = () => Promise.resolve(KNOWN);
    expect(candidateLines(await candidatesFor(programOf('0'), ['export'], '', ask))).toBe('\tfiles\n');
    expect(candidateLines(await candidatesFor(programOf('0'), ['--home'], '', ask))).toBe('\tfiles\n');
  });
  test('no line but its own comes out of a name or description', () => {
    const found = [{ word: 'x', about: 'a\tb\nc\u001b[2J\u202e' }];
    expect(candidateLines({ found, hasFiles: false })).toBe('x\ta    b c␛[2J\ufffd\n');
  });
});
