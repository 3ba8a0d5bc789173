/** The disk as a world for the contract of stores. */
import { closeSync, mkdtempSync, openSync, readdirSync, readSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/platform/store/open-store.ts';
import type { Store } from '../../src/platform/store/store.ts';
import type { OpenedForTest, Replayed, StoreWorld } from './store.ts';

const full = (): Error => Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });

export class DiskWorld implements StoreWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'earshot-store-'));
  readonly problems: string[] = [];
  readonly #segmentSizeMax: number | undefined;
  #room: number | undefined;
  #store: Store | undefined;

  constructor(segmentSizeMax?: number) {
    this.#segmentSizeMax = segmentSizeMax;
  }

  /** As the system's write, which takes what there is room for before it says that there is none. */
  readonly #write = (file: number, bytes: NodeJS.ArrayBufferView, offset = 0, length = 0, position = 0): number => {
    if (this.#room === 0) throw full();
    const written = writeSync(file, bytes, offset, this.#room === undefined ? length : Math.min(length, this.#room), position);
    if (this.#room !== undefined) this.#room -= written;
    return written;
  };

  async open(): Promise<OpenedForTest> {
    const { store, isDamaged } = openStore({
      folder: this.folder,
      onProblem: (problem) => this.problems.push(problem),
      write: this.#write as typeof writeSync,
      ...(this.#segmentSizeMax === undefined ? {} : { segmentSizeMax: this.#segmentSizeMax }),
    });
    this.#store = store;
    const records: Replayed[] = [];
    store.replay((record, ref) => records.push({ record: record.slice(), ref }));
    return { store, records, isDamaged };
  }

  /** Closing writes nothing that append has not written; a process that is really killed is in test/platform/store/store.test.ts. */
  async kill(): Promise<void> {
    await this.#store?.close();
    this.#store = undefined;
  }

  size(): number {
    return statSync(this.#last()).size;
  }

  cut(size: number): void {
    truncateSync(this.#last(), size);
  }

  damage(at: number): void {
    const file = openSync(this.#last(), 'r+');
    const byte = Buffer.alloc(1);
    readSync(file, byte, 0, 1, at);
    writeSync(file, Buffer.of((byte[0] ?? 0) ^ 0xff), 0, 1, at);
    closeSync(file);
  }

  setRoom(bytes: number | undefined): void {
    this.#room = bytes;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  files(): readonly string[] {
    return readdirSync(this.folder).sort();
  }

  #last(): string {
    const last = this.files().findLast((name) => name.endsWith('.seg'));
    return join(this.folder, last ?? '');
  }
}
