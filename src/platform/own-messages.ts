/** What became of our own messages: who has them, what waits, and giving up. */
import { type EntryId, type LogId, type PeerId, type Scope, scopeKey } from '../base/ids.ts';
import type { DeliveryState } from '../chat/audience.ts';
import type { PeerEvent } from '../peer/event.ts';
import type { CorePeer } from './core-peer.ts';
import type { StoredMessage } from './index/look-back.ts';
import type { Past } from './past.ts';

/** A message of ours that somebody lacks. */
export type QueuedMessage = {
  readonly message: StoredMessage;
  /** Whom it is for, and who of them holds it. */
  readonly audience: readonly PeerId[];
  readonly holders: readonly PeerId[];
};

export type OwnMessagesOptions = {
  readonly self: PeerId;
  readonly log: LogId;
  readonly core: Pick<CorePeer, 'deliveryOf' | 'waiting'>;
  readonly past: Past;
  /** Asks the core to give a message up; it answers with the token. */
  readonly drop: (token: number, scope: Scope, sequence: number) => void;
};

type GivenUp = Extract<PeerEvent, { readonly kind: 'given-up' }>;

export class OwnMessages {
  readonly #options: OwnMessagesOptions;
  /** Who waits to hear what was given up. BOUNDED: by the calls under way. */
  readonly #dropping = new Map<number, (span: Pick<GivenUp, 'first' | 'last'>) => void>();
  #nextToken = 1;

  constructor(options: OwnMessagesOptions) {
    this.#options = options;
  }

  onGivenUp(event: GivenUp): void {
    this.#dropping.get(event.token)?.(event);
    this.#dropping.delete(event.token);
  }

  async queue(): Promise<readonly QueuedMessage[]> {
    const { core, past } = this.#options;
    const queued: QueuedMessage[] = [];
    for (const { scope, above } of core.waiting()) {
      for (const message of await past.ownAbove(scope, above)) {
        if (!this.#isOfThisLog(message)) continue;
        const { audience, holders, isDropped } = core.deliveryOf(scope, message.sequence);
        if (isDropped || message.isDeleted || audience.length === holders.length) continue;
        queued.push({ message, audience, holders });
      }
    }
    return queued.sort((a, b) => a.message.time - b.message.time || a.message.sequence - b.message.sequence);
  }

  /** How many messages the queue has; counted as far as `most`. */
  async queuedCount(most: number): Promise<number> {
    const { core, past } = this.#options;
    let count = 0;
    for (const { scope, above } of core.waiting()) {
      const span = { key: scopeKey(scope), log: this.#options.log, above, most: most - count };
      count += await past.countOwnAbove(span, (sequence) => {
        const { audience, holders, isDropped } = core.deliveryOf(scope, sequence);
        return !isDropped && audience.length > holders.length;
      });
      if (count >= most) break;
    }
    return count;
  }

  async deliveryOf(id: EntryId): Promise<DeliveryState | undefined> {
    const message = await this.#options.past.message(id);
    return message === undefined ? undefined : this.stateOf(message);
  }

  /** Undefined for a message of others, and of a log we do not speak in any more. */
  stateOf(message: StoredMessage): DeliveryState | undefined {
    if (message.author !== this.#options.self || !this.#isOfThisLog(message)) return undefined;
    return this.#options.core.deliveryOf(message.scope, message.sequence);
  }

  async drop(id: EntryId): Promise<readonly StoredMessage[]> {
    const { past } = this.#options;
    const message = await past.message(id);
    if (message === undefined || this.stateOf(message) === undefined) return [];
    const { scope, sequence } = message;
    const token = this.#nextToken++;
    const { first, last } = await new Promise<Pick<GivenUp, 'first' | 'last'>>((resolve) => {
      this.#dropping.set(token, resolve);
      this.#options.drop(token, scope, sequence);
    });
    if (first === 0) return [];
    if (scope.kind === 'room') await past.withhold(message);
    const from = await past.ownAbove(scope, first - 1);
    const given = from.filter((one) => one.sequence <= last && this.#isOfThisLog(one)).reverse();
    return scope.kind === 'room' ? [message] : given;
  }

  /** A message that cannot be read back tells no log. */
  #isOfThisLog({ log }: StoredMessage): boolean {
    return log === undefined || log === this.#options.log;
  }
}
