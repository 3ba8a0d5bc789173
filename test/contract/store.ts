/** What every store keeps to, the disk and the simulated one: call `storeContract` in a test file with a way to make its world. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RecordRef } from '../../src/peer/effect.ts';
import type { Appended, NewRecord, RecordStore } from '../../src/platform/store/record-store.ts';

export type Replayed = { readonly record: Uint8Array; readonly ref: RecordRef };
export type OpenedForTest = {
  readonly store: RecordStore;
  /** Everything the store holds, in order. */
  readonly records: readonly Replayed[];
  /** A new log id must be drawn. */
  readonly isDamaged: boolean;
};

/** One place that a store is kept in, and what may happen to it. */
export interface StoreWorld {
  open(): Promise<OpenedForTest>;
  /** Ends the open store as kill -9 does: what was handed over is there, nothing more is done. */
  kill(): Promise<void>;
  /** Bytes that are kept, in all. */
  size(): number;
  /** Cuts off everything from byte `size` on; while no store is open. */
  cut(size: number): void;
  /** Changes one byte of what is kept; while no store is open. */
  damage(at: number): void;
  /** From now on the disk takes `bytes` more bytes; undefined: as many as one likes. */
  setRoom(bytes: number | undefined): void;
  /** Takes the world away. */
  remove(): Promise<void>;
}

const text = (content: string): Uint8Array => new TextEncoder().encode(content);
const plain = (content: string): NewRecord => ({ record: text(content), mustFlush: false });
const contents = (records: readonly Replayed[]): readonly string[] =>
  records.map(({ record }) => new TextDecoder().decode(record));
const refsOf = (appended: Appended): readonly RecordRef[] => {
  if (appended.kind === 'failed') throw new Error(`expected the records to be kept: ${appended.why}`);
  return appended.refs;
};
const flushed = (store: RecordStore, records: readonly NewRecord[]): Promise<string | undefined> =>
  new Promise((resolve) => refsOf(store.append(records, resolve)));

/** Declares the suite. `make` gives a fresh, empty world. */
export const storeContract = (name: string, make: () => Promise<StoreWorld>): void => {
  describe(`${name} keeps the contract of a store`, () => {
    let world: StoreWorld;
    beforeEach(async () => {
      world = await make();
    });
    afterEach(() => world.remove());

    const reopened = async (): Promise<OpenedForTest> => {
      await world.kill();
      return world.open();
    };

    test('an empty place holds nothing and is not damaged', async () => {
      expect(await world.open()).toMatchObject({ records: [], isDamaged: false });
    });

    test('records come back in the order appended, with the references they were given', async () => {
      const { store } = await world.open();
      const refs = [...refsOf(store.append([plain('one'), plain('two')])), ...refsOf(store.append([plain('three')]))];
      await store.close();
      const { records } = await world.open();
      expect(contents(records)).toEqual(['one', 'two', 'three']);
      expect(records.map(({ ref }) => ref)).toEqual(refs);
    });

    test('what was appended survives kill -9 without a flush', async () => {
      const { store } = await world.open();
      store.append([plain('kept')]);
      expect(contents((await reopened()).records)).toEqual(['kept']);
    });

    test('a reference reads its record back at once and after reopening, as bytes of its own', async () => {
      const { store } = await world.open();
      const [first, second] = refsOf(store.append([plain('one'), plain('two')]));
      expect(store.read(first ?? 0)).toEqual(text('one'));
      const mine = store.read(second ?? 0);
      mine?.fill(0);
      expect(store.read(second ?? 0)).toEqual(text('two'));
      expect((await reopened()).store.read(second ?? 0)).toEqual(text('two'));
    });

    test('a reference that names no record reads as undefined', async () => {
      const { store } = await world.open();
      const [ref = 0] = refsOf(store.append([plain('one')]));
      expect([store.read(ref + 1), store.read(ref + 1000), store.read(0), store.read(2 ** 52)]).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
      ]);
    });

    test('the flush is told after append has returned, once', async () => {
      const { store } = await world.open();
      const told: (string | undefined)[] = [];
      const first = new Promise<void>((resolve) => {
        store.append([{ record: text('one'), mustFlush: true }], (failure) => {
          told.push(failure);
          resolve();
        });
      });
      expect(told).toEqual([]);
      await first;
      expect(await flushed(store, [plain('two')])).toBeUndefined();
      expect(told).toEqual([undefined]);
    });

    test('every prefix of the last write leaves the records before it, and says nothing is damaged', async () => {
      const { store } = await world.open();
      store.append([plain('first'), plain('second')]);
      const before = world.size();
      store.append([plain('third'), plain('the fourth and last one')]);
      const whole = world.size();
      await world.kill();
      for (let size = whole; size >= before; size--) {
        world.cut(size);
        const { records, isDamaged } = await world.open();
        const kept = contents(records);
        expect(kept.slice(0, 2)).toEqual(['first', 'second']);
        expect(['third', 'the fourth and last one'].slice(0, kept.length - 2)).toEqual(kept.slice(2));
        expect(kept.length === 4).toBe(size === whole);
        expect(isDamaged).toBe(false);
        await world.kill();
      }
    });

    test('after a torn write was cut off, appending goes on', async () => {
      const { store } = await world.open();
      store.append([plain('first'), plain('second')]);
      const size = world.size();
      await world.kill();
      world.cut(size - 1);
      const again = await world.open();
      again.store.append([plain('third')]);
      expect(contents((await reopened()).records)).toEqual(['first', 'third']);
    });

    test('a changed byte in the middle costs at most the record it is in, and is said, once', async () => {
      const lines = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'];
      const { store } = await world.open();
      const ends = lines.map((line) => {
        store.append([plain(line)]);
        return world.size();
      });
      await world.kill();
      const [first = 0, second = 0] = ends;
      world.damage(first + Math.floor((second - first) / 2));
      const opened = await world.open();
      expect(contents(opened.records)).toEqual(['alpha', 'gamma', 'delta', 'epsilon']);
      expect(opened.isDamaged).toBe(true);
      for (const { record, ref } of opened.records) expect(opened.store.read(ref)).toEqual(new Uint8Array(record));
      opened.store.append([plain('zeta')]);
      const again = await reopened();
      expect(contents(again.records)).toEqual(['alpha', 'gamma', 'delta', 'epsilon', 'zeta']);
      expect(again.isDamaged).toBe(false);
    });

    test('a full disk fails the append in words and keeps what was there; with room again it goes on', async () => {
      const { store } = await world.open();
      refsOf(store.append([plain('before')]));
      for (const room of [0, 1, 7]) {
        world.setRoom(room);
        const failed = store.append([plain('lost'), plain('lost too')]);
        expect(failed.kind).toBe('failed');
        expect(failed.kind === 'failed' ? failed.why : '').not.toBe('');
      }
      world.setRoom(undefined);
      refsOf(store.append([plain('after')]));
      const { records, isDamaged } = await reopened();
      expect(contents(records)).toEqual(['before', 'after']);
      expect(isDamaged).toBe(false);
    });

    test('a closed store refuses records and can be closed again', async () => {
      const { store } = await world.open();
      await store.close();
      await store.close();
      expect(store.append([plain('late')]).kind).toBe('failed');
    });

    test('whatever is appended in whatever batches comes back byte for byte', async () => {
      // a record begins with a byte above 2
      const record = fc.uint8Array({ minLength: 1, maxLength: 2000 }).map((bytes) => bytes.fill((bytes[0] ?? 0) | 0x80, 0, 1));
      const batches = fc.array(fc.array(record, { minLength: 1, maxLength: 20 }), {
        maxLength: 10,
      });
      await fc.assert(
        fc.asyncProperty(batches, async (all) => {
          await world.remove();
          world = await make();
          const { store } = await world.open();
          for (const batch of all)
            refsOf(store.append(batch.map((record) => ({ record: new Uint8Array(record), mustFlush: false }))));
          const { records } = await reopened();
          expect(records.map(({ record }) => Array.from(record))).toEqual(all.flat().map((record) => Array.from(record)));
        }),
        { numRuns: 20 },
      );
    });
  });
};
