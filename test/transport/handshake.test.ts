import { describe, expect, test } from '@jest/globals';
import { EMPTY, toHex, utf8 } from '../../src/base/bytes.ts';
import {
  HANDSHAKE_LIFETIME_MS,
  HANDSHAKE_TIMEOUT_MAX_MS,
  HANDSHAKE_TIMEOUT_MS,
  INITIATION_SIZE,
  PROTOCOL_VERSION,
  RESPONSE_SIZE_MAX,
} from '../../src/base/limits.ts';
import { instant } from '../../src/base/time.ts';
import { makeIdentity } from '../../src/crypto/identity.ts';
import { HandshakeState, XX } from '../../src/crypto/noise.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import { HalfOpen, Opening, type Party, type ResponseOutcome } from '../../src/transport/handshake.ts';
import { type Datagram, decodeDatagram, encodeInitiation } from '../../src/wire/datagram.ts';
import { upTo } from './lan.ts';

const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const party = (byte: number, name = 'x'): Party => ({
  suite: nodeSuite,
  identity: makeIdentity(nodeSuite, seed(byte), seed(byte + 1), 3),
  boot: new Uint8Array(8).fill(byte),
  name: () => name,
  knownSerial: () => undefined,
});
const ANN = party(10, 'Ann');
const BEN = party(20, '𝔅'.repeat(32));
const ANN_AT = { host: '10.0.0.1', port: 1 };
const BEN_AT = { host: '10.0.0.2', port: 2 };
const now = instant(0);

const read = <K extends Datagram['kind']>(kind: K, bytes: Uint8Array): Extract<Datagram, { kind: K }> => {
  const datagram = decodeDatagram(bytes);
  if (!datagram.ok || datagram.value.kind !== kind) throw new Error(`no ${kind}`);
  return datagram.value as Extract<Datagram, { kind: K }>;
};
const opening = (): Opening => new Opening(now, { party: ANN, to: BEN_AT, localId: 1, ephemeralSeed: seed(1), purpose: 'dial' });
const answer = (initiation: Uint8Array): HalfOpen => {
  const datagram = read('initiation', initiation);
  if (!datagram.isOurs) throw new Error('another version');
  const half = HalfOpen.answer(now, BEN, { from: ANN_AT, ...datagram }, { localId: 2, ephemeralSeed: seed(2) });
  if (half === undefined) throw new Error('not answered');
  return half;
};
const agreedOf = (outcome: ResponseOutcome): Extract<ResponseOutcome, { kind: 'agreed' }>['agreed'] => {
  if (outcome.kind !== 'agreed') throw new Error(outcome.reason);
  return outcome.agreed;
};

describe('a handshake', () => {
  test('ends with the same keys on both sides, who the other is, and its epoch', () => {
    const initiator = opening();
    const initiation = initiator.initiation(now);
    const half = answer(initiation);
    const ours = agreedOf(initiator.onResponse(instant(3), read('response', half.response), ({ boot }) => boot[0] ?? 0));
    const confirmation = ours.confirmation ?? new Uint8Array();
    const theirs = half.onConfirmation(instant(5), read('confirmation', confirmation).noise);
    if (theirs.kind !== 'agreed') throw new Error(theirs.reason);
    const { agreed } = theirs;

    const sealed = ours.keys.send.seal(0, seed(0), seed(9));
    expect(agreed.keys.receive.open(0, seed(0), sealed)).toEqual(seed(9));
    expect(ours.keys.receive.open(0, seed(0), agreed.keys.send.seal(0, seed(0), seed(8)))).toEqual(seed(8));
    const common = { epoch: 20, initiatorEphemeral: toHex(initiator.ephemeral) };
    const told = (of: typeof ours): unknown => ({
      peer: of.proven.peer,
      sealKey: toHex(of.proven.sealKey),
      serial: of.proven.serial,
      boot: of.proven.boot[0],
      name: of.proven.name,
      ids: [of.localId, of.remoteId],
      address: of.address,
      rttMs: of.rttMs,
      epoch: of.epoch,
      initiatorEphemeral: toHex(of.initiatorEphemeral),
    });
    const keyOf = (of: Party): { peer: string; sealKey: string; serial: number } => ({
      peer: toHex(of.identity.signing.publicKey),
      sealKey: toHex(of.identity.dh.publicKey),
      serial: 3,
    });
    expect(told(ours)).toEqual({
      ...keyOf(BEN),
      boot: 20,
      name: '𝔅'.repeat(32),
      ids: [1, 2],
      address: BEN_AT,
      rttMs: 3,
      ...common,
    });
    expect(told(agreed)).toEqual({ ...keyOf(ANN), boot: 10, name: 'Ann', ids: [2, 1], address: ANN_AT, rttMs: 5, ...common });
    expect([initiation.length, half.response.length <= RESPONSE_SIZE_MAX, confirmation.length <= half.response.length]).toEqual([
      INITIATION_SIZE,
      true,
      true,
    ]);
  });

  test('goes on after forged responses and confirmations', () => {
    const initiator = opening();
    const half = answer(initiator.initiation(now));
    const response = read('response', half.response);
    for (const at of upTo(7)) {
      const noise = response.noise.map((byte, i) => (i === at * 40 ? byte ^ 1 : byte));
      expect(initiator.onResponse(now, { ...response, noise }, () => 0)).toEqual({ kind: 'ignored', reason: 'bad-handshake' });
    }
    const { confirmation } = agreedOf(initiator.onResponse(now, response, () => 0));
    const { noise } = read('confirmation', confirmation ?? new Uint8Array());
    for (const at of upTo(noise.length)) {
      const forged = noise.map((byte, i) => (i === at ? byte ^ 1 : byte));
      expect(half.onConfirmation(now, forged)).toEqual({ kind: 'ignored', reason: 'bad-handshake' });
    }
    expect(half.onConfirmation(now, noise).kind).toBe('agreed');
  });

  test('tries a bounded number of forged responses between two initiations', () => {
    const initiator = opening();
    const half = answer(initiator.initiation(now));
    const response = read('response', half.response);
    const outcomes = upTo(20).map(() => initiator.onResponse(now, { ...response, noise: seed(3) }, () => 0));
    expect(outcomes.filter((outcome) => outcome.kind === 'ignored' && outcome.reason === 'rate-limited').length).toBe(12);
    initiator.initiation(instant(100));
    expect(initiator.onResponse(now, response, () => 0).kind).toBe('agreed');
  });

  test('with another version of the protocol fails, although it claims ours', () => {
    const noise = new HandshakeState({
      suite: nodeSuite,
      pattern: XX,
      role: 'initiator',
      prologue: utf8(`earshot/${PROTOCOL_VERSION + 1}`),
      ephemeralSeed: seed(1),
      staticKey: ANN.identity.dh,
    });
    const message = noise.writeMessage(EMPTY) ?? EMPTY;
    const half = answer(encodeInitiation({ sourceId: 1, token: EMPTY, noise: message }));
    expect(noise.readMessage(read('response', half.response).noise)).toBeUndefined();
  });

  test('whose first message was altered on its way fails', () => {
    const initiator = opening();
    const bytes = initiator.initiation(now);
    const at = toHex(bytes).indexOf(toHex(initiator.ephemeral)) / 2;
    const half = answer(bytes.map((byte, i) => (i === at ? byte ^ 1 : byte)));
    const outcome = initiator.onResponse(now, read('response', half.response), () => 0);
    expect(outcome).toEqual({ kind: 'ignored', reason: 'bad-handshake' });
  });

  test('gives no round trip once the initiation went twice, but does after a retry', () => {
    const initiator = opening();
    initiator.initiation(now);
    const half = answer(initiator.initiation(instant(100)));
    expect(agreedOf(initiator.onResponse(instant(103), read('response', half.response), () => 0)).rttMs).toBeUndefined();
    const retried = opening();
    retried.initiation(now);
    expect(retried.onRetry(seed(7))).toBe(true);
    const again = retried.initiation(instant(2));
    const datagram = read('initiation', again);
    expect(datagram.isOurs && toHex(datagram.token)).toBe(toHex(seed(7)));
    expect(agreedOf(retried.onResponse(instant(5), read('response', answer(again).response), () => 0)).rttMs).toBe(3);
  });
});

describe('an opening', () => {
  test('sends again after HANDSHAKE_TIMEOUT_MS, doubling up to HANDSHAKE_TIMEOUT_MAX_MS, until HANDSHAKE_LIFETIME_MS', () => {
    const initiator = opening();
    initiator.initiation(now);
    const times: number[] = [];
    for (;;) {
      const at = initiator.nextTimeout();
      const due = initiator.onTimeout(at);
      if (due?.kind === 'failed') {
        expect([at, due.why]).toEqual([HANDSHAKE_LIFETIME_MS, 'no-answer']);
        break;
      }
      times.push(at);
      initiator.initiation(at);
    }
    expect(times.slice(0, 6)).toEqual([1, 3, 7, 15, 25, 35].map((n) => n * HANDSHAKE_TIMEOUT_MS));
    expect((times.at(-1) ?? 0) - (times.at(-2) ?? 0)).toBe(HANDSHAKE_TIMEOUT_MAX_MS);
  });

  test('answers three retries at once, and takes the token of a later one along', () => {
    const initiator = opening();
    expect(upTo(5).map((i) => initiator.onRetry(seed(i)))).toEqual([true, true, true, false, false]);
    const datagram = read('initiation', initiator.initiation(now));
    expect(datagram.isOurs && datagram.token).toEqual(seed(4));
  });
});
