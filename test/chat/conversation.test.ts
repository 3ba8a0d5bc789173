import { describe, expect, test } from '@jest/globals';
import { directScope, roomScope } from '../../src/base/ids.ts';
import { LOBBY, type Node, numbered, PERFECT, pairInLobby, ROUGH, room, World } from './chat-world.ts';

const upToOf = (node: Node): number => node.eventsOf('delivered').at(-1)?.upTo ?? 0;

describe('a conversation', () => {
  test('what is said in a room reaches its members, and the receipt comes back', () => {
    const world = new World(1);
    const [ada, bob] = pairInLobby(world);
    ada.say(LOBBY, 'hello');
    world.run(100);
    const [sent] = ada.eventsOf('sent');
    expect(bob.messages).toEqual([
      {
        id: sent?.id,
        scope: roomScope(LOBBY),
        author: ada.id,
        sequence: 1,
        body: { kind: 'text', text: 'hello' },
        time: sent?.time,
        isLate: false,
      },
    ]);
    expect(sent).toEqual({ kind: 'sent', token: 1, id: sent?.id, sequence: 1, scope: roomScope(LOBBY), time: 1_700_000_001_100 });
    expect(ada.eventsOf('delivered')).toEqual([
      { kind: 'delivered', peer: bob.id, scope: roomScope(LOBBY), after: 0, upTo: 1, isStored: true },
    ]);
  });

  test('over a rough way everything arrives once and in order', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const world = new World(seed, ROUGH);
      const [ada, bob] = pairInLobby(world);
      const cyd = world.node('cyd');
      cyd.join(LOBBY);
      world.connect(ada, cyd);
      world.connect(bob, cyd);
      world.run(1000);
      const said: Record<string, string[]> = { ada: [], bob: [] };
      for (let i = 0; i < 60; i++) {
        const author = world.random.chance(0.5) ? ada : bob;
        const texts = numbered(`${author.name}-${i}-`, 1 + world.random.below(5));
        said[author.name]?.push(...texts);
        author.say(LOBBY, ...texts);
        world.run(world.random.below(40));
      }
      world.run(3000);
      const heard = (node: Node, author: Node): readonly string[] =>
        node.messages.filter((message) => message.author === author.id).map((message) => message.body.text);
      expect(heard(bob, ada)).toEqual(said.ada);
      expect(heard(cyd, ada)).toEqual(said.ada);
      expect(heard(ada, bob)).toEqual(said.bob);
      expect(heard(cyd, bob)).toEqual(said.bob);
      expect(upToOf(ada)).toBe(said.ada?.length);
      expect(bob.eventsOf('gap')).toEqual([]);
    }
  });

  test('everything said in one turn travels in runs of up to 64 under one signature', () => {
    const world = new World(2);
    const [ada, bob] = pairInLobby(world);
    ada.say(LOBBY, ...numbered('m', 130));
    world.run(100);
    expect(ada.sentFrames.filter((frame) => frame.kind === 'run').length).toBe(3);
    expect(bob.texts).toEqual(numbered('m', 130));
    expect(bob.sentFrames.filter((frame) => frame.kind === 'hold').length).toBeLessThanOrEqual(3);
  });

  test('the largest texts fit, one byte more is refused, and so is nothing', () => {
    const world = new World(3);
    const [ada, bob] = pairInLobby(world);
    const largest = 'é'.repeat(4096);
    ada.say(LOBBY, largest, `${largest}x`, '', 'x'.repeat(8193), 'y'.repeat(8192));
    ada.say(directScope(bob.id), largest);
    world.run(100);
    expect(ada.eventsOf('refused').map((event) => [event.token, event.why])).toEqual([
      [2, 'too-long'],
      [3, 'empty'],
      [4, 'too-long'],
    ]);
    expect(bob.texts).toEqual([largest, 'y'.repeat(8192), largest]);
  });

  test('a lone surrogate is sent as the replacement character', () => {
    const world = new World(4);
    const [ada, bob] = pairInLobby(world);
    ada.say(LOBBY, 'a\ud800b', 'ok 😀');
    world.run(100);
    expect(bob.texts).toEqual(['a\ufffdb', 'ok 😀']);
  });

  test('somebody who is not in the room can speak to it', () => {
    const world = new World(5);
    const [ada, bob] = pairInLobby(world);
    bob.join(room('tea'));
    world.run(100);
    ada.say(room('tea'), 'may I?', 'thanks');
    world.run(100);
    expect(bob.messages.map((message) => [message.scope, message.body.text])).toEqual([
      [roomScope(room('tea')), 'may I?'],
      [roomScope(room('tea')), 'thanks'],
    ]);
    expect(upToOf(ada)).toBe(2);
    expect(ada.chat.members(room('tea'))).toEqual([bob.id]);
  });

  test('a room that was left is heard no more', () => {
    const world = new World(6);
    const [ada, bob] = pairInLobby(world);
    bob.leave(LOBBY);
    world.run(100);
    ada.say(LOBBY, 'anybody?');
    world.run(100);
    expect(bob.texts).toEqual([]);
    expect(ada.chat.roomsOf(bob.id)).toEqual([]);
    expect(ada.sentFrames.filter((frame) => frame.kind === 'run')).toEqual([]);
  });

  test('a late joiner gets only what was said after it was met, and all of that even if it was away', () => {
    const world = new World(7);
    const [ada] = pairInLobby(world);
    ada.say(LOBBY, 'before');
    world.run(100);
    const cyd = world.node('cyd');
    cyd.join(LOBBY);
    world.connect(ada, cyd);
    world.run(100);
    ada.say(LOBBY, 'after');
    world.run(100);
    world.disconnect(ada, cyd);
    ada.say(LOBBY, 'while away 1');
    ada.say(LOBBY, 'while away 2');
    world.run(100);
    world.connect(ada, cyd);
    world.run(100);
    expect(cyd.texts).toEqual(['after', 'while away 1', 'while away 2']);
    expect(cyd.messages.map((message) => message.isLate)).toEqual([false, true, true]);
  });

  test('a message said just before somebody is met is not for them even if it is kept later', () => {
    const world = new World(8);
    const ada = world.node('ada');
    const bob = world.node('bob');
    ada.join(LOBBY);
    bob.join(LOBBY);
    world.run(100);
    ada.say(LOBBY, 'to myself');
    ada.step((chat, now, out) => chat.onMet(now, bob.met, out));
    ada.step((chat, now, out) => chat.onFrame(now, bob.id, { kind: 'rooms', generation: 1, rooms: [LOBBY] }, out));
    world.run(100);
    world.connect(ada, bob);
    world.run(100);
    ada.say(LOBBY, 'to bob');
    world.run(100);
    expect(bob.texts).toEqual(['to bob']);
  });

  test('what is said in the first moment of a session is for its peer, although its rooms are not known yet', () => {
    const world = new World(11);
    const ada = world.node('ada');
    const bob = world.node('bob');
    ada.join(LOBBY);
    bob.join(LOBBY);
    world.run(10);
    ada.say(LOBBY, 'before');
    world.run(10);
    world.connect(ada, bob);
    ada.say(LOBBY, 'hello');
    ada.say(room('tea'), 'in a new room');
    world.run(100);
    bob.join(room('tea'));
    world.run(100);
    ada.say(room('tea'), 'welcome');
    world.run(100);
    expect(bob.texts).toEqual(['hello', 'welcome']);
  });

  test('somebody met before gets what was said before the restarted program saw them again', () => {
    const world = new World(9);
    const [ada, bob] = pairInLobby(world);
    ada.kill();
    ada.restart();
    world.run(100);
    ada.say(LOBBY, 'I am back');
    world.run(100);
    world.connect(ada, bob);
    world.run(100);
    expect(bob.texts).toEqual(['I am back']);
  });

  test('the perfect way needs no want', () => {
    const world = new World(10, PERFECT);
    const [ada, bob] = pairInLobby(world);
    for (let i = 0; i < 20; i++) {
      ada.say(LOBBY, `m${i}`);
      world.run(7);
    }
    world.run(1000);
    expect(bob.texts).toEqual(numbered('m', 20));
    expect(bob.sentFrames.filter((frame) => frame.kind === 'want')).toEqual([]);
    expect(bob.drops).toEqual([]);
    expect(ada.drops).toEqual([]);
  });
});

describe('a direct conversation', () => {
  test('reaches its reader only, who can read it; nobody else can', () => {
    const world = new World(20);
    const [ada, bob] = pairInLobby(world);
    const eve = world.node('eve');
    eve.join(LOBBY);
    world.connect(ada, eve);
    world.run(100);
    ada.say(directScope(bob.id), 'a secret', 'another');
    world.run(100);
    expect(bob.texts).toEqual(['a secret', 'another']);
    expect(bob.messages.every((message) => message.scope.kind === 'direct' && message.scope.reader === bob.id)).toBe(true);
    expect(eve.texts).toEqual([]);
    // Even with the frame in hand.
    const frame = ada.sentFrames.find((sent) => sent.kind === 'run');
    if (frame === undefined) throw new Error('no run was sent');
    expect(Buffer.from(frame.kind === 'run' ? frame.run : []).includes('a secret')).toBe(false);
    eve.step((chat, now, out) => chat.onFrame(now, ada.id, frame, out));
    expect(eve.texts).toEqual([]);
    expect(eve.drops).toEqual(['foreign-entry']);
  });

  test('waits for a reader who is away, over a restart of the author', () => {
    const world = new World(21);
    const [ada, bob] = pairInLobby(world);
    ada.say(directScope(bob.id), 'one');
    world.run(100);
    world.disconnect(ada, bob);
    ada.say(directScope(bob.id), 'two');
    world.run(100);
    ada.kill();
    ada.restart();
    ada.say(directScope(bob.id), 'three');
    world.run(100);
    world.connect(ada, bob);
    world.run(100);
    expect(bob.texts).toEqual(['one', 'two', 'three']);
    expect(upToOf(ada)).toBe(ada.eventsOf('sent').at(-1)?.sequence);
  });

  test('pins whom one writes to; an answer can wait too, but being written to gives a name no meaning; a stranger is refused', () => {
    const world = new World(22);
    const [ada, bob] = pairInLobby(world);
    ada.say(directScope(bob.id), 'hello');
    world.run(100);
    world.disconnect(ada, bob);
    expect([bob.eventsOf('pinned'), [...bob.chat.pins]]).toEqual([[], []]); // anybody could have written
    bob.kill();
    bob.restart();
    bob.say(directScope(ada.id), 'answer');
    const cyd = world.node('cyd');
    bob.say(directScope(cyd.id), 'who?');
    bob.say(directScope(bob.id), 'to myself?');
    world.run(100);
    expect(bob.eventsOf('refused').map((event) => event.why)).toEqual(['unknown-peer', 'unknown-peer']);
    expect(ada.eventsOf('pinned')).toEqual([{ kind: 'pinned', peer: bob.id, name: 'bob' }]);
    expect(bob.eventsOf('pinned')).toEqual([{ kind: 'pinned', peer: ada.id, name: 'ada' }]);
    bob.kill();
    bob.restart();
    expect([...bob.chat.pins]).toEqual([[ada.id, 'ada']]);
    expect(bob.chat.knownSerial(ada.id)).toBe(1);
    world.connect(ada, bob);
    world.run(100);
    expect(ada.texts).toEqual(['answer']);
  });
});
