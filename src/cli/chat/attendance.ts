/**
 * Whether the person of a profile is away: by their own word, or because nobody has touched a key at any of their chats for long. What
 * was said by hand is never taken back by a key.
 */
import type { ChatPeer } from '../library.ts';

/** One chat with a keyboard. */
export type Seat = {
  /** Nobody has touched a key for long; or somebody does. */
  setIdle(isIdle: boolean): void;
  leave(): void;
};

export class Attendance {
  readonly #peer: Pick<ChatPeer, 'away' | 'setAway'>;
  /** BOUNDED: by the chats of this profile. */
  readonly #seats = new Set<{ isIdle: boolean; readonly onChange: () => void }>();
  /** As said last: the peer says it a moment later. */
  #away: string | undefined;
  /** Nobody said so: the keys did. */
  #isByItself = false;

  constructor(peer: Pick<ChatPeer, 'away' | 'setAway'>) {
    this.#peer = peer;
    this.#away = peer.away;
  }

  /** What is said about being away; undefined: one is not. */
  get away(): string | undefined {
    return this.#away;
  }

  /** What all chats show of the person themselves is about to be different: another name. */
  changed(): void {
    for (const { onChange } of this.#seats) onChange();
  }

  /** @param onChange called when it was said that one is away or back, or is called otherwise. */
  sit(onChange: () => void): Seat {
    const seat = { isIdle: false, onChange };
    this.#seats.add(seat);
    this.#look();
    return {
      setIdle: (isIdle) => {
        seat.isIdle = isIdle;
        this.#look();
      },
      leave: () => {
        this.#seats.delete(seat);
        this.#look();
      },
    };
  }

  /** Said by hand. @param text undefined: back. */
  setAway(text: string | undefined): void {
    this.#isByItself = false;
    this.#say(text);
  }

  #look(): void {
    const isIdle = this.#seats.size > 0 && [...this.#seats].every((seat) => seat.isIdle);
    if (isIdle && this.#away === undefined) {
      this.#isByItself = true;
      this.#say('');
    } else if (!isIdle && this.#isByItself) {
      this.#isByItself = false;
      this.#say(undefined);
    }
  }

  #say(text: string | undefined): void {
    this.#away = text;
    this.#peer.setAway(text);
    this.changed();
  }
}
