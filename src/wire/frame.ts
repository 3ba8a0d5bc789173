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
 * | 8    | start    | scope, log id bytes(8), after u32                                 | yes | yes |
 * | 9    | hold     | scope, log id bytes(8), up to u32, is stored bool                 | yes | yes |
 * | 10   | want     | scope, log id bytes(8), from u32, to u32                          | yes | yes |
 *
 * A scope is a room's name as text, or null for the direct conversation from the log's author to the other side.
 * Unknown kinds are skipped, so that frames can be added without a new version.
 */
import type { LogId, PeerId, RoomName } from '../base/ids.ts';

export type PingFrame = { readonly kind: 'ping' };
/** `ranges`: inclusive [smallest, largest], descending, not touching; the first one's largest is the largest of all. */
export type AckFrame = {
  readonly kind: 'ack';
  readonly delayUs: number;
  readonly ranges: readonly (readonly [number, number])[];
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
export type StartFrame = { readonly kind: 'start'; readonly scope: FrameScope; readonly log: LogId; readonly after: number };
/** To a log's author, the receipt: I hold your log up to `upTo`, without gaps from where you told me to start. */
export type HoldFrame = {
  readonly kind: 'hold';
  readonly scope: FrameScope;
  readonly log: LogId;
  readonly upTo: number;
  readonly isStored: boolean;
};
/** To a log's author: send again the entries with numbers from `from` to `to`, both included. */
export type WantFrame = {
  readonly kind: 'want';
  readonly scope: FrameScope;
  readonly log: LogId;
  readonly from: number;
  readonly to: number;
};

/** Frames of the transport itself. */
export type TransportFrame = PingFrame | AckFrame | CloseFrame | FragmentFrame;
/** Frames that the floors above hand to a session; delivered at least once, in any order. */
export type AppFrame = NameFrame | RoomsFrame | RunFrame | StartFrame | HoldFrame | WantFrame;
export type Frame = TransportFrame | AppFrame;
