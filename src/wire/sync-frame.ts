/**
 * The frames by which members of a room compare and complete what they hold of what others said (protocol.md §10a).
 *
 * | kind | name     | fields after the kind                                                             |
 * |------|----------|-----------------------------------------------------------------------------------|
 * | 17   | digest   | room, digest bytes(8)                                                             |
 * | 18   | holdings | room, generation u32, is last bool, [[author bytes(32), log id bytes(8), newest u32, [from, to …] u32, check u32] …] |
 * | 21   | served   | room, author bytes(32), log id bytes(8), from u32, to u32                         |
 *
 * newest: seconds since 1970 of the newest entry, for the order of asking. Ranges: numbers held, ascending, apart, at most
 * HOLDING_RANGES_MAX; at most HOLDINGS_LOGS_MAX logs a frame. check: the first four bytes of the hash of the newest run; 0: not known.
 */
import { ApiMisuse } from '../base/errors.ts';
import { type LogId, logId, logIdBytes, type PeerId, peerId, peerKey, type RoomName } from '../base/ids.ts';
import { HOLDING_RANGES_MAX, HOLDINGS_LOGS_MAX } from '../base/limits.ts';
import { isRoomName } from '../base/room-name.ts';
import { type CborValue, encode } from './cbor.ts';
import { isArray, isBoolean, isBytesOf, isText, isU32 } from './fields.ts';

/** A digest of what I hold of a room and would tell you of, under a key of this pair of processes. */
export type DigestFrame = { readonly kind: 'digest'; readonly room: RoomName; readonly digest: Uint8Array };
/** Numbers from and to, both included. */
export type NumberRange = { readonly from: number; readonly to: number };
export type Holding = {
  readonly author: PeerId;
  readonly log: LogId;
  readonly newest: number;
  readonly ranges: readonly NumberRange[];
  readonly check: number;
};
/** What I hold of a room. A generation may take several frames; the last says so. */
export type HoldingsFrame = {
  readonly kind: 'holdings';
  readonly room: RoomName;
  readonly generation: number;
  readonly isLast: boolean;
  readonly logs: readonly Holding[];
};
/** Of what you wanted of another's log, all that I hand on is on its way. */
export type ServedFrame = {
  readonly kind: 'served';
  readonly room: RoomName;
  readonly author: PeerId;
  readonly log: LogId;
  readonly from: number;
  readonly to: number;
};
export type SyncFrame = DigestFrame | HoldingsFrame | ServedFrame;

export const SYNC_KIND = { digest: 17, holdings: 18, served: 21 } as const;
export const DIGEST_SIZE = 8;

/** Throws `ApiMisuse` on fields outside the table above. */
export const encodeSyncFrame = (frame: SyncFrame): Uint8Array => {
  switch (frame.kind) {
    case 'digest':
      if (frame.digest.length !== DIGEST_SIZE)
        throw new ApiMisuse(`a digest has ${DIGEST_SIZE} bytes, got ${frame.digest.length}`);
      return encode([SYNC_KIND.digest, frame.room, frame.digest]);
    case 'holdings':
      if (frame.logs.length > HOLDINGS_LOGS_MAX)
        throw new ApiMisuse(`at most ${HOLDINGS_LOGS_MAX} logs, got ${frame.logs.length}`);
      return encode([SYNC_KIND.holdings, frame.room, frame.generation, frame.isLast, frame.logs.map(holdingValue)]);
    case 'served':
      return encode([SYNC_KIND.served, frame.room, peerKey(frame.author), logIdBytes(frame.log), frame.from, frame.to]);
    default:
      return frame satisfies never;
  }
};

const holdingValue = ({ author, log, newest, ranges, check }: Holding): readonly CborValue[] => {
  if (ranges.length < 1 || ranges.length > HOLDING_RANGES_MAX)
    throw new ApiMisuse(`1 to ${HOLDING_RANGES_MAX} ranges, got ${ranges.length}`);
  return [peerKey(author), logIdBytes(log), newest, ranges.flatMap(({ from, to }) => [from, to]), check];
};

/** @returns undefined if the fields after `kind` are not as the table says. */
export const syncFrameOf = (kind: number, fields: readonly CborValue[]): SyncFrame | undefined => {
  const [room, second, third, fourth, fifth] = fields;
  if (!isText(room) || !isRoomName(room)) return undefined;
  switch (kind) {
    case SYNC_KIND.digest:
      return fields.length === 2 && isBytesOf(second, DIGEST_SIZE) ? { kind: 'digest', room, digest: second } : undefined;
    case SYNC_KIND.holdings: {
      if (fields.length !== 4 || !isU32(second) || !isBoolean(third) || !isArray(fourth)) return undefined;
      if (fourth.length > HOLDINGS_LOGS_MAX) return undefined;
      const logs = fourth.map(holdingOf).filter((holding) => holding !== undefined);
      return logs.length === fourth.length ? { kind: 'holdings', room, generation: second, isLast: third, logs } : undefined;
    }
    case SYNC_KIND.served:
      if (fields.length !== 5 || !isBytesOf(second, 32) || !isBytesOf(third, 8) || !isU32(fourth) || !isU32(fifth))
        return undefined;
      return fourth >= 1 && fourth <= fifth
        ? { kind: 'served', room, author: peerId(second), log: logId(third), from: fourth, to: fifth }
        : undefined;
    default:
      return undefined;
  }
};

const holdingOf = (value: CborValue): Holding | undefined => {
  if (!isArray(value) || value.length !== 5) return undefined;
  const [author, log, newest, numbers, check] = value;
  if (!isBytesOf(author, 32) || !isBytesOf(log, 8) || !isU32(newest) || !isArray(numbers) || !isU32(check)) return undefined;
  if (numbers.length < 2 || numbers.length % 2 !== 0 || numbers.length > 2 * HOLDING_RANGES_MAX) return undefined;
  const ranges: NumberRange[] = [];
  let above = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const from = numbers[i];
    const to = numbers[i + 1];
    if (!isU32(from) || !isU32(to) || from <= above || to < from) return undefined;
    ranges.push({ from, to });
    above = to + 1; // apart: a number lies between
  }
  return { author: peerId(author), log: logId(log), newest, ranges, check };
};
