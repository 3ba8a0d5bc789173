/** Reads records of segments; who asks for one asks for the next ones too. */
import { readSync } from 'node:fs';
import { FRAME_OVERHEAD, RECORD_SIZE_MAX, readFrame } from './segment.ts';

/** Read at once around a record. Bytes. */
const AHEAD_SIZE = 64 * 1024;

export type OpenFile = { readonly number: number; readonly file: number; readonly seed: number };

export class ReadAhead {
  #ahead: { readonly number: number; readonly start: number; readonly bytes: Buffer } | undefined;

  /** The bytes of the frame at `offset`, as a copy; undefined if there is no whole one. @throws what the disk says. */
  read({ number, file, seed }: OpenFile, offset: number): Uint8Array | undefined {
    const ahead = this.#ahead;
    if (ahead?.number === number && offset >= ahead.start && offset < ahead.start + ahead.bytes.length) {
      const record = readFrame(ahead.bytes, offset - ahead.start, seed);
      if (record !== undefined) return record;
    }
    for (const size of [AHEAD_SIZE, RECORD_SIZE_MAX + FRAME_OVERHEAD]) {
      const bytes = Buffer.allocUnsafeSlow(size);
      const length = readSync(file, bytes, 0, size, offset);
      this.#ahead = { number, start: offset, bytes: bytes.subarray(0, length) };
      const record = readFrame(this.#ahead.bytes, 0, seed);
      if (record !== undefined || length < size) return record;
    }
    return undefined;
  }

  /** A segment is not as it was. */
  forget(number: number): void {
    if (this.#ahead?.number === number) this.#ahead = undefined;
  }
}
