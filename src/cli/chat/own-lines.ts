/** One's own lines of a chat, until those who were there hold them. */
import type { PeerId } from '../../base/ids.ts';
import type { DeliveryShown } from '../../ui/delivery-line.ts';
import type { Host } from '../job/operation.ts';
import type { Receipt } from '../library.ts';

/** After this an own line that somebody lacks is shown with who lacks it. */
const SHOWN_AFTER_MS = 1_500;

type OwnLine = {
  readonly text: string;
  readonly place: string;
  /** Who was there when it was said. */
  readonly expected: ReadonlySet<PeerId>;
  readonly holders: Map<PeerId, string>;
  isShownAsWaiting: boolean;
  readonly cleanup: (() => void)[];
};

export type OwnLinesOptions = {
  readonly host: Host;
  readonly show: (delivery: DeliveryShown) => void;
  /** Something was delivered, or somebody who was waited for has gone. */
  readonly onChange: () => void;
};

export class OwnLines {
  readonly #options: OwnLinesOptions;
  /** Not yet held by all who were there. BOUNDED: by how many lines the chat lets be outstanding. */
  readonly #open = new Set<OwnLine>();

  constructor(options: OwnLinesOptions) {
    this.#options = options;
  }

  /** Lines that somebody who is still here lacks. */
  get size(): number {
    return this.#open.size;
  }

  /** Lines that nobody holds. */
  get undelivered(): number {
    let count = 0;
    for (const { holders } of this.#open) if (holders.size === 0) count += 1;
    return count;
  }

  /** A line has its number. */
  add(text: string, place: string, receipt: Receipt, expected: readonly PeerId[]): void {
    const line: OwnLine = { text, place, expected: new Set(expected), holders: new Map(), isShownAsWaiting: false, cleanup: [] };
    this.#open.add(line);
    for (const { peer, name } of receipt.deliveries) line.holders.set(peer, name);
    line.cleanup.push(
      receipt.onDelivery(({ peer, name }) => {
        line.holders.set(peer, name);
        this.#look(line);
      }),
      this.#options.host.clock.after(SHOWN_AFTER_MS, () => this.#showWaiting(line)),
    );
    if (line.expected.size === 0 && line.holders.size === 0) this.#showWaiting(line);
    this.#look(line);
  }

  /** Somebody has gone: nobody waits for them any more. */
  onGone(): void {
    for (const line of this.#open) this.#look(line);
  }

  close(): void {
    for (const line of this.#open) for (const undo of line.cleanup) undo();
    this.#open.clear();
  }

  #look(line: OwnLine): void {
    if (!this.#open.has(line)) return;
    this.#options.onChange();
    if (line.holders.size === 0 || this.#waiting(line).length > 0) return;
    this.#open.delete(line);
    for (const undo of line.cleanup) undo();
    this.#options.show(this.#shown(line));
  }

  #showWaiting(line: OwnLine): void {
    if (line.isShownAsWaiting || !this.#open.has(line)) return;
    line.isShownAsWaiting = true;
    this.#options.show(this.#shown(line));
  }

  /** Who was there, is here and lacks the line. */
  #waiting(line: OwnLine): readonly string[] {
    const here = this.#options.host.peer.peers.filter(({ id }) => line.expected.has(id) && !line.holders.has(id));
    return here.map(({ name }) => name);
  }

  #shown(line: OwnLine): DeliveryShown {
    return { text: line.text, place: line.place, holders: [...line.holders.values()], waiting: this.#waiting(line) };
  }
}
