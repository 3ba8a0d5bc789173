import { expect, test } from '@jest/globals';
import { concat, fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import { describeCryptoSuite } from '../contract/crypto-suite.ts';

describeCryptoSuite('nodeSuite', nodeSuite);

test('SHA-256 is SHA-256 (FIPS 180-4, "abc")', () => {
  expect(toHex(nodeSuite.hash(utf8('abc')))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
});

test('HMAC is HMAC-SHA-256 (RFC 4231, case 2)', () => {
  const code = nodeSuite.hmac(utf8('Jefe'), utf8('what do ya want for nothing?'));
  expect(toHex(code)).toBe('5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843');
});

test('keys of low order, for which anybody can sign, verify nothing (crypto invariant 3)', () => {
  const identity = concat(Uint8Array.of(1), new Uint8Array(31)); // the neutral point: R = 1, S = 0 is "signed" by it
  const forged = concat(identity, new Uint8Array(32));
  const negative = identity.slice();
  negative[31] = 0x80;
  const unreduced = fromHex(`ee${'ff'.repeat(30)}7f`);
  for (const key of [identity, negative, unreduced]) expect(nodeSuite.verify(key, utf8('anything'), forged)).toBe(false);
});

test('more keys of others than are kept ready all work', () => {
  const own = nodeSuite.dh(new Uint8Array(32).fill(1));
  const others = Array.from({ length: 300 }, (_, i) =>
    nodeSuite.dh(
      new Uint8Array(32)
        .fill(2)
        .fill(i, 0, 1)
        .fill(i >> 8, 1, 2),
    ),
  );
  for (const _round of [1, 2]) for (const other of others) expect(own.agree(other.publicKey)).toEqual(other.agree(own.publicKey));
});
