/** What was shown counts as read: noted for each room and conversation, written down at once, and at most so often. */
import { directScope, type EntryId, type PeerId, type Scope, type ScopeKey, scopeKey } from '../../base/ids.ts';
import type { Host } from '../job/operation.ts';
import type { PeerEvent } from '../library.ts';

/** Who ends without a word may be shown again what came within this time. */
const MARKED_EVERY_MS = 5;

type Message = Extract<PeerEvent, { readonly kind: 'message' }>['message'];

export class ReadMarks {
  readonly #host: Host;
  /** BOUNDED: by the rooms and conversations in which something was said within MARKED_EVERY_MS. */
  readonly #shown = new Map<ScopeKey, { readonly scope: Scope; readonly id: EntryId }>();
  #callOff: (() => void) | undefined;

  constructor(host: Host) {
    this.#host = host;
  }

  /** A message was shown. @param scope where: of a direct conversation the other side. */
  note(scope: Scope, id: EntryId): void {
    this.#shown.set(scopeKey(scope), { scope, id });
    if (this.#callOff !== undefined) return;
    this.#write();
    this.#callOff = this.#host.clock.after(MARKED_EVERY_MS, () => {
      this.#callOff = undefined;
      this.#write();
    });
  }

  /** Everything shown by now is read; nothing more follows. */
  close(): void {
    this.#callOff?.();
    this.#write();
  }

  #write(): void {
    for (const { scope, id } of this.#shown.values()) this.#host.peer.markRead(scope, id);
    this.#shown.clear();
  }
}

/** Where a message belongs: in a room, or in the conversation with its other side. */
export const conversationOf = ({ scope, author }: Pick<Message, 'scope' | 'author'>, self: PeerId): Scope =>
  scope.kind === 'direct' && scope.reader === self ? directScope(author) : scope;
