import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { directScope, type EntryId, type RoomName, roomScope, scopeKey } from '../../../src/base/ids.ts';
import { retentionLimits } from '../../../src/platform/store/retention-limits.ts';
import { folderMarks, isContinuation } from '../../../src/platform/store/store-folder.ts';
import { KeptWorld, LOBBY } from '../kept-world.ts';
import { temporaryFolder } from '../temporary.ts';

const worlds: KeptWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
const DAY = 86_400_000;
const FOREVER = ['3650 days'];
const lobby = roomScope(LOBBY);
const made = (names: readonly string[], keep: readonly string[] = FOREVER, segmentSizeMax?: number): KeptWorld => {
  const world = new KeptWorld(temporaryFolder(), names, keep, segmentSizeMax);
  worlds.push(world);
  return world;
};
const onDisk = (folder: string): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name)).toString('latin1'))
    .join('');

describe('what is old', () => {
  test('goes, by when it came, from the disk, the index and the memory of the core, and is told of', async () => {
    const world = made(['ann'], ['30 days']);
    const ann = world.other('ann');
    world.say(ann, 'an old word of ann');
    world.say(world.me, 'an old word of mine');
    world.toMe(ann, 'an old word to me');
    world.ms += 31 * DAY;
    world.say(ann, 'a new word of ann');
    expect(await world.retention.prune()).toBe(3);
    expect(await world.texts()).toEqual(['a new word of ann']);
    expect(await world.book.prunedIn(scopeKey(lobby))).toBe(2);
    expect(await world.book.prunedIn(scopeKey(directScope(ann.id)))).toBe(1);
    expect((await world.book.search({ words: 'old', limit: 9 })).length).toBe(0);
    await world.restart();
    expect(onDisk(world.folder)).not.toContain('an old word');
    expect(await world.texts()).toEqual(['a new word of ann']);
    expect(await world.book.prunedIn(scopeKey(lobby))).toBe(2); // the index was made again
    expect(await world.retention.prune()).toBe(0);
    world.say(ann, 'ann goes on');
    world.say(world.me, 'so do I');
    expect(await world.texts()).toEqual(['a new word of ann', 'ann goes on', 'so do I']);
  });

  test('stays as long as it is not', async () => {
    const world = made(['ann'], ['30 days']);
    world.say(world.other('ann'), 'yesterday');
    world.ms += 29 * DAY;
    expect(await world.retention.prune()).toBe(0);
    expect(await world.texts()).toEqual(['yesterday']);
  });
});

describe('what is too much', () => {
  test('goes from whoever says the most: a flood pushes out itself', async () => {
    const world = made(['ann', 'flo'], [...FOREVER, '40 messages']);
    const [ann, flo] = [world.other('ann'), world.other('flo')];
    for (let n = 0; n < 8; n++) world.say(ann, `ann ${n}`);
    for (let n = 0; n < 60; n++) world.say(flo, `flood ${n}`);
    await world.retention.prune();
    const texts = await world.texts(lobby);
    expect(texts).toHaveLength(40);
    expect(texts.filter((text) => text.startsWith('ann'))).toHaveLength(8);
    expect(texts.at(-1)).toBe('flood 59');
  });

  test('goes in whole runs, and from the oldest on if nobody says more than others', async () => {
    const names = ['ann', 'bob', 'cat', 'dan', 'eve'];
    const world = made(names, [...FOREVER, '40 messages']);
    for (let round = 0; round < 2; round++) {
      for (const name of names)
        world.sayAll(
          world.other(name),
          Array.from({ length: 5 }, (_, i) => `${name} ${round} ${i}`),
        );
    }
    await world.retention.prune();
    const texts = await world.texts(lobby);
    expect(texts).toHaveLength(40);
    expect(texts[0]).toBe('cat 0 0');
  });

  test('of a conversation does not touch another', async () => {
    const world = made(['ann', 'bob'], [...FOREVER, '10 messages']);
    for (let n = 0; n < 20; n++) world.toMe(world.other('ann'), `a${n}`);
    for (let n = 0; n < 10; n++) world.toMe(world.other('bob'), `b${n}`);
    await world.retention.prune();
    expect((await world.texts()).filter((text) => text.startsWith('b'))).toHaveLength(10);
    expect((await world.texts()).filter((text) => text.startsWith('a'))).toHaveLength(10);
  });
});

describe('what its owner keeps', () => {
  const kitchen = roomScope('kitchen' as RoomName);

  test('of one room may be less or more than of the others, also when what is older stays', async () => {
    const world = made(['ann'], ['10 days', '#kitchen 2 days']);
    const ann = world.other('ann');
    world.say(world.me, 'long ago', lobby);
    world.say(world.me, 'lunch', kitchen);
    world.ms += 3 * DAY;
    world.say(ann, 'lately');
    world.say(world.me, 'tea', kitchen);
    expect(await world.retention.prune()).toBe(1);
    expect(await world.texts()).toEqual(['long ago', 'lately', 'tea']);
  });

  test('is limited in bytes, by room and in all, and the largest place gives first', async () => {
    const world = made(['ann', 'bob'], [...FOREVER, '1 MB in all', '#kitchen 1 MB']);
    const long = 'x'.repeat(8000);
    for (let n = 0; n < 20; n++) world.toMe(world.other('ann'), `a${n}${long}`);
    for (let n = 0; n < 130; n++) world.say(world.me, `k${n}${long}`, kitchen);
    await world.retention.prune();
    const texts = await world.texts();
    expect(texts.filter((text) => text.startsWith('a'))).toHaveLength(20);
    const left = texts.filter((text) => text.startsWith('k'));
    expect(left.length).toBeGreaterThan(75); // of a direct message the sealed and the readable are kept
    expect(left.reduce((sum, text) => sum + text.length, 20 * 8100)).toBeLessThan(1_000_000);
    expect(left.at(-1)).toMatch(/^k129/);
  });

  test('counts what changes messages too: a flood of reactions pushes out itself', async () => {
    const world = made(['ann', 'flo'], [...FOREVER, '40 messages']);
    const [ann, flo] = [world.other('ann'), world.other('flo')];
    for (let n = 0; n < 8; n++) world.say(ann, `ann ${n}`);
    const [of] = await world.book.history({ limit: 1 });
    for (let n = 0; n < 60; n++) world.react(flo, of?.id as EntryId, n % 2 === 0);
    expect(await world.retention.prune()).toBe(0);
    expect(world.kept()).toBe(40);
    expect(await world.texts(lobby)).toHaveLength(8);
  });

  test.each([
    ['7', 'Write "7 days"'],
    ['0 days', 'Give 1 to 3650 days'],
    ['200000 messages', 'Give 1 to 100000 messages'],
    ['builds 7 days', 'with its "#"'],
    ['7 days in all', 'said in MB'],
    ['#builds 7 MB in all', 'said in MB'],
  ])('%s is not understood, and it is said what is', (text, advice) => {
    expect(() => retentionLimits([text])).toThrow(advice);
  });
});

describe('what is to be forgotten', () => {
  test('is a room, a person or everything, and is overwritten', async () => {
    const world = made(['ann', 'bob']);
    const [ann, bob] = [world.other('ann'), world.other('bob')];
    world.say(ann, 'secret in the lobby');
    world.toMe(ann, 'secret of ann');
    world.say(world.me, 'secret for ann', directScope(ann.id));
    world.toMe(bob, 'secret of bob');
    expect(await world.retention.forget(lobby, [])).toBe(1);
    expect(await world.texts()).toEqual(['secret of ann', 'secret for ann', 'secret of bob']);
    expect(await world.retention.forget(directScope(ann.id), [ann.id])).toBe(2);
    expect(await world.texts()).toEqual(['secret of bob']);
    expect(await world.book.prunedIn(scopeKey(lobby))).toBe(0); // by wish, not for want of room
    expect(await world.retention.forget(undefined, [])).toBe(1);
    await world.restart();
    expect(await world.texts()).toEqual([]);
    expect(onDisk(world.folder)).not.toContain('secret');
    world.say(ann, 'life goes on');
    world.say(world.me, 'with numbers that go on', directScope(bob.id));
    expect(await world.texts()).toEqual(['life goes on', 'with numbers that go on']);
    expect(world.problems).toEqual([]);
  });

  test('does not come back with a person who has it still', async () => {
    const world = made(['ann', 'bob']);
    const [ann] = [world.other('ann')];
    for (let n = 0; n < 5; n++) world.say(ann, `word ${n}`);
    await world.retention.forget(lobby, []);
    await world.restart();
    world.ms += 20_000;
    world.meet();
    expect(await world.texts()).toEqual([]);
  });
});

describe('segments in which nothing is left', () => {
  test('are removed, the state they held is kept, and the store goes on being the same', async () => {
    const world = made(['ann'], ['30 days'], 4_000);
    const ann = world.other('ann');
    for (let n = 0; n < 60; n++) world.say(n % 2 === 0 ? ann : world.me, `old ${n} ${'x'.repeat(100)}`);
    world.book.markRead(lobby);
    world.ms += 31 * DAY;
    world.say(ann, 'new');
    const before = folderMarks(world.folder);
    const count = world.store.fullSegments.length;
    expect(count).toBeGreaterThan(3);
    await world.retention.prune();
    expect(world.store.fullSegments.length).toBeLessThan(count);
    const names = world.replaced.map((number) => `${String(number).padStart(8, '0')}.seg`);
    expect(names.length).toBeGreaterThan(2);
    const told = before.filter((mark) => !names.some((name) => mark.startsWith(name)));
    expect(isContinuation(told, folderMarks(world.folder))).toBe(true);
    const state = new Set(world.me.chat.stateRecords().map((record) => Buffer.from(record).toString('hex')));
    await world.restart();
    expect(await world.texts()).toEqual(['new']);
    expect((await world.book.unread()).map(({ count: unread }) => unread)).toEqual([1]); // only 'new' was not read
    world.say(world.me, 'mine');
    world.say(ann, 'hers');
    expect(await world.texts()).toEqual(['new', 'mine', 'hers']);
    const after = world.me.chat.stateRecords().map((record) => Buffer.from(record).toString('hex'));
    expect(after.filter((record) => record.startsWith('8605')).every((record) => state.has(record))).toBe(true); // keys of people
    expect(world.problems).toEqual([]);
  });
});
