/** What this profile says, whichever of its commands and chats says it: every open chat shows it. */
import type { EntryId, RoomName } from '../../base/ids.ts';
import type { Receipt, SayOptions, StoredMessage } from '../library.ts';

/** What becomes of a message. */
export type Changed =
  | { readonly what: 'edit'; readonly text: string }
  | { readonly what: 'delete' }
  | { readonly what: 'reaction'; readonly emoji: string; readonly isOn: boolean };

export type OwnTopic = { readonly id: EntryId; readonly room: RoomName; readonly text: string; readonly time: number };

/** Kept, with a number. */
export type OwnSaying =
  | { readonly kind: 'said'; readonly receipt: Receipt; readonly text: string; readonly options: SayOptions }
  | { readonly kind: 'changed'; readonly message: StoredMessage; readonly change: Changed }
  | { readonly kind: 'topic'; readonly topic: OwnTopic };

/** Of one peer: its chats hear what the others of its operations say. */
export class OwnVoice {
  /** BOUNDED: by the chats of this peer. */
  readonly #ears = new Set<(saying: OwnSaying) => void>();

  /** @returns what ends it. */
  hear(ear: (saying: OwnSaying) => void): () => void {
    this.#ears.add(ear);
    return () => this.#ears.delete(ear);
  }

  /** @param own the ear of who says it, and shows it by itself. */
  tell(saying: OwnSaying, own?: (saying: OwnSaying) => void): void {
    for (const ear of this.#ears) if (ear !== own) ear(saying);
  }
}
