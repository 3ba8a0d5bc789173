/** What was shown though it could not be kept, or came in a run that is to come whole: it is not to be shown again then. */
import type { EntryId } from '../base/ids.ts';
import type { Spoken } from './event.ts';
import { UNKEPT_MAX } from './limits.ts';

export class Unkept {
  /** BOUNDED: by UNKEPT_MAX; what is beyond is shown when it is kept. */
  readonly #shown = new Set<EntryId>();

  /** These could not be kept. @returns those of them that were not shown yet. */
  note(messages: readonly Spoken[]): readonly Spoken[] {
    return this.#shown.size >= UNKEPT_MAX ? [] : messages.filter(({ id }) => !this.#shown.has(id));
  }

  /** Those that `note` returned are shown. */
  add(messages: readonly Spoken[]): void {
    for (const { id } of messages) this.#shown.add(id);
  }

  /** Whether it was shown before it could be kept; asked once. */
  take(id: EntryId): boolean {
    return this.#shown.delete(id);
  }
}
