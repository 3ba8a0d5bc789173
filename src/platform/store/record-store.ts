/** What the runner asks of a store: the disk (store.ts), or a simulated one. */
import type { RecordRef } from '../../peer/effect.ts';

export type NewRecord = {
  /** At least one byte, the first above 2: what is below stands for records that are no more (segment-stub.ts). */
  readonly record: Uint8Array;
  /** It counts as kept only when the disk itself has it. */
  readonly mustFlush: boolean;
};

export type Appended =
  /** The operating system has all of them; `refs` in the order given. */
  | { readonly kind: 'kept'; readonly refs: readonly RecordRef[] }
  /** None of them is kept; `why` is for people. Trying again later may work. */
  | { readonly kind: 'failed'; readonly why: string };

/** Called once: everything appended before is on the disk itself, or (`failure`, for people) may not be. */
export type OnFlushed = (failure: string | undefined) => void;

export interface RecordStore {
  /** Keeps records in order, in one write. `onFlushed` is called later (never from within), once the disk has them. */
  append(records: readonly NewRecord[], onFlushed?: OnFlushed): Appended;
  /** The record, as bytes of its own; undefined if there is none or it cannot be read any more. */
  read(ref: RecordRef): Uint8Array | undefined;
  /** Every record in the order appended, from a place on. The bytes may be views of larger memory that is not used again. */
  replay(visit: (record: Uint8Array, ref: RecordRef) => void, from?: RecordRef): void;
  /** Flushes, then lets go of everything. */
  close(): Promise<void>;
}
