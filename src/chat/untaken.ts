/** Messages that were told to the program of a peer without a store: taken is its word for stored. */
import type { EntryId } from '../base/ids.ts';
import type { HeldLog } from './held-log.ts';
import { UNTAKEN_MAX } from './limits.ts';

export class Untaken {
  /** BOUNDED: by UNTAKEN_MAX and one run; runs that come then are refused. */
  readonly #messages = new Map<EntryId, { readonly log: HeldLog; readonly sequence: number }>();

  get isFull(): boolean {
    return this.#messages.size >= UNTAKEN_MAX;
  }

  add(id: EntryId, log: HeldLog, sequence: number): void {
    if (this.#messages.has(id)) return;
    this.#messages.set(id, { log, sequence });
    let at = log.untaken.length;
    while (at > 0 && (log.untaken[at - 1] ?? 0) > sequence) at -= 1;
    log.untaken.splice(at, 0, sequence);
  }

  /** @returns the log whose receipt may have grown, or undefined if that message does not wait. */
  take(id: EntryId): HeldLog | undefined {
    const message = this.#messages.get(id);
    if (message === undefined) return undefined;
    this.#messages.delete(id);
    const at = message.log.untaken.indexOf(message.sequence);
    if (at >= 0) message.log.untaken.splice(at, 1);
    return message.log;
  }
}
