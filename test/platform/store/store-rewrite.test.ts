import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { RecordRef } from '../../../src/peer/effect.ts';
import { openStore } from '../../../src/platform/store/open-store.ts';
import type { Store } from '../../../src/platform/store/store.ts';
import { temporaryFolder } from '../temporary.ts';

const record = (text: string): Uint8Array => Uint8Array.from([0x81, ...Buffer.from(text)]);
const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes.subarray(1)).toString();

const open: Store[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((store) => store.close()));
});
const opened = (folder: string, segmentSizeMax?: number): Store => {
  const { store } = openStore({
    folder,
    onProblem: () => undefined,
    ...(segmentSizeMax === undefined ? {} : { segmentSizeMax }),
  });
  open.push(store);
  return store;
};
const put = (store: Store, ...texts: readonly string[]): readonly RecordRef[] => {
  const appended = store.append(texts.map((text) => ({ record: record(text), mustFlush: false })));
  return appended.kind === 'kept' ? appended.refs : [];
};
const replayed = (store: Store): readonly (readonly [string | undefined, RecordRef])[] => {
  const all: (readonly [string | undefined, RecordRef])[] = [];
  store.replay((bytes, ref) => all.push([textOf(bytes.slice()), ref]));
  return all;
};
const onDisk = (folder: string): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name)).toString('latin1'))
    .join('');

describe('a record that is rewritten', () => {
  test('keeps its reference and its place; what it said is on the disk no more', async () => {
    const folder = temporaryFolder();
    const store = opened(folder);
    const [a = 0, b = 0, c = 0] = put(store, 'the first of them', 'a secret for bob', 'the third of them');
    await store.rewrite(b, record('nothing any more'));
    const all = [
      ['the first of them', a],
      ['nothing any more', b],
      ['the third of them', c],
    ];
    expect(replayed(store)).toEqual(all);
    expect(textOf(store.read(b))).toBe('nothing any more');
    await store.close();
    expect(onDisk(folder)).not.toContain('a secret for bob');
    const again = opened(folder);
    expect(replayed(again)).toEqual(all);
    expect(textOf(again.read(b))).toBe('nothing any more');
    const scanned: unknown[] = [];
    expect(again.scan(0, 10, (bytes, ref) => scanned.push([textOf(bytes), ref]))).toBe(again.end);
    expect(scanned).toEqual(all);
  });

  test('may be rewritten again, to something longer', async () => {
    const store = opened(temporaryFolder());
    const [a = 0] = put(store, 'a short one');
    await store.rewrite(a, record('a longer one than it was'));
    await store.rewrite(a, record('x'.repeat(500)));
    expect(replayed(store)).toEqual([['x'.repeat(500), a]]);
  });

  test('is whole at any moment: killed between the new and the old, it is finished at the next start', async () => {
    const folder = temporaryFolder();
    const copy = temporaryFolder();
    const store = opened(folder);
    const [a = 0] = put(store, 'what it said once');
    const done = store.rewrite(a, record('what it says now!'));
    for (const name of readdirSync(folder)) copyFileSync(join(folder, name), join(copy, name)); // the old one still stands
    await done;
    expect(onDisk(copy)).toContain('what it said once');
    const killed = opened(copy);
    replayed(killed);
    expect(replayed(killed)).toEqual([['what it says now!', a]]);
    await killed.close();
    expect(onDisk(copy)).not.toContain('what it said once');
  });

  test('is gone when it is erased, in a full segment too', async () => {
    const folder = temporaryFolder();
    const store = opened(folder, 100);
    const [a = 0] = put(store, 'x'.repeat(60));
    const [b = 0] = put(store, 'y'.repeat(60));
    await store.rewrite(a, undefined);
    expect(replayed(store)).toEqual([['y'.repeat(60), b]]);
    expect(store.read(a)).toBeUndefined();
    expect(store.fullSegments).toEqual([1]);
    store.removeSegment(1);
    expect(readdirSync(folder)).toEqual(['00000002.seg']);
    expect(replayed(store)).toEqual([['y'.repeat(60), b]]);
    expect(store.read(a)).toBeUndefined();
  });

  test('that the disk refuses stays as it was, and who asked is told', async () => {
    const folder = temporaryFolder();
    let isFull = false;
    const write = ((...args: readonly unknown[]) => {
      if (isFull) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      return (writeSync as (...all: readonly unknown[]) => number)(...args);
    }) as typeof writeSync;
    const { store } = openStore({ folder, onProblem: () => undefined, write });
    open.push(store);
    const [a = 0] = put(store, 'what it said');
    isFull = true;
    await expect(store.rewrite(a, record('what it says'))).rejects.toThrow(/no space|disk is full/i);
    expect(textOf(store.read(a))).toBe('what it said');
  });
});

describe('a full segment of which much is erased', () => {
  const SEGMENT = '00000001.seg';
  const text = (n: number): string => `${n} ${'x'.repeat(400)}`;

  const mostlyErased = async () => {
    const folder = temporaryFolder();
    const store = opened(folder, 200_000);
    const refs = Array.from({ length: 600 }, (_, n) => put(store, text(n))[0] ?? 0).slice(0, 450);
    await store.rewrite(refs[7] ?? 0, record('rewritten'));
    const kept = (n: number): boolean => n === 7 || n % 100 === 50;
    for (const [n, ref] of refs.entries()) if (!kept(n)) await store.rewrite(ref, undefined);
    const expected = refs.map((_, n) => (n === 7 ? 'rewritten' : kept(n) ? text(n) : undefined));
    const read = (from: Store) => refs.map((ref) => textOf(from.read(ref)));
    return { folder, store, expected, read };
  };

  test('gives it back to the disk; what is left stays where it is', async () => {
    const { folder, store, expected, read } = await mostlyErased();
    const before = statSync(join(folder, SEGMENT));
    const all = replayed(store);
    expect(read(store)).toEqual(expected);
    const replacing: number[] = [];
    expect(store.punchHoles(1, () => replacing.push(1))).toBe(true);
    expect(replacing).toEqual([1]);
    expect(store.punchHoles(1, () => replacing.push(1))).toBe(false); // there is no more to be had
    expect(read(store)).toEqual(expected);
    expect(replayed(store)).toEqual(all);
    const after = statSync(join(folder, SEGMENT));
    expect(after.size).toBe(before.size);
    expect(after.blocks).toBeLessThan(before.blocks / 2);
    expect(after.mode & 0o777).toBe(0o600);
    await store.close();
    const again = openStore({ folder, onProblem: (problem) => expect(problem).toBe('') });
    open.push(again.store);
    expect(again.isDamaged).toBe(false);
    expect(read(again.store)).toEqual(expected);
    expect(replayed(again.store)).toEqual(all);
  });

  test('is as it was if the profile cannot be written, or the process ends meanwhile', async () => {
    const { folder, store, expected, read } = await mostlyErased();
    const refused = (): void => {
      throw new Error('the disk is full');
    };
    expect(() => store.punchHoles(1, refused)).toThrow('the disk is full');
    expect(readdirSync(folder).filter((name) => !name.endsWith('.seg'))).toEqual([]);
    expect(read(store)).toEqual(expected);
    await store.close();
    writeFileSync(join(folder, `${SEGMENT}.holes`), 'half of it');
    expect(read(opened(folder, 200_000))).toEqual(expected);
    expect(readdirSync(folder).filter((name) => !name.endsWith('.seg'))).toEqual([]);
  });

  test('stays if little is erased', async () => {
    const store = opened(temporaryFolder(), 200_000);
    const refs = Array.from({ length: 600 }, (_, n) => put(store, text(n))[0] ?? 0);
    for (const ref of refs.slice(0, 60)) await store.rewrite(ref, undefined);
    expect(store.punchHoles(1, () => expect(true).toBe(false))).toBe(false);
  });
});
