/** One valid sample of everything the wire carries, and arbitraries of the same. */
import fc from 'fast-check';
import { concat, fromHex } from '../../src/base/bytes.ts';
import { directScope, logId, peerId, roomScope } from '../../src/base/ids.ts';
import { RETRY_TOKEN_SIZE } from '../../src/base/limits.ts';
import { parseRoomName } from '../../src/base/room-name.ts';
import type { CborValue } from '../../src/wire/cbor.ts';
import {
  encodeConfirmation,
  encodeInitiation,
  encodeResponse,
  encodeRetry,
  encodeVersionNotice,
  sealedHeader,
} from '../../src/wire/datagram.ts';
import { encodeEntry } from '../../src/wire/entry.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { encodeHeader, encodeOpenRun, encodeRemoved, encodeSealedRun, type RunHeader } from '../../src/wire/run.ts';

export const bytesOf = (length: number, first = 1): Uint8Array => Uint8Array.from({ length }, (_, i) => (first + i) & 0xff);

const lobby = parseRoomName('lobby');
if (lobby === undefined) throw new Error('lobby is a room name');
export const room = lobby;
export const log = logId(bytesOf(8));
export const peer = peerId(bytesOf(32));

export const header: RunHeader = {
  version: 1,
  scope: roomScope(room),
  log,
  first: 300,
  count: 3,
  previous: 299,
  previousHash: bytesOf(32, 9),
  time: { seconds: 1_700_000_000, fraction: ((999 << 22) | 5) >>> 0 },
};
export const firstHeader: RunHeader = { ...header, first: 1, count: 1, previous: 0, previousHash: new Uint8Array(0) };
export const directHeader: RunHeader = { ...header, scope: directScope(peer), count: 2 };

export const entries = [
  encodeEntry(0, { kind: 'text', text: 'hello, world' }),
  encodeEntry(70_000, { kind: 'action', text: 'wünscht 你好 👋' }),
  encodeRemoved(bytesOf(32, 77)),
];
export const openRun = encodeOpenRun(encodeHeader(header), entries, bytesOf(64, 100));
export const sealedRun = encodeSealedRun(encodeHeader(directHeader), bytesOf(90), bytesOf(64, 100));

export const datagrams: Readonly<Record<string, Uint8Array>> = {
  sealed: concat(sealedHeader(0xdead_beef, 300, 40), bytesOf(40)),
  initiation: encodeInitiation({ sourceId: 7, token: new Uint8Array(0), noise: bytesOf(32) }),
  'initiation with a token': encodeInitiation({ sourceId: 70_000, token: bytesOf(RETRY_TOKEN_SIZE), noise: bytesOf(32) }),
  'initiation of another version': encodeInitiation({ version: 2, sourceId: 7, token: new Uint8Array(0), noise: bytesOf(32) }),
  response: encodeResponse({ destinationId: 7, sourceId: 300, noise: bytesOf(96) }),
  confirmation: encodeConfirmation({ destinationId: 300, noise: bytesOf(64) }),
  retry: encodeRetry({ destinationId: 7, token: bytesOf(RETRY_TOKEN_SIZE) }),
  version: encodeVersionNotice({ destinationId: 7, versions: [1, 300] }),
};

export const frames: readonly Frame[] = [
  { kind: 'want', scope: room, log, from: 1, to: 2 ** 32 - 1, author: peer },
  { kind: 'digest', room, digest: bytesOf(8) },
  {
    kind: 'holdings',
    room,
    generation: 7,
    isLast: false,
    logs: [
      {
        author: peer,
        log,
        newest: 1_700_000_000,
        ranges: [
          { from: 1, to: 1 },
          { from: 3, to: 2 ** 32 - 1 },
        ],
        check: 7,
      },
    ],
  },
  { kind: 'served', room, author: peer, log, from: 5, to: 5 },
  { kind: 'path-challenge', data: bytesOf(8) },
  { kind: 'path-response', data: bytesOf(8, 9) },
  { kind: 'peers', isAsking: true, seconds: 0, peers: [] },
  { kind: 'unlisted' },
  {
    kind: 'peers',
    isAsking: false,
    seconds: 2 ** 32 - 1,
    peers: [
      { peer, address: bytesOf(4), port: 1 },
      { peer, address: bytesOf(16), port: 65_535 },
    ],
  },
  { kind: 'status', generation: 0, away: '' },
  { kind: 'status', generation: 9, away: null },
  { kind: 'typing', scope: null, isTyping: false },
  { kind: 'ping' },
  {
    kind: 'ack',
    delayUs: 1500,
    ranges: [
      [200, 300],
      [198, 198],
      [0, 9],
    ],
  },
  { kind: 'close', code: 2, reason: 'broke the protocol' },
  { kind: 'fragment', frameId: 70_000, offset: 1100, total: 9000, bytes: bytesOf(50) },
  { kind: 'name', generation: 3, name: 'Ann 🙂' },
  { kind: 'rooms', generation: 4, rooms: [room] },
  { kind: 'rooms', generation: 5, rooms: [] },
  { kind: 'run', run: openRun },
  { kind: 'run', run: sealedRun, author: peer },
  { kind: 'start', scope: null, log, after: 0, last: 7 },
  { kind: 'hold', scope: room, log, upTo: 0xffff_ffff, isStored: true },
  { kind: 'want', scope: room, log, from: 1, to: 65_536 },
];

export const u32Values = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.integer({ min: 0, max: 0xffff_ffff }),
  fc.constantFrom(23, 24, 255, 256, 65_535, 65_536, 0xffff_ffff),
);
export const byteValues = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 200, maxLength: 300 }));
/** Well-formed texts of all planes, some long, some with a byte order mark. */
export const textValues = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 120 }),
  fc.string({ unit: 'binary', minLength: 20, maxLength: 300 }).map((text) => `\uFEFF${text}`),
);
/** Values of the profile with at most `depth` arrays inside each other. */
export const cborValues = (depth: number): fc.Arbitrary<CborValue> => {
  const leaf: fc.Arbitrary<CborValue> = fc.oneof(u32Values, textValues, byteValues, fc.boolean(), fc.constant(null));
  return depth === 0
    ? leaf
    : fc.oneof({ weight: 2, arbitrary: leaf }, { weight: 1, arbitrary: fc.array(cborValues(depth - 1), { maxLength: 6 }) });
};

type Change = { readonly kind: 'set' | 'insert' | 'remove' | 'cut'; readonly at: number; readonly byte: number };
const changes: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('set' as const, 'set' as const, 'insert' as const, 'remove' as const, 'cut' as const),
  at: fc.nat(0xffff),
  byte: fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(0x18, 0x19, 0x1a, 0x1b, 0x58, 0x78, 0x80, 0x9f, 0xa1, 0xc2, 0xf9, 0xff),
  ),
});
const changed = (bytes: Uint8Array, { kind, at, byte }: Change): Uint8Array => {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  const before = bytes.subarray(0, place);
  if (kind === 'cut') return before;
  if (kind === 'insert') return concat(before, Uint8Array.of(byte), bytes.subarray(place));
  return concat(before, kind === 'set' ? Uint8Array.of(byte) : new Uint8Array(0), bytes.subarray(place + 1));
};
/** Some of `source`, damaged in a few places. */
export const damaged = (source: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc.tuple(source, fc.array(changes, { maxLength: 3 })).map(([bytes, list]) => list.reduce(changed, bytes));

export const hex = (text: string): Uint8Array => fromHex(text.replace(/\s/g, ''));
