/** What happens when the store has kept a record, or could not. */
import type { Now } from '../base/time.ts';
import type { Writing } from './context.ts';
import type { Exchange } from './exchange.ts';
import type { Incoming } from './incoming.ts';
import { IN_MEMORY, type Journal } from './journal.ts';
import type { Outgoing } from './outgoing.ts';
import type { ChatOutput } from './output.ts';
import type { RecordRef } from './record.ts';

type Parts = { readonly outgoing: Outgoing; readonly incoming: Incoming; readonly exchange: Exchange };

export class Keeper {
  readonly #journal: Journal<Writing>;
  readonly #parts: Parts;
  #hasWarned = false;

  constructor(journal: Journal<Writing>, parts: Parts) {
    this.#journal = journal;
    this.#parts = parts;
  }

  onPersisted(now: Now, ticket: number, ref: RecordRef, out: ChatOutput[]): void {
    const writing = this.#journal.settle(ticket);
    if (writing === undefined) return;
    this.#hasWarned = false;
    this.#onKept(now, writing, ref, out);
  }

  /** The store could not keep a record: what depends on it is not acknowledged. */
  onPersistFailed(now: Now, ticket: number, why: string, out: ChatOutput[]): void {
    const writing = this.#journal.settle(ticket);
    if (writing === undefined) return;
    if (!this.#hasWarned) out.push({ kind: 'event', event: { kind: 'warning', code: 'not-stored', text: notKept(why) } });
    this.#hasWarned = true;
    const { outgoing, incoming } = this.#parts;
    switch (writing.kind) {
      case 'own-run':
        outgoing.onNotKept(writing.run, why, out);
        return;
      case 'reservation':
        outgoing.onReservationFailed(writing.log, why, out);
        return;
      case 'received':
        incoming.onNotKept(now, writing.log, writing.run, out);
        return;
      case 'lent':
        incoming.onLentNotKept(writing.run);
        return;
      case 'note':
        return;
      default:
        writing satisfies never;
    }
  }

  /** Without a store everything counts as kept at once. @returns whether anything was. */
  settle(now: Now, out: ChatOutput[]): boolean {
    let hasKept = false;
    for (let writing = this.#journal.takeKept(); writing !== undefined; writing = this.#journal.takeKept()) {
      this.#onKept(now, writing, IN_MEMORY, out);
      hasKept = true;
    }
    return hasKept;
  }

  #onKept(now: Now, writing: Writing, ref: RecordRef, out: ChatOutput[]): void {
    const { outgoing, incoming, exchange } = this.#parts;
    switch (writing.kind) {
      case 'own-run':
        outgoing.onKept(writing.run, ref, out);
        if (writing.run.log.scope.kind === 'room') exchange.onChange(now.at, writing.run.log.scope.room);
        return;
      case 'reservation':
        writing.log.onReserved(writing.upTo);
        return;
      case 'received':
        incoming.onKept(now, writing.log, writing.run, ref, out);
        if (writing.log.scope !== null) exchange.onChange(now.at, writing.log.scope);
        return;
      case 'lent': {
        const room = incoming.onLentKept(now, writing.run, ref, out);
        if (room !== undefined) exchange.onChange(now.at, room);
        return;
      }
      case 'note':
        return;
      default:
        writing satisfies never;
    }
  }
}

const notKept = (why: string): string =>
  `nothing can be kept: ${why}; what others say is shown but not acknowledged, and comes again; what you say is refused until there is room`;
