/**
 * What was given to the store and what is to happen once it is kept. A peer without a store keeps nothing: there everything
 * counts as kept at once.
 */
import type { ChatOutput } from './output.ts';
import { Queue } from './queue.ts';
import { encodeRecord, type RecordRef, type StoredRecord } from './record.ts';

/** Reference of what is in memory only. */
export const IN_MEMORY: RecordRef = -2;

export class Journal<Writing> {
  readonly #isEphemeral: boolean;
  #nextTicket = 1;
  /** BOUNDED: own runs by the live window and SAYINGS_WAITING_MAX, those of others by KEEPING_TOTAL_MAX. */
  readonly #writing = new Map<number, Writing>();
  readonly #keptAtOnce = new Queue<Writing>();

  constructor(isEphemeral: boolean) {
    this.#isEphemeral = isEphemeral;
  }

  write(writing: Writing, record: StoredRecord, mustFlush: boolean, out: ChatOutput[]): void {
    if (this.#isEphemeral) {
      this.#keptAtOnce.push(writing);
      return;
    }
    const ticket = this.#nextTicket++;
    this.#writing.set(ticket, writing);
    out.push({ kind: 'persist', ticket, record: encodeRecord(record), mustFlush });
  }

  /** What the store answered for; undefined for a ticket that is not out. */
  settle(ticket: number): Writing | undefined {
    const writing = this.#writing.get(ticket);
    this.#writing.delete(ticket);
    return writing;
  }

  /** The next that counts as kept without a store. */
  takeKept(): Writing | undefined {
    return this.#keptAtOnce.shift();
  }

  /** All that the store has not answered for, in the order written. */
  unsettled(): Iterable<Writing> {
    return this.#writing.values();
  }
}
