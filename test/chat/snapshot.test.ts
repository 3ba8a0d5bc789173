import { describe, expect, test } from '@jest/globals';
import { directScope, roomScope } from '../../src/base/ids.ts';
import { LOBBY, type Node, numbered, ROUGH, room, World } from './chat-world.ts';

const KITCHEN = room('kitchen');

/** Three who talk in two rooms and directly, come and go. @param between is done after each of the rounds. */
const talk = (world: World, between: (round: number, nodes: readonly Node[]) => void): readonly Node[] => {
  const nodes = ['ada', 'bob', 'cat'].map((name) => world.node(name));
  const [ada, bob, cat] = nodes as [Node, Node, Node];
  for (const node of nodes) {
    node.newcomers = 'all';
    node.restart();
    node.step((chat, now, out) => chat.enterNetwork(now, 'home', out));
    node.join(LOBBY);
  }
  for (let round = 0; round < 8; round++) {
    world.connect(ada, bob);
    if (round % 3 !== 1) world.connect(bob, cat);
    world.run(200);
    ada.say(LOBBY, ...numbered(`a${round}-`, 1 + (round % 4) * 20));
    if (round % 2 === 0) bob.join(KITCHEN);
    else bob.leave(KITCHEN);
    cat.say(LOBBY, `c${round}`);
    bob.say(KITCHEN, `b${round}`);
    world.run(400);
    ada.say(directScope(bob.id), `to bob ${round}`);
    world.run(3000);
    if (round === 4) ada.step((chat, now, out) => chat.drop(now, 77, roomScope(LOBBY), 2, out));
    world.disconnectAll(bob);
    world.run(6000);
    between(round, nodes);
  }
  return nodes;
};

/** What a chat knows that has just read the disk: records and packed columns, in no order. */
const known = (node: Node, usesCheckpoint: boolean): ReadonlySet<string> => {
  const chat = node.restored(usesCheckpoint);
  chat.restored(node.world.now, []);
  const bytes = Buffer.from(chat.snapshot());
  const chunks = new Set<string>();
  for (let at = 8; at < bytes.length; ) {
    const size = bytes.readUInt32LE(at);
    const chunk = bytes.toString('hex', at + 4, at + 4 + size);
    chunks.add(chunk.startsWith('870a') ? chunk.slice(0, -20) : chunk); // a chain, without the clock at that time
    at += 4 + size;
  }
  return chunks;
};

describe('a snapshot', () => {
  test.each([1, 2, 3, 4, 5, 6])('and the records behind it are as good as all records, seed %i', (seed) => {
    const nodes = talk(new World(seed, ROUGH), (round, all) => {
      if (round === seed) for (const node of all) node.checkpoint();
    });
    for (const node of nodes) {
      const [quick, slow] = [known(node, true), known(node, false)];
      expect([...quick].filter((chunk) => !slow.has(chunk))).toEqual([]);
      expect([...slow].filter((chunk) => !quick.has(chunk))).toEqual([]);
    }
  });

  test('taken and used all the time loses nothing, doubles nothing and uses no number twice', () => {
    const world = new World(9, ROUGH);
    const nodes = talk(world, (round, all) => {
      for (const node of all) {
        node.checkpoint();
        node.kill();
        node.restart();
      }
      if (round === 7) for (const node of all) node.checkpoint();
    });
    const [ada, bob, cat] = nodes as [Node, Node, Node];
    world.connect(ada, bob);
    world.connect(bob, cat);
    world.connect(ada, cat);
    world.run(30_000);
    for (const node of nodes) {
      const ids = node.messages.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    }
    const said = (node: Node): number =>
      node.eventsOf('sent').filter(({ scope }) => scope.kind === 'room' && scope.room === LOBBY).length;
    const heard = (node: Node, by: Node): number =>
      node.messages.filter(({ author, scope }) => author === by.id && scope.kind === 'room' && scope.room === LOBBY).length;
    expect(heard(bob, ada)).toBeGreaterThanOrEqual(said(ada) - 1); // one was given up
    expect(heard(cat, ada)).toBeGreaterThanOrEqual(said(ada) - 1);
    expect(heard(ada, cat)).toBe(said(cat));
    const numbers = ada.eventsOf('sent').flatMap(({ scope, sequence }) => (scope.kind === 'room' ? [sequence] : []));
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test('that is cut or of another form is refused', () => {
    const [ada] = talk(new World(3), () => undefined) as [Node];
    const snapshot = ada.chat.snapshot();
    const fresh = () => {
      const other = new World(4).node('other');
      return other.chat;
    };
    expect(fresh().restoreSnapshot(snapshot.subarray(0, snapshot.length - 1))).toBe(false);
    expect(fresh().restoreSnapshot(snapshot.subarray(0, 7))).toBe(false);
    const other = snapshot.slice();
    other[0] = 99;
    expect(fresh().restoreSnapshot(other)).toBe(false);
  });

  test('its state records alone, behind all others, change nothing', () => {
    for (const node of talk(new World(5, ROUGH), () => undefined)) {
      const before = known(node, false);
      for (const record of node.chat.stateRecords()) node.disk.append(record);
      const after = known(node, false);
      expect([...after].filter((chunk) => !before.has(chunk))).toEqual([]);
      expect(after.size).toBe(before.size);
    }
  });
});

describe('what is forgotten', () => {
  test('is not asked for again, though others have it, and numbers go on', () => {
    const world = new World(6);
    const [ada, bob, cat] = talk(world, () => undefined) as [Node, Node, Node];
    const isOf = (bytes: Uint8Array, tag: number): boolean => bytes[1] === tag;
    const runs = cat.disk.records.filter((bytes) => isOf(bytes, 2) || isOf(bytes, 1));
    cat.step((chat, now, out) => chat.forget(now, 5, runs, [], out));
    world.run(10);
    expect(cat.eventsOf('erasable')).toEqual([{ kind: 'erasable', token: 5 }]);
    const last = Math.max(...cat.eventsOf('sent').map(({ sequence }) => sequence));
    cat.disk.erase((bytes) => isOf(bytes, 2) || isOf(bytes, 1));
    cat.kill();
    cat.restart();
    const before = new Set(cat.messages.map(({ id }) => id));
    const count = cat.messages.length;
    world.connect(ada, cat);
    world.connect(bob, cat);
    world.run(30_000);
    expect(cat.messages.slice(count).filter(({ id }) => before.has(id))).toEqual([]);
    cat.say(LOBBY, 'still here');
    ada.say(LOBBY, 'welcome back');
    world.run(1000);
    expect(ada.texts.at(-1)).toBe('still here');
    expect(cat.texts.at(-1)).toBe('welcome back');
    expect(cat.eventsOf('sent').at(-1)?.sequence).toBeGreaterThan(last);
    expect(ada.eventsOf('gap')).toEqual([]);
  });
});
