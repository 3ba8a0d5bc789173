import { chmodSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type EarshotPeer, openPeer } from '../../src/index.ts';
import { readProfile } from '../../src/platform/home.ts';
import { folderMarks } from '../../src/platform/store/store-folder.ts';
import { temporaryFolder } from './temporary.ts';

const opened: EarshotPeer[] = [];
afterEach(async () => {
  for (const peer of opened.splice(0)) await peer.close();
});

/** A home as the first version left it: `author` said five things, `reader` heard them. */
const homeOf = (who: 'author' | 'reader', isInPlace: boolean): string => {
  const home = join(temporaryFolder(), 'home');
  cpSync(join(import.meta.dirname, 'fixtures', `first-version-${who}`), home, { recursive: true });
  chmodSync(home, 0o700);
  if (isInPlace) {
    // the files are where that version wrote them
    const file = join(home, 'profile.json');
    const profile = JSON.parse(readFileSync(file, 'utf8')) as object;
    writeFileSync(file, JSON.stringify({ ...profile, marks: folderMarks(join(home, 'log')) }));
  }
  return home;
};
const open = async (home: string): Promise<EarshotPeer> => {
  const peer = await openPeer({ home, interfaces: ['127.0.0.1'], useDiscovery: false });
  opened.push(peer);
  return peer;
};
const IN_LOBBY = ['the first version said this', 'two', 'three', 'four'];

describe('a home of the first version', () => {
  test('of an author goes on with its log and its numbers', async () => {
    const home = homeOf('author', true);
    const before = readProfile(home);
    const peer = await open(home);
    expect(readProfile(home)?.log).toBe(before?.log);
    expect((await peer.history({ limit: 9 })).map(({ body }) => body.text)).toEqual([...IN_LOBBY, 'between us']);
    expect((await peer.say('lobby', 'and this one that')).sequence).toBeGreaterThan(4);
    expect((await peer.search({ words: 'version', limit: 9 })).map(({ body }) => body.text)).toEqual([
      'the first version said this',
    ]);
    await peer.close();
    const again = await open(home);
    expect((await again.history({ limit: 9 })).map(({ body }) => body.text)).toEqual([
      ...IN_LOBBY,
      'between us',
      'and this one that',
    ]);
  });

  test('of a reader has all it heard, in its places', async () => {
    const peer = await open(homeOf('reader', true));
    const messages = await peer.history({ limit: 9 });
    expect(messages.map(({ body }) => body.text)).toEqual([...IN_LOBBY, 'between us']);
    expect(messages.map(({ scope }) => scope.kind)).toEqual(['room', 'room', 'room', 'room', 'direct']);
    expect((await peer.unread()).map(({ count }) => count)).toEqual([4, 1]);
  });

  test('that was copied gets a log of its own, and keeps what was said', async () => {
    const home = homeOf('author', false);
    const before = readProfile(home);
    const peer = await open(home);
    expect(readProfile(home)?.log).not.toBe(before?.log);
    expect((await peer.history({ limit: 9 })).map(({ body }) => body.text)).toEqual([...IN_LOBBY, 'between us']);
    expect((await peer.say('lobby', 'one')).sequence).toBe(1);
  });
});
