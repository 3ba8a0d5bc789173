/** Who writes where, as a chat shows it: a notice that does not come again is over by itself. */
import type { PeerId, Scope } from '../../base/ids.ts';
import { scopeKey } from '../../base/ids.ts';
import { TYPING_OVER_MS } from '../../base/limits.ts';
import type { Clock } from '../clock.ts';

/** More at a time are not shown. */
const TYPISTS_MAX = 64;

export type Notice = { readonly peer: PeerId; readonly scope: Scope; readonly isTyping: boolean };

export class Typists {
  readonly #clock: Clock;
  readonly #show: (notice: Notice) => void;
  /** What calls off the end of each notice. BOUNDED: by TYPISTS_MAX. */
  readonly #ends = new Map<string, () => void>();

  constructor(clock: Clock, show: (notice: Notice) => void) {
    this.#clock = clock;
    this.#show = show;
  }

  onNotice(notice: Notice): void {
    const key = keyOf(notice);
    const end = this.#ends.get(key);
    end?.();
    if (!notice.isTyping) {
      if (this.#ends.delete(key)) this.#show(notice);
      return;
    }
    if (end === undefined && this.#ends.size >= TYPISTS_MAX) return;
    this.#ends.set(
      key,
      this.#clock.after(TYPING_OVER_MS, () => this.onNotice({ ...notice, isTyping: false })),
    );
    if (end === undefined) this.#show(notice);
  }

  /** They said it: whoever shows the message shows the notice no more. */
  onSaid(said: Omit<Notice, 'isTyping'>): void {
    const key = keyOf(said);
    this.#ends.get(key)?.();
    this.#ends.delete(key);
  }

  close(): void {
    for (const callOff of this.#ends.values()) callOff();
    this.#ends.clear();
  }
}

const keyOf = ({ peer, scope }: Omit<Notice, 'isTyping'>): string => `${peer} ${scopeKey(scope)}`;
