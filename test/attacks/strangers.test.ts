import { describe, expect, test } from '@jest/globals';
import { directScope, logId } from '../../src/base/ids.ts';
import { findPeer } from '../../src/cli/live/find-peer.ts';
import { encodeFrame } from '../../src/wire/frame.ts';
import { AttackedWorld } from './attacked-world.ts';

const SEED = 661;

describe(`one attacker with many identities, seed ${SEED}`, () => {
  test('cannot use up the memory for logs: somebody new is heard, now and after a restart', () => {
    const attacked = new AttackedWorld(SEED);
    const { world, ann, bob } = attacked;
    for (let i = 0; i < 80; i++) {
      const liar = attacked.liar(ann, `liar ${i}`);
      const runs = Array.from({ length: 256 }, (_, log) =>
        encodeFrame({ kind: 'run', run: liar.run({ first: 1, log: logId(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, log)) }) }),
      );
      for (let from = 0; from < runs.length; from += 64) {
        liar.sendEncoded(runs.slice(from, from + 64));
        world.run(1);
      }
      liar.send({ kind: 'close', code: 0, reason: '' });
      world.run(1);
    }
    const cat = world.add({ name: 'Cat' });
    attacked.until(() => cat.peer.sessionCount() === 2);
    world.run(50);
    cat.say('is there room for me?');
    attacked.until(() => ann.texts().includes('is there room for me?') && bob.texts().includes('is there room for me?'), 2_000);
    ann.kill();
    ann.start();
    const dan = world.add({ name: 'Dan' });
    attacked.until(() => dan.peer.sessionCount() === 3);
    world.run(50);
    dan.say('and for me?');
    attacked.until(() => ann.texts().includes('and for me?'), 2_000);
    world.run(1_000);
    expect(ann.texts().filter((text) => text.includes('for me?'))).toEqual(['is there room for me?', 'and for me?']);
  });

  test('cannot use up the memory for large messages, though it adds a byte now and then', () => {
    const attacked = new AttackedWorld(SEED);
    const { world, ann, bob } = attacked;
    const liars = Array.from({ length: 40 }, (_, i) => attacked.liar(ann, `liar ${i}`));
    const drip = (offset: number, length: number): void => {
      for (const liar of liars) {
        for (let frameId = 0; frameId < 15; frameId++) {
          liar.send({ kind: 'fragment', frameId, offset, total: 16_384, bytes: new Uint8Array(length) });
        }
      }
    };
    drip(0, 128);
    world.run(100);
    const texts = Array.from({ length: 10 }, (_, i) => `${i}`.repeat(8_000));
    for (const text of texts) bob.say(text);
    for (let i = 0; i < 3; i++) {
      world.run(10_000);
      drip(128 + i, 1);
    }
    expect(ann.texts()).toEqual(texts);
    expect(ann.drops.get('reassembly-full')).toBeGreaterThan(0);
  });

  test('cannot make itself the one meant by a name by writing first', () => {
    const attacked = new AttackedWorld(SEED);
    const { world, ann, bob } = attacked;
    const evil = attacked.liar(ann, 'B\u043eb');
    evil.send({ kind: 'run', run: evil.run({ first: 1, scope: directScope(ann.id), text: 'psst' }) });
    world.run(1_000);
    expect(ann.texts()).toEqual(['psst']);
    const people = ann.peer.people(world.time(0));
    expect(people.map(({ isPinned, isTwin }) => [isPinned, isTwin])).toEqual([
      [false, true],
      [false, true],
    ]);
    expect(findPeer('Bob', people, world.now + 10_000, () => 0).kind).toBe('ambiguous');
    ann.tell(bob.id, 'it is you I mean');
    world.run(100);
    expect(findPeer('Bob', ann.peer.people(world.time(0)), world.now, () => 0)).toMatchObject({
      kind: 'one',
      peer: { id: bob.id },
    });
    expect(ann.seen('pinned')).toEqual([{ kind: 'pinned', peer: bob.id, name: 'Bob' }]);
  });
});
