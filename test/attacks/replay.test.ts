import { describe, expect, test } from '@jest/globals';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import { AttackedWorld, type Captured } from './attacked-world.ts';

const SEED = 662;
const REKEY_MS = 10 * 60_000;

/** All that was captured, again: from where it came, from elsewhere, and back to whoever sent it. */
const replay = (attacked: AttackedWorld, captured: readonly Captured[], step = 1): void => {
  const elsewhere = { host: '10.0.99.9', port: 4000 };
  attacked.isCapturing = false;
  for (let i = 0; i < captured.length; i += step) {
    const one = captured[i];
    if (one === undefined) continue;
    attacked.world.transmit(one.from, one.to, one.bytes);
    attacked.world.transmit(elsewhere, one.to, one.bytes);
    attacked.world.transmit(one.to, one.from, one.bytes);
    if (i % 50 === 0) attacked.world.run(1);
  }
  attacked.isCapturing = true;
  attacked.world.run(2_000);
};

const start = (): AttackedWorld => {
  const attacked = new AttackedWorld(SEED, { suite: nodeSuite });
  attacked.isCapturing = true;
  return attacked;
};

describe(`every datagram captured, sent again and reflected, seed ${SEED}`, () => {
  test('during a session changes nothing', () => {
    const attacked = start();
    attacked.talkWhile(50, () => undefined);
    attacked.ann.tell(attacked.bob.id, 'between us');
    attacked.world.run(500);
    replay(attacked, attacked.captured.splice(0));
    attacked.talkWhile(10, () => replay(attacked, attacked.captured.splice(0)));
    const { heard, said } = attacked.conversation();
    expect(heard).toEqual([said[0], [...(said[1] ?? []).slice(0, 50), 'between us', ...(said[1] ?? []).slice(50)]]);
    expect(attacked.disturbances()).toEqual([]);
    expect(attacked.ann.peer.sessionCount()).toBe(1);
  });

  test('across re-keys changes nothing', () => {
    const attacked = start();
    attacked.talkWhile(20, () => undefined);
    for (let rekeys = 0; rekeys < 3; rekeys++) {
      attacked.world.run(REKEY_MS + 60_000);
      attacked.talkWhile(20, () => undefined);
      replay(attacked, attacked.captured);
    }
    const { heard, said } = attacked.conversation();
    expect(heard).toEqual(said);
    expect(attacked.disturbances()).toEqual([]);
  });

  test('across restarts of either side delivers nothing twice and ends no session', () => {
    const attacked = start();
    attacked.talkWhile(20, () => undefined);
    for (const peer of [attacked.ann, attacked.bob, attacked.ann]) {
      peer.kill();
      attacked.world.run(500);
      peer.start();
      replay(attacked, attacked.captured, 3); // even while they meet again
      attacked.until(() => attacked.ann.peer.sessionCount() === 1 && attacked.bob.peer.sessionCount() === 1);
      attacked.world.run(100);
      const left = attacked.disturbances().length;
      attacked.talkWhile(10, () => undefined);
      replay(attacked, attacked.captured);
      expect(attacked.disturbances().length).toBe(left);
    }
    attacked.world.run(5_000);
    const { heard, said } = attacked.conversation();
    expect(heard).toEqual(said);
  });
});
