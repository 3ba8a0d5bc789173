/** Hands events to whoever listens, and knows when a message has been taken by the program. */
import type { EntryId, PeerId } from '../base/ids.ts';
import type { PeerEvent } from '../peer/event.ts';

export type EventKind = PeerEvent['kind'];
export type EventOf<K extends EventKind> = Extract<PeerEvent, { readonly kind: K }>;
export type Listener<K extends EventKind> = (event: EventOf<K>) => void;

/** BOUNDED: events one iterator may leave waiting; one that falls further behind ends with an error, and loses nothing unnoticed. */
export const EVENTS_WAITING_MAX = 100_000;

/** An iterator was not asked for events for too long. */
export class FellBehindError extends Error {
  override readonly name = 'FellBehindError';
}

/** One reader of all events from the moment it was made. */
class EventQueue implements AsyncIterator<PeerEvent> {
  readonly #onTaken: (event: PeerEvent) => void;
  readonly #onReturn: (queue: EventQueue) => void;
  #events: PeerEvent[] = [];
  #next = 0;
  /**
   * Where in `#events` the last change of a peer waits: a later one takes its place, so that nobody makes a slow reader fall
   * behind by changing its name all the time. BOUNDED: by the events that wait.
   */
  readonly #changes = new Map<PeerId, number>();
  /** What the reader is looking at: asking for the next one says it is done with it. */
  #shown: PeerEvent | undefined;
  readonly #readers: {
    readonly resolve: (result: IteratorResult<PeerEvent>) => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  #isEnded = false;
  #failure: FellBehindError | undefined;

  constructor(onTaken: (event: PeerEvent) => void, onReturn: (queue: EventQueue) => void) {
    this.#onTaken = onTaken;
    this.#onReturn = onReturn;
  }

  push(event: PeerEvent): void {
    if (this.#isEnded) return;
    const reader = this.#readers.shift();
    if (reader !== undefined) {
      this.#shown = event;
      reader.resolve({ done: false, value: event });
    } else if (this.#replacesChange(event)) {
      return;
    } else if (this.#events.length - this.#next < EVENTS_WAITING_MAX) {
      this.#events.push(event);
    } else {
      this.#failure = new FellBehindError(
        `the reader of events left ${EVENTS_WAITING_MAX} waiting; ask for them faster, or use on()`,
      );
      this.end();
    }
  }

  /** No more events come; those waiting are still given. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    for (const reader of this.#readers.splice(0)) reader.resolve(DONE);
    this.#onReturn(this);
  }

  next(): Promise<IteratorResult<PeerEvent>> {
    const shown = this.#shown;
    this.#shown = undefined;
    if (shown !== undefined) this.#onTaken(shown);
    const event = this.#events[this.#next];
    if (event !== undefined) {
      this.#next++;
      if (this.#next === this.#events.length) {
        this.#events = [];
        this.#next = 0;
        this.#changes.clear();
      } else if (this.#next >= 4096) {
        this.#events = this.#events.slice(this.#next);
        for (const [id, at] of this.#changes) {
          if (at < this.#next) this.#changes.delete(id);
          else this.#changes.set(id, at - this.#next);
        }
        this.#next = 0;
      }
      this.#shown = event;
      return Promise.resolve({ done: false, value: event });
    }
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#isEnded) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** Notes where a change is put, or puts it in the place of one that waits. @returns whether it did. */
  #replacesChange(event: PeerEvent): boolean {
    if (event.kind === 'joined' || event.kind === 'left') this.#changes.delete(event.peer.id);
    if (event.kind !== 'changed') return false;
    const at = this.#changes.get(event.peer.id);
    if (at !== undefined && at >= this.#next) {
      this.#events[at] = event;
      return true;
    }
    this.#changes.set(event.peer.id, this.#events.length);
    return false;
  }

  return(): Promise<IteratorResult<PeerEvent>> {
    this.#events = [];
    this.#next = 0;
    this.#shown = undefined;
    this.end();
    return Promise.resolve(DONE);
  }
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

export class EventHub {
  readonly #listeners = new Map<EventKind, Set<(event: PeerEvent) => void>>();
  readonly #queues = new Set<EventQueue>();
  readonly #onTaken: (message: EntryId) => void;
  readonly #mustTake: boolean;
  /** Messages handed to iterators, not yet taken by any. BOUNDED: the peers' live windows wait for them to be taken. */
  readonly #untaken = new Set<EntryId>();
  #isEnded = false;

  /**
   * @param mustTake whether messages are to be reported as taken.
   * @param onTaken the program has taken a message: its listeners returned, or an iterator asked for the next event. Once each.
   */
  constructor(mustTake: boolean, onTaken: (message: EntryId) => void) {
    this.#mustTake = mustTake;
    this.#onTaken = onTaken;
  }

  /** @returns the unsubscribe. */
  on<K extends EventKind>(kind: K, listener: Listener<K>): () => void {
    const own = (event: PeerEvent): void => listener(event as EventOf<K>);
    const known = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, known.add(own));
    return () => known.delete(own);
  }

  /** Every event from now on. */
  iterate(): AsyncIterator<PeerEvent> {
    const queue: EventQueue = new EventQueue(
      (event) => this.#onShown(event),
      (ended) => this.#queues.delete(ended),
    );
    if (this.#isEnded) queue.end();
    else this.#queues.add(queue);
    return queue;
  }

  /** To every listener and iterator. What a listener throws is thrown where nobody is in its way: as an uncaught exception. */
  emit(event: PeerEvent): void {
    const listeners = this.#listeners.get(event.kind);
    const mayTake = this.#mustTake && event.kind === 'message';
    const hasListeners = listeners !== undefined && listeners.size > 0;
    if (mayTake && !hasListeners) this.#untaken.add(event.message.id);
    for (const queue of this.#queues) queue.push(event);
    if (!hasListeners) return;
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
    if (mayTake) this.#onTaken(event.message.id);
  }

  /** Iterators end after what waits in them. */
  end(): void {
    this.#isEnded = true;
    for (const queue of [...this.#queues]) queue.end();
    this.#untaken.clear();
  }

  #onShown(event: PeerEvent): void {
    if (event.kind === 'message' && this.#untaken.delete(event.message.id)) this.#onTaken(event.message.id);
  }
}
