import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { EMPTY, toHex, utf8 } from '../../src/base/bytes.ts';
import { ApiMisuse } from '../../src/base/errors.ts';
import { HandshakeState, N, openFrom, type Role, SESSION_PROLOGUE, sealTo, XX } from '../../src/crypto/noise.ts';
import { nodeSuite as suite } from '../../src/crypto/primitives/node-suite.ts';

const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const alice = suite.dh(seed(1));
const bob = suite.dh(seed(2));
const [hello, answer, confirmation] = [EMPTY, utf8('bob, certified'), utf8('alice, certified')];

const xx = (role: Role, prologue = SESSION_PROLOGUE): HandshakeState => {
  const [staticKey, ephemeralSeed] = role === 'initiator' ? [alice, seed(3)] : [bob, seed(4)];
  return new HandshakeState({ suite, pattern: XX, role, prologue, staticKey, ephemeralSeed });
};
/** What must be there: the test ends otherwise. */
const there = (bytes: Uint8Array | undefined): Uint8Array => {
  if (bytes === undefined) throw new Error('a message was expected');
  return bytes;
};
/** Both sides before message 1, 2 or 3, and that message. */
const atMessage = (number: 1 | 2 | 3): { writer: HandshakeState; reader: HandshakeState; message: Uint8Array } => {
  const [initiator, responder] = [xx('initiator'), xx('responder')];
  const first = there(initiator.writeMessage(hello));
  if (number === 1) return { writer: initiator, reader: responder, message: first };
  responder.readMessage(first);
  const second = there(responder.writeMessage(answer));
  if (number === 2) return { writer: responder, reader: initiator, message: second };
  initiator.readMessage(second);
  return { writer: initiator, reader: responder, message: there(initiator.writeMessage(confirmation)) };
};
const lowOrder = [
  seed(0),
  Uint8Array.of(1, ...new Uint8Array(31)),
  Uint8Array.from([0xec, ...new Uint8Array(30).fill(0xff), 0x7f]),
  Uint8Array.from([0xed, ...new Uint8Array(30).fill(0xff), 0x7f]),
];

describe('XX', () => {
  test('both learn the other, agree on the hash and have keys that fit', () => {
    const [initiator, responder] = [xx('initiator'), xx('responder')];
    const payloads = [
      responder.readMessage(there(initiator.writeMessage(hello))),
      initiator.readMessage(there(responder.writeMessage(answer))),
      responder.readMessage(there(initiator.writeMessage(confirmation))),
    ];
    expect(payloads).toEqual([hello, answer, confirmation]);
    expect([initiator.isFinished, responder.isFinished]).toEqual([true, true]);
    expect(initiator.remoteStatic).toEqual(bob.publicKey);
    expect(responder.remoteStatic).toEqual(alice.publicKey);
    expect(initiator.remoteEphemeral).toEqual(responder.localEphemeral);
    expect(responder.remoteEphemeral).toEqual(suite.dh(seed(3)).publicKey);
    expect(initiator.handshakeHash).toEqual(responder.handshakeHash);
    const [ours, theirs] = [initiator.split(), responder.split()];
    expect(theirs.receive.open(0, EMPTY, ours.send.seal(0, EMPTY, answer))).toEqual(answer);
    expect(ours.receive.open(0, EMPTY, theirs.send.seal(0, EMPTY, answer))).toEqual(answer);
    expect(theirs.send.open(0, EMPTY, ours.send.seal(0, EMPTY, answer))).toBeUndefined();
  });

  test('message 1 is the ephemeral key alone; payloads 2 and 3 and the static keys are not readable', () => {
    const messages = ([1, 2, 3] as const).map((number) => toHex(atMessage(number).message));
    expect(messages[0]).toBe(toHex(suite.dh(seed(3)).publicKey));
    expect(messages[1]).not.toContain(toHex(answer));
    expect(messages[2]).not.toContain(toHex(confirmation));
    for (const key of [alice, bob]) expect(messages.join()).not.toContain(toHex(key.publicKey));
  });

  test.each([2, 3] as const)('message %d with any bit flipped is refused, and the true one still works', (number) => {
    const { reader, message } = atMessage(number);
    const hash = reader.handshakeHash; // crypto invariant 2
    for (let bit = 0; bit < message.length * 8; bit += 3) {
      const forged = message.slice();
      forged[bit >>> 3] = (forged[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      expect(reader.readMessage(forged)).toBeUndefined();
    }
    expect(reader.handshakeHash).toBe(hash);
    expect(reader.remoteStatic).toBeUndefined();
    expect(reader.readMessage(message)).toEqual(number === 2 ? answer : confirmation);
  });

  test.each([1, 2, 3] as const)('message %d cut at any offset is refused, and the whole one still works', (number) => {
    const { reader, message } = atMessage(number);
    for (let length = 0; length < message.length; length++) {
      expect(reader.readMessage(message.subarray(0, length))).toBeUndefined();
    }
    expect(reader.readMessage(message)).toBeDefined();
  });

  test('no bytes make reading throw', () => {
    for (const number of [2, 3] as const) {
      const { reader } = atMessage(number);
      fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => reader.readMessage(bytes) === undefined));
      expect(reader.readMessage(new Uint8Array(65_536))).toBeUndefined();
    }
  });

  test.each(lowOrder.map((key) => [toHex(key), key] as const))('an ephemeral key of low order, %s, gets no answer', (_, key) => {
    const responder = xx('responder');
    expect(responder.readMessage(key)).toEqual(EMPTY); // nothing was computed with it yet
    expect(responder.writeMessage(answer)).toBeUndefined();
    const { reader, message } = atMessage(2);
    const forged = message.slice();
    forged.set(key);
    expect(reader.readMessage(forged)).toBeUndefined();
    expect(reader.readMessage(message)).toEqual(answer);
  });

  test('peers of different versions cannot finish', () => {
    const [initiator, responder] = [xx('initiator'), xx('responder', utf8('earshot/2'))];
    responder.readMessage(there(initiator.writeMessage(hello)));
    expect(initiator.readMessage(there(responder.writeMessage(answer)))).toBeUndefined();
  });

  test('a message that changes after it was read makes no difference', () => {
    const { reader, message } = atMessage(1);
    const received = message.slice();
    reader.readMessage(received);
    received.fill(0);
    expect(reader.remoteEphemeral).toEqual(message);
  });

  test('writing out of turn or splitting before the end is misuse, reading out of turn is refused', () => {
    const [initiator, responder] = [xx('initiator'), xx('responder')];
    expect(() => responder.writeMessage(EMPTY)).toThrow(ApiMisuse);
    expect(initiator.readMessage(seed(5))).toBeUndefined();
    const first = there(initiator.writeMessage(hello));
    expect(() => initiator.writeMessage(hello)).toThrow(ApiMisuse);
    expect(responder.readMessage(first)).toEqual(EMPTY);
    expect(responder.readMessage(first)).toBeUndefined();
    expect(() => responder.split()).toThrow(ApiMisuse);
  });

  test('a finished handshake reads and writes nothing more', () => {
    const { writer, reader, message } = atMessage(3);
    reader.readMessage(message);
    expect(reader.readMessage(message)).toBeUndefined();
    expect(() => reader.writeMessage(EMPTY)).toThrow(ApiMisuse);
    expect(() => writer.writeMessage(EMPTY)).toThrow(ApiMisuse);
  });

  test('a message beyond what Noise allows is refused, and writing one is misuse', () => {
    expect(xx('responder').readMessage(new Uint8Array(65_535).fill(9))).toHaveLength(65_503);
    expect(xx('responder').readMessage(new Uint8Array(65_536).fill(9))).toBeUndefined();
    expect(xx('initiator').writeMessage(new Uint8Array(65_503))).toHaveLength(65_535);
    expect(() => xx('initiator').writeMessage(new Uint8Array(65_504))).toThrow(ApiMisuse);
  });

  test('keys that the pattern needs and that are missing are misuse', () => {
    const common = { suite, prologue: EMPTY } as const;
    expect(() => new HandshakeState({ ...common, pattern: XX, role: 'initiator', ephemeralSeed: seed(1) })).toThrow(ApiMisuse);
    expect(() => new HandshakeState({ ...common, pattern: XX, role: 'initiator', staticKey: alice })).toThrow(ApiMisuse);
    expect(() => new HandshakeState({ ...common, pattern: N, role: 'responder' })).toThrow(ApiMisuse);
    expect(() => new HandshakeState({ ...common, pattern: N, role: 'initiator', ephemeralSeed: seed(1) })).toThrow(ApiMisuse);
    expect(() => sealTo(suite, seed(1), new Uint8Array(31), EMPTY, EMPTY)).toThrow(ApiMisuse);
  });
});

describe('sealing to a reader (N)', () => {
  const prologue = utf8('this run');
  const sealed = there(sealTo(suite, seed(7), bob.publicKey, prologue, utf8('only for bob')));

  test('the reader opens it; it is 48 bytes longer', () => {
    expect(openFrom(suite, bob, prologue, sealed)).toEqual(utf8('only for bob'));
    expect(sealed).toHaveLength(utf8('only for bob').length + 48);
    expect(toHex(sealed)).not.toContain(toHex(utf8('only for bob')));
  });

  test('nobody else opens it, and not with another prologue', () => {
    expect(openFrom(suite, alice, prologue, sealed)).toBeUndefined();
    expect(openFrom(suite, bob, utf8('that run'), sealed)).toBeUndefined();
  });

  test('altered, cut or extended bytes do not open', () => {
    for (let at = 0; at < sealed.length; at++) {
      const altered = sealed.slice();
      altered[at] = (altered[at] ?? 0) ^ 4;
      expect(openFrom(suite, bob, prologue, altered)).toBeUndefined();
      expect(openFrom(suite, bob, prologue, sealed.subarray(0, at))).toBeUndefined();
    }
    expect(openFrom(suite, bob, prologue, Uint8Array.of(...sealed, 0))).toBeUndefined();
  });

  test('nothing is sealed to a key of low order, and nothing opened that came with one', () => {
    for (const key of lowOrder) {
      expect(sealTo(suite, seed(7), key, prologue, utf8('x'))).toBeUndefined();
      expect(openFrom(suite, bob, prologue, Uint8Array.of(...key, ...sealed.subarray(32)))).toBeUndefined();
    }
  });
});
