import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import {
  directScope,
  type EntryId,
  entryIdOf,
  type PeerId,
  peerId,
  type RoomName,
  roomScope,
  type Scope,
} from '../../../src/base/ids.ts';
import { isMention } from '../../../src/base/mention.ts';
import { wallTime } from '../../../src/base/time.ts';
import type { SpokenBody } from '../../../src/chat/event.ts';
import { Book } from '../../../src/platform/index/book.ts';
import { MemoryRecords } from '../../../src/platform/index/memory-records.ts';
import { temporaryFolder } from '../temporary.ts';

const person = (byte: number): PeerId => peerId(new Uint8Array(32).fill(byte));
const [self, ann, bob] = [person(1), person(2), person(3)];
const lobby = roomScope('lobby' as RoomName);
const tea = roomScope('tea' as RoomName);

/** A book and the records it is made of; each thing said comes one second after the one before. */
class Shelf {
  readonly records = new MemoryRecords();
  readonly problems: string[] = [];
  #said = 0;
  book: Book;
  readonly #path: string | undefined;

  constructor(path?: string) {
    this.#path = path;
    this.book = this.open();
  }

  open(storeName = 'store'): Book {
    this.book = new Book({
      store: this.records,
      path: this.#path,
      storeName,
      self,
      isMention: (text) => isMention(text, 'Me'),
      onRewritten: () => undefined,
      onProblem: (text) => this.problems.push(text),
    });
    return this.book;
  }

  put(author: PeerId, body: SpokenBody, scope: Scope = lobby, atSecond?: number): EntryId {
    this.#said += 1;
    const id = entryIdOf(Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? this.#said & 255 : i === 1 ? this.#said >> 8 : 9)));
    this.records.add(scope, { id, author, sequence: this.#said, time: wallTime((atSecond ?? this.#said) * 1000), body });
    return id;
  }

  say(author: PeerId, text: string, scope?: Scope, atSecond?: number): EntryId {
    return this.put(author, { kind: 'text', text }, scope, atSecond);
  }

  async texts(query: Partial<Parameters<Book['history']>[0]> = {}): Promise<readonly string[]> {
    return (await this.book.history({ limit: 100, ...query })).map(({ body }) => body.text);
  }

  async found(words: string, scope?: Scope): Promise<readonly string[]> {
    const query = scope === undefined ? { words, limit: 100 } : { words, limit: 100, scope };
    return (await this.book.search(query)).map(({ body }) => body.text);
  }
}

describe('history', () => {
  test('is the newest page, oldest first, by when it was said, and goes back from any message', async () => {
    const shelf = new Shelf();
    const ids = ['one', 'two', 'three', 'four'].map((text) => shelf.say(ann, text));
    shelf.say(bob, 'said before all, heard last', lobby, 0.5);
    expect(await shelf.texts({ scope: lobby, limit: 2 })).toEqual(['three', 'four']);
    expect(await shelf.texts({ limit: 2 })).toEqual(['said before all, heard last', 'four']); // everywhere: what came last
    expect(await shelf.texts({ scope: lobby, limit: 10, ...{ before: ids[2] as EntryId } })).toEqual([
      'said before all, heard last',
      'one',
      'two',
    ]);
    expect(await shelf.texts()).toHaveLength(5);
  });

  test('is limited to a room, a conversation, a person, a time', async () => {
    const shelf = new Shelf();
    shelf.say(ann, 'in the lobby');
    shelf.say(bob, 'at tea', tea);
    shelf.say(ann, 'between us', directScope(ann));
    shelf.say(self, 'to her', directScope(ann));
    expect(await shelf.texts({ scope: tea })).toEqual(['at tea']);
    expect(await shelf.texts({ scope: directScope(ann) })).toEqual(['between us', 'to her']);
    expect(await shelf.texts({ from: bob })).toEqual(['at tea']);
    expect(await shelf.texts({ since: wallTime(2000), until: wallTime(3000) })).toEqual(['at tea', 'between us']);
    expect(await shelf.texts({ scope: roomScope('nowhere' as RoomName) })).toEqual([]);
  });

  test('shows what was edited as it is now, with what it was; deleted without its text; reactions by whom', async () => {
    const shelf = new Shelf();
    const id = shelf.say(ann, 'frist');
    const gone = shelf.say(bob, 'never mind');
    shelf.put(ann, { kind: 'edit', of: id, text: 'first' });
    shelf.put(ann, { kind: 'edit', of: id, text: 'first!' });
    shelf.put(bob, { kind: 'edit', of: id, text: 'forged' });
    shelf.put(ann, { kind: 'delete', of: gone });
    shelf.put(bob, { kind: 'reaction', of: id, emoji: '👍', isOn: true });
    shelf.put(self, { kind: 'reaction', of: id, emoji: '👍', isOn: true });
    shelf.put(self, { kind: 'reaction', of: id, emoji: '👍', isOn: false });
    const before = await shelf.book.history({ limit: 10 });
    expect(before.map(({ body, isDeleted }) => [body.text, isDeleted])).toEqual([
      ['first!', false],
      ['never mind', false],
    ]);
    expect(before[0]?.edits.map(({ text }) => text)).toEqual(['frist', 'first']);
    expect(before[0]?.reactions).toEqual([{ emoji: '👍', by: [bob] }]);
    shelf.put(bob, { kind: 'delete', of: gone });
    const [, after] = await shelf.book.history({ limit: 10 });
    expect([after?.body.text, after?.isDeleted]).toEqual(['', true]);
    expect(await shelf.found('mind')).toEqual([]);
    expect(await shelf.found('first')).toEqual(['first!']);
    expect(await shelf.found('frist OR forged')).toEqual([]);
  });

  test('counts an edit that came before what it edits', async () => {
    const shelf = new Shelf();
    const later = entryIdOf(Uint8Array.from({ length: 16 }, (_, i) => (i === 0 ? 2 : i === 1 ? 0 : 9)));
    shelf.put(ann, { kind: 'edit', of: later, text: 'after' });
    shelf.say(ann, 'before');
    expect(await shelf.texts()).toEqual(['after']);
    expect(await shelf.found('after')).toEqual(['after']);
    expect(shelf.book.authorOf(later)).toBe(ann);
  });

  test('knows the latest topic of a room', async () => {
    const shelf = new Shelf();
    shelf.put(ann, { kind: 'topic', text: 'tea at four' }, tea, 10);
    shelf.put(bob, { kind: 'topic', text: 'older, heard later' }, tea, 5);
    expect(await shelf.book.topicOf('#tea' as never)).toEqual({ text: 'tea at four', by: ann, time: 10_000 });
    shelf.put(bob, { kind: 'topic', text: '' }, tea, 11);
    expect(await shelf.book.topicOf('#tea' as never)).toBeUndefined();
  });
});

describe('search', () => {
  const shelf = new Shelf();
  for (const text of [
    'Soup is ready in the kitchen',
    'the kitchen is on fire',
    'Crème brûlée for everyone',
    '明日の会議は十時からです',
    '我们明天在咖啡馆见面',
    'release 17 of the build is done: see build-17.log',
    '"quoted" NEAR(oops) * ^ \' --',
  ])
    shelf.say(ann, text);
  shelf.say(bob, 'soup at tea', tea);

  test.each<readonly [string, readonly string[]]>([
    ['soup', ['soup at tea', 'Soup is ready in the kitchen']],
    ['kitchen ready', ['Soup is ready in the kitchen']],
    ['"the kitchen"', ['the kitchen is on fire', 'Soup is ready in the kitchen']],
    ['"kitchen is"', ['the kitchen is on fire']],
    ['kit*', ['the kitchen is on fire', 'Soup is ready in the kitchen']],
    ['kitchen NOT fire', ['Soup is ready in the kitchen']],
    ['kitchen -fire', ['Soup is ready in the kitchen']],
    ['fire OR brulee', ['Crème brûlée for everyone', 'the kitchen is on fire']],
    ['(fire OR soup) AND kitchen', ['the kitchen is on fire', 'Soup is ready in the kitchen']],
    ['CREME', ['Crème brûlée for everyone']],
    ['会議', ['明日の会議は十時からです']],
    ['咖啡馆', ['我们明天在咖啡馆见面']],
    ['天', ['我们明天在咖啡馆见面']],
    ['咖馆', []],
    ['build-17', ['release 17 of the build is done: see build-17.log']],
    ['NEAR(oops)', ['"quoted" NEAR(oops) * ^ \' --']],
    ['NOT kitchen build', ['release 17 of the build is done: see build-17.log']],
  ])('%s', async (words, texts) => {
    expect(await shelf.found(words)).toEqual(texts);
  });

  test('is limited to a room', async () => {
    expect(await shelf.found('soup', tea)).toEqual(['soup at tea']);
  });

  test.each(['', '->', '"', '()'])('%j asks for nothing, and says what to give', async (words) => {
    await expect(shelf.found(words)).rejects.toThrow('give words');
  });
});

describe('unread', () => {
  test('counts what others said since, and what calls for us; until read', async () => {
    const shelf = new Shelf();
    shelf.say(ann, 'hello');
    shelf.say(self, 'hello Me');
    shelf.say(bob, '@me look');
    shelf.say(ann, 'psst', directScope(ann));
    const counts = async () => (await shelf.book.unread()).map(({ scope, count, mentions }) => [scope, count, mentions]);
    expect(await counts()).toEqual([
      [lobby, 2, 1],
      [directScope(ann), 1, 1],
    ]);
    shelf.book.markRead(lobby);
    shelf.say(ann, 'again');
    expect(await counts()).toEqual([
      [lobby, 1, 0],
      [directScope(ann), 1, 1],
    ]);
  });
});

describe('the index on disk', () => {
  test('goes on where it was, and is made again for another store, or when it is damaged', async () => {
    const path = join(temporaryFolder(), 'index.sqlite');
    const shelf = new Shelf(path);
    shelf.say(ann, 'one');
    shelf.book.markRead(lobby);
    expect(await shelf.found('one')).toEqual(['one']);
    shelf.book.close();
    shelf.say(ann, 'two');
    shelf.open();
    expect(await shelf.texts()).toEqual(['one', 'two']);
    shelf.book.close();
    shelf.open('another store');
    expect(await shelf.texts()).toEqual(['one', 'two']);
    expect((await shelf.book.unread())[0]?.count).toBe(1);
    shelf.book.close();
    writeFileSync(path, 'SQLite format 3\0 but nothing of the kind');
    shelf.open('another store');
    expect(await shelf.found('two')).toEqual(['two']);
    shelf.book.close();
    expect(shelf.problems).toEqual([]);
  });

  test('is made in memory where the disk takes none, and says so', async () => {
    const shelf = new Shelf(join(temporaryFolder(), 'no such folder', 'index.sqlite'));
    shelf.say(ann, 'one');
    expect(await shelf.texts()).toEqual(['one']);
    expect(shelf.problems).toEqual([expect.stringContaining('cannot be kept on the disk')]);
  });
});
