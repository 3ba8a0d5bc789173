/**
 * Gives a segment's erased records back to the disk: side by side they become one frame of zeros, which a file system that has
 * holes does not store. Every other record stays where it is.
 */
import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { FRAME_OVERHEAD, frameHead, RECORD_SIZE_MAX, type Span, scanSegment } from './segment.ts';
import { stubOf } from './segment-stub.ts';

/** Smaller gaps give no block of the disk back. Bytes. */
const GAP_SIZE_MIN = 16 * 1024;
/** Less of a segment is not worth its copy. */
const SHARE_MIN = 0.25;
/** Of a name while it is written; what is left of a process that was killed is removed at the next start. */
export const UNFINISHED = '.holes';

type Gap = Span & { readonly frames: number };

/**
 * Makes a copy with holes and puts it in the place of the file, if that is worth it. The file is another one then; at any moment
 * one of the two is there, whole.
 * @throws what the disk says; the segment is as it was then.
 */
export const punchHoles = (path: string, size: number, seed: number, onReplacing: () => void): boolean => {
  const from = openSync(path, 'r');
  try {
    const gaps = gapsOf(from, size, seed).filter((gap) => gap.to - gap.from >= GAP_SIZE_MIN && gap.frames > framesFor(gap));
    if (gaps.reduce((sum, gap) => sum + gap.to - gap.from, 0) < SHARE_MIN * size) return false;
    const temporary = path + UNFINISHED;
    try {
      write(temporary, from, { size, seed, gaps });
      onReplacing();
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    return true;
  } finally {
    closeSync(from);
  }
};

const write = (path: string, from: number, { size, seed, gaps }: { size: number; seed: number; gaps: readonly Gap[] }): void => {
  const into = openSync(path, 'w', 0o600);
  try {
    copy(from, into, size, gaps);
    for (const gap of gaps) writeGap(into, gap, seed);
    fsyncSync(into);
  } finally {
    closeSync(into);
  }
};

const gapsOf = (file: number, size: number, seed: number): readonly Gap[] => {
  const gaps: Gap[] = [];
  scanSegment(file, size, seed, (record, offset) => {
    if (stubOf(record).kind !== 'erased') return;
    const to = offset + record.length + FRAME_OVERHEAD;
    const last = gaps.at(-1);
    if (last?.to === offset) gaps[gaps.length - 1] = { from: last.from, to, frames: last.frames + 1 };
    else gaps.push({ from: offset, to, frames: 1 });
  });
  return gaps;
};

const framesFor = ({ from, to }: Span): number => Math.ceil((to - from) / (RECORD_SIZE_MAX + FRAME_OVERHEAD));

/** Everything but the gaps. */
const copy = (from: number, into: number, size: number, gaps: readonly Span[]): void => {
  let at = 0;
  for (const gap of [...gaps, { from: size, to: size }]) {
    const bytes = Buffer.allocUnsafe(gap.from - at);
    for (let done = 0; done < bytes.length; ) {
      const got = readSync(from, bytes, done, bytes.length - done, at + done);
      if (got === 0) throw new Error('the segment is shorter than it was');
      done += got;
    }
    writeAll(into, bytes, at);
    at = gap.to;
  }
};

/** Frames of zeros, of which only the heads and the checks are written. */
const writeGap = (into: number, gap: Gap, seed: number): void => {
  const zeros = Buffer.alloc(RECORD_SIZE_MAX);
  const count = framesFor(gap);
  for (let n = 0; n < count; n++) {
    const [from, to] = [n, n + 1].map((part) => gap.from + Math.floor(((gap.to - gap.from) * part) / count)) as [number, number];
    const length = to - from - FRAME_OVERHEAD;
    const head = frameHead(length);
    writeAll(into, head, from);
    const check = Buffer.alloc(4);
    check.writeUInt32LE(crc32(zeros.subarray(0, length), crc32(head, seed)));
    writeAll(into, check, to - 4);
  }
};

const writeAll = (file: number, bytes: Uint8Array, position: number): void => {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, position + done);
};
