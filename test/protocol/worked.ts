/**
 * The worked bytes of protocol.md, built from fixed keys. Each example is a name, a sentence, and lines `what = hex`.
 * `UPDATE_PROTOCOL=1 npm test -- test/protocol` writes them into the page.
 */
import { concat, EMPTY, toHex, utf8 } from '../../src/base/bytes.ts';
import { directScope, entryId, logId, peerId, type RoomName, roomScope } from '../../src/base/ids.ts';
import { encodePayload, makeIdentity } from '../../src/crypto/identity.ts';
import { knockProof, knockTag, pairSecrets } from '../../src/crypto/knock.ts';
import { HandshakeState, SESSION_PROLOGUE, sealTo, XX } from '../../src/crypto/noise.ts';
import { nodeSuite as suite } from '../../src/crypto/primitives/node-suite.ts';
import { directPrologue, entryHash, headerHash, runHash, sealedRunHash, signRun } from '../../src/crypto/signed-run.ts';
import { encodeBeacon } from '../../src/wire/beacon.ts';
import {
  encodeConfirmation,
  encodeInitiation,
  encodeResponse,
  encodeRetry,
  encodeVersionNotice,
  sealedHeader,
} from '../../src/wire/datagram.ts';
import { encodeEntry } from '../../src/wire/entry.ts';
import { encodeFrame, type Frame, framesHead } from '../../src/wire/frame.ts';
import { encodeQuestion, encodeReport, type Question, questionName, type Report, reportName } from '../../src/wire/inquiry.ts';
import { encodeEntries, encodeHeader, encodeOpenRun, encodeSealedRun, type RunHeader } from '../../src/wire/run.ts';

export type Example = {
  readonly name: string;
  readonly says: string;
  readonly lines: readonly (readonly [string, Uint8Array])[];
};

const counted = (from: number, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (from + i) & 0xff);
const some = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('the worked handshake did not work');
  return value;
};

export const ann = makeIdentity(suite, counted(0x00, 32), counted(0x20, 32), 1);
export const bob = makeIdentity(suite, counted(0x40, 32), counted(0x60, 32), 1);
const annKey = ann.signing.publicKey;
const bobKey = bob.signing.publicKey;
const log = logId(counted(0xa0, 8));
const lobby = 'lobby' as RoomName;
/** 2026-01-01T00:00:00.250Z, counter 0. */
const time = { seconds: 1_767_225_600, fraction: (250 << 22) >>> 0 };

const keys = (): Example => ({
  name: 'keys',
  says: 'Two identities, Ann and Bob, serial 1. Seeds are RFC 8032 private keys and X25519 private keys.',
  lines: [
    ["Ann's identity seed", counted(0x00, 32)],
    ["Ann's identity key", annKey],
    ["Ann's static private key", counted(0x20, 32)],
    ["Ann's static key", ann.dh.publicKey],
    ["Ann's certificate", ann.certificate],
    ["Bob's identity seed", counted(0x40, 32)],
    ["Bob's identity key", bobKey],
    ["Bob's static private key", counted(0x60, 32)],
    ["Bob's static key", bob.dh.publicKey],
    ["Bob's certificate", bob.certificate],
  ],
});

const handshake = (): readonly Example[] => {
  const side = (role: 'initiator' | 'responder', staticKey: typeof ann.dh, seed: number): HandshakeState =>
    new HandshakeState({ suite, pattern: XX, role, prologue: SESSION_PROLOGUE, ephemeralSeed: counted(seed, 32), staticKey });
  const payload = (identity: typeof ann, boot: number, name: string): Uint8Array =>
    encodePayload({
      identityKey: identity.signing.publicKey,
      serial: identity.serial,
      certificate: identity.certificate,
      boot: counted(boot, 8),
      epoch: 0,
      name,
    });
  const initiator = side('initiator', ann.dh, 0x80);
  const responder = side('responder', bob.dh, 0xc0);
  const noise1 = some(initiator.writeMessage(EMPTY));
  some(responder.readMessage(noise1));
  const payload2 = payload(bob, 0xf8, 'Bob');
  const noise2 = some(responder.writeMessage(payload2));
  some(initiator.readMessage(noise2));
  const payload3 = payload(ann, 0xf0, 'Ann');
  const noise3 = some(initiator.writeMessage(payload3));
  some(responder.readMessage(noise3));
  const frames = [encodeFrame({ kind: 'ping' }), encodeFrame({ kind: 'rooms', generation: 1, rooms: [lobby] })];
  const plaintext = concat(framesHead(frames.length), ...frames);
  const header = sealedHeader(0xb0b0b0b0, 0, plaintext.length + 16);
  const sealed = concat(header, initiator.split().send.seal(0, header, plaintext));
  return [
    {
      name: 'handshake',
      says: 'Ann (connection id 0xa0a0a0a0, ephemeral private key 80…9f, boot f0…f7) opens a session with Bob (0xb0b0b0b0, c0…df, f8…ff).',
      lines: [
        ['initiation', encodeInitiation({ sourceId: 0xa0a0a0a0, token: EMPTY, noise: noise1 })],
        ['payload of message 2', payload2],
        ['response', encodeResponse({ destinationId: 0xa0a0a0a0, sourceId: 0xb0b0b0b0, noise: noise2 })],
        ['payload of message 3', payload3],
        ['confirmation', encodeConfirmation({ destinationId: 0xb0b0b0b0, noise: noise3 })],
        ['handshake hash', initiator.handshakeHash],
      ],
    },
    {
      name: 'sealed',
      says: "Ann's first sealed datagram, number 0: a ping, and the rooms she is in.",
      lines: [
        ['plaintext', plaintext],
        ['associated data', header],
        ['sealed', sealed],
      ],
    },
    {
      name: 'unauthenticated',
      says: "A retry and a version notice for Ann; Bob's beacon with tag 50…57, with and without a hint.",
      lines: [
        ['retry', encodeRetry({ destinationId: 0xa0a0a0a0, token: counted(0xe0, 32) })],
        ['version', encodeVersionNotice({ destinationId: 0xa0a0a0a0, versions: [1] })],
        ['beacon', encodeBeacon({ tag: counted(0x50, 8), idHint: bobKey.slice(0, 8) })],
        ['beacon without a hint', encodeBeacon({ tag: counted(0x50, 8), idHint: undefined })],
      ],
    },
  ];
};

export const QUESTION: Question = {
  nonce: counted(0x70, 8),
  number: 7,
  way: 'multicast',
  answerPort: 50_000,
  address: Uint8Array.of(192, 168, 1, 7),
  port: 4455,
};
export const REPORT: Report = {
  nonce: counted(0x70, 8),
  number: 7,
  hearsMulticast: true,
  seconds: 1_767_225_600,
  heard: { small: 100, full: 3, oversized: 0, multicast: 2, broadcast: 1 },
};

const inquiry = (): Example => ({
  name: 'question and report',
  says: 'Ann asks the peer at 192.168.1.7 port 4455, nonce 70…77, number 7, to report by multicast (a unicast report would go to port 50000).',
  lines: [
    ['question', encodeQuestion(QUESTION, 500)],
    ['question by multicast, its name', utf8(questionName(QUESTION))],
    ['report', encodeReport(REPORT, 64)],
    ['report by multicast, its name', utf8(reportName(REPORT))],
  ],
});

export const FRAMES: readonly (readonly [string, Frame])[] = [
  ['ping', { kind: 'ping' }],
  [
    'ack of 3–4 and 7–9 after 250 µs',
    {
      kind: 'ack',
      delayUs: 250,
      ranges: [
        [7, 9],
        [3, 4],
      ],
    },
  ],
  ['close, goodbye', { kind: 'close', code: 0, reason: '' }],
  ['fragment 5 at 1000 of 1010', { kind: 'fragment', frameId: 5, offset: 1000, total: 1010, bytes: counted(0, 10) }],
  ['name, second', { kind: 'name', generation: 2, name: 'Änn' }],
  ['rooms', { kind: 'rooms', generation: 1, rooms: [lobby, 'tea' as RoomName] }],
  ['start in the lobby after 12, of 45', { kind: 'start', scope: lobby, log, after: 12, last: 45 }],
  ['start of the direct conversation', { kind: 'start', scope: null, log, after: 0, last: 0 }],
  ['hold up to 45, stored', { kind: 'hold', scope: lobby, log, upTo: 45, isStored: true }],
  ['want 41 to 44', { kind: 'want', scope: lobby, log, from: 41, to: 44 }],
  ['want 41 to 44 of another', { kind: 'want', scope: lobby, log, from: 41, to: 44, author: peerId(annKey) }],
  ['digest', { kind: 'digest', room: lobby, digest: counted(0xd0, 8) }],
  [
    'holdings',
    {
      kind: 'holdings',
      room: lobby,
      generation: 1,
      isLast: true,
      logs: [
        {
          author: peerId(annKey),
          log,
          newest: 1_767_225_600,
          ranges: [
            { from: 1, to: 40 },
            { from: 43, to: 45 },
          ],
          check: 0x52e1a7c3,
        },
      ],
    },
  ],
  ['served 41 to 42', { kind: 'served', room: lobby, author: peerId(annKey), log, from: 41, to: 42 }],
  ['path challenge', { kind: 'path-challenge', data: counted(0x30, 8) }],
  ['path response', { kind: 'path-response', data: counted(0x30, 8) }],
  ['unlisted', { kind: 'unlisted' }],
  ['peers, asking', { kind: 'peers', isAsking: true, seconds: 1_767_225_600, peers: [] }],
  [
    'peers, Ann at 192.168.1.5:4455',
    {
      kind: 'peers',
      isAsking: false,
      seconds: 1_767_225_600,
      peers: [{ peer: peerId(annKey), address: Uint8Array.of(192, 168, 1, 5), port: 4455 }],
    },
  ],
  ['status, away', { kind: 'status', generation: 1, away: 'at lunch' }],
  ['status, back', { kind: 'status', generation: 2, away: null }],
  ['typing in the lobby', { kind: 'typing', scope: lobby, isTyping: true }],
  ['no longer typing, direct', { kind: 'typing', scope: null, isTyping: false }],
  ['watch', { kind: 'watch', isWatching: true }],
  ['Ann is silent', { kind: 'silent', peer: peerId(annKey) }],
];

const frames = (): Example => ({
  name: 'frames',
  says: 'One frame of each kind but run (below).',
  lines: FRAMES.map(([what, frame]) => [what, encodeFrame(frame)]),
});

const runs = (): readonly Example[] => {
  const header: RunHeader = {
    version: 1,
    scope: roomScope(lobby),
    log,
    first: 1,
    count: 2,
    previous: 0,
    previousHash: EMPTY,
    time,
  };
  const headerBytes = encodeHeader(header);
  const hash = headerHash(suite, annKey, headerBytes);
  const entries = [encodeEntry(0, { kind: 'text', text: 'hello' }), encodeEntry(15, { kind: 'action', text: 'waves 👋' })];
  const hashes = entries.map((entry, i) => entryHash(suite, hash, i, entry));
  const whole = runHash(suite, hash, hashes);
  const signature = signRun(ann.signing, whole);
  const run = encodeOpenRun(headerBytes, entries, signature);
  const amending = [
    ['reply to message 1', { kind: 'text', text: 'hi Ann', replyTo: entryId(some(hashes[0])) }],
    ['edit of message 1', { kind: 'edit', of: entryId(some(hashes[0])), text: 'hello, all' }],
    ['deletion of message 1', { kind: 'delete', of: entryId(some(hashes[0])) }],
    ['reaction to message 1', { kind: 'reaction', of: entryId(some(hashes[0])), emoji: '👋', isOn: true }],
    ['topic', { kind: 'topic', text: 'tea at four' }],
  ] as const;
  const directHeader: RunHeader = { ...header, scope: directScope(peerId(bobKey)), count: 1 };
  const directBytes = encodeHeader(directHeader);
  const directHash = headerHash(suite, annKey, directBytes);
  const secret = encodeEntry(0, { kind: 'text', text: 'between us' });
  const plain = encodeEntries([secret]);
  const sealed = some(sealTo(suite, counted(0x11, 32), bob.dh.publicKey, directPrologue(directHash), plain));
  const directWhole = sealedRunHash(suite, directHash, sealed);
  return [
    {
      name: 'run',
      says: 'Ann says "hello" and waves in the lobby: numbers 1 and 2 of log a0…a7, 2026-01-01T00:00:00.250Z and 15 ms later.',
      lines: [
        ['header', headerBytes],
        ['header hash', hash],
        ...entries.map((entry, i) => [`entry ${i}`, entry] as const),
        ...hashes.map((entry, i) => [`entry hash ${i}`, entry] as const),
        ['run hash', whole],
        ['signature', signature],
        ['run', run],
        ['frame', encodeFrame({ kind: 'run', run })],
        ['handed on by another', encodeFrame({ kind: 'run', run, author: peerId(annKey) })],
        ...hashes.map((entry, i) => [`id of message ${i + 1}`, utf8HexBytes(entryId(entry))] as const),
      ],
    },
    {
      name: 'entries that amend',
      says: 'Each with a delay of 3 ms.',
      lines: amending.map(([what, body]) => [what, encodeEntry(3, body)] as const),
    },
    {
      name: 'direct run',
      says: 'Ann tells Bob "between us"; the ephemeral private key of the seal is 11…30.',
      lines: [
        ['header', directBytes],
        ['header hash', directHash],
        ['plaintext', plain],
        ['entry hash 0', entryHash(suite, directHash, 0, secret)],
        ['sealed', sealed],
        ['run hash', directWhole],
        ['run', encodeSealedRun(directBytes, sealed, signRun(ann.signing, directWhole))],
      ],
    },
  ];
};

const utf8HexBytes = (id: string): Uint8Array =>
  Uint8Array.from({ length: id.length / 2 }, (_, i) => Number.parseInt(id.slice(2 * i, 2 * i + 2), 16));

/** 192.168.1.7:4455, 2026-01-01. */
const DOOR = concat(Uint8Array.of(192, 168, 1, 7), Uint8Array.of(0x11, 0x67));
const DAY = 20_454;

const knock = (): Example => {
  const secrets = some(pairSecrets(suite, ann.dh, bob.dh.publicKey));
  const ephemeral = suite.dh(counted(0x80, 32)).publicKey;
  const tag = knockTag(suite, secrets.toThem, DOOR, DAY);
  const proof = knockProof(suite, secrets.toThem, { door: DOOR, day: DAY }, ephemeral);
  return {
    name: 'knock',
    says: "Ann knocks for Bob at 192.168.1.7:4455 on 2026-01-01, day 20454, with the handshake's ephemeral key; the 31 other knocks, random, are zeros here.",
    lines: [
      ['agreed', some(ann.dh.agree(bob.dh.publicKey))],
      ['secret from Ann to Bob', secrets.toThem],
      ['secret from Bob to Ann', secrets.toUs],
      ['door', DOOR],
      ['tag', tag],
      ['proof', proof],
      ['initiation', encodeInitiation({ sourceId: 0xa0a0a0a0, token: EMPTY, noise: ephemeral, knocks: concat(tag, proof) })],
    ],
  };
};

export const workedExamples = (): readonly Example[] => [keys(), ...handshake(), knock(), inquiry(), frames(), ...runs()];

const LINE_DIGITS = 112;
/** An example as it stands in the page. */
export const printed = ({ name, says, lines }: Example): string => {
  const body = lines.flatMap(([what, bytes]) => {
    const zeros = /(?:00){40,}$/.exec(toHex(bytes))?.[0].length ?? 0;
    const hex = toHex(bytes).slice(0, toHex(bytes).length - zeros);
    const rows: string[] = hex.match(new RegExp(`.{1,${LINE_DIGITS}}`, 'g')) ?? [''];
    if (zeros > 0) rows.push(`(then ${zeros / 2} zero bytes)`);
    return [`${what} =`, ...rows.map((line) => `  ${line}`)];
  });
  return [`### ${name}`, '', says, '', '```', ...body, '```', ''].join('\n');
};
