/** What a chat makes of the signs of its keyboard: others are told who writes where, and who is away. */
import { type Scope, scopeKey } from '../../base/ids.ts';
import type { Sign } from '../job/lines.ts';
import type { ChatPeer } from '../library.ts';
import type { Seat } from './attendance.ts';

export type ChatSignsOptions = {
  readonly peer: Pick<ChatPeer, 'setTyping'>;
  /** Where the next line goes. */
  readonly here: () => Scope | undefined;
  /** Undefined: nobody sits there. */
  readonly seat: Seat | undefined;
};

export class ChatSigns {
  readonly #options: ChatSignsOptions;
  /** Where others were told that we write. */
  #typingAt: Scope | undefined;

  constructor(options: ChatSignsOptions) {
    this.#options = options;
  }

  on(sign: Sign): void {
    switch (sign) {
      case 'typing':
        this.#write();
        return;
      case 'stopped':
        this.stop();
        return;
      case 'idle':
      case 'active':
        this.#options.seat?.setIdle(sign === 'idle');
        return;
      default:
        sign satisfies never;
    }
  }

  /** What was written is said: that says by itself that it is not written any more. */
  onSaid(): void {
    this.#typingAt = undefined;
  }

  /** Nothing is written any more, or not there. */
  stop(): void {
    if (this.#typingAt !== undefined) this.#options.peer.setTyping(this.#typingAt, false);
    this.#typingAt = undefined;
  }

  close(): void {
    this.stop();
    this.#options.seat?.leave();
  }

  #write(): void {
    const here = this.#options.here();
    if (this.#typingAt !== undefined && (here === undefined || scopeKey(here) !== scopeKey(this.#typingAt))) this.stop();
    this.#typingAt = here;
    if (here !== undefined) this.#options.peer.setTyping(here, true);
  }
}
