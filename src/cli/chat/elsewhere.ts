/** What the user of a chat says in another process of the same profile, one after the other, as fast as the chat can show it. */
import type { EntryId } from '../../base/ids.ts';
import { Mailbox } from '../job/mailbox.ts';
import type { OwnSaying, OwnVoice } from './own-voice.ts';

/** BOUNDED: not yet shown; what is said then is counted, and told as not shown. */
export const ELSEWHERE_WAITING_MAX = 1_024;

export type ElsewhereOptions = {
  readonly voice: OwnVoice;
  readonly show: (saying: OwnSaying) => Promise<void>;
  /** So many were too much at once. */
  readonly onMissed: (count: number) => void;
  /** Resolves when what was shown before is on its way. */
  readonly room: () => Promise<void>;
};

export class Elsewhere {
  readonly #options: ElsewhereOptions;
  readonly #heard = new Mailbox<OwnSaying>();
  readonly #ear = (saying: OwnSaying): void => this.#onSaying(saying);
  readonly #endHearing: () => void;
  #missed = 0;

  /** Hears from now on, shows once it is begun. */
  constructor(options: ElsewhereOptions) {
    this.#options = options;
    this.#endHearing = options.voice.hear(this.#ear);
  }

  /** This chat says something, and shows it by itself: the others are told. */
  tellOthers(saying: OwnSaying): void {
    this.#options.voice.tell(saying, this.#ear);
  }

  /** @param shown what is shown already. */
  async begin(shown: ReadonlySet<EntryId>): Promise<void> {
    for await (const saying of this.#heard) {
      await this.#options.room();
      if (saying.kind !== 'said' || !shown.has(saying.receipt.id)) await this.#options.show(saying);
      if (this.#missed > 0 && this.#heard.size === 0) {
        this.#options.onMissed(this.#missed);
        this.#missed = 0;
      }
    }
  }

  close(): void {
    this.#endHearing();
    this.#heard.close();
  }

  #onSaying(saying: OwnSaying): void {
    if (this.#heard.size >= ELSEWHERE_WAITING_MAX) this.#missed += 1;
    else this.#heard.push(saying);
  }
}
