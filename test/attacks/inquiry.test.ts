import { describe, expect, test } from '@jest/globals';
import { encodeQuestion } from '../../src/wire/inquiry.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import { World } from '../sim/world.ts';
import { AttackedWorld } from './attacked-world.ts';

const SEED = 812;

describe(`questions of strangers about the network, seed ${SEED}`, () => {
  test('that pretend to come from others start no loop and no flood, and those who talk go on talking', () => {
    const attacked = new AttackedWorld(SEED);
    const { world, ann, bob } = attacked;
    let [questions, reports, asked, told] = [0, 0, 0, 0];
    const watch = world.tap;
    world.tap = (from, to, bytes) => {
      watch?.(from, to, bytes);
      if (bytes[1] === 8) [questions, asked] = [questions + 1, asked + bytes.length];
      if (bytes[1] === 9) [reports, told] = [reports + 1, told + bytes.length];
    };
    const answering = { number: 1, answerPort: 0, address: Uint8Array.of(10, 0, 0, 2), port: 40_000 };
    attacked.talkWhile(50, (round) => {
      for (let i = 0; i < 20; i++) {
        const nonce = Uint8Array.from({ length: 8 }, (_, byte) => (round + i * byte) & 255);
        const way = (['unicast', 'multicast', 'broadcast'] as const)[i % 3] ?? 'unicast';
        world.transmit(ann.address, bob.address, encodeQuestion({ ...answering, nonce, way }, 64 + i));
      }
    });
    world.run(1_000);
    expect(questions).toBe(1_000);
    expect(reports).toBeGreaterThan(50);
    expect(reports).toBeLessThan(250); // the burst of one source, and what comes back in a second
    expect(told).toBeLessThanOrEqual(asked);
    expect(bob.drops.get('rate-limited')).toBeGreaterThan(700);
    expect(ann.drops.get('unknown-datagram')).toBeGreaterThanOrEqual(reports);
    const { heard, said } = attacked.conversation();
    expect(heard).toEqual(said);
    expect(attacked.disturbances()).toEqual([]);
    expect([ann.peer.sessionCount(), bob.peer.sessionCount()]).toEqual([1, 1]);
  });
});

test.each(['private', 'stealth'] as const)('somebody in %s tells strangers nothing', (visibility) => {
  const world = new World({ seed: SEED, suite: cheapSuite });
  const hidden = world.add({ name: 'Bob', visibility });
  world.run(5_000);
  let told = 0;
  world.tap = (from) => {
    if (from.host === hidden.host) told += 1;
  };
  const asked = { nonce: new Uint8Array(8), number: 1, answerPort: 0, address: Uint8Array.of(10, 0, 0, 1), port: 40_000 };
  for (const way of ['unicast', 'multicast', 'broadcast'] as const) {
    const question = encodeQuestion({ ...asked, way }, 500);
    world.transmit({ host: '10.0.66.1', port: 4000 }, hidden.address, question);
    hidden.receive({ kind: 'beacon', from: { host: '10.0.66.1', port: 4000 }, bytes: question });
  }
  world.run(1_000);
  expect([told, hidden.drops.get('foreign-question')]).toEqual([0, 6]);
});
