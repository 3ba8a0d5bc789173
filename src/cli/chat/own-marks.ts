/** Who holds the own messages that a screen shows. */
import type { EntryId, PeerId } from '../../base/ids.ts';
import type { OutputRecord } from '../format/record.ts';
import type { Receipt } from '../library.ts';

/** BOUNDED: messages whose marks still change; more than a screen keeps of a place. The oldest keeps the marks it has. */
export const MARKED_MAX = 1_024;

export type OwnMarksOptions = {
  readonly show: (record: OutputRecord) => void;
  /** Somebody holds something more. */
  readonly onHeld: () => void;
  /** Resolves when what was shown before is on its way. */
  readonly room: () => Promise<void>;
};

type Marked = { readonly receipt: Receipt; readonly expected: readonly PeerId[]; readonly end: () => void };

export class OwnMarks {
  readonly #options: OwnMarksOptions;
  readonly #marked = new Map<EntryId, Marked>();
  /** Not told yet. BOUNDED: they are of those marked. */
  readonly #changed = new Set<EntryId>();
  #isTelling = false;
  #isClosed = false;

  constructor(options: OwnMarksOptions) {
    this.#options = options;
  }

  /** A message is shown. @param expected who is there to hear it. */
  watch(receipt: Receipt, expected: readonly PeerId[]): void {
    if (this.#isClosed) return;
    const { id } = receipt;
    const end = receipt.onDelivery(() => this.#onChange(id));
    this.#marked.set(id, { receipt, expected, end });
    if (receipt.deliveries.length > 0) this.#onChange(id);
    const [oldest] = this.#marked.keys();
    if (this.#marked.size > MARKED_MAX && oldest !== undefined) this.#forget(oldest);
  }

  close(): void {
    this.#isClosed = true;
    for (const id of [...this.#marked.keys()]) this.#forget(id);
  }

  #forget(id: EntryId): void {
    this.#marked.get(id)?.end();
    this.#marked.delete(id);
    this.#changed.delete(id);
  }

  #onChange(id: EntryId): void {
    this.#changed.add(id);
    if (!this.#isTelling) void this.#tell();
  }

  /** What changes again before it could be told is told once. */
  async #tell(): Promise<void> {
    this.#isTelling = true;
    for (const id of this.#changed) {
      await this.#options.room();
      this.#changed.delete(id);
      const marked = this.#marked.get(id);
      if (marked === undefined) continue;
      const { deliveries } = marked.receipt;
      const audience = new Set([...marked.expected, ...deliveries.map(({ peer }) => peer)]).size;
      this.#options.show({ kind: 'held', id, holders: deliveries.map(({ name }) => name), audience });
      this.#options.onHeld();
    }
    this.#isTelling = false;
  }
}
