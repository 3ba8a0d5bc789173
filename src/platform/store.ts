/**
 * The store on disk: append-only segments in one folder. An append is one write for all records of a turn; the disk itself
 * is asked (fdatasync, off the main thread) at once if a record needs it, else within 100 ms, for all of that time together.
 */
import { close, closeSync, constants, fdatasync, fsync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordRef } from '../peer/effect.ts';
import type { Appended, NewRecord, OnFlushed, RecordStore } from './record-store.ts';
import {
  FRAME_OVERHEAD,
  frameSize,
  RECORD_SIZE_MAX,
  readFrame,
  readFrames,
  SEGMENT_HEADER_SIZE,
  scanSegment,
  segmentHeader,
  writeFrame,
} from './segment.ts';
import {
  type FolderState,
  folderMarks,
  inspectFolder,
  newSeed,
  notUsable,
  type SegmentFile,
  segmentName,
} from './store-folder.ts';
import { worldText } from './world-text.ts';

/** A segment that reached this is not written to any more. */
export const SEGMENT_SIZE_MAX = 64 * 1024 * 1024;
/** Ordinary records are flushed this long after the first of them was written; with the flush itself it stays under 100 ms. */
const FLUSH_AFTER_MS = 50;
/** Read at once around a record: who asks for one asks for the next ones too. */
const READ_AHEAD_SIZE = 64 * 1024;
/** BOUNDED: old segments kept open for reading. */
const OPEN_FILES_MAX = 8;
const OFFSETS = 2 ** 32;

export type StoreOptions = {
  /** Made if it is not there (0700). */
  readonly folder: string;
  /** Something went wrong that no caller waits for; a sentence for people. */
  readonly onProblem: (text: string) => void;
  /** The system's write, or what a test puts in its place. */
  readonly write?: typeof writeSync;
  readonly segmentSizeMax?: number;
};

type OpenFile = { readonly number: number; readonly file: number; readonly seed: number };

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
  #scratch = Buffer.allocUnsafeSlow(64 * 1024);
  #readAhead: { readonly number: number; readonly start: number; readonly bytes: Buffer } | undefined;
  readonly #readers = new Map<number, OpenFile>();
  /** Files with writes that the disk may not have yet. */
  readonly #unflushed = new Set<number>();
  /** Files that are full: closed once flushed. */
  readonly #retired = new Set<number>();
  #isFolderUnflushed: boolean;
  #waiting: OnFlushed[] = [];
  #flushTimer: NodeJS.Timeout | undefined;
  #isFlushing = false;
  #closing: Promise<void> | undefined;

  constructor(options: StoreOptions, state: FolderState) {
    this.#folder = options.folder;
    this.#onProblem = options.onProblem;
    this.#write = options.write ?? writeSync;
    this.#segmentSizeMax = options.segmentSizeMax ?? SEGMENT_SIZE_MAX;
    this.#segments = state.segments.slice(0, -1);
    const last = state.segments.at(-1);
    this.#isFolderUnflushed = last === undefined;
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
    this.#unflushed.add(this.#current.file);
    if (onFlushed !== undefined) this.#waiting.push(onFlushed);
    if (onFlushed !== undefined || records.some((record) => record.mustFlush)) this.#flush();
    else this.#flushSoon();
    return { kind: 'kept', refs };
  }

  read(ref: RecordRef): Uint8Array | undefined {
    const number = Math.floor(ref / OFFSETS);
    const offset = ref % OFFSETS;
    if (number === this.#current.number && offset >= this.#end) return undefined;
    try {
      const segment = number === this.#current.number ? this.#current : this.#reader(number);
      return segment === undefined ? undefined : this.#readFrom(segment, offset);
    } catch (error) {
      this.#onProblem(`a stored message could not be read: ${worldText(error)}`);
      return undefined;
    }
  }

  replay(visit: (record: Uint8Array, ref: RecordRef) => void): void {
    for (const { number, seed, size } of this.#all()) {
      const file = openSync(this.#path(number), 'r');
      try {
        scanSegment(file, size, seed, (record, offset) => visit(record, number * OFFSETS + offset));
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
    let left = most;
    let next = from;
    for (const { number, seed, size } of this.#all()) {
      if (number < Math.floor(from / OFFSETS) || left === 0) continue;
      const file = openSync(this.#path(number), 'r');
      try {
        const offset = number === Math.floor(from / OFFSETS) ? from % OFFSETS : SEGMENT_HEADER_SIZE;
        const end = readFrames(file, size, seed, Math.max(offset, SEGMENT_HEADER_SIZE), left, (record, at) => {
          left -= 1;
          visit(record, number * OFFSETS + at);
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

  close(): Promise<void> {
    this.#closing ??= this.#flushed().then(() => {
      for (const { file } of this.#readers.values()) closeSync(file);
      this.#readers.clear();
      closeSync(this.#current.file);
    });
    return this.#closing;
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
    this.#isFolderUnflushed = true;
    this.#unflushed.add(file);
    return { number, file, seed };
  }

  #roll(): void {
    const full = this.#current;
    const next = this.#create(full.number + 1);
    this.#segments.push({ number: full.number, seed: full.seed, size: this.#end });
    this.#retired.add(full.file);
    this.#unflushed.add(full.file);
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

  #readFrom(segment: OpenFile, offset: number): Uint8Array | undefined {
    const ahead = this.#readAhead;
    if (
      ahead !== undefined &&
      ahead.number === segment.number &&
      offset >= ahead.start &&
      offset < ahead.start + ahead.bytes.length
    ) {
      const record = readFrame(ahead.bytes, offset - ahead.start, segment.seed);
      if (record !== undefined) return record;
    }
    for (const size of [READ_AHEAD_SIZE, RECORD_SIZE_MAX + FRAME_OVERHEAD]) {
      const bytes = Buffer.allocUnsafeSlow(size);
      const length = readSync(segment.file, bytes, 0, size, offset);
      this.#readAhead = { number: segment.number, start: offset, bytes: bytes.subarray(0, length) };
      const record = readFrame(this.#readAhead.bytes, 0, segment.seed);
      if (record !== undefined || length < size) return record;
    }
    return undefined;
  }

  #flushSoon(): void {
    if (this.#flushTimer !== undefined || this.#isFlushing) return;
    this.#flushTimer = setTimeout(() => this.#flush(), FLUSH_AFTER_MS);
    this.#flushTimer.unref(); // whoever exits without close leaves the rest to the system
  }

  #flush(): void {
    if (this.#isFlushing) return; // whatever came meanwhile follows when it is done
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#isFlushing = true;
    const told = this.#waiting;
    this.#waiting = [];
    const files = [...this.#unflushed];
    this.#unflushed.clear();
    const hasNewFile = this.#isFolderUnflushed;
    this.#isFolderUnflushed = false;
    Promise.all([...files.map(flushFile), ...(hasNewFile ? [flushFolder(this.#folder)] : [])])
      .then(
        () => undefined,
        (error: unknown) => `the disk did not confirm what was written: ${worldText(error)}`,
      )
      .then((failure) => this.#onFlushed(failure, files, told))
      .catch((error: unknown) => this.#onProblem(worldText(error)));
  }

  #onFlushed(failure: string | undefined, files: readonly number[], told: readonly OnFlushed[]): void {
    this.#isFlushing = false;
    for (const file of files) {
      // Written to again since: the next flush has it.
      if (this.#unflushed.has(file) || !this.#retired.delete(file)) continue;
      close(file, (error) => {
        if (error !== null) this.#onProblem(worldText(error));
      });
    }
    if (failure !== undefined) this.#onProblem(failure);
    if (this.#waiting.length > 0) this.#flush();
    else if (this.#unflushed.size > 0) this.#flushSoon();
    for (const tell of told) tell(failure);
  }

  /** Resolves when everything written so far is flushed, or could not be. */
  #flushed(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve());
      this.#flush();
    });
  }
}

const flushFile = (file: number): Promise<void> =>
  new Promise((resolve, reject) => {
    fdatasync(file, (error) => (error === null ? resolve() : reject(error)));
  });

/** A new file's name is only on the disk when its folder is. Windows has no such thing, and needs none. */
const flushFolder = (folder: string): Promise<void> =>
  new Promise((resolve, reject) => {
    if (process.platform === 'win32') return resolve();
    const file = openSync(folder, 'r');
    fsync(file, (error) => {
      closeSync(file);
      if (error === null) resolve();
      else reject(error);
    });
  });

export type OpenedStore = {
  readonly store: Store;
  /** Names the state of the folder, to be kept and compared at the next start (`isContinuation` in store-folder.ts). */
  readonly marks: readonly string[];
  /** Something that was kept is gone: numbers given before may be missing here, so a new log id must be drawn. */
  readonly isDamaged: boolean;
};

/**
 * Opens the store and repairs it: a torn last write is cut off (its bytes go to a `.torn` file), damage in the middle is set
 * aside (`.damaged`) and what can be read is kept.
 * @throws WorldError profile-not-writable or profile-unreadable.
 */
export const openStore = (options: StoreOptions): OpenedStore => {
  const state = inspectFolder(options.folder, options.onProblem);
  let store: Store;
  try {
    store = new Store(options, state);
  } catch (error) {
    throw notUsable(options.folder, error);
  }
  return { store, marks: folderMarks(options.folder), isDamaged: state.isDamaged };
};
