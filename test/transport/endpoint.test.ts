import { describe, expect, test } from '@jest/globals';
import { toHex } from '../../src/base/bytes.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import { ascending, frameNumber, Lan, numbersOf, upTo } from './lan.ts';

describe('a session between two endpoints', () => {
  test.each([
    ['node:crypto', nodeSuite],
    ['the cheap suite', undefined],
  ])('is established by one round trip, and frames arrive both ways (%s)', (_, suite) => {
    const lan = new Lan(1, { jitterMs: 0 }, suite);
    const [a, b] = [lan.add({ name: 'Ann' }), lan.add({ name: 'Ben' })];
    lan.dial(a, b);
    lan.run(1);
    lan.send(a, b, frameNumber(1));
    lan.send(b, a, frameNumber(2));
    lan.run(5);

    expect(a.history).toEqual(['established']);
    expect(b.history).toEqual(['established']);
    expect(
      a.established.map(({ peer, name, serial, isInitiator, address }) => ({ peer, name, serial, isInitiator, address })),
    ).toEqual([{ peer: b.id, name: 'Ben', serial: 1, isInitiator: true, address: b.address }]);
    expect(
      b.established.map(({ peer, name, serial, isInitiator, address }) => ({ peer, name, serial, isInitiator, address })),
    ).toEqual([{ peer: a.id, name: 'Ann', serial: 1, isInitiator: false, address: a.address }]);
    expect(toHex(a.established[0]?.sealKey ?? new Uint8Array())).toBe(toHex(b.identity.dh.publicKey));
    expect(numbersOf(b)).toEqual([1]);
    expect(numbersOf(a)).toEqual([2]);
    expect([...a.drops, ...b.drops]).toEqual([]);
    expect(a.endpoint.session(b.id)?.rttMs).toBeGreaterThan(0.39);
    expect(a.endpoint.session(b.id)?.rttMs).toBeLessThan(3);
  });

  test('carries 5000 frames over a link that loses 30 %', () => {
    const lan = new Lan(2, { lossRate: 0.3 });
    const [a, b] = [lan.add(), lan.add()];
    lan.dial(a, b);
    lan.run(5_000, () => a.established.length > 0 && b.established.length > 0);
    for (let i = 0; i < 5000; i += 50) {
      lan.send(a, b, ...upTo(50).map((n) => frameNumber(i + n)));
      lan.send(b, a, ...upTo(50).map((n) => frameNumber(i + n)));
      lan.run(10);
    }
    lan.run(5_000);
    expect(ascending(numbersOf(b))).toEqual(upTo(5000));
    expect(ascending(numbersOf(a))).toEqual(upTo(5000));
    expect(a.history).toEqual(['established']);
    expect(b.history).toEqual(['established']);
  });
});
