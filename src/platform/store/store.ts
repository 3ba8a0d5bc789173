/**
 * The store on disk: append-only segments in one folder. An append is one write for all records of a turn; the disk itself
 * is asked (fdatasync, off the main thread) at once if a record needs it, else within 100 ms, for all of that time together.
 */
import { closeSync, constants, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordRef } from '../../peer/effect.ts';
import { worldText } from '../world-text.ts';
import type { SegmentStamp } from './checkpoint.ts';
import { Flusher } from './flusher.ts';
import { type OpenFile, ReadAhead } from './read-ahead.ts';
import type { Appended, NewRecord, OnFlushed, RecordStore } from './record-store.ts';
import { frameSize, readFrames, SEGMENT_HEADER_SIZE, scanSegment, segmentHeader, writeFrame } from './segment.ts';
import { punchHoles } from './segment-holes.ts';
import { erasedStub, movedHere, movedStub, stubOf } from './segment-stub.ts';
import { type FolderState, newSeed, type SegmentFile, segmentName, stampOf } from './store-folder.ts';

/** A segment that reached this is not written to any more. */
export const SEGMENT_SIZE_MAX = 8 * 1024 * 1024;
/** BOUNDED: old segments kept open for reading. */
const OPEN_FILES_MAX = 8;
const OFFSETS = 2 ** 32;
/** Bytes of a record that a stub can stand for; runs are larger. */
const STUB_SIZE_MIN = 9;

export type StoreOptions = {
  /** Made if it is not there (0700). */
  readonly folder: string;
  /** Something went wrong that no caller waits for; a sentence for people. */
  readonly onProblem: (text: string) => void;
  /** The system's write, or what a test puts in its place. */
  readonly write?: typeof writeSync;
  readonly segmentSizeMax?: number;
  /** Segments that were whole when a checkpoint was written. */
  readonly trusted?: readonly SegmentStamp[];
};

export class Store implements RecordStore {
  readonly #folder: string;
  readonly #onProblem: (text: string) => void;
  readonly #write: typeof writeSync;
  readonly #segmentSizeMax: number;
  /** Segments before the one written to. */
  readonly #segments: SegmentFile[];
  #current: OpenFile;
  /** Where the next frame goes: the end of what is kept. */
  #end: number;
  #rewritten = 0;
  /** Of the record appended last. */
  #lastRef: RecordRef = 0;
  #scratch = Buffer.allocUnsafeSlow(64 * 1024);
  readonly #ahead = new ReadAhead();
  readonly #readers = new Map<number, OpenFile>();
  readonly #flusher: Flusher;
  #closing: Promise<void> | undefined;

  constructor(options: StoreOptions, state: FolderState) {
    this.#folder = options.folder;
    this.#onProblem = options.onProblem;
    this.#write = options.write ?? writeSync;
    this.#segmentSizeMax = options.segmentSizeMax ?? SEGMENT_SIZE_MAX;
    this.#segments = state.segments.slice(0, -1);
    this.#flusher = new Flusher(options.folder, options.onProblem);
    const last = state.segments.at(-1);
    if (last === undefined) {
      this.#current = this.#create(1);
      this.#end = SEGMENT_HEADER_SIZE;
    } else {
      this.#current = { ...last, file: openSync(this.#path(last.number), 'r+') };
      this.#end = last.size;
    }
  }

  append(records: readonly NewRecord[], onFlushed?: OnFlushed): Appended {
    if (this.#closing !== undefined) return { kind: 'failed', why: 'the store is closed' };
    const refs: RecordRef[] = [];
    try {
      let size = 0;
      for (const { record } of records) size += frameSize(record.length);
      if (this.#end + size > this.#segmentSizeMax && this.#end > SEGMENT_HEADER_SIZE) this.#roll();
      this.#keep(records, size, refs);
    } catch (error) {
      return { kind: 'failed', why: worldText(error) };
    }
    this.#flusher.onWritten(
      this.#current.file,
      onFlushed,
      records.some((record) => record.mustFlush),
    );
    return { kind: 'kept', refs };
  }

  read(ref: RecordRef): Uint8Array | undefined {
    const number = Math.floor(ref / OFFSETS);
    const offset = ref % OFFSETS;
    if (number === this.#current.number && offset >= this.#end) return undefined;
    try {
      const segment = number === this.#current.number ? this.#current : this.#reader(number);
      const bytes = segment === undefined ? undefined : this.#ahead.read(segment, offset);
      return bytes === undefined ? undefined : this.#resolve(bytes);
    } catch (error) {
      this.#onProblem(`a stored message could not be read: ${worldText(error)}`);
      return undefined;
    }
  }

  replay(visit: (record: Uint8Array, ref: RecordRef) => void, from: RecordRef = 0): void {
    if (from > 0) {
      this.scan(from, Number.POSITIVE_INFINITY, visit);
      return;
    }
    const seen = this.#resolving(visit);
    for (const { number, seed, size } of this.#all()) {
      const file = openSync(this.#path(number), 'r');
      try {
        scanSegment(file, size, seed, (record, offset) => seen(record, number * OFFSETS + offset));
      } finally {
        closeSync(file);
      }
    }
  }

  /**
   * Some of the records from `from` on, in the order appended: `most` at the most.
   * @param from 0, or what an earlier call returned. @returns where to go on, the end of what is kept when all were visited.
   */
  scan(from: RecordRef, most: number, visit: (record: Uint8Array, ref: RecordRef) => void): RecordRef {
    const seen = this.#resolving(visit);
    let left = most;
    let next = from;
    for (const { number, seed, size } of this.#all()) {
      if (number < Math.floor(from / OFFSETS) || left === 0) continue;
      const file = openSync(this.#path(number), 'r');
      try {
        const offset = number === Math.floor(from / OFFSETS) ? from % OFFSETS : SEGMENT_HEADER_SIZE;
        const end = readFrames(file, size, seed, Math.max(offset, SEGMENT_HEADER_SIZE), left, (record, at) => {
          left -= 1;
          seen(record, number * OFFSETS + at);
        });
        next = number * OFFSETS + end;
      } finally {
        closeSync(file);
      }
    }
    return next;
  }

  /** Where the next record will be: what `scan` returns when it has visited everything. */
  get end(): RecordRef {
    return this.#current.number * OFFSETS + this.#end;
  }

  /**
   * In place of a record from now on: `record`, or nothing. The reference stays. What it was is overwritten, once the disk has
   * what it is now. @returns when that is done; rejects with what the disk says.
   */
  async rewrite(ref: RecordRef, record: Uint8Array | undefined): Promise<void> {
    if (record === undefined) return this.#overwrite(ref, erasedStub);
    const flushed = new Promise<void>((resolve, reject) => {
      const appended = this.append([{ record: movedHere(ref, record), mustFlush: true }], (failure) =>
        failure === undefined ? resolve() : reject(new Error(failure)),
      );
      if (appended.kind === 'failed') reject(new Error(appended.why));
    });
    const to = this.#lastRef;
    await flushed;
    this.#overwrite(ref, (length) => movedStub(length, to));
  }

  /** How often something was rewritten or erased in a segment that was full. */
  get rewritten(): number {
    return this.#rewritten;
  }

  /** The full segments as they are now. */
  stamps(): readonly SegmentStamp[] {
    return this.#segments.map((segment) => stampOf(this.#folder, segment));
  }

  /** The segments that are not written to any more. */
  get fullSegments(): readonly number[] {
    return this.#segments.map(({ number }) => number);
  }

  /** Every record of one segment that stands for something, where it stands. */
  scanOne(number: number, visit: (record: Uint8Array, ref: RecordRef) => void): void {
    const segment = this.#segments.find((one) => one.number === number);
    if (segment === undefined) return;
    const file = openSync(this.#path(number), 'r');
    try {
      scanSegment(file, segment.size, segment.seed, (bytes, offset) => {
        const stub = stubOf(bytes);
        const ref = number * OFFSETS + offset;
        if (stub.kind === 'record') visit(bytes, ref);
        else if (stub.kind === 'moved-here' && this.#isFor(stub.from, ref)) visit(stub.record, ref);
        else if (stub.kind === 'moved') visit(bytes, ref);
      });
    } finally {
      closeSync(file);
    }
  }

  /** Lets go of a whole segment, whose records are wanted no more. The profile must not count on its marks any more. */
  removeSegment(number: number): void {
    const at = this.#segments.findIndex((one) => one.number === number);
    if (at < 0) return;
    this.#segments.splice(at, 1);
    this.#closeReader(number);
    rmSync(this.#path(number), { force: true });
  }

  /**
   * Gives what is erased of a full segment back to the disk, if that is much. @param onReplacing the profile must not count on
   * the segment's marks from then on. @returns whether it did. @throws what the disk, or `onReplacing`, says.
   */
  punchHoles(number: number, onReplacing: () => void): boolean {
    const segment = this.#segments.find((one) => one.number === number);
    if (segment === undefined || !punchHoles(this.#path(number), segment.size, segment.seed, onReplacing)) return false;
    this.#closeReader(number);
    this.#rewritten += 1;
    return true;
  }

  close(): Promise<void> {
    this.#closing ??= this.#flusher.flushed().then(() => {
      for (const { file } of this.#readers.values()) closeSync(file);
      this.#readers.clear();
      closeSync(this.#current.file);
    });
    return this.#closing;
  }

  /** What the bytes of a frame stand for. */
  #resolve(bytes: Uint8Array): Uint8Array | undefined {
    const stub = stubOf(bytes);
    if (stub.kind === 'record') return bytes;
    if (stub.kind === 'moved-here') return stub.record;
    return stub.kind === 'moved' ? this.read(stub.to) : undefined;
  }

  /** Visits records as they are now, each at its first place; finishes a rewriting that was interrupted. */
  #resolving(visit: (record: Uint8Array, ref: RecordRef) => void): (bytes: Uint8Array, ref: RecordRef) => void {
    return (bytes, ref) => {
      const stub = stubOf(bytes);
      if (stub.kind === 'record') visit(bytes, ref);
      if (stub.kind === 'moved') {
        const record = this.read(stub.to);
        if (record !== undefined) visit(record, ref);
      }
      if (stub.kind === 'moved-here' && this.#isUnfinished(stub.from))
        this.#overwrite(stub.from, (length) => movedStub(length, ref));
    };
  }

  /** The stub at `from` sends whoever asks to `to`. */
  #isFor(from: RecordRef, to: RecordRef): boolean {
    const bytes = this.#bytesAt(from);
    const stub = bytes === undefined ? undefined : stubOf(bytes);
    return stub?.kind === 'moved' && stub.to === to;
  }

  #isUnfinished(from: RecordRef): boolean {
    const bytes = this.#bytesAt(from);
    return bytes !== undefined && stubOf(bytes).kind === 'record';
  }

  #bytesAt(ref: RecordRef): Uint8Array | undefined {
    const number = Math.floor(ref / OFFSETS);
    const segment = number === this.#current.number ? this.#current : this.#reader(number);
    return segment === undefined ? undefined : this.#ahead.read(segment, ref % OFFSETS);
  }

  #overwrite(ref: RecordRef, stub: (length: number) => Uint8Array): void {
    const number = Math.floor(ref / OFFSETS);
    const bytes = this.#bytesAt(ref);
    const seed = number === this.#current.number ? this.#current.seed : this.#segments.find((one) => one.number === number)?.seed;
    if (bytes === undefined || seed === undefined || bytes.length < STUB_SIZE_MIN) return;
    const frame = Buffer.alloc(frameSize(bytes.length));
    writeFrame(frame, 0, seed, stub(bytes.length));
    const file = number === this.#current.number ? this.#current.file : openSync(this.#path(number), 'r+');
    try {
      this.#writeAll(file, frame, frame.length, ref % OFFSETS);
      if (number === this.#current.number) this.#flusher.onWritten(file, undefined, false);
      else {
        fdatasyncSync(file);
        this.#rewritten += 1;
      }
    } finally {
      if (number !== this.#current.number) closeSync(file);
    }
    this.#ahead.forget(number);
  }

  #all(): readonly SegmentFile[] {
    return [...this.#segments, { number: this.#current.number, seed: this.#current.seed, size: this.#end }];
  }

  #path(number: number): string {
    return join(this.#folder, segmentName(number));
  }

  #create(number: number): OpenFile {
    const seed = newSeed();
    const file = openSync(this.#path(number), constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC, 0o600);
    try {
      this.#writeAll(file, segmentHeader(seed), SEGMENT_HEADER_SIZE, 0);
    } catch (error) {
      closeSync(file);
      throw error;
    }
    this.#flusher.onCreated(file);
    return { number, file, seed };
  }

  #roll(): void {
    const full = this.#current;
    const next = this.#create(full.number + 1);
    this.#segments.push({ number: full.number, seed: full.seed, size: this.#end });
    this.#flusher.onFull(full.file);
    this.#current = next;
    this.#end = SEGMENT_HEADER_SIZE;
  }

  #keep(records: readonly NewRecord[], size: number, refs: RecordRef[]): void {
    if (this.#scratch.length < size) this.#scratch = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(size)));
    const { number, seed, file } = this.#current;
    let at = 0;
    for (const { record } of records) {
      refs.push(number * OFFSETS + this.#end + at);
      at = writeFrame(this.#scratch, at, seed, record);
    }
    // Positioned: what a failed write left behind is overwritten by the next one.
    this.#writeAll(file, this.#scratch, size, this.#end);
    this.#lastRef = refs.at(-1) ?? this.#lastRef;
    this.#end += size;
  }

  #writeAll(file: number, bytes: Uint8Array, size: number, position: number): void {
    let done = 0;
    while (done < size) {
      const written = this.#write(file, bytes, done, size - done, position + done);
      if (written === 0) throw new Error('the disk took nothing');
      done += written;
    }
  }

  #reader(number: number): OpenFile | undefined {
    const open = this.#readers.get(number);
    if (open !== undefined) return open;
    const segment = this.#segments.find((one) => one.number === number);
    if (segment === undefined) return undefined;
    for (const [other, { file }] of this.#readers) {
      if (this.#readers.size < OPEN_FILES_MAX) break;
      closeSync(file);
      this.#readers.delete(other);
    }
    const reader: OpenFile = { number, seed: segment.seed, file: openSync(this.#path(number), 'r') };
    this.#readers.set(number, reader);
    return reader;
  }

  #closeReader(number: number): void {
    const reader = this.#readers.get(number);
    if (reader !== undefined) closeSync(reader.file);
    this.#readers.delete(number);
    this.#ahead.forget(number);
  }
}
