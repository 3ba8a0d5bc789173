/**
 * A peer's events, one after the other, until somebody ends it. Asking for the next event tells the peer that the one before
 * was taken: an ephemeral peer acknowledges a message only then.
 */
import type { ChatPeer, PeerEvent } from '../library.ts';

export class EventFeed {
  readonly #events: AsyncIterator<PeerEvent>;
  #isEnded = false;
  #release: (() => void) | undefined;

  constructor(peer: Pick<ChatPeer, typeof Symbol.asyncIterator>) {
    this.#events = peer[Symbol.asyncIterator]();
  }

  /** The next event; undefined once ended, or when the peer was closed. */
  next(): Promise<PeerEvent | undefined> {
    if (this.#isEnded) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#release = () => resolve(undefined);
      this.#events.next().then((step) => resolve(step.done === true ? undefined : step.value), reject);
    });
  }

  /** Ends the feed; a `next` under way resolves to undefined. The event given last counts as taken. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#release?.();
  }

  /** Tells the peer that the last event was taken and that no more are wanted. */
  close(): void {
    this.end();
    void this.#events.next().catch(() => undefined); // taken; what it would give is not wanted
    void this.#events.return?.().catch(() => undefined); // nothing more is wanted, whatever it says to that
  }
}
