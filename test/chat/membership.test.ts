import { describe, expect, test } from '@jest/globals';
import type { PeerId } from '../../src/base/ids.ts';
import { Membership } from '../../src/chat/membership.ts';
import { LOBBY, room } from './chat-world.ts';

const ada = 'a' as PeerId;
const bob = 'b' as PeerId;
const tea = room('tea');

describe('membership', () => {
  test('a later claim replaces an earlier one, which is ignored if it arrives late', () => {
    const membership = new Membership();
    expect(membership.claim(ada, { kind: 'rooms', generation: 3, rooms: [LOBBY] })).toEqual({
      isFirst: true,
      joined: [LOBBY],
      left: [],
    });
    expect(membership.claim(ada, { kind: 'rooms', generation: 5, rooms: [tea] })).toEqual({
      isFirst: false,
      joined: [tea],
      left: [LOBBY],
    });
    expect(membership.claim(ada, { kind: 'rooms', generation: 4, rooms: [LOBBY] })).toBeUndefined();
    expect(membership.claim(ada, { kind: 'rooms', generation: 5, rooms: [LOBBY] })).toBeUndefined();
    expect([membership.members(LOBBY), membership.members(tea), membership.roomsOf(ada)]).toEqual([[], [ada], [tea]]);
  });

  test('ends with the session; the next begins anew', () => {
    const membership = new Membership();
    membership.claim(ada, { kind: 'rooms', generation: 9, rooms: [LOBBY, tea] });
    membership.claim(bob, { kind: 'rooms', generation: 1, rooms: [LOBBY] });
    membership.forget(ada);
    expect([membership.members(LOBBY), membership.members(tea), membership.roomsOf(ada)]).toEqual([[bob], [], []]);
    expect(membership.claim(ada, { kind: 'rooms', generation: 0, rooms: [LOBBY] })?.isFirst).toBe(true);
    expect(membership.members(LOBBY)).toEqual([bob, ada]);
  });
});
