import { describe, expect, test } from '@jest/globals';
import { directScope, type EntryId, scopeKey } from '../../src/base/ids.ts';
import { RESERVATION_BLOCK } from '../../src/base/limits.ts';
import { fromWireTime } from '../../src/chat/clock.ts';
import { decodeRecord } from '../../src/chat/record.ts';
import { decodeRun } from '../../src/wire/run.ts';
import { LOBBY, type Node, numbered, pairInLobby, ROUGH, room, World } from './chat-world.ts';
import { give, madeRun, OTHER_LOG } from './made-run.ts';

/** Ada says things of all sorts to bob, who answers. */
const converse = (ada: Node, bob: Node, round: number): void => {
  ada.say(LOBBY, `r${round}`);
  ada.say(LOBBY, `r${round} again`);
  ada.world.run(3);
  ada.say(directScope(bob.id), `d${round}`);
  bob.say(LOBBY, `b${round}`);
  ada.world.run(2);
  ada.say(LOBBY, ...numbered(`r${round}-`, 70));
  ada.world.run(30);
};

/** Numbers that were sent with two meanings: a run is always the same bytes. */
const reusedNumbers = (node: Node): readonly string[] => {
  const runs = new Map<string, string>();
  const reused: string[] = [];
  for (const bytes of new Set(node.sentFrames.map((frame) => (frame.kind === 'run' ? frame.run : undefined)))) {
    const run = bytes === undefined ? undefined : decodeRun(bytes);
    if (bytes === undefined || !run?.ok) continue;
    const { scope, first, count } = run.value.header;
    const hex = Buffer.from(bytes).toString('hex');
    for (let number = first; number < first + count; number++) {
      const key = `${scopeKey(scope)} ${number}`;
      if ((runs.get(key) ?? hex) !== hex) reused.push(key);
      runs.set(key, hex);
    }
  }
  return reused;
};

const storedNumbers = (node: Node): ReadonlySet<string> =>
  new Set(
    node.disk.records.flatMap((bytes) => {
      const record = decodeRecord(bytes);
      if (!record.ok || record.value.kind !== 'received') return [];
      const { scope, first, count } = record.value;
      return Array.from({ length: count }, (_, i) => `${scope ?? '@'} ${first + i}`);
    }),
  );

/** What a reader was shown of an author twice, or behind a later number without being told that it is late. */
const shownAmiss = (author: Node, reader: Node): readonly number[] => {
  const last = new Map<string, number>();
  const seen = new Set<EntryId>();
  return reader.messages.flatMap((message) => {
    if (message.author !== author.id) return [];
    const key = scopeKey(message.scope);
    const isAmiss = seen.has(message.id) || (message.sequence <= (last.get(key) ?? 0) && !message.isLate);
    seen.add(message.id);
    last.set(key, Math.max(message.sequence, last.get(key) ?? 0));
    return isAmiss ? [message.sequence] : [];
  });
};

/** What the author was told is kept and the reader was not shown; a reader that was killed may have it in its store only. */
const lost = (author: Node, reader: Node, mayBeUnshown: boolean): readonly number[] => {
  const shown = new Set(reader.messages.map((message) => message.id));
  const stored = storedNumbers(reader);
  return author.eventsOf('sent').flatMap(({ id, scope, sequence }) => {
    const isStored = stored.has(`${scope.kind === 'room' ? scope.room : '@'} ${sequence}`);
    return isStored && (mayBeUnshown || shown.has(id)) ? [] : [sequence];
  });
};

const killAndCheck = (seed: number, victimName: 'ada' | 'bob', step: 'before' | 'after', count: number): boolean => {
  const world = new World(seed, ROUGH);
  const ada = world.node('ada');
  const bob = world.node('bob');
  const victim = victimName === 'ada' ? ada : bob;
  victim.killAt = (at, persisted) => at === step && persisted === count;
  let kills = 0;
  const revive = (): void => {
    if (!victim.isDead) return;
    kills += 1;
    victim.restart();
    world.run(20);
    ada.join(LOBBY);
    bob.join(LOBBY);
    world.connect(ada, bob);
    world.run(600);
  };
  ada.join(LOBBY);
  bob.join(LOBBY);
  world.connect(ada, bob);
  for (let round = 0; round < 4; round++) {
    world.run(round === 0 ? 600 : 10); // what is said before they have met is not for them
    revive();
    converse(ada, bob, round);
    revive();
  }
  for (let wait = 0; wait < 30; wait++) {
    world.run(100);
    revive();
  }
  for (const node of [ada, bob]) {
    const other = node === ada ? bob : ada;
    const isUnscathed = { reused: reusedNumbers(node), gaps: node.eventsOf('gap'), amiss: shownAmiss(other, node) };
    expect({ ...isUnscathed, lost: lost(other, node, victim === node && kills > 0) }).toEqual({
      reused: [],
      gaps: [],
      amiss: [],
      lost: [],
    });
  }
  const said = ada
    .eventsOf('sent')
    .filter((event) => event.scope.kind === 'room')
    .at(-1);
  const held = ada
    .eventsOf('delivered')
    .filter((event) => event.scope.kind === 'room')
    .at(-1);
  expect(held?.upTo).toBeGreaterThanOrEqual(said?.sequence ?? 0); // killed between writing and telling: in the log, but not told of
  return kills > 0;
};

describe('killed at any record', () => {
  for (const victim of ['ada', 'bob'] as const) {
    for (const step of ['before', 'after'] as const) {
      test(`${victim}, ${step} it was written: no number reused, nothing acknowledged lost, nothing shown twice`, () => {
        let kills = 0;
        for (let count = 1; count <= 40; count++) if (killAndCheck(1000 + count, victim, step, count)) kills += 1;
        expect(kills).toBeGreaterThan(20);
      });
    }
  }
});

describe('after a restart', () => {
  test('numbering goes on behind the last reservation, and what lies between is void', () => {
    const world = new World(1);
    const [ada, bob] = pairInLobby(world);
    ada.say(LOBBY, 'one', 'two');
    world.run(100);
    ada.kill();
    ada.restart();
    world.run(100);
    world.connect(ada, bob);
    world.run(100);
    ada.say(LOBBY, 'three');
    world.run(100);
    expect(ada.eventsOf('sent').map((event) => event.sequence)).toEqual([1, 2, RESERVATION_BLOCK + 1]);
    expect(bob.texts).toEqual(['one', 'two', 'three']);
    expect(bob.eventsOf('gap')).toEqual([]);
    const runs = ada.sentFrames.flatMap((frame) => (frame.kind === 'run' ? [decodeRun(frame.run)] : []));
    const last = runs.at(-1);
    expect(last?.ok && [last.value.header.previous, last.value.header.first]).toEqual([2, RESERVATION_BLOCK + 1]);
    expect(ada.eventsOf('delivered').at(-1)?.upTo).toBe(RESERVATION_BLOCK + 1);
  });

  test('the link to the last run before it holds', () => {
    const world = new World(2);
    const [ada, bob] = pairInLobby(world);
    ada.say(LOBBY, 'one');
    ada.say(directScope(bob.id), 'sealed one');
    world.run(100);
    ada.say(LOBBY, 'two');
    ada.say(directScope(bob.id), 'sealed two');
    world.run(100);
    const before = ada.sentFrames.length;
    // The same sayings in a process that was not restarted, and in one that was, name the same predecessor.
    const previousOf = (from: number): readonly string[] =>
      ada.sentFrames.slice(from).flatMap((frame) => {
        const run = frame.kind === 'run' ? decodeRun(frame.run) : undefined;
        return run?.ok ? [`${run.value.header.scope.kind} ${Buffer.from(run.value.header.previousHash).toString('hex')}`] : [];
      });
    ada.say(LOBBY, 'three');
    ada.say(directScope(bob.id), 'sealed three');
    world.run(100);
    const unbroken = previousOf(before);
    // Back to before the third.
    ada.kill();
    const restarted = world.node('ada again');
    expect(restarted.disk.records).toEqual([]);
    world.run(10);
    const kept = ada.disk.records.filter((bytes) => {
      const record = decodeRecord(bytes);
      return !(record.ok && record.value.kind === 'own-run' && record.value.first >= 3);
    });
    expect(kept.length).toBe(ada.disk.records.length - 2);
    ada.disk.cutPower(0);
    for (const record of kept) ada.disk.append(record);
    const mark = ada.sentFrames.length;
    ada.restart();
    world.connect(ada, bob);
    world.run(100);
    ada.say(LOBBY, 'three');
    ada.say(directScope(bob.id), 'sealed three');
    world.run(100);
    expect(new Set(previousOf(mark).slice(-2))).toEqual(new Set(unbroken));
  });

  test('a reader goes on where it was: nothing is told again, what came meanwhile is', () => {
    const world = new World(3);
    const [ada, bob] = pairInLobby(world);
    ada.say(LOBBY, 'one');
    world.run(100);
    bob.kill();
    ada.say(LOBBY, 'two');
    world.run(100);
    bob.restart();
    world.connect(ada, bob);
    world.run(100);
    expect(bob.texts).toEqual(['one', 'two']);
    expect(bob.chat.rooms).toEqual([LOBBY]);
    expect(ada.sentFrames.filter((frame) => frame.kind === 'run').length).toBe(2);
  });

  test('what a reader kept beyond a gap is not told again, and the gap is still asked for', () => {
    const world = new World(4);
    const [ada, bob] = pairInLobby(world);
    for (const text of ['one', 'two', 'three']) {
      ada.budget = text === 'two' ? () => 0 : () => 10_000;
      ada.say(LOBBY, text);
      world.run(20);
    }
    // Two is held back by ada's session; three overtakes it by hand.
    const third = ada.disk.records
      .map(decodeRecord)
      .filter((record) => record.ok && record.value.kind === 'own-run')
      .at(-1);
    if (!third?.ok || third.value.kind !== 'own-run') throw new Error('no third run');
    const { run } = third.value;
    bob.kill();
    bob.restart();
    bob.step((chat, now, out) => chat.onMet(now, ada.met, out));
    bob.step((chat, now, out) => chat.onFrame(now, ada.id, { kind: 'run', run }, out));
    world.run(10);
    bob.kill();
    bob.restart();
    world.connect(ada, bob);
    world.run(3000);
    expect(bob.texts.filter((text) => text === 'three').length).toBeLessThanOrEqual(1);
    expect(bob.texts.filter((text) => text === 'two')).toEqual(['two']);
    expect(ada.eventsOf('delivered').at(-1)?.upTo).toBe(3);
  });

  test('power that was cut after something was delivered costs no number its meaning, and talk goes on', () => {
    const world = new World(5);
    const [ada, bob] = pairInLobby(world);
    ada.say(LOBBY, 'one');
    world.run(100);
    ada.disk.flush();
    ada.say(LOBBY, 'two');
    ada.say(LOBBY, 'three');
    world.run(100);
    expect(bob.texts).toEqual(['one', 'two', 'three']);
    ada.kill();
    ada.disk.cutPower(0);
    ada.restart();
    world.connect(ada, bob);
    world.run(100);
    ada.say(LOBBY, 'four');
    world.run(3000);
    expect(bob.texts).toEqual(['one', 'two', 'three', 'four']);
    expect(reusedNumbers(ada)).toEqual([]);
    expect(ada.eventsOf('delivered').at(-1)?.upTo).toBe(RESERVATION_BLOCK + 1);
  });

  test('a reader whose power was cut is sent again what it lost', () => {
    const world = new World(6);
    const [ada, bob] = pairInLobby(world);
    bob.disk.flush();
    ada.say(LOBBY, 'one');
    ada.say(LOBBY, 'two');
    world.run(100);
    bob.kill();
    bob.disk.cutPower(1);
    bob.restart();
    world.connect(ada, bob);
    world.run(100);
    expect(bob.texts).toEqual(['one', 'two', 'two']);
    expect(storedNumbers(bob)).toEqual(new Set(['lobby 1', 'lobby 2']));
  });

  test('a torn or missing record of our own leaves a hole that readers are told of, once all before it is held', () => {
    for (const seed of [7, 8, 9]) {
      const world = new World(seed, ROUGH);
      const [ada, bob] = pairInLobby(world);
      world.run(500);
      world.disconnect(ada, bob);
      for (const text of ['one', 'two', 'three', 'four']) {
        ada.say(LOBBY, text);
        world.run(20);
      }
      ada.kill();
      const records = ada.disk.records.map((record) => record.slice());
      const own = records.flatMap((bytes, at) => {
        const record = decodeRecord(bytes);
        return record.ok && record.value.kind === 'own-run' ? [at] : [];
      });
      ada.disk.cutPower(0);
      for (const [at, record] of records.entries())
        ada.disk.append(at === own[1] || at === own[2] ? record.subarray(0, 20) : record);
      ada.restart();
      expect(ada.drops).toEqual(['malformed-cbor', 'malformed-cbor']);
      world.connect(ada, bob);
      world.run(1000);
      ada.say(LOBBY, 'five');
      world.run(3000);
      expect(bob.texts).toEqual(['one', 'four', 'five']);
      expect(bob.eventsOf('gap').map(({ from, to }) => [from, to])).toEqual([[2, 3]]);
      expect(ada.eventsOf('delivered').at(-1)?.upTo).toBe(ada.eventsOf('sent').at(-1)?.sequence);
    }
  });

  test('a last record of our own that is damaged inside does not stop us', () => {
    const world = new World(12);
    const [ada, bob] = pairInLobby(world);
    ada.say(LOBBY, 'one');
    world.run(100);
    ada.kill();
    const last = ada.disk.records.findLast((bytes) => bytes[1] === 1); // an own run
    const at = last?.indexOf(0x83, 20) ?? -1; // where the run begins
    if (last === undefined || at < 0) throw new Error('no run in the last record');
    last[at] = 0x82;
    ada.restart();
    world.connect(ada, bob);
    world.run(100);
    ada.say(LOBBY, 'two');
    world.run(100);
    expect(bob.texts).toEqual(['one', 'two']);
  });

  test('times go on increasing even if the wall clock was set back ten years meanwhile', () => {
    const world = new World(13);
    const [ada] = pairInLobby(world);
    ada.say(LOBBY, 'one', 'two');
    world.run(100);
    const before = ada.eventsOf('sent').at(-1)?.time ?? 0;
    ada.kill();
    world.wallJumpMs = -315_000_000_000;
    ada.restart();
    ada.say(LOBBY, 'three');
    world.run(100);
    expect(ada.eventsOf('sent').at(-1)?.time).toBe(before); // the same millisecond, a higher counter
    const last = ada.disk.records.map(decodeRecord).at(-1);
    expect(last?.ok && last.value.kind === 'own-run' && fromWireTime(last.value.time).counter).toBe(2);
  });

  test('a reader knows from which number on it was told, before its author says so again', () => {
    const world = new World(14);
    const [ada, bob] = pairInLobby(world);
    bob.step((chat, now, out) =>
      chat.onFrame(now, ada.id, { kind: 'start', scope: LOBBY, log: OTHER_LOG, after: 5, last: 5 }, out),
    );
    give(bob, ada, madeRun(ada, { first: 6, log: OTHER_LOG }));
    world.run(10);
    bob.kill();
    bob.restart();
    bob.step((chat, now, out) => chat.onMet(now, ada.met, out));
    give(bob, ada, madeRun(ada, { first: 7, log: OTHER_LOG }));
    world.run(10);
    expect(bob.texts).toEqual(['n6', 'n7']);
  });

  test('rooms, pins and first meetings are as they were', () => {
    const world = new World(10);
    const [ada, bob] = pairInLobby(world);
    ada.join(room('tea'));
    bob.join(room('tea'));
    ada.leave(LOBBY);
    world.run(100);
    ada.kill();
    ada.restart();
    expect(ada.chat.rooms).toEqual([room('tea')]);
    ada.say(room('tea'), 'for bob, whom I know here');
    world.run(100);
    world.connect(ada, bob);
    world.run(100);
    expect(bob.texts).toEqual(['for bob, whom I know here']);
  });

  test('runs of a store with another log id are passed over', () => {
    const world = new World(11);
    const [ada, bob] = pairInLobby(world);
    ada.say(LOBBY, 'old');
    world.run(100);
    const copy = world.node('copy');
    for (const record of ada.disk.records) copy.disk.append(record);
    copy.restart();
    copy.say(LOBBY, 'new');
    world.run(100);
    expect(copy.eventsOf('sent').map((event) => event.sequence)).toEqual([1]);
    world.connect(copy, bob);
    world.run(100);
    expect(bob.texts).toEqual(['old', 'new']);
  });
});
