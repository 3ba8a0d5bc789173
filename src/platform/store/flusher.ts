/** Asks the disk itself to have what was written: at once for who waits for it, else soon, for all of that time together. */
import { close, closeSync, fdatasync, fsync, openSync } from 'node:fs';
import { worldText } from '../world-text.ts';
import type { OnFlushed } from './record-store.ts';

/** Ordinary records are flushed this long after the first of them was written; with the flush itself it stays under 100 ms. */
const FLUSH_AFTER_MS = 50;

export class Flusher {
  readonly #folder: string;
  readonly #onProblem: (text: string) => void;
  /** Files with writes that the disk may not have yet. */
  readonly #unflushed = new Set<number>();
  /** Files that are full: closed once flushed. */
  readonly #retired = new Set<number>();
  #isFolderUnflushed = false;
  #waiting: OnFlushed[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isFlushing = false;

  constructor(folder: string, onProblem: (text: string) => void) {
    this.#folder = folder;
    this.#onProblem = onProblem;
  }

  /** @param isUrgent at once, even if nobody waits to be told. */
  onWritten(file: number, onFlushed: OnFlushed | undefined, isUrgent: boolean): void {
    this.#unflushed.add(file);
    if (onFlushed !== undefined) this.#waiting.push(onFlushed);
    if (onFlushed !== undefined || isUrgent) this.#flush();
    else this.#flushSoon();
  }

  /** A new file: its name is to be on the disk too. */
  onCreated(file: number): void {
    this.#isFolderUnflushed = true;
    this.#unflushed.add(file);
  }

  /** Nothing more is written to it: it is closed here. */
  onFull(file: number): void {
    this.#retired.add(file);
    this.#unflushed.add(file);
  }

  /** Resolves when everything written so far is flushed, or could not be. */
  flushed(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve());
      this.#flush();
    });
  }

  #flushSoon(): void {
    if (this.#timer !== undefined || this.#isFlushing) return;
    this.#timer = setTimeout(() => this.#flush(), FLUSH_AFTER_MS);
    this.#timer.unref(); // whoever exits without close leaves the rest to the system
  }

  #flush(): void {
    if (this.#isFlushing) return; // whatever came meanwhile follows when it is done
    clearTimeout(this.#timer);
    this.#timer = undefined;
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
