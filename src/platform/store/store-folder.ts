/**
 * The folder of a store when it is opened: which segments it has, what of them is whole, and whether it is still the folder
 * that this profile wrote. Repairs happen here and nowhere else, and always keep what was found beside what is used.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { WorldError } from '../../base/errors.ts';
import { errorCode, worldText } from '../world-text.ts';
import type { SegmentStamp } from './checkpoint.ts';
import { SEGMENT_HEADER_SIZE, type SegmentScan, scanSegment, segmentHeader, segmentSeed } from './segment.ts';
import { UNFINISHED } from './segment-holes.ts';

export type SegmentFile = {
  readonly number: number;
  readonly seed: number;
  /** Bytes up to the end of the last whole record. */
  readonly size: number;
};
export type FolderState = {
  /** In order; the last one is the one to write to. */
  readonly segments: readonly SegmentFile[];
  /** Records are gone that were kept. */
  readonly isDamaged: boolean;
};

const NAME = /^(\d{8})\.seg$/;
const DAMAGED = /\.damaged$/;

export const segmentName = (number: number): string => `${String(number).padStart(8, '0')}.seg`;
export const newSeed = (): number => randomBytes(4).readUInt32LE();

/** A segment's header, in hex: its seed was drawn at random. */
const headerText = (path: string): string => {
  const file = openSync(path, 'r');
  try {
    return readSpan(file, 0, SEGMENT_HEADER_SIZE).toString('hex', 8);
  } finally {
    closeSync(file);
  }
};

/**
 * What identifies the folder and its files on this disk: names with inode numbers (a copy or a backup put back has others)
 * and seeds (a new file may get the inode of one that was removed).
 * BOUNDED: by the segments there are.
 */
export const folderMarks = (folder: string): readonly string[] => {
  const inode = (path: string): string => String(statSync(path, { bigint: true }).ino);
  const files = readdirSync(folder).filter((name) => NAME.test(name) || DAMAGED.test(name));
  const marks = files.sort().map((name) => `${name}=${inode(join(folder, name))}.${headerText(join(folder, name))}`);
  return [`.=${inode(folder)}`, ...marks];
};

/** Whether a folder with marks `now` is the one that had marks `before`, with nothing taken away or set aside since. */
export const isContinuation = (before: readonly string[], now: readonly string[]): boolean => {
  const marks = new Set(now);
  const known = new Set(before);
  return (
    before.length > 0 &&
    before.every((mark) => marks.has(mark)) &&
    now.every((mark) => known.has(mark) || !DAMAGED.test(mark.split('=')[0] ?? ''))
  );
};

type Checked = { readonly segment: SegmentFile | undefined; readonly isDamaged: boolean };

/** A name that is not taken yet: `base`, `base.2`, … */
const freeName = (path: string): string => {
  const taken = (name: string): boolean => statSync(name, { throwIfNoEntry: false }) !== undefined;
  if (!taken(path)) return path;
  let count = 2;
  while (taken(path.replace(DAMAGED, `.${count}.damaged`))) count++;
  return path.replace(DAMAGED, `.${count}.damaged`);
};

const readSpan = (file: number, from: number, to: number): Buffer => {
  const bytes = Buffer.alloc(to - from);
  const length = readSync(file, bytes, 0, bytes.length, from);
  return bytes.subarray(0, length);
};

/** The end of the newest segment is no whole record: a write was interrupted. What is cut off is kept in a `.torn` file. */
const cutTail = (path: string, file: number, end: number, onProblem: (text: string) => void): void => {
  const size = fstatSync(file).size;
  try {
    writeFileSync(`${path}.torn`, readSpan(file, end, Math.min(size, end + 1024 * 1024)), { mode: 0o600 });
  } catch (error) {
    onProblem(`the torn end of ${path} was cut off without a copy: ${worldText(error)}`);
  }
  ftruncateSync(file, end);
  fsyncSync(file);
};

/** Writes the whole records of a damaged segment to a new file in its place; the old one is kept as `.damaged`. */
const rewrite = (path: string, file: number, scan: SegmentScan): SegmentFile => {
  const seed = segmentSeed(readSpan(file, 0, SEGMENT_HEADER_SIZE)) ?? 0;
  const temporary = `${path}.tmp`;
  const target = openSync(temporary, 'w', 0o600);
  let size = SEGMENT_HEADER_SIZE;
  try {
    writeSync(target, segmentHeader(seed));
    for (const span of scan.good) {
      writeSync(target, readSpan(file, span.from, span.to), 0, span.to - span.from, size);
      size += span.to - span.from;
    }
    fsyncSync(target);
  } finally {
    closeSync(target);
  }
  // The copy first: its name alone tells the next start that something was lost, should this one end here.
  const aside = freeName(`${path}.damaged`);
  copyFileSync(path, aside);
  chmodSync(aside, 0o600);
  renameSync(temporary, path);
  return { number: 0, seed, size };
};

const checkSegment = (
  path: string,
  isLast: boolean,
  trusted: SegmentStamp | undefined,
  onProblem: (text: string) => void,
): Checked => {
  if (trusted !== undefined && isAsStamped(path, trusted)) return { segment: { ...trusted }, isDamaged: false };
  const file = openSync(path, 'r+');
  try {
    const size = fstatSync(file).size;
    const header = readSpan(file, 0, Math.min(size, SEGMENT_HEADER_SIZE));
    const seed = segmentSeed(header);
    if (seed === undefined) {
      // A segment is born with its header in one write: a file that has no more than that was never written to.
      if (isLast && (size <= SEGMENT_HEADER_SIZE || readSpan(file, 0, size).every((byte) => byte === 0))) {
        rmSync(path);
        return { segment: undefined, isDamaged: false };
      }
      const aside = freeName(`${path}.damaged`);
      renameSync(path, aside);
      onProblem(`${path} cannot be read as messages; it was set aside as ${aside}`);
      return { segment: undefined, isDamaged: true };
    }
    const scan = scanSegment(file, size, seed, () => undefined);
    const isWholeUpToEnd = scan.good.length === 0 || (scan.good.length === 1 && scan.good[0]?.from === SEGMENT_HEADER_SIZE);
    if (isWholeUpToEnd && scan.end === size) return { segment: { number: 0, seed, size }, isDamaged: false };
    if (isWholeUpToEnd && isLast) {
      cutTail(path, file, scan.end, onProblem);
      return { segment: { number: 0, seed, size: scan.end }, isDamaged: false };
    }
    onProblem(`${path} is damaged; what can be read was kept, the damaged file is beside it as .damaged`);
    return { segment: rewrite(path, file, scan), isDamaged: true };
  } finally {
    closeSync(file);
  }
};

/** The segment as it is now, to be known again. */
export const stampOf = (folder: string, { number, seed, size }: SegmentFile): SegmentStamp => {
  const { ino, mtimeMs } = statSync(join(folder, segmentName(number)), { bigint: true });
  return { number, seed, size, changedAt: Number(mtimeMs), inode: String(ino) };
};

/** Nobody wrote to it since: it was looked through then. */
const isAsStamped = (path: string, stamp: SegmentStamp): boolean => {
  const { ino, mtimeMs, size } = statSync(path, { bigint: true });
  return String(ino) === stamp.inode && Number(mtimeMs) === stamp.changedAt && Number(size) === stamp.size;
};

/** The folder of messages cannot be used, and what to do. */
export const notUsable = (folder: string, error: unknown): WorldError => {
  const isReadProblem = errorCode(error) === 'EIO';
  return new WorldError(
    isReadProblem ? 'profile-unreadable' : 'profile-not-writable',
    `messages are kept in ${folder}, but it cannot be ${isReadProblem ? 'read' : 'written to'}: ${worldText(error)}; ` +
      'give this user the folder, make room, or choose another with --home',
    { cause: error },
  );
};

/**
 * Looks through the folder (made if absent, 0700), repairs what is not whole, and says what there is.
 * @param trusted segments that were whole; those that nobody wrote to since are not read again.
 * @throws WorldError profile-not-writable, profile-unreadable.
 */
export const inspectFolder = (
  folder: string,
  onProblem: (text: string) => void,
  trusted: readonly SegmentStamp[] = [],
): FolderState => {
  try {
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    for (const name of readdirSync(folder)) if (name.endsWith(UNFINISHED)) rmSync(join(folder, name), { force: true });
    const numbers = readdirSync(folder).flatMap((name) => Number(NAME.exec(name)?.[1] ?? Number.NaN) || []);
    numbers.sort((a, b) => a - b);
    const segments: SegmentFile[] = [];
    let isDamaged = false;
    for (const number of numbers) {
      const isLast = number === numbers.at(-1);
      const stamp = isLast ? undefined : trusted.find((one) => one.number === number);
      const checked = checkSegment(join(folder, segmentName(number)), isLast, stamp, onProblem);
      if (checked.segment !== undefined) segments.push({ ...checked.segment, number });
      isDamaged ||= checked.isDamaged;
    }
    return { segments, isDamaged };
  } catch (error) {
    throw notUsable(folder, error);
  }
};
