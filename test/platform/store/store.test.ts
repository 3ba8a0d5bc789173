import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type OpenedStore, openStore } from '../../../src/platform/store/open-store.ts';
import {
  frameSize,
  RECORD_SIZE_MAX,
  SEGMENT_HEADER_SIZE,
  segmentHeader,
  segmentSeed,
  writeFrame,
} from '../../../src/platform/store/segment.ts';
import type { StoreOptions } from '../../../src/platform/store/store.ts';
import { folderMarks, isContinuation } from '../../../src/platform/store/store-folder.ts';
import { bundle, run } from '../child.ts';
import { temporaryFolder } from '../temporary.ts';

const open = (folder: string, options: Partial<StoreOptions> = {}): OpenedStore & { readonly problems: string[] } => {
  const problems: string[] = [];
  return { ...openStore({ folder, onProblem: (text) => problems.push(text), ...options }), problems };
};
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const append = ({ store }: OpenedStore, ...texts: readonly string[]): void => {
  const appended = store.append(texts.map((text) => ({ record: bytes(text), mustFlush: false })));
  expect(appended.kind).toBe('kept');
};
const contents = ({ store }: OpenedStore): readonly string[] => {
  const all: string[] = [];
  store.replay((record) => all.push(new TextDecoder().decode(record)));
  return all;
};
const segment = (folder: string, number = 1): string => join(folder, `0000000${number}.seg`);

describe('segments', () => {
  test('roll when full; every record is found again in order, by its reference too', async () => {
    const folder = join(temporaryFolder(), 'log');
    const opened = open(folder, { segmentSizeMax: 200 });
    const texts = Array.from({ length: 40 }, (_, at) => `record ${at}`);
    for (const text of texts) append(opened, text);
    expect(readdirSync(folder).length).toBeGreaterThan(3);
    const refs: number[] = [];
    opened.store.replay((_, ref) => refs.push(ref));
    for (const pass of [refs, [...refs].reverse()]) {
      for (const ref of pass) expect(opened.store.read(ref)).toEqual(bytes(`record ${refs.indexOf(ref)}`));
    }
    await opened.store.close();
    const again = open(folder, { segmentSizeMax: 200 });
    expect(contents(again)).toEqual(texts);
    await again.store.close();
  });

  test('and their folder are for this user only', async () => {
    const folder = join(temporaryFolder(), 'log');
    const opened = open(folder);
    expect([statSync(folder).mode & 0o777, statSync(segment(folder)).mode & 0o777]).toEqual([0o700, 0o600]);
    await opened.store.close();
  });

  test('that are full are flushed and closed while others are written', async () => {
    const folder = join(temporaryFolder(), 'log');
    const opened = open(folder, { segmentSizeMax: 100 });
    for (let at = 0; at < 200; at++) {
      opened.store.append([{ record: bytes(`record ${at}`), mustFlush: true }]);
      if (at % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await opened.store.close();
    expect(opened.problems).toEqual([]);
  });

  test('a record has 1 to 256 KiB', async () => {
    const opened = open(join(temporaryFolder(), 'log'));
    const largest = new Uint8Array(RECORD_SIZE_MAX).fill(5);
    const kept = opened.store.append([{ record: largest, mustFlush: false }]);
    expect(kept.kind === 'kept' ? opened.store.read(kept.refs[0] ?? 0) : undefined).toEqual(largest);
    expect(opened.store.append([{ record: new Uint8Array(RECORD_SIZE_MAX + 1), mustFlush: false }]).kind).toBe('failed');
    expect(opened.store.append([{ record: new Uint8Array(0), mustFlush: false }]).kind).toBe('failed');
    await opened.store.close();
  });

  test('a header with any byte changed is none', () => {
    const header = segmentHeader(0x12345678);
    expect(segmentSeed(header)).toBe(0x12345678);
    for (let at = 0; at < SEGMENT_HEADER_SIZE; at++) {
      const changed = header.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(segmentSeed(changed)).toBeUndefined();
    }
  });
});

describe('a process that dies', () => {
  test('by SIGKILL leaves everything it was told was kept', async () => {
    const folder = join(temporaryFolder(), 'log');
    const script = await bundle(`
      import { openStore } from '/src/platform/store/open-store.ts';
      const { store } = openStore({ folder: process.argv[2] ?? '', onProblem: () => undefined });
      for (let at = 0; ; at++) {
        store.append([{ record: new TextEncoder().encode('record ' + at), mustFlush: at % 7 === 0 }]);
        if (at % 100 === 0) process.stdout.write(at + '\\n');
      }
    `);
    const child = run(script, folder);
    let told = 0;
    while (told < 5000) told = Number(await child.line());
    await child.kill();
    const opened = open(folder);
    const kept = contents(opened);
    expect(kept.length).toBeGreaterThan(told);
    expect(kept).toEqual(kept.map((_, at) => `record ${at}`));
    expect(opened.isDamaged).toBe(false);
    await opened.store.close();
  });

  test('before its first segment had a header leaves nothing, and that is no damage', async () => {
    const folder = join(temporaryFolder(), 'log');
    mkdirSync(folder);
    for (const start of [new Uint8Array(0), segmentHeader(1).slice(0, 9), new Uint8Array(4096)]) {
      writeFileSync(segment(folder), start);
      const opened = open(folder);
      expect([contents(opened), opened.isDamaged, opened.problems]).toEqual([[], false, []]);
      await opened.store.close();
    }
  });
});

describe('what is not whole', () => {
  test('a torn last write goes to a .torn file', async () => {
    const folder = join(temporaryFolder(), 'log');
    const opened = open(folder);
    append(opened, 'whole');
    await opened.store.close();
    appendFileSync(segment(folder), Uint8Array.of(9, 0, 0, 0xe5, 1, 2));
    const again = open(folder);
    expect([contents(again), again.isDamaged]).toEqual([['whole'], false]);
    expect([...readFileSync(`${segment(folder)}.torn`)]).toEqual([9, 0, 0, 0xe5, 1, 2]);
    await again.store.close();
  });

  test('a damaged segment is kept beside the one that holds what can be read, and said', async () => {
    const folder = join(temporaryFolder(), 'log');
    const opened = open(folder);
    append(opened, 'one', 'two', 'three');
    await opened.store.close();
    const whole = readFileSync(segment(folder));
    whole[SEGMENT_HEADER_SIZE + frameSize(3) + 5] = 0xff;
    writeFileSync(segment(folder), whole);
    const again = open(folder);
    expect([contents(again), again.isDamaged]).toEqual([['one', 'three'], true]);
    expect(again.problems).toEqual([expect.stringContaining('.damaged')]);
    expect(readFileSync(`${segment(folder)}.damaged`)).toEqual(whole);
    await again.store.close();
  });

  test('a segment whose header is gone is set aside whole, and the others are read', async () => {
    const folder = join(temporaryFolder(), 'log');
    const opened = open(folder, { segmentSizeMax: 60 });
    append(opened, 'one in the first segment');
    append(opened, 'two in the second segment');
    await opened.store.close();
    const first = readFileSync(segment(folder));
    first[0] = 0;
    writeFileSync(segment(folder), first);
    const again = open(folder);
    expect([contents(again), again.isDamaged]).toEqual([['two in the second segment'], true]);
    expect(readFileSync(`${segment(folder)}.damaged`)).toEqual(first);
    await again.store.close();
  });

  test('a frame inside a message is never taken for a record', async () => {
    const folder = join(temporaryFolder(), 'log');
    const opened = open(folder);
    const forged = Buffer.alloc(100);
    writeFrame(forged, 10, 0, bytes('forged'));
    append(opened, 'before');
    expect(opened.store.append([{ record: new Uint8Array(forged), mustFlush: false }]).kind).toBe('kept');
    append(opened, 'after');
    await opened.store.close();
    const whole = readFileSync(segment(folder));
    whole[SEGMENT_HEADER_SIZE + frameSize(6)] = 0; // the frame around the forged one
    writeFileSync(segment(folder), whole);
    const again = open(folder);
    expect(contents(again)).toEqual(['before', 'after']);
    await again.store.close();
  });
});

describe('the marks of a folder', () => {
  const kept = async (folder: string): Promise<readonly string[]> => {
    const opened = open(folder, { segmentSizeMax: 60 });
    append(opened, `a record of ${'x'.repeat(30)}`);
    await opened.store.close();
    return folderMarks(folder);
  };

  test('continue when segments are added, and of an empty list nothing continues', async () => {
    const folder = join(temporaryFolder(), 'log');
    const before = await kept(folder);
    const after = await kept(folder);
    expect(after.length).toBeGreaterThan(before.length);
    expect([isContinuation(before, after), isContinuation([], after), isContinuation(after, before)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('do not continue when a file was taken away, put back from a copy, or set aside, or the folder is another', async () => {
    const folder = join(temporaryFolder(), 'log');
    await kept(folder);
    const before = await kept(folder);
    const copy = join(temporaryFolder(), 'copy');
    mkdirSync(copy);
    for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(copy, name));
    expect(isContinuation(before, folderMarks(copy))).toBe(false);
    renameSync(join(folder, '00000001.seg'), join(folder, '00000001.seg.damaged'));
    expect(isContinuation(before, folderMarks(folder))).toBe(false);
    copyFileSync(join(copy, '00000001.seg'), join(folder, '00000001.seg'));
    expect(isContinuation(before, folderMarks(folder))).toBe(false);
    rmSync(join(folder, '00000001.seg'));
    expect(isContinuation(before, folderMarks(folder))).toBe(false);
  });
});

/** A file system with room for 256 KiB, if this user may make one. */
const smallDisk = (): string | undefined => {
  const folder = temporaryFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'ignore' });
    return folder;
  } catch {
    return undefined;
  }
};

describe('a disk that takes nothing', () => {
  test('when it is really full fails in words, and works again with room (skipped without the right to mount)', async () => {
    const disk = smallDisk();
    if (disk === undefined) return console.warn('skipped: this user may not mount a small disk');
    try {
      const opened = open(join(disk, 'log'));
      append(opened, 'before');
      writeFileSync(join(disk, 'ballast'), new Uint8Array(100 * 1024));
      const large = { record: new Uint8Array(RECORD_SIZE_MAX), mustFlush: false };
      expect(opened.store.append([large])).toEqual({ kind: 'failed', why: 'the disk is full (ENOSPC)' });
      rmSync(join(disk, 'ballast'));
      append(opened, 'after');
      expect(contents(opened)).toEqual(['before', 'after']);
      await opened.store.close();
      writeFileSync(join(disk, 'log', 'ballast'), new Uint8Array(100 * 1024));
      expect(contents(open(join(disk, 'log')))).toEqual(['before', 'after']);
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });

  test('from the start is an error that says what to do', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'log'), 'a file');
    expect(() => open(join(folder, 'log'))).toThrow(
      expect.objectContaining({ code: 'profile-not-writable', message: expect.stringContaining('--home') }),
    );
    const full = (): never => {
      throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    };
    expect(() => open(join(folder, 'other'), { write: full })).toThrow(
      expect.objectContaining({ code: 'profile-not-writable', message: expect.stringContaining('the disk is full') }),
    );
  });
});
