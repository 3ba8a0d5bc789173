/**
 * Receipts: what became of a message. Nobody asks about most messages, so nothing is kept for one: what peers say they hold
 * is kept as a few points for each scope and peer, and a receipt looks there. Only a receipt that somebody waits on is
 * visited when a peer says it holds more.
 */
import { type EntryId, type PeerId, type Scope, type ScopeKey, scopeKey } from '../base/ids.ts';
import type { Instant, WallTime } from '../base/time.ts';
import type { PeerEvent } from '../peer/event.ts';

/** One peer has the message. */
export type Delivery = {
  readonly peer: PeerId;
  readonly name: string;
  /** Milliseconds from the message being kept here to hearing that the peer has it. */
  readonly ms: number;
  /** It is on the peer's disk, or will be within 100 ms; else only its program has it. */
  readonly isStored: boolean;
};

export type DeliveredOptions = {
  /** Enough deliveries to wait for; 1 if left out. */
  readonly peers?: number;
  /** How long to wait at most; for ever if left out (until the peer is closed). */
  readonly timeoutMs?: number;
};

/** BOUNDED: points remembered for one scope and peer; of older messages only the latest possible time is then known. */
const POINTS_MAX = 4096;
/** BOUNDED: scopes and peers remembered; beyond that one of the first heard of is forgotten. */
const HOLDERS_MAX = 8192;

/** At one moment a peer said that it now holds the numbers above `from` up to `upTo` too. */
type Point = { readonly from: number; readonly upTo: number; readonly at: Instant; readonly isStored: boolean };
type Holder = {
  readonly peer: PeerId;
  name: string;
  /** Rising in `upTo` and in `at`, not overlapping. */
  points: Point[];
};
/** `after`: what is at or below this number was never meant for the peer, so that holding more says nothing of it. */
type Delivered = Extract<PeerEvent, { readonly kind: 'delivered' }>;

/** What `peer` said when it first said it holds `sequence`. */
const pointOf = (holder: Holder, sequence: number): Point | undefined => {
  let from = 0;
  let to = holder.points.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((holder.points[middle]?.upTo ?? 0) < sequence) from = middle + 1;
    else to = middle;
  }
  const point = holder.points[from];
  return point !== undefined && sequence > point.from ? point : undefined;
};

/** The older half of the points becomes one. */
const thinned = (points: readonly Point[]): Point[] => {
  const middle = points.length >>> 1;
  const last = points[middle - 1];
  const from = points[0]?.from ?? 0;
  return last === undefined ? [...points] : [{ ...last, from }, ...points.slice(middle)];
};

/** A message that has its number and is kept. */
export class Receipt {
  readonly id: EntryId;
  readonly sequence: number;
  readonly scope: Scope;
  readonly time: WallTime;
  readonly #at: Instant;
  readonly #ledger: ScopeLedger;
  /** Absent until somebody waits: most receipts are never asked. */
  #listeners: Set<(delivery: Delivery) => void> | undefined;

  constructor(sent: Extract<PeerEvent, { readonly kind: 'sent' }>, at: Instant, ledger: ScopeLedger) {
    this.id = sent.id;
    this.sequence = sent.sequence;
    this.scope = sent.scope;
    this.time = sent.time;
    this.#at = at;
    this.#ledger = ledger;
  }

  /** Who has it by now. May shrink again: a peer whose machine lost power may lose its last 100 ms, and is sent them again. */
  get deliveries(): readonly Delivery[] {
    const deliveries: Delivery[] = [];
    for (const holder of this.#ledger.holders.values()) {
      const point = pointOf(holder, this.sequence);
      if (point !== undefined) deliveries.push(this.#delivery(holder, point));
    }
    return deliveries;
  }

  /** Calls `listener` for each delivery from now on. @returns the unsubscribe. */
  onDelivery(listener: (delivery: Delivery) => void): () => void {
    this.#listeners ??= new Set();
    if (this.#listeners.size === 0) this.#ledger.watch(this);
    const own = (delivery: Delivery): void => listener(delivery);
    this.#listeners.add(own);
    return () => {
      this.#listeners?.delete(own);
      if (this.#listeners?.size === 0) this.#ledger.unwatch(this);
    };
  }

  /** Resolves with the deliveries there are, once they are enough, at the timeout, or when the peer is closed. Never rejects. */
  delivered(options: DeliveredOptions = {}): Promise<readonly Delivery[]> {
    const enough = options.peers ?? 1;
    return new Promise((resolve) => {
      if (this.deliveries.length >= enough || this.#ledger.isClosed) return resolve(this.deliveries);
      let timer: NodeJS.Timeout | undefined;
      const done = (): void => {
        clearTimeout(timer);
        unsubscribe();
        this.#ledger.atClose.delete(done);
        resolve(this.deliveries);
      };
      const unsubscribe = this.onDelivery(() => {
        if (this.deliveries.length >= enough) done();
      });
      this.#ledger.atClose.add(done);
      if (options.timeoutMs !== undefined) timer = setTimeout(done, options.timeoutMs);
    });
  }

  /** @internal The ledger says that `holder` has it now. */
  tell(holder: Holder, point: Point): void {
    const delivery = this.#delivery(holder, point);
    for (const listener of [...(this.#listeners ?? [])]) listener(delivery);
  }

  #delivery(holder: Holder, point: Point): Delivery {
    return { peer: holder.peer, name: holder.name, ms: Math.max(0, point.at - this.#at), isStored: point.isStored };
  }
}

/** What peers hold of my messages in one scope, and who waits to hear of it. */
class ScopeLedger {
  readonly holders = new Map<PeerId, Holder>();
  readonly atClose = new Set<() => void>();
  isClosed = false;
  /** Receipts somebody waits on, by number. */
  readonly #watched = new Map<number, Receipt>();
  /** The numbers of `watched`, rising; numbers no longer watched are swept out now and then. */
  #numbers: number[] = [];
  #isSorted = true;

  watch(receipt: Receipt): void {
    this.#watched.set(receipt.sequence, receipt);
    if ((this.#numbers.at(-1) ?? 0) >= receipt.sequence) this.#isSorted = false;
    this.#numbers.push(receipt.sequence);
  }

  unwatch(receipt: Receipt): void {
    this.#watched.delete(receipt.sequence);
    if (this.#numbers.length > 64 && this.#numbers.length > 2 * this.#watched.size) {
      this.#numbers = this.#numbers.filter((number) => this.#watched.has(number));
    }
  }

  /** Visits each watched receipt that the point covers once. */
  tell(holder: Holder, point: Point): void {
    if (this.#watched.size === 0) return;
    if (!this.#isSorted) {
      this.#numbers = [...new Set(this.#numbers)].sort((a, b) => a - b);
      this.#isSorted = true;
    }
    const numbers = this.#numbers;
    let from = 0;
    let to = numbers.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((numbers[middle] ?? 0) <= point.from) from = middle + 1;
      else to = middle;
    }
    for (let at = from; at < numbers.length && (numbers[at] ?? 0) <= point.upTo; at++) {
      this.#watched.get(numbers[at] ?? 0)?.tell(holder, point);
    }
  }

  close(): void {
    this.isClosed = true;
    for (const done of [...this.atClose]) done();
  }
}

/** All receipts of a peer. */
export class Receipts {
  /** BOUNDED: by the rooms this program was in and the people it spoke to. */
  readonly #scopes = new Map<ScopeKey, ScopeLedger>();
  #holders = 0;

  /** A message got its number. */
  onSent(sent: Extract<PeerEvent, { readonly kind: 'sent' }>, at: Instant): Receipt {
    return new Receipt(sent, at, this.#ledger(scopeKey(sent.scope)));
  }

  /** A peer holds what I said in a scope up to a number. */
  onDelivered(delivered: Delivered, name: string, at: Instant): void {
    const ledger = this.#ledger(scopeKey(delivered.scope));
    const holder = this.#holder(ledger, delivered.peer);
    holder.name = name;
    const { upTo, isStored, after } = delivered;
    // It holds less than it said: its machine lost power. What it lost is delivered when it says so again.
    while ((holder.points.at(-1)?.upTo ?? 0) > upTo) holder.points.pop();
    const from = Math.max(after, holder.points.at(-1)?.upTo ?? 0);
    if (from >= upTo) return;
    const point: Point = { from, upTo, at, isStored };
    if (holder.points.length >= POINTS_MAX) holder.points = thinned(holder.points);
    holder.points.push(point);
    ledger.tell(holder, point);
  }

  /** Nothing more will be delivered: everybody who waits gets what there is. */
  close(): void {
    for (const ledger of this.#scopes.values()) ledger.close();
  }

  #ledger(key: ScopeKey): ScopeLedger {
    let ledger = this.#scopes.get(key);
    if (ledger === undefined) {
      ledger = new ScopeLedger();
      this.#scopes.set(key, ledger);
    }
    return ledger;
  }

  #holder(ledger: ScopeLedger, peer: PeerId): Holder {
    const known = ledger.holders.get(peer);
    if (known !== undefined) return known;
    if (this.#holders >= HOLDERS_MAX) this.#forgetOldest();
    this.#holders++;
    const holder: Holder = { peer, name: '', points: [] };
    ledger.holders.set(peer, holder);
    return holder;
  }

  #forgetOldest(): void {
    for (const ledger of this.#scopes.values()) {
      for (const peer of ledger.holders.keys()) {
        ledger.holders.delete(peer);
        this.#holders--;
        return;
      }
    }
  }
}
