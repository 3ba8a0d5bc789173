/**
 * Frames: what a sealed datagram carries. Its plaintext is one CBOR array of frames, each an array (protocol.md §Frames).
 *
 * | kind | name     | fields after the kind                                             | ack-eliciting | sent again |
 * |------|----------|-------------------------------------------------------------------|---|---|
 * | 1    | ping     | –                                                                 | yes | no  |
 * | 2    | ack      | largest u32, delay in µs u32, ranges [first length−1, (gap−1, length−1)…] u32 | no  | no |
 * | 3    | close    | code u32, reason text(≤ 200 bytes)                                | no  | no  |
 * | 4    | fragment | frame id u32, offset u32, total u32, bytes                        | yes | yes |
 * | 5    | name     | generation u32, name text                                         | yes | yes |
 * | 6    | rooms    | generation u32, [room text …] (≤ 64)                              | yes | yes |
 * | 7    | run      | run bytes, [author key bytes(32) if not the sender]               | yes | yes |
 * | 8    | start    | scope, log id bytes(8), after u32, last u32                       | yes | yes |
 * | 9    | hold     | scope, log id bytes(8), up to u32, is stored bool                 | yes | yes |
 * | 10   | want     | scope, log id bytes(8), from u32, to u32, [author key bytes(32) if not the receiver] | yes | yes |
 * | 11, 12, 13, 22 | path challenge, path response, peers, unlisted: see network-frame.ts  | yes | only peers, unlisted |
 * | 17, 18, 21 | digest, holdings, served: see sync-frame.ts                   | yes | yes |
 * | 19, 20 | status, typing: see presence-frame.ts                             | yes | yes |
 * | 23, 24 | watch, silent: see watch-frame.ts                                  | yes | yes |
 *
 * A scope is a room's name as text, or null for the direct conversation from the log's author to the other side.
 * Unknown kinds are skipped, so that frames can be added without a new version.
 */
import { type Decoded, decoded, refused } from '../base/decoded.ts';
import { ApiMisuse } from '../base/errors.ts';
import { type LogId, logId, logIdBytes, type PeerId, peerId, peerKey, type RoomName } from '../base/ids.ts';
import { FRAME_SIZE_MAX, NAME_LENGTH_MAX, ROOMS_JOINED_MAX, RUN_SIZE_MAX } from '../base/limits.ts';
import { isRoomName } from '../base/room-name.ts';
import { type AckRanges, decodeAckRanges, encodeAckRanges } from './ack-ranges.ts';
import { type CborValue, decode, encode } from './cbor.ts';
import { isArray, isBoolean, isBytes, isBytesOf, isText, isTextWithin, isU32 } from './fields.ts';
import { ARRAY, BYTES, headSize, UINT, u32, writeHead } from './head.ts';
import {
  encodeNetworkFrame,
  NETWORK_KIND,
  networkFrameOf,
  type PathFrame,
  type PeersFrame,
  type UnlistedFrame,
} from './network-frame.ts';
import { encodePresenceFrame, PRESENCE_KIND, type PresenceFrame, presenceFrameOf } from './presence-frame.ts';
import { allocate } from './slab.ts';
import { encodeSyncFrame, SYNC_KIND, type SyncFrame, syncFrameOf } from './sync-frame.ts';
import { encodeWatchFrame, type SilentFrame, WATCH_KIND, type WatchFrame, watchFrameOf } from './watch-frame.ts';

export type PingFrame = { readonly kind: 'ping' };
/** `ranges`: inclusive [smallest, largest], descending, not touching; the first one's largest is the largest of all. */
export type AckFrame = {
  readonly kind: 'ack';
  readonly delayUs: number;
  readonly ranges: AckRanges;
};
export type CloseFrame = { readonly kind: 'close'; readonly code: number; readonly reason: string };
export type FragmentFrame = {
  readonly kind: 'fragment';
  readonly frameId: number;
  readonly offset: number;
  readonly total: number;
  readonly bytes: Uint8Array;
};

/** A later generation replaces an earlier one; an earlier one that arrives late is ignored. */
export type NameFrame = { readonly kind: 'name'; readonly generation: number; readonly name: string };
export type RoomsFrame = { readonly kind: 'rooms'; readonly generation: number; readonly rooms: readonly RoomName[] };
export type RunFrame = { readonly kind: 'run'; readonly run: Uint8Array; readonly author?: PeerId };
/** null: the direct conversation from the log's author to the other side of the session. */
export type FrameScope = RoomName | null;
/** From a log's author: what follows number `after` is for you; what is at or below it is not coming. */
export type StartFrame = {
  readonly kind: 'start';
  readonly scope: FrameScope;
  readonly log: LogId;
  readonly after: number;
  /** The log's last number when the session began: what is at or below it comes late. */
  readonly last: number;
};
/** To a log's author, the receipt: I hold your log up to `upTo`, without gaps from where you told me to start. */
export type HoldFrame = {
  readonly kind: 'hold';
  readonly scope: FrameScope;
  readonly log: LogId;
  readonly upTo: number;
  readonly isStored: boolean;
};
/** Send the entries with numbers from `from` to `to`, both included: of the receiver's own log, or of `author`'s. */
export type WantFrame = {
  readonly kind: 'want';
  readonly scope: FrameScope;
  readonly log: LogId;
  readonly from: number;
  readonly to: number;
  readonly author?: PeerId;
};

/** Frames of the transport itself. */
export type TransportFrame = PingFrame | AckFrame | CloseFrame | FragmentFrame | PathFrame;
/** Frames that the floors above hand to a session; delivered at least once, in any order. */
export type AppFrame =
  | NameFrame
  | RoomsFrame
  | RunFrame
  | StartFrame
  | HoldFrame
  | WantFrame
  | SyncFrame
  | PresenceFrame
  | PeersFrame
  | UnlistedFrame
  | WatchFrame
  | SilentFrame;
export type Frame = TransportFrame | AppFrame;

/** UTF-8 bytes of a close frame's reason; a longer one is cut. */
export const CLOSE_REASON_SIZE_MAX = 200;
/** UTF-8 bytes of a name frame's name: `NAME_LENGTH_MAX` code points of four. */
export const NAME_SIZE_MAX = 4 * NAME_LENGTH_MAX;
/** Bytes that a fragment frame adds to what it carries, at most: array, kind, frame id, offset, total, head of the bytes. */
export const FRAGMENT_OVERHEAD_MAX = 1 + 1 + 5 + 3 + 3 + 3;
/** Bytes that an array of `count` frames adds before them. */
export const framesHeadSize = (count: number): number => headSize(count);

const KIND = { ping: 1, ack: 2, close: 3, fragment: 4, name: 5, rooms: 6, run: 7, start: 8, hold: 9, want: 10 } as const;

/** The head of a sealed datagram's plaintext; `count` frames follow it, 1 or more. */
export const framesHead = (count: number): Uint8Array => {
  const head = new Uint8Array(headSize(u32(count)));
  writeHead(head, 0, ARRAY, count);
  return head;
};

/**
 * One frame, in bytes of its own. Throws `ApiMisuse` on fields outside the table above: whoever makes frames keeps its limits.
 */
export const encodeFrame = (frame: Frame): Uint8Array => {
  switch (frame.kind) {
    case 'ping':
      return encode([KIND.ping]);
    case 'ack': {
      const { largest, lengths } = encodeAckRanges(frame.ranges);
      return encode([KIND.ack, largest, frame.delayUs, lengths]);
    }
    case 'close':
      return encode([KIND.close, frame.code, cutText(frame.reason, CLOSE_REASON_SIZE_MAX)]);
    case 'fragment':
      return encodeFragment(frame);
    case 'name':
      return encode([KIND.name, frame.generation, cutText(frame.name, NAME_SIZE_MAX)]);
    case 'rooms':
      if (frame.rooms.length > ROOMS_JOINED_MAX)
        throw new ApiMisuse(`at most ${ROOMS_JOINED_MAX} rooms, got ${frame.rooms.length}`);
      return encode([KIND.rooms, frame.generation, frame.rooms]);
    case 'run':
      return encodeRunFrame(frame);
    case 'start':
      return encode([KIND.start, frame.scope, logIdBytes(frame.log), frame.after, frame.last]);
    case 'hold':
      return encode([KIND.hold, frame.scope, logIdBytes(frame.log), frame.upTo, frame.isStored]);
    case 'want':
      if (frame.from < 1 || frame.from > frame.to) throw new ApiMisuse(`no numbers are wanted: ${frame.from} to ${frame.to}`);
      return encode([KIND.want, frame.scope, logIdBytes(frame.log), frame.from, frame.to, ...authorField(frame.author)]);
    case 'digest':
    case 'holdings':
    case 'served':
      return encodeSyncFrame(frame);
    case 'status':
    case 'typing':
      return encodePresenceFrame(frame);
    case 'path-challenge':
    case 'path-response':
    case 'peers':
    case 'unlisted':
      return encodeNetworkFrame(frame);
    case 'watch':
    case 'silent':
      return encodeWatchFrame(frame);
    default:
      return frame satisfies never;
  }
};

const authorField = (author: PeerId | undefined): readonly Uint8Array[] => (author === undefined ? [] : [peerKey(author)]);

/** By hand, as the run frame below: both copy a datagram's worth of bytes and stand in every full datagram. */
const encodeFragment = ({ frameId, offset, total, bytes }: FragmentFrame): Uint8Array => {
  if (!isFragment(offset, total, bytes.length))
    throw new ApiMisuse(`no fragment: ${bytes.length} bytes at ${offset} of ${total}`);
  const size = 2 + headSize(u32(frameId)) + headSize(offset) + headSize(total) + headSize(bytes.length) + bytes.length;
  const frame = allocate(size);
  frame[0] = ARRAY | 5;
  frame[1] = KIND.fragment;
  const at = writeHead(frame, writeHead(frame, writeHead(frame, 2, UINT, frameId), UINT, offset), UINT, total);
  frame.set(bytes, writeHead(frame, at, BYTES, bytes.length));
  return frame;
};

const encodeRunFrame = ({ run, author }: RunFrame): Uint8Array => {
  if (run.length < 1 || run.length > RUN_SIZE_MAX) throw new ApiMisuse(`a run has 1 to ${RUN_SIZE_MAX} bytes, got ${run.length}`);
  const authorSize = author === undefined ? 0 : headSize(AUTHOR_SIZE) + AUTHOR_SIZE;
  const frame = allocate(2 + headSize(run.length) + run.length + authorSize);
  frame[0] = ARRAY | (author === undefined ? 2 : 3);
  frame[1] = KIND.run;
  const at = writeHead(frame, 2, BYTES, run.length);
  frame.set(run, at);
  if (author !== undefined) frame.set(peerKey(author), writeHead(frame, at + run.length, BYTES, AUTHOR_SIZE));
  return frame;
};

/**
 * The frames of a sealed datagram's plaintext; `unknown` counts those of kinds this version does not know.
 * Byte fields are views of `bytes`. An empty array is malformed: who has nothing to say sends nothing.
 */
export const decodeFrames = (bytes: Uint8Array): Decoded<{ readonly frames: readonly Frame[]; readonly unknown: number }> => {
  const item = decode(bytes);
  if (!item.ok) return item;
  if (!isArray(item.value) || item.value.length === 0) return refused('malformed-frame');
  const frames: Frame[] = [];
  for (const value of item.value) {
    const frame = frameOf(value);
    if (frame === 'malformed') return refused('malformed-frame');
    if (frame !== 'unknown') frames.push(frame);
  }
  return decoded({ frames, unknown: item.value.length - frames.length });
};

/**
 * The one frame that fragments carried, or undefined if its kind is unknown. A frame of the transport does not travel in
 * fragments: malformed.
 */
export const decodeFrame = (bytes: Uint8Array): Decoded<AppFrame | undefined> => {
  const item = decode(bytes);
  if (!item.ok) return item;
  const frame = frameOf(item.value);
  if (frame === 'malformed') return refused('malformed-frame');
  if (frame === 'unknown') return decoded(undefined);
  return isAppFrame(frame) ? decoded(frame) : refused('malformed-frame');
};

/** Whether a frame is for the floors above the transport. */
export const isAppFrame = (frame: Frame): frame is AppFrame => !TRANSPORT_KINDS.has(frame.kind);

const TRANSPORT_KINDS: ReadonlySet<string> = new Set<TransportFrame['kind']>([
  'ping',
  'ack',
  'close',
  'fragment',
  'path-challenge',
  'path-response',
]);
const AUTHOR_SIZE = 32;
const LOG_ID_SIZE = 8;

const isFragment = (offset: number, total: number, length: number): boolean =>
  length >= 1 && total <= FRAME_SIZE_MAX && offset + length <= total;

/** The longest beginning of whole code points that has at most `sizeMax` bytes of UTF-8; lone surrogates become U+FFFD. */
const cutText = (text: string, sizeMax: number): string => {
  let end = Math.min(text.length, sizeMax);
  for (;;) {
    const beginning = text.slice(0, end).replace(LONE_SURROGATE, '\uFFFD');
    if (isTextWithin(beginning, sizeMax)) return beginning;
    end--;
  }
};
const LONE_SURROGATE = /\p{Surrogate}/gu;

const frameOf = (value: CborValue): Frame | 'unknown' | 'malformed' => {
  if (!isArray(value)) return 'malformed';
  const [kind, ...fields] = value;
  if (!isU32(kind)) return 'malformed';
  switch (kind) {
    case KIND.ping:
      return fields.length === 0 ? { kind: 'ping' } : 'malformed';
    case KIND.ack:
      return ackOf(fields) ?? 'malformed';
    case KIND.close:
      return closeOf(fields) ?? 'malformed';
    case KIND.fragment:
      return fragmentOf(fields) ?? 'malformed';
    case KIND.name:
      return nameOf(fields) ?? 'malformed';
    case KIND.rooms:
      return roomsOf(fields) ?? 'malformed';
    case KIND.run:
      return runOf(fields) ?? 'malformed';
    case KIND.start:
    case KIND.hold:
    case KIND.want:
      return logFrameOf(kind, fields) ?? 'malformed';
    case SYNC_KIND.digest:
    case SYNC_KIND.holdings:
    case SYNC_KIND.served:
      return syncFrameOf(kind, fields) ?? 'malformed';
    case PRESENCE_KIND.status:
    case PRESENCE_KIND.typing:
      return presenceFrameOf(kind, fields) ?? 'malformed';
    case NETWORK_KIND.challenge:
    case NETWORK_KIND.response:
    case NETWORK_KIND.peers:
    case NETWORK_KIND.unlisted:
      return networkFrameOf(kind, fields) ?? 'malformed';
    case WATCH_KIND.watch:
    case WATCH_KIND.silent:
      return watchFrameOf(kind, fields) ?? 'malformed';
    default:
      return 'unknown';
  }
};

type Fields = readonly CborValue[];

const ackOf = (fields: Fields): AckFrame | undefined => {
  const [largest, delayUs, lengths] = fields;
  if (fields.length !== 3 || !isU32(largest) || !isU32(delayUs) || !isArray(lengths)) return undefined;
  const ranges = decodeAckRanges(largest, lengths);
  return ranges === undefined ? undefined : { kind: 'ack', delayUs, ranges };
};

const closeOf = (fields: Fields): CloseFrame | undefined => {
  const [code, reason] = fields;
  if (fields.length !== 2 || !isU32(code) || !isText(reason) || !isTextWithin(reason, CLOSE_REASON_SIZE_MAX)) return undefined;
  return { kind: 'close', code, reason };
};

const fragmentOf = (fields: Fields): FragmentFrame | undefined => {
  const [frameId, offset, total, bytes] = fields;
  if (fields.length !== 4 || !isU32(frameId) || !isU32(offset) || !isU32(total) || !isBytes(bytes)) return undefined;
  return isFragment(offset, total, bytes.length) ? { kind: 'fragment', frameId, offset, total, bytes } : undefined;
};

const nameOf = (fields: Fields): NameFrame | undefined => {
  const [generation, name] = fields;
  if (fields.length !== 2 || !isU32(generation) || !isText(name) || !isTextWithin(name, NAME_SIZE_MAX)) return undefined;
  return { kind: 'name', generation, name };
};

const roomsOf = (fields: Fields): RoomsFrame | undefined => {
  const [generation, rooms] = fields;
  if (fields.length !== 2 || !isU32(generation) || !isArray(rooms) || rooms.length > ROOMS_JOINED_MAX) return undefined;
  return rooms.every(isRoom) ? { kind: 'rooms', generation, rooms } : undefined;
};

const runOf = (fields: Fields): RunFrame | undefined => {
  const [run, author] = fields;
  if (!isBytes(run) || run.length < 1 || run.length > RUN_SIZE_MAX) return undefined;
  if (fields.length === 1) return { kind: 'run', run };
  return fields.length === 2 && isBytesOf(author, AUTHOR_SIZE) ? { kind: 'run', run, author: peerId(author) } : undefined;
};

const logFrameOf = (kind: number, fields: Fields): StartFrame | HoldFrame | WantFrame | undefined => {
  const [scope, id, number, last, author] = fields;
  if (!(scope === null || isRoom(scope)) || !isBytesOf(id, LOG_ID_SIZE) || !isU32(number)) return undefined;
  const log = logId(id);
  if (kind === KIND.want) return wantOf({ scope, log, from: number, to: last }, fields.length, author);
  if (fields.length !== 4) return undefined;
  if (kind === KIND.start) return isU32(last) ? { kind: 'start', scope, log, after: number, last } : undefined;
  return isBoolean(last) ? { kind: 'hold', scope, log, upTo: number, isStored: last } : undefined;
};

type Wanted = { readonly scope: FrameScope; readonly log: LogId; readonly from: number; readonly to: CborValue | undefined };

const wantOf = ({ scope, log, from, to }: Wanted, count: number, author: CborValue | undefined): WantFrame | undefined => {
  if (!isU32(to) || from < 1 || from > to) return undefined;
  if (count === 4) return { kind: 'want', scope, log, from, to };
  return count === 5 && isBytesOf(author, AUTHOR_SIZE)
    ? { kind: 'want', scope, log, from, to, author: peerId(author) }
    : undefined;
};

const isRoom = (value: CborValue | undefined): value is RoomName => isText(value) && isRoomName(value);
