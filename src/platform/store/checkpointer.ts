/** When a checkpoint is written: at the end, and now and then, so that a start after a kill has little to read. */
import { deflateRaw, deflateRawSync } from 'node:zlib';
import type { LogId } from '../../base/ids.ts';
import { worldText } from '../world-text.ts';
import { type CheckpointHeader, DEFLATE, writeCheckpoint } from './checkpoint.ts';
import type { Store } from './store.ts';

/** Records since the last one that are worth a new one at the end, and while running (then also a tenth of all there are). */
const WORTH_AT_END = 1_000;
const WORTH_MEANWHILE = 5_000;

export class Checkpointer {
  readonly #home: string;
  readonly #log: LogId;
  readonly #store: Store;
  readonly #onProblem: (text: string) => void;
  /** A checkpoint that a later one has overtaken is not written. */
  #turn = 0;
  #since = 0;
  #all = 0;
  #changes = 0;

  constructor(home: string, log: LogId, store: Store, onProblem: (text: string) => void) {
    this.#home = home;
    this.#log = log;
    this.#store = store;
    this.#onProblem = onProblem;
  }

  /** Records were read that no checkpoint has. */
  onReplayed(count: number): void {
    this.#since += count;
    this.#all += count;
    this.#changes = this.#store.rewritten;
  }

  onAppended(count: number): void {
    this.#since += count;
    this.#all += count;
  }

  /** @param isEnd nothing follows. */
  isDue(isEnd: boolean): boolean {
    if (isEnd && this.#changes !== this.#store.rewritten) return true;
    return this.#since >= (isEnd ? WORTH_AT_END : Math.max(WORTH_MEANWHILE, this.#all / 10));
  }

  /** @param snapshot of all that the store has by now. @param isEnd at once; else what takes long is done beside other work. */
  write(snapshot: Uint8Array, isEnd: boolean): void {
    this.#since = 0;
    this.#changes = this.#store.rewritten;
    const header: CheckpointHeader = { log: this.#log, end: this.#store.end, segments: this.#store.stamps() };
    const turn = ++this.#turn;
    if (isEnd) this.#write(header, deflateRawSync(snapshot, DEFLATE));
    else {
      deflateRaw(snapshot, DEFLATE, (error, deflated) => {
        if (error === null && turn === this.#turn) this.#write(header, deflated);
      });
    }
  }

  /** Nothing is written any more. */
  close(): void {
    this.#turn += 1;
  }

  #write(header: CheckpointHeader, deflated: Uint8Array): void {
    try {
      writeCheckpoint(this.#home, header, deflated);
    } catch (error) {
      this.#onProblem(`the next start will take longer: no checkpoint could be written: ${worldText(error)}`);
    }
  }
}
