/** The messages that others are about, by their first words: of those shown lately at hand, of older ones from the store. */
import type { EntryId, PeerId, Scope } from '../../base/ids.ts';
import { scopeKey } from '../../base/ids.ts';
import type { PersonShown, QuotedShown } from '../../ui/shown.ts';
import type { Host } from '../job/operation.ts';
import type { StoredMessage } from '../library.ts';
import { conversationOf } from './read-marks.ts';

/** BOUNDED: messages at hand; older ones are looked up in the store. */
const AT_HAND_MAX = 256;
/** BOUNDED: UTF-16 units of a text at hand, more than its first words. */
const TEXT_MAX = 256;

type Kept = { readonly place: string; readonly author: PeerId; readonly quoted: QuotedShown };
type Said = Pick<StoredMessage, 'id' | 'scope' | 'author'> & { readonly text: string; readonly from: PersonShown };

export class Quotes {
  readonly #host: Host;
  readonly #ignored: ReadonlyMap<PeerId, string>;
  readonly #atHand = new Map<EntryId, Kept>();

  constructor(host: Host, ignored: ReadonlyMap<PeerId, string>) {
    this.#host = host;
    this.#ignored = ignored;
  }

  /** A message was shown, or says something else now. */
  note({ id, scope, author, text, from }: Said): void {
    if (text === '') return; // it was deleted
    const place = this.#place({ scope, author });
    this.#atHand.delete(id);
    this.#atHand.set(id, { place, author, quoted: { from, text: text.slice(0, TEXT_MAX) } });
    const oldest = this.#atHand.size > AT_HAND_MAX ? this.#atHand.keys().next().value : undefined;
    if (oldest !== undefined) this.#atHand.delete(oldest);
  }

  changed(id: EntryId, text: string): void {
    const kept = this.#atHand.get(id);
    if (kept !== undefined) this.#atHand.set(id, { ...kept, quoted: { ...kept.quoted, text: text.slice(0, TEXT_MAX) } });
  }

  forget(id: EntryId): void {
    this.#atHand.delete(id);
  }

  /** What was said there under this id, if it is at hand, and by nobody who is ignored. @param about what speaks of it */
  atHand(id: EntryId, about: Pick<StoredMessage, 'scope' | 'author'>): QuotedShown | undefined {
    const kept = this.#atHand.get(id);
    const isMeant = kept !== undefined && kept.place === this.#place(about) && !this.#ignored.has(kept.author);
    return isMeant ? kept.quoted : undefined;
  }

  /** The same, of older ones too. @param edited what it says now, if it may have been edited just now: what it said before is meant */
  async find(id: EntryId, about: Pick<StoredMessage, 'scope' | 'author'>, edited?: string): Promise<QuotedShown | undefined> {
    if (this.#atHand.has(id)) return this.atHand(id, about);
    const message = await this.#host.peer.message(id).catch(() => undefined);
    if (message === undefined || message.isDeleted || this.#ignored.has(message.author)) return undefined;
    if (this.#place(message) !== this.#place(about)) return undefined;
    const now = message.body.text;
    const text = edited !== undefined && now === edited ? (message.edits.at(-1)?.text ?? now) : now;
    return { from: this.#host.person(message.author, message.authorName), text };
  }

  #place(said: Pick<StoredMessage, 'scope' | 'author'>): string {
    const scope: Scope = conversationOf(said, this.#host.peer.id);
    return scopeKey(scope);
  }
}
