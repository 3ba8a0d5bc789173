import { describe, expect, test } from '@jest/globals';
import { encodeFrame } from '../../src/wire/frame.ts';
import { AttackedWorld, heapUsed } from './attacked-world.ts';

const SEED = 663;
const MB = 2 ** 20;

describe(`a peer that takes and never says so, seed ${SEED}`, () => {
  test.each([
    ['receipts', true, 15_000],
    ['acknowledgements and receipts, but gives signs of life', false, 3_000],
  ])('withholding %s: others get everything, and what is kept for it is bounded', (_, isAcknowledging, count) => {
    const attacked = new AttackedWorld(SEED);
    const { world, ann, bob } = attacked;
    const liar = attacked.liar(ann);
    liar.isAcknowledging = isAcknowledging;
    liar.send({ kind: 'hold', scope: 'lobby' as never, log: ann.log, upTo: 0, isStored: true });
    for (let i = 1; i <= 2_000; i++) world.at(i * 50, () => liar.send({ kind: 'ping' }));
    let bytesToLiar = 0;
    const tap = world.tap;
    world.tap = (from, to, bytes) => {
      if (to.host.startsWith('10.0.66.')) bytesToLiar += bytes.length;
      tap?.(from, to, bytes);
    };
    const before = heapUsed();
    const said = Array.from({ length: count }, (_, i) => `m${i}`);
    for (let i = 0; i < count; i += 500) {
      for (const text of said.slice(i, i + 500)) ann.say(text);
      world.run(50);
    }
    attacked.until(() => bob.messageCount >= count, 60_000);
    expect(bob.texts()).toEqual(said);
    expect(ann.seen('refused')).toEqual([]);
    const sent = bytesToLiar;
    world.run(20_000);
    if (!isAcknowledging) expect(bytesToLiar - sent).toBeLessThan(200_000); // a probe now and then
    const stored = [ann, bob].flatMap(({ disk }) => disk.records).reduce((sum, record) => sum + record.length + 200, 0);
    ann.events.length = 0;
    bob.events.length = 0;
    expect(heapUsed() - before - stored).toBeLessThan(16 * MB);
  });

  test('a thousand handshakes that stop half-way: a newcomer is met, and all are forgotten', () => {
    const attacked = new AttackedWorld(SEED);
    const { world, ann } = attacked;
    const before = heapUsed();
    for (let i = 0; i < 1_000; i++) {
      attacked.liar(ann, `half ${i}`, { isKnown: false }).open(ann.address);
      if (i % 20 === 0) world.run(1);
    }
    const cat = world.add({ name: 'Cat' });
    attacked.until(() => cat.peer.sessionCount() === 2, 10_000);
    attacked.talkWhile(20, () => undefined);
    const { heard, said } = attacked.conversation();
    expect(heard).toEqual(said);
    expect(attacked.disturbances()).toEqual([]);
    world.run(30_000);
    expect(heapUsed() - before).toBeLessThan(16 * MB);
  });

  test('on a full disk a flood costs no more than its bytes, and the talk goes on when there is room', () => {
    const attacked = new AttackedWorld(SEED);
    const { world, ann, bob } = attacked;
    const liar = attacked.liar(ann);
    ann.disk.failure = 'ENOSPC';
    for (let round = 0; round < 10; round++) {
      const runs = Array.from({ length: 400 }, (_, i) => liar.run({ first: round * 400 + i + 1, text: 'x' }));
      liar.sendEncoded(runs.map((run) => encodeFrame({ kind: 'run', run })));
      world.run(20);
    }
    bob.say('for later');
    world.run(200);
    expect(ann.texts().filter((text) => text === 'for later').length).toBeLessThanOrEqual(1); // shown, if there is room to remember it
    expect(ann.seen('warning')).toHaveLength(1);
    ann.disk.failure = undefined;
    attacked.until(() => ann.texts().includes('for later'), 70_000);
    attacked.until(() => bob.seen('delivered').length === 1, 1_000);
    expect(bob.seen('delivered')).toMatchObject([{ upTo: 1, isStored: true }]);
    expect(ann.texts().filter((text) => text === 'for later')).toHaveLength(1);
  });
});
