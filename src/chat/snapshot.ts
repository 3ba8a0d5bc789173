/**
 * Everything the machine knows after the records so far, as records and as bytes: so that segments of which nothing else is
 * wanted can be let go of, and a start need not read every record again.
 *
 * snapshot = form u32 · byte order mark u32 · chunks, each: length u32 · bytes. Chunks: count of state records (4 bytes), those
 * records; then for each own log its scope as a `reservation` record and its packed index, and for each shelf its place as a
 * `floor` record and the packed shelf. Only ever read on the machine that wrote it; its integrity is the store's affair.
 */
import type { RoomName } from '../base/ids.ts';
import type { Archive } from './archive.ts';
import type { Incoming } from './incoming.ts';
import type { Networks } from './networks.ts';
import type { Outgoing } from './outgoing.ts';
import type { Pins } from './pins.ts';
import { decodeRecord, encodeRecord, type StoredRecord } from './record.ts';
import { type Restored, restoreRecord } from './restore.ts';

/** Of the bytes below and of what the packed columns mean: another number, and everything is read from the records again. */
const FORM = 3;
const ORDER = new Uint8Array(Uint32Array.of(0x01020304).buffer);
/** Stands for a record's place in the store where it has none. */
const NOWHERE = -2;

export type StateParts = {
  readonly outgoing: Outgoing;
  readonly incoming: Incoming;
  readonly pins: Pins;
  readonly networks: Networks;
  readonly archive: Archive;
  /** Those of the next start. */
  readonly rooms: readonly RoomName[];
};

/** What is known beside the runs themselves. */
export function* stateRecords({ outgoing, incoming, pins, networks, archive, rooms }: StateParts): Iterable<StoredRecord> {
  yield* networks.stateRecords();
  yield* pins.stateRecords();
  yield { kind: 'rooms', rooms };
  yield* outgoing.stateRecords();
  yield* incoming.held.stateRecords();
  yield* incoming.forks.stateRecords();
  for (const { author, log, room, floor } of archive.all())
    if (floor > 0) yield { kind: 'floor', author, log, room, upTo: floor };
}

export const encodeSnapshot = (
  parts: StateParts,
  ownLog: Extract<StoredRecord, { readonly kind: 'reservation' }>['log'],
): Uint8Array => {
  const state = Array.from(stateRecords(parts), encodeRecord);
  const chunks: Uint8Array[] = [u32(state.length), ...state];
  for (const { scope, index } of parts.outgoing.ownLogs()) {
    chunks.push(encodeRecord({ kind: 'reservation', log: ownLog, scope, upTo: 0 }), index.pack());
  }
  for (const shelf of parts.archive.all()) {
    const { author, log, room } = shelf;
    chunks.push(encodeRecord({ kind: 'floor', author, log, room, upTo: 0 }), shelf.pack());
  }
  const bytes = new Uint8Array(chunks.reduce((size, chunk) => size + 4 + chunk.length, 8));
  bytes.set(u32(FORM));
  bytes.set(ORDER, 4);
  let at = 8;
  for (const chunk of chunks) {
    bytes.set(u32(chunk.length), at);
    bytes.set(chunk, at + 4);
    at += 4 + chunk.length;
  }
  return bytes;
};

/**
 * Into parts that know nothing yet.
 * @returns whether it is a snapshot of this form; if not, the parts may be half filled and are to be thrown away.
 */
export const restoreSnapshot = (bytes: Uint8Array, parts: Restored): boolean => {
  const chunks = chunksOf(bytes);
  const [head, ...rest] = chunks ?? [];
  if (head?.length !== 4) return false;
  const count = numberAt(head, 0);
  for (const chunk of rest.splice(0, count)) {
    const record = decodeRecord(chunk);
    if (!record.ok) return false;
    restoreRecord(record.value, NOWHERE, parts);
  }
  for (let at = 0; at + 1 < rest.length; at += 2) {
    const [place, packed] = rest.slice(at, at + 2);
    const record = place === undefined ? undefined : decodeRecord(place);
    if (record?.ok !== true || packed === undefined || !restoreColumns(record.value, packed, parts)) return false;
  }
  return true;
};

const restoreColumns = (place: StoredRecord, packed: Uint8Array, { outgoing, archive }: Restored): boolean => {
  if (place.kind === 'reservation') return outgoing.restoreIndex(place.scope, packed);
  if (place.kind !== 'floor') return false;
  return archive.shelfFor(place.room, place.author, place.log)?.unpack(packed) === true;
};

const chunksOf = (bytes: Uint8Array): Uint8Array[] | undefined => {
  if (bytes.length < 8 || numberAt(bytes, 0) !== FORM || ORDER.some((byte, at) => bytes[4 + at] !== byte)) return undefined;
  const chunks: Uint8Array[] = [];
  for (let at = 8; at < bytes.length; ) {
    if (at + 4 > bytes.length) return undefined;
    const end = at + 4 + numberAt(bytes, at);
    if (end > bytes.length) return undefined;
    chunks.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return chunks;
};

const u32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};
const numberAt = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
