/**
 * What the core knew when the store ended at a certain place: a file that makes a start quick. Nothing depends on it; one that
 * does not fit, or is damaged, is passed over, and the records are read from the first on.
 *
 * file = "earshot checkpoint\n" · header length u32 · header (JSON) · snapshot, deflated · CRC-32 u32 of everything before
 */
import { closeSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';
import type { LogId } from '../../base/ids.ts';
import type { RecordRef } from '../../peer/effect.ts';

/** A segment as it was: another size, time or place on the disk, and it is looked through again. */
export type SegmentStamp = {
  readonly number: number;
  readonly seed: number;
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly changedAt: number;
  readonly inode: string;
};
export type CheckpointHeader = {
  readonly log: LogId;
  /** Where the store ended: what is from here on is not in the snapshot. */
  readonly end: RecordRef;
  /** Those that were full. */
  readonly segments: readonly SegmentStamp[];
};
export type Checkpoint = CheckpointHeader & { readonly snapshot: Uint8Array };

const MAGIC = Buffer.from('earshot checkpoint\n');
const pathIn = (home: string): string => join(home, 'checkpoint');

/** The checkpoint of a home, if there is a whole one. */
export const readCheckpoint = (home: string): Checkpoint | undefined => {
  try {
    const bytes = readFileSync(pathIn(home));
    const end = bytes.length - 4;
    if (end < MAGIC.length + 4 || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) return undefined;
    if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) return undefined;
    const headerAt = MAGIC.length + 4;
    const headerEnd = headerAt + bytes.readUInt32LE(MAGIC.length);
    const header = JSON.parse(bytes.toString('utf8', headerAt, headerEnd)) as CheckpointHeader; // our own file, whole
    return { ...header, snapshot: new Uint8Array(inflateRawSync(bytes.subarray(headerEnd, end))) };
  } catch {
    return undefined;
  }
};

/** How a snapshot is made smaller: columns of rising numbers shrink to a third; more effort gains little. */
export const DEFLATE = { level: 1 } as const;

/** Whole or not at all. @param deflated the snapshot, by `deflateRaw` with DEFLATE. @throws what the disk says. */
export const writeCheckpoint = (home: string, header: CheckpointHeader, deflated: Uint8Array): void => {
  const text = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(MAGIC.length + 4);
  head.set(MAGIC);
  head.writeUInt32LE(text.length, MAGIC.length);
  const check = Buffer.alloc(4);
  check.writeUInt32LE(crc32(deflated, crc32(text, crc32(head))));
  const temporary = `${pathIn(home)}.${process.pid}.tmp`;
  try {
    const file = openSync(temporary, 'w', 0o600);
    try {
      for (const part of [head, text, deflated, check]) {
        for (let done = 0; done < part.length; ) done += writeSync(file, part, done);
      }
    } finally {
      closeSync(file);
    }
    renameSync(temporary, pathIn(home));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
};

export const removeCheckpoint = (home: string): void => rmSync(pathIn(home), { force: true });
