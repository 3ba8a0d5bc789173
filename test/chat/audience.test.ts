import { describe, expect, test } from '@jest/globals';
import { directScope, type PeerId, peerId, roomScope } from '../../src/base/ids.ts';
import { AWAY_ENTRIES_MAX } from '../../src/base/limits.ts';
import { Audience } from '../../src/chat/audience.ts';
import { LOBBY, type Node, numbered, pairInLobby, World } from './chat-world.ts';

const lobby = roomScope(LOBBY);
const person = (byte: number): PeerId => peerId(new Uint8Array(32).fill(byte));
const [ann, bob] = [person(1), person(2)];

/** Names of those a message is for, and of those who have it. */
const state = (node: Node, number: number, scope = lobby) => {
  const { audience, holders, isDropped } = node.chat.said.stateOf(scope, number);
  const names = (ids: readonly PeerId[]) => ids.map((id) => node.world.nodes.find((one) => one.id === id)?.name);
  return { for: names(audience), have: names(holders), isDropped };
};

describe('whom a message is for', () => {
  test('those who were in the room when it was said: not who came later, not who had left', () => {
    const audience = new Audience();
    audience.join(lobby, ann, 0);
    audience.join(lobby, bob, 5);
    audience.leave(lobby, ann, 7);
    expect(audience.state(lobby, 5).audience).toEqual([ann]);
    expect(audience.state(lobby, 6).audience).toEqual([ann, bob]);
    expect(audience.state(lobby, 8).audience).toEqual([bob]);
    audience.join(lobby, ann, 9);
    expect(audience.state(lobby, 9).audience).toEqual([bob]);
    expect(audience.state(lobby, 10).audience).toEqual([ann, bob]);
  });

  test('who comes and goes a thousand times between two words costs nothing', () => {
    const audience = new Audience();
    for (let round = 0; round < 1000; round++) {
      audience.join(lobby, ann, 3);
      audience.leave(lobby, ann, 3);
    }
    expect([...audience.all()]).toEqual([{ scope: lobby, peer: ann, turns: [], held: 0 }]);
  });

  test('who came and went more often than is remembered is still counted for what is said now', () => {
    const audience = new Audience();
    for (let round = 0; round < 500; round++) {
      audience.join(lobby, ann, 2 * round);
      audience.leave(lobby, ann, 2 * round + 1);
    }
    audience.join(lobby, ann, 2000);
    expect(audience.state(lobby, 1999).audience).toEqual([]);
    expect(audience.state(lobby, 2001).audience).toEqual([ann]);
    expect([...audience.all()][0]?.turns.length).toBeLessThanOrEqual(64);
  });
});

describe('what became of a message', () => {
  test('is known after a restart: who has it, who lacks it', () => {
    const world = new World(1);
    const [ada, bert] = pairInLobby(world);
    const cat = world.node('cat');
    cat.join(LOBBY);
    world.connect(ada, cat);
    world.run(100);
    ada.say(LOBBY, 'all here');
    world.run(100);
    world.disconnect(ada, cat);
    ada.say(LOBBY, 'cat is away');
    world.run(10_000);
    expect(state(ada, 2)).toEqual({ for: ['bob', 'cat'], have: ['bob'], isDropped: false });
    ada.kill();
    ada.restart();
    expect(state(ada, 1)).toEqual({ for: ['bob', 'cat'], have: ['bob', 'cat'], isDropped: false });
    expect(state(ada, 2)).toEqual({ for: ['bob', 'cat'], have: ['bob'], isDropped: false });
    expect(ada.chat.said.waiting()).toEqual([{ scope: lobby, above: 1 }]);
    world.connect(ada, cat);
    world.run(1000);
    expect(state(ada, 2).have).toEqual(['bob', 'cat']);
    expect(ada.chat.said.waiting()).toEqual([]);
    expect(cat.texts).toEqual(['all here', 'cat is away']);
    expect(bert.texts).toEqual(['all here', 'cat is away']);
  });

  test('who leaves the room is not waited for; who is only away is', () => {
    const world = new World(2);
    const [ada, bert] = pairInLobby(world);
    bert.leave(LOBBY);
    world.run(100);
    ada.say(LOBBY, 'bob has left');
    expect(state(ada, 1).for).toEqual([]);
    bert.join(LOBBY);
    world.run(100);
    world.disconnect(ada, bert);
    ada.say(LOBBY, 'bob is away');
    world.run(10);
    expect(state(ada, 2).for).toEqual(['bob']);
    ada.kill();
    ada.restart();
    expect(state(ada, 1).for).toEqual([]);
    expect(state(ada, 2).for).toEqual(['bob']);
  });

  test('whoever was met can be written to while they are away, and has it when they are back, once', () => {
    const world = new World(3);
    const [ada, bert] = pairInLobby(world);
    world.disconnect(ada, bert);
    ada.say(directScope(bert.id), 'for when you are back');
    world.run(100);
    ada.kill();
    ada.restart();
    bert.kill();
    bert.restart();
    world.connect(ada, bert);
    world.run(1000);
    expect(bert.texts).toEqual(['for when you are back']);
    world.disconnect(ada, bert);
    world.connect(ada, bert);
    world.run(1000);
    expect(bert.texts).toEqual(['for when you are back']);
  });

  test('what was given up is sent to nobody, before and after a restart, and holds nothing else up', () => {
    const world = new World(4);
    const [ada, bert] = pairInLobby(world);
    world.disconnect(ada, bert);
    for (const text of ['one', 'two', 'three']) {
      ada.say(LOBBY, text);
      ada.say(directScope(bert.id), text);
      world.run(10);
    }
    ada.step((chat, now, out) => chat.drop(now, 99, lobby, 2, out));
    ada.step((chat, now, out) => chat.drop(now, 100, directScope(bert.id), 1, out));
    world.run(10);
    expect(ada.eventsOf('given-up')).toMatchObject([
      { token: 99, first: 2, last: 2 },
      { token: 100, first: 1, last: 1 },
    ]);
    expect(state(ada, 2).isDropped).toBe(true);
    ada.kill();
    ada.restart();
    world.connect(ada, bert);
    world.run(1000);
    expect([...bert.texts].sort()).toEqual(['one', 'three', 'three', 'two']);
    expect(ada.chat.said.waiting()).toEqual([]);
  });

  test('giving up what is not there does nothing', () => {
    const world = new World(5);
    const [ada] = pairInLobby(world);
    ada.step((chat, now, out) => chat.drop(now, 1, lobby, 7, out));
    expect(ada.eventsOf('given-up')).toMatchObject([{ token: 1, first: 0, last: 0 }]);
  });

  test('what waits for one person has a limit that says so', () => {
    const world = new World(6);
    const [ada, bert] = pairInLobby(world);
    world.disconnect(ada, bert);
    const { id } = bert;
    for (let left = AWAY_ENTRIES_MAX; left > 0; left -= 500) {
      ada.say(directScope(id), ...numbered(`${left} `, 500));
      world.run(200);
    }
    expect(ada.eventsOf('refused')).toEqual([]);
    ada.say(directScope(id), 'one too many');
    expect(ada.eventsOf('refused')).toMatchObject([{ why: 'queue-full' }]);
    world.connect(ada, bert);
    world.run(60_000);
    expect(bert.texts.length).toBe(AWAY_ENTRIES_MAX);
    ada.say(directScope(id), 'there is room again');
    world.run(100);
    expect(bert.texts.at(-1)).toBe('there is room again');
  });
});
