import { afterEach, describe, expect, test } from '@jest/globals';
import { directScope, type RoomName, roomScope } from '../../src/base/ids.ts';
import { type EarshotPeer, openPeer } from '../../src/index.ts';
import {
  type KeptPreferences,
  keptPreferences,
  PlacePreferences,
  PREFERENCE_SIZE_MAX,
  PREFERENCES_MAX,
} from '../../src/platform/place-preferences.ts';
import { temporaryFolder } from './temporary.ts';

const LOBBY = roomScope('lobby' as RoomName);
const roomNumber = (number: number) => roomScope(`r${number}` as RoomName);

describe('what a program keeps about a room or person', () => {
  test('is kept whole at every change, and only then', () => {
    const kept: KeptPreferences[] = [];
    const preferences = new PlacePreferences({ '#kitchen': 'quiet' }, (all) => kept.push(all));
    preferences.set(LOBBY, 'loud');
    preferences.set(LOBBY, 'loud');
    preferences.set(LOBBY, undefined);
    preferences.set(LOBBY, undefined);
    expect(kept).toEqual([{ '#kitchen': 'quiet', '#lobby': 'loud' }, { '#kitchen': 'quiet' }]);
    expect([preferences.of(LOBBY), preferences.of(roomScope('kitchen' as RoomName))]).toEqual([undefined, 'quiet']);
    preferences.forget(undefined);
    expect(kept.at(-1)).toEqual({});
  });

  test('is bounded: what is too long or too much is refused with what to do, and what is there can still be changed', () => {
    const preferences = new PlacePreferences({}, () => undefined);
    for (let at = 0; at < PREFERENCES_MAX; at++) preferences.set(roomNumber(at), 'x');
    expect(() => preferences.set(LOBBY, 'x')).toThrow(/take some back first/);
    preferences.set(roomNumber(0), 'y');
    preferences.set(roomNumber(1), undefined);
    preferences.set(LOBBY, 'x'.repeat(PREFERENCE_SIZE_MAX));
    expect(() => preferences.set(LOBBY, 'x'.repeat(PREFERENCE_SIZE_MAX + 1))).toThrow(/at most 64 characters/);
    expect(preferences.all.size).toBe(PREFERENCES_MAX);
  });

  test.each([
    [undefined, {}],
    ['text', {}],
    [['#lobby'], {}],
    [{ '#lobby': 1, lobby: 'x', '#': 'x', '@ab': 'x', '#long': 'x'.repeat(65) }, { '@ab': 'x' }],
  ])('of a file that says %j is %j', (value, expected) => {
    expect(keptPreferences(value)).toEqual(expected);
  });
});

describe('a peer', () => {
  const opened: EarshotPeer[] = [];
  afterEach(async () => {
    for (const peer of opened.splice(0)) await peer.close();
  });
  const open = async (home: string): Promise<EarshotPeer> => {
    const peer = await openPeer({ interfaces: ['127.0.0.1'], useDiscovery: false, home });
    opened.push(peer);
    return peer;
  };

  test('has it again after the next start, until it is forgotten with what was said there', async () => {
    const home = temporaryFolder();
    const first = await open(home);
    const conversation = directScope(first.id);
    first.preferences.set(LOBBY, 'loud');
    first.preferences.set(conversation, 'quiet');
    await first.close();
    const second = await open(home);
    expect([second.preferences.of(LOBBY), second.preferences.of(conversation)]).toEqual(['loud', 'quiet']);
    await second.forget(conversation);
    await second.close();
    const third = await open(home);
    expect([...third.preferences.all]).toEqual([['#lobby', 'loud']]);
    await third.forget(undefined);
    await third.close();
    expect([...(await open(home)).preferences.all]).toEqual([]);
  });
});
