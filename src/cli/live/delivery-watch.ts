/** Follows own messages until enough members hold each of them. */
import type { PeerId, Scope } from '../../base/ids.ts';
import { scopeKey } from '../../base/ids.ts';
import type { Delivery, PeerEvent, Receipt } from '../library.ts';

/** A message that was numbered by a process that ended before enough members held it. */
export type Unfinished = { readonly id: string; readonly sequence: number; readonly holders: readonly string[] };

type Watched = { readonly id: string; readonly sequence: number; readonly holders: Set<string>; stop: () => void };

export type DeliveryWatchOptions = {
  /** Members that must hold a message. */
  readonly needed: number;
  /** The members there are now. */
  readonly members: () => readonly PeerId[];
  /** A member holds a message. */
  readonly onDelivery: (id: string, delivery: Delivery) => void;
};

/** Messages held by enough but not by all that are still followed; older ones are only counted. */
const FOLLOWED_MAX = 8_192;

export class DeliveryWatch {
  readonly #needed: number;
  readonly #members: DeliveryWatchOptions['members'];
  readonly #onDelivery: DeliveryWatchOptions['onDelivery'];
  /** Messages not yet held by everybody. BOUNDED: by how many their author lets be outstanding and FOLLOWED_MAX. */
  readonly #watched = new Map<string, Watched>();
  /** BOUNDED: by the members there were. */
  readonly #holders = new Set<string>();
  #reached = 0;
  #added = 0;

  constructor(options: DeliveryWatchOptions) {
    this.#needed = options.needed;
    this.#members = options.members;
    this.#onDelivery = options.onDelivery;
  }

  /** Messages that do not have enough holders yet. */
  get outstanding(): number {
    return this.#added - this.#reached;
  }

  get added(): number {
    return this.#added;
  }

  /** Messages that enough members hold. */
  get reached(): number {
    return this.#reached;
  }

  /** Ids of those who hold at least one message. */
  get holders(): ReadonlySet<string> {
    return this.#holders;
  }

  /** Follows a message that was said now. */
  add(receipt: Receipt): void {
    this.#added += 1;
    const watched: Watched = { id: receipt.id, sequence: receipt.sequence, holders: new Set(), stop: () => undefined };
    this.#watched.set(receipt.id, watched);
    for (const delivery of receipt.deliveries) this.#deliver(watched, delivery);
    watched.stop = receipt.onDelivery((delivery) => this.#deliver(watched, delivery));
    this.#forgetSome();
  }

  /** Follows a message again that a process before this one said. */
  resume(unfinished: Unfinished): void {
    this.#added += 1;
    this.#watched.set(unfinished.id, {
      id: unfinished.id,
      sequence: unfinished.sequence,
      holders: new Set(unfinished.holders),
      stop: () => undefined,
    });
    for (const holder of unfinished.holders) this.#holders.add(holder);
  }

  /** A member says how far it holds what we said; only for what was resumed, which has no receipt. */
  onHeld(event: Extract<PeerEvent, { readonly kind: 'delivered' }>, scope: Scope, name: string, ms: number): void {
    if (scopeKey(event.scope) !== scopeKey(scope)) return;
    for (const watched of this.#watched.values()) {
      if (watched.sequence > event.after && watched.sequence <= event.upTo)
        this.#deliver(watched, { peer: event.peer, name, ms, isStored: event.isStored });
    }
  }

  /** Whether one of `members` lacks a message that is still followed. */
  isLackedByAny(members: readonly PeerId[]): boolean {
    for (const { holders } of this.#watched.values()) if (members.some((member) => !holders.has(member))) return true;
    return false;
  }

  /** What has too few holders. */
  unfinished(): readonly Unfinished[] {
    const short = [...this.#watched.values()].filter(({ holders }) => holders.size < this.#needed);
    return short.map(({ id, sequence, holders }) => ({ id, sequence, holders: [...holders] }));
  }

  /** Ends everything it listens to. */
  close(): void {
    for (const watched of this.#watched.values()) watched.stop();
  }

  #deliver(watched: Watched, delivery: Delivery): void {
    if (watched.holders.has(delivery.peer)) return;
    watched.holders.add(delivery.peer);
    this.#holders.add(delivery.peer);
    if (watched.holders.size === this.#needed) this.#reached += 1;
    this.#onDelivery(watched.id, delivery);
    if (watched.holders.size < this.#needed) return;
    if (this.#members().every((member) => watched.holders.has(member))) this.#watched.delete(watched.id);
  }

  /** Later deliveries of what is forgotten are still told; only nobody waits for them. */
  #forgetSome(): void {
    if (this.#watched.size <= FOLLOWED_MAX) return;
    for (const watched of this.#watched.values()) {
      if (watched.holders.size < this.#needed) continue;
      this.#watched.delete(watched.id);
      return;
    }
  }
}
