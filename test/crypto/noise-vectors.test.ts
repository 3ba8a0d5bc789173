import { expect, test } from '@jest/globals';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { HandshakeState, N, type Pattern, type Role, XX } from '../../src/crypto/noise.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import { describeVectors } from './vectors.ts';

/** The two that earshot speaks, and others that the same machine runs from data: each reaches tokens in another order. */
const PATTERNS: readonly Pattern[] = [
  XX,
  N,
  { name: 'X', known: ['responder'], messages: [['e', 'es', 's', 'ss']] },
  {
    name: 'XK',
    known: ['responder'],
    messages: [
      ['e', 'es'],
      ['e', 'ee'],
      ['s', 'se'],
    ],
  },
  {
    name: 'IK',
    known: ['responder'],
    messages: [
      ['e', 'es', 's', 'ss'],
      ['e', 'ee', 'se'],
    ],
  },
  { name: 'XX1', known: [], messages: [['e'], ['e', 'ee', 's'], ['es', 's', 'se']] },
];

type Vector = {
  readonly protocol_name?: string;
  readonly name?: string;
  readonly init_prologue: string;
  readonly init_static?: string;
  readonly init_ephemeral?: string;
  readonly init_remote_static?: string;
  readonly resp_prologue: string;
  readonly resp_static?: string;
  readonly resp_ephemeral?: string;
  readonly resp_remote_static?: string;
  readonly handshake_hash?: string;
  readonly messages: readonly { readonly payload: string; readonly ciphertext: string }[];
};

const nameOf = (vector: Vector): string => vector.protocol_name ?? vector.name ?? '';
const patternOf = (vector: Vector): Pattern | undefined =>
  PATTERNS.find((pattern) => nameOf(vector) === `Noise_${pattern.name}_25519_ChaChaPoly_SHA256`);

const side = (vector: Vector, pattern: Pattern, role: Role): HandshakeState => {
  const at = role === 'initiator' ? 'init' : 'resp';
  const [secret, ephemeral, remote] = [vector[`${at}_static`], vector[`${at}_ephemeral`], vector[`${at}_remote_static`]];
  return new HandshakeState({
    suite: nodeSuite,
    pattern,
    role,
    prologue: fromHex(vector[`${at}_prologue`]),
    ...(secret === undefined ? {} : { staticKey: nodeSuite.dh(fromHex(secret)) }),
    ...(ephemeral === undefined ? {} : { ephemeralSeed: fromHex(ephemeral) }),
    ...(remote === undefined ? {} : { remoteStatic: fromHex(remote) }),
  });
};

/** Everything both sides wrote, and how what was read compares to what was meant. */
const play = (vector: Vector, pattern: Pattern): { transcript: string[]; payloads: (string | undefined)[]; hashes: string[] } => {
  const initiator = side(vector, pattern, 'initiator');
  const responder = side(vector, pattern, 'responder');
  const transcript: string[] = [];
  const payloads: (string | undefined)[] = [];
  const note = (written: Uint8Array | undefined, read: Uint8Array | undefined): void => {
    transcript.push(written === undefined ? 'refused' : toHex(written));
    payloads.push(read && toHex(read));
  };
  const isForward = (index: number): boolean => pattern.messages.length === 1 || index % 2 === 0;
  for (const [index, { payload }] of vector.messages.slice(0, pattern.messages.length).entries()) {
    const [writer, reader] = isForward(index) ? [initiator, responder] : [responder, initiator];
    const written = writer.writeMessage(fromHex(payload));
    note(written, written && reader.readMessage(written));
  }
  const keys = { initiator: initiator.split(), responder: responder.split() };
  for (const [after, { payload }] of vector.messages.slice(pattern.messages.length).entries()) {
    const forward = isForward(pattern.messages.length + after);
    const [sender, receiver] = forward ? [keys.initiator, keys.responder] : [keys.responder, keys.initiator];
    const counter = pattern.messages.length === 1 ? after : after >>> 1; // they take turns, so every second is one's own
    const sealed = sender.send.seal(counter, new Uint8Array(0), fromHex(payload));
    note(sealed, receiver.receive.open(counter, new Uint8Array(0), sealed));
  }
  return { transcript, payloads, hashes: [toHex(initiator.handshakeHash), toHex(responder.handshakeHash)] };
};

const runAll = (vectors: readonly Vector[], names: readonly string[]): void => {
  for (const [index, vector] of vectors.entries()) {
    const pattern = patternOf(vector);
    if (pattern === undefined) continue;
    test(`the transcript and handshake hash of number ${index}, ${nameOf(vector)}, are reproduced`, () => {
      const { transcript, payloads, hashes } = play(vector, pattern);
      expect(transcript).toEqual(vector.messages.map(({ ciphertext }) => ciphertext));
      expect(payloads).toEqual(vector.messages.map(({ payload }) => payload));
      expect(hashes[0]).toBe(vector.handshake_hash ?? hashes[1]);
      expect(hashes[1]).toBe(hashes[0]);
    });
  }
  test(`they cover ${names.join(', ')}`, () => {
    const covered = new Set(vectors.flatMap((vector) => patternOf(vector)?.name ?? []));
    expect([...covered].sort()).toEqual([...names].sort());
  });
};

describeVectors<{ readonly vectors: readonly Vector[] }>('Noise, cacophony', 'noise-cacophony-25519-chachapoly.json', (file) =>
  runAll(file.vectors, ['XX', 'N', 'X', 'XK', 'IK', 'XX1']),
);
describeVectors<{ readonly vectors: readonly Vector[] }>('Noise, noise-c', 'noise-noise-c-basic-25519-chachapoly.json', (file) =>
  runAll(file.vectors, ['XX', 'N', 'X', 'XK', 'IK']),
);
describeVectors<readonly Vector[]>('Noise, bitchat', 'noise-bitchat-xx-sha256.json', (vectors) => runAll(vectors, ['XX']));
