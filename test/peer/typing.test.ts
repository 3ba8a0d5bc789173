import { describe, expect, test } from '@jest/globals';
import { directScope, type PeerId, peerId, roomScope } from '../../src/base/ids.ts';
import { TYPING_MEMBERS_MAX } from '../../src/base/limits.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import { Self } from '../../src/peer/self.ts';
import { room } from '../sim/simulated-peer.ts';
import { World } from '../sim/world.ts';

const SEED = 20_261_128;
const person = (n: number): PeerId => peerId(new Uint8Array(32).fill(n));

describe('that somebody is writing', () => {
  test(`is told to those in the room or to the one who is written to, and to nobody else (seed ${SEED})`, () => {
    const world = new World({ seed: SEED, suite: nodeSuite, link: {} });
    const [ann, bob, cat] = ['Ann', 'Bob', 'Cat'].map((name) => world.add({ name }));
    if (ann === undefined || bob === undefined || cat === undefined) throw new Error('nobody');
    world.runUntil(() => [ann, bob, cat].every(({ peer }) => peer.sessionCount() === 2), 2_000);
    ann.receive({ kind: 'join', room: room('kitchen') });
    bob.receive({ kind: 'join', room: room('kitchen') });
    world.run(100);
    ann.receive({ kind: 'typing', scope: roomScope(room('kitchen')), isTyping: true });
    ann.receive({ kind: 'typing', scope: directScope(cat.id), isTyping: true });
    ann.receive({ kind: 'typing', scope: directScope(cat.id), isTyping: false });
    world.run(100);
    const heard = (peer: typeof ann) => peer.seen('typing').map(({ peer: from, scope, isTyping }) => [from, scope, isTyping]);
    expect(heard(bob)).toEqual([[ann.id, roomScope(room('kitchen')), true]]);
    expect(heard(cat)).toEqual([
      [ann.id, directScope(cat.id), true],
      [ann.id, directScope(cat.id), false],
    ]);
    expect(heard(ann)).toEqual([]);
  });

  test.each([
    [TYPING_MEMBERS_MAX, TYPING_MEMBERS_MAX],
    [TYPING_MEMBERS_MAX + 1, 0],
  ])('in a room of %d others is told to %d', (others, told) => {
    const to: PeerId[] = [];
    const self = new Self(person(255), 'Ann', false, (peer) => to.push(peer));
    const members = Array.from({ length: others }, (_, n) => person(n));
    self.tellTyping(roomScope(room('lobby')), true, () => members);
    expect(to).toEqual(members.slice(0, told));
  });
});
