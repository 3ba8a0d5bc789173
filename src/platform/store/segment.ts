/**
 * The form of a segment: a file of records, one after the other, each checked by itself.
 *
 * | bytes | header                                                                 |
 * |-------|------------------------------------------------------------------------|
 * | 8     | `earshot` and the version of this form, 1                               |
 * | 4     | seed: random, different for each segment                               |
 * | 4     | CRC-32 of the 12 bytes before                                          |
 *
 * | bytes | frame of a record                                                      |
 * |-------|------------------------------------------------------------------------|
 * | 4     | 0xE5 << 24 \| length of the record (1 to RECORD_SIZE_MAX)                |
 * | n     | the record                                                             |
 * | 4     | CRC-32, begun with the seed, of the 4 + n bytes before                 |
 *
 * Numbers are little-endian. The seed makes sure that a frame somebody wrote into a message, or one that an older file left
 * on the same blocks of the disk, is never taken for a record of this segment.
 */
import { readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { ApiMisuse } from '../../base/errors.ts';

export const SEGMENT_HEADER_SIZE = 16;
/** Bytes of a frame around its record. */
export const FRAME_OVERHEAD = 8;
/** Bytes of one record; well above the largest run with its plain text. */
export const RECORD_SIZE_MAX = 256 * 1024;

const MAGIC = Uint8Array.from([0x65, 0x61, 0x72, 0x73, 0x68, 0x6f, 0x74, 1]);
const MARK = 0xe5;
const LENGTH_MASK = 0xffffff;
/** What is read of a file at once. */
const WINDOW_SIZE = 1024 * 1024;
/** What is read at once of a segment of which only some records are wanted; holds the largest frame. */
const READ_AT_ONCE = RECORD_SIZE_MAX + FRAME_OVERHEAD;

/** @param seed u32. */
export const segmentHeader = (seed: number): Uint8Array => {
  const header = Buffer.alloc(SEGMENT_HEADER_SIZE);
  header.set(MAGIC);
  header.writeUInt32LE(seed, 8);
  header.writeUInt32LE(crc32(header.subarray(0, 12)), 12);
  return header;
};

/** @returns the segment's seed, or undefined if these bytes do not begin a segment. */
export const segmentSeed = (header: Uint8Array): number | undefined => {
  if (header.length < SEGMENT_HEADER_SIZE || MAGIC.some((byte, at) => header[at] !== byte)) return undefined;
  const view = Buffer.from(header.buffer, header.byteOffset, SEGMENT_HEADER_SIZE);
  return crc32(view.subarray(0, 12)) === view.readUInt32LE(12) ? view.readUInt32LE(8) : undefined;
};

/** Size of the frame of a record of `length` bytes. @throws ApiMisuse for what no frame can hold. */
export const frameSize = (length: number): number => {
  if (length < 1 || length > RECORD_SIZE_MAX) throw new ApiMisuse(`a record has 1 to ${RECORD_SIZE_MAX} bytes, got ${length}`);
  return length + FRAME_OVERHEAD;
};

/** The 4 bytes before a record of `length` bytes. */
export const frameHead = (length: number): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(((MARK << 24) | length) >>> 0);
  return head;
};

/** Writes the frame of `record` into `into` at `at`, where `frameSize` bytes are free. @returns where it ends. */
export const writeFrame = (into: Buffer, at: number, seed: number, record: Uint8Array): number => {
  const end = at + 4 + record.length;
  into.writeUInt32LE(((MARK << 24) | record.length) >>> 0, at);
  into.set(record, at + 4);
  into.writeUInt32LE(crc32(into.subarray(at, end), seed), end);
  return end + 4;
};

/** End of the frame at `at`; `cut`: it goes on beyond these bytes; `bad`: there is none. */
const frameAt = (bytes: Buffer, at: number, seed: number): number | 'cut' | 'bad' => {
  if (at + 4 > bytes.length) return 'cut';
  const head = bytes.readUInt32LE(at);
  const length = head & LENGTH_MASK;
  if (head >>> 24 !== MARK || length === 0 || length > RECORD_SIZE_MAX) return 'bad';
  const end = at + 4 + length;
  if (end + 4 > bytes.length) return 'cut';
  return crc32(bytes.subarray(at, end), seed) === bytes.readUInt32LE(end) ? end + 4 : 'bad';
};

/** The record framed at the beginning of `bytes`, as a copy; undefined if it is not whole. */
export const readFrame = (bytes: Buffer, at: number, seed: number): Uint8Array | undefined => {
  const end = frameAt(bytes, at, seed);
  return typeof end === 'number' ? Uint8Array.prototype.slice.call(bytes, at + 4, end - 4) : undefined;
};

const readAt = (file: number, position: number, size: number): Buffer => {
  const bytes = Buffer.allocUnsafeSlow(size);
  let length = 0;
  while (length < size) {
    const got = readSync(file, bytes, length, size - length, position + length);
    if (got === 0) break;
    length += got;
  }
  return bytes.subarray(0, length);
};

/** Bytes `from` (included) to `to` (excluded) of a file. */
export type Span = { readonly from: number; readonly to: number };
export type SegmentScan = {
  /** Spans of whole records, in order, not touching. */
  readonly good: readonly Span[];
  /** Where the last whole record ends. */
  readonly end: number;
};

/** Where the next whole frame after `from` begins, or undefined. */
const nextFrame = (file: number, from: number, size: number, seed: number): number | undefined => {
  for (let start = from; start < size; start += WINDOW_SIZE) {
    const bytes = readAt(file, start, Math.min(size - start, WINDOW_SIZE + RECORD_SIZE_MAX + FRAME_OVERHEAD));
    for (let mark = bytes.indexOf(MARK, 3); mark >= 0 && mark < WINDOW_SIZE + 3; mark = bytes.indexOf(MARK, mark + 1)) {
      if (typeof frameAt(bytes, mark - 3, seed) === 'number') return start + mark - 3;
    }
  }
  return undefined;
};

/**
 * Whole records of a segment from the frame at `from` on, `most` of them at the most, as copies; past whatever is damaged.
 * @returns where to go on; `size` if there is nothing more.
 */
export const readFrames = (
  file: number,
  size: number,
  seed: number,
  from: number,
  most: number,
  visit: (record: Uint8Array, offset: number) => void,
): number => {
  let at = from;
  for (let left = most; left > 0 && at < size; ) {
    const window = readAt(file, at, Math.min(size - at, READ_AT_ONCE));
    const start = at;
    for (let found = frameAt(window, 0, seed); typeof found === 'number' && left > 0; found = frameAt(window, at - start, seed)) {
      visit(Uint8Array.prototype.slice.call(window, at - start + 4, found - 4), at);
      at = start + found;
      left -= 1;
    }
    if (left > 0 && at === start) at = nextFrame(file, at + 1, size, seed) ?? size;
  }
  return at;
};

/**
 * Reads a segment from its first frame on, past whatever is damaged.
 * @param visit gets every whole record (a view of memory that is not used again) and where its frame begins.
 */
export const scanSegment = (
  file: number,
  size: number,
  seed: number,
  visit: (record: Uint8Array, offset: number) => void,
): SegmentScan => {
  const good: Span[] = [];
  let spanFrom = SEGMENT_HEADER_SIZE;
  let at = SEGMENT_HEADER_SIZE;
  while (at < size) {
    const start = at;
    const window = readAt(file, start, Math.min(size - start, WINDOW_SIZE));
    let found = frameAt(window, 0, seed);
    while (typeof found === 'number') {
      const from = at - start;
      visit(new Uint8Array(window.buffer, window.byteOffset + from + 4, found - from - FRAME_OVERHEAD), at);
      at = start + found;
      found = frameAt(window, found, seed);
    }
    // A frame that the window cuts is read again at the beginning of the next one; one that begins a window is cut by the end.
    if (found === 'cut' && at > start) continue;
    const next = nextFrame(file, at + 1, size, seed);
    if (next === undefined) break;
    if (at > spanFrom) good.push({ from: spanFrom, to: at });
    spanFrom = next;
    at = next;
  }
  if (at > spanFrom) good.push({ from: spanFrom, to: at });
  return { good, end: at };
};
