import { expect, test } from '@jest/globals';
import { concat, EMPTY, fromHex, toHex } from '../../src/base/bytes.ts';
import { hkdf2 } from '../../src/crypto/noise-symmetric-state.ts';
import { chaCha20Poly1305 } from '../../src/crypto/primitives/node-aead.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import { describeVectors, type Wycheproof } from './vectors.ts';

type Exchange = { readonly public: string; readonly private: string; readonly shared: string };
describeVectors<Wycheproof<object, Exchange>>('X25519, wycheproof', 'wycheproof-x25519_test.json', ({ testGroups }) => {
  const tests = testGroups.flatMap((group) => group.tests);

  test(`${tests.length} exchanges give the published secret, and none where it is all zero`, () => {
    const wrong = tests.filter((vector) => {
      const secret = nodeSuite.dh(fromHex(vector.private)).agree(fromHex(vector.public));
      const published = /^0*$/.test(vector.shared) ? undefined : vector.shared;
      return (secret && toHex(secret)) !== published;
    });
    expect(wrong).toEqual([]);
    expect(tests.filter((vector) => vector.flags.includes('ZeroSharedSecret')).length).toBeGreaterThan(0);
  });
});

type SignatureGroup = { readonly publicKey: { readonly pk: string } };
type Signature = { readonly msg: string; readonly sig: string };
describeVectors<Wycheproof<SignatureGroup, Signature>>(
  'Ed25519, wycheproof',
  'wycheproof-ed25519_test.json',
  ({ testGroups }) => {
    const tests = testGroups.flatMap((group) => group.tests.map((vector) => ({ ...vector, pk: group.publicKey.pk })));

    test(`${tests.length} signatures verify if they are valid, and only then`, () => {
      const wrong = tests.filter((vector) => {
        const isVerified = nodeSuite.verify(fromHex(vector.pk), fromHex(vector.msg), fromHex(vector.sig));
        return isVerified !== (vector.result === 'valid');
      });
      expect(wrong).toEqual([]);
    });
  },
);

type AeadGroup = { readonly ivSize: number; readonly keySize: number; readonly tagSize: number };
type Aead = Readonly<Record<'key' | 'iv' | 'aad' | 'msg' | 'ct' | 'tag', string>>;
describeVectors<Wycheproof<AeadGroup, Aead>>(
  'ChaCha20-Poly1305, wycheproof',
  'wycheproof-chacha20_poly1305_test.json',
  ({ testGroups }) => {
    const ours = testGroups.filter((group) => group.ivSize === 96 && group.keySize === 256 && group.tagSize === 128);
    const tests = ours.flatMap((group) => group.tests);

    test(`${tests.length} ciphertexts open if they are valid, and only then; what is sealed is as published`, () => {
      const wrong = tests.filter((vector) => {
        const cipher = chaCha20Poly1305(fromHex(vector.key));
        const [iv, aad] = [fromHex(vector.iv), fromHex(vector.aad)];
        const opened = cipher.open(iv, aad, fromHex(vector.ct + vector.tag));
        if (vector.result !== 'valid') return opened !== undefined;
        const sealed = cipher.seal(EMPTY, iv, aad, fromHex(vector.msg));
        return opened === undefined || toHex(opened) !== vector.msg || toHex(sealed) !== vector.ct + vector.tag;
      });
      expect(wrong).toEqual([]);
      expect(tests.length).toBeGreaterThan(250);
    });
  },
);

type Derivation = {
  readonly ikm: string;
  readonly salt: string;
  readonly info: string;
  readonly size: number;
  readonly okm: string;
};
describeVectors<Wycheproof<object, Derivation>>('HKDF, wycheproof', 'wycheproof-hkdf_sha256_test.json', ({ testGroups }) => {
  const tests = testGroups.flatMap((group) => group.tests).filter((vector) => vector.result === 'valid');

  test(`${tests.length} derivations over the suite's HMAC are as published`, () => {
    const derive = ({ ikm, salt, info, size }: Derivation): string => {
      const extracted = nodeSuite.hmac(fromHex(salt), fromHex(ikm));
      let block: Uint8Array = EMPTY;
      let all = '';
      for (let i = 1; all.length < 2 * size; i++) {
        block = nodeSuite.hmac(extracted, concat(block, fromHex(info), Uint8Array.of(i)));
        all += toHex(block);
      }
      return all.slice(0, 2 * size);
    };
    expect(tests.filter((vector) => derive(vector) !== vector.okm)).toEqual([]);
  });

  const plain = tests.filter((vector) => vector.info === '' && vector.size <= 64);
  test(`${plain.length} derivations without info are what the handshake's HKDF gives`, () => {
    const wrong = plain.filter((vector) => {
      const both = concat(...hkdf2(nodeSuite, fromHex(vector.salt), fromHex(vector.ikm)));
      return toHex(both).slice(0, 2 * vector.size) !== vector.okm;
    });
    expect(wrong).toEqual([]);
    expect(plain.length).toBeGreaterThan(0);
  });
});
