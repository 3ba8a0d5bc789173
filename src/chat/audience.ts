/**
 * For whom something was that we said, and who of them holds it: the truth a sender is told. The audience of a message in a room
 * are those who were in it when it was said, here or away, but not those who had left.
 */
import { type PeerId, type Scope, type ScopeKey, scopeKey } from '../base/ids.ts';
import { MET_POINTS_MAX } from './limits.ts';

/** What became of one of our messages. */
export type DeliveryState = {
  /** Whom it is for. */
  readonly audience: readonly PeerId[];
  /** Who of them holds it, by their own word. */
  readonly holders: readonly PeerId[];
  /** It was given up: nobody is sent it any more. */
  readonly isDropped: boolean;
};

/** Our numbers in a scope as they concern one person. */
type Share = {
  /** Above each of these numbers alternately in the room and not. BOUNDED: by TURNS_MAX. */
  turns: number[];
  /** Up to this number they hold all that is for them. */
  held: number;
  isNoted: boolean;
};
export type HeldNote = { readonly scope: Scope; readonly peer: PeerId; readonly upTo: number };

/** Comings and goings remembered of one person in one room; of longer ago it counts that they were there. */
const TURNS_MAX = 64;

export class Audience {
  /** BOUNDED: by MET_POINTS_MAX shares; beyond, who is new is not counted. */
  readonly #scopes = new Map<ScopeKey, { readonly scope: Scope; readonly shares: Map<PeerId, Share>; dropped: Set<number> }>();
  #size = 0;
  #hasNotes = false;

  /** Who is in the room, or the reader of a conversation, is to have what is said above `after`. @returns whether that is news. */
  join(scope: Scope, peer: PeerId, after: number): boolean {
    const share = this.#share(scope, peer);
    if (share === undefined || share.turns.length % 2 === 1) return false;
    turn(share, after);
    return true;
  }

  /** Somebody has left the room (not: gone away). @returns whether that is news. */
  leave(scope: Scope, peer: PeerId, after: number): boolean {
    const share = this.#scopes.get(scopeKey(scope))?.shares.get(peer);
    if (share === undefined || share.turns.length % 2 === 0) return false;
    turn(share, after);
    return true;
  }

  /** Somebody says what they hold; less than before, if they lost something. */
  hold(scope: Scope, peer: PeerId, upTo: number, isNoted = false): void {
    const share = this.#share(scope, peer);
    if (share === undefined || share.held === upTo) return;
    share.held = upTo;
    share.isNoted = isNoted;
    if (!isNoted) this.#hasNotes = true;
  }

  heldBy(scope: Scope, peer: PeerId): number {
    return this.#scopes.get(scopeKey(scope))?.shares.get(peer)?.held ?? 0;
  }

  /** The numbers `first` to `last` were given up. */
  drop(scope: Scope, first: number, last: number): void {
    const { dropped } = this.#of(scope);
    for (let number = first; number <= last; number++) dropped.add(number);
  }

  state(scope: Scope, number: number): DeliveryState {
    const known = this.#scopes.get(scopeKey(scope));
    const audience: PeerId[] = [];
    const holders: PeerId[] = [];
    for (const [peer, share] of known?.shares ?? []) {
      if (!isFor(share, number)) continue;
      audience.push(peer);
      if (share.held >= number) holders.push(peer);
    }
    return { audience, holders, isDropped: known?.dropped.has(number) === true };
  }

  /** The scopes in which somebody lacks something, and above which number at the earliest. @param last of our log there. */
  waiting(lastIn: (scope: Scope) => number): readonly { readonly scope: Scope; readonly above: number }[] {
    const waiting: { scope: Scope; above: number }[] = [];
    for (const { scope, shares } of this.#scopes.values()) {
      const last = lastIn(scope);
      let above = last;
      for (const share of shares.values()) {
        const start = share.turns[0] ?? last;
        above = Math.min(above, Math.max(start, share.held));
      }
      if (above < last) waiting.push({ scope, above });
    }
    return waiting;
  }

  /** What is held and was not written down yet; counts as written down. */
  takeNotes(): readonly HeldNote[] {
    if (!this.#hasNotes) return [];
    this.#hasNotes = false;
    const notes: HeldNote[] = [];
    for (const { scope, shares } of this.#scopes.values()) {
      for (const [peer, share] of shares) {
        if (share.isNoted) continue;
        share.isNoted = true;
        notes.push({ scope, peer, upTo: share.held });
      }
    }
    return notes;
  }

  /** All of it, for a snapshot. */
  *all(): Iterable<{ readonly scope: Scope; readonly peer: PeerId; readonly turns: readonly number[]; readonly held: number }> {
    for (const { scope, shares } of this.#scopes.values())
      for (const [peer, { turns, held }] of shares) yield { scope, peer, turns, held };
  }

  *allDropped(): Iterable<{ readonly scope: Scope; readonly number: number }> {
    for (const { scope, dropped } of this.#scopes.values()) for (const number of dropped) yield { scope, number };
  }

  get hasNotes(): boolean {
    return this.#hasNotes;
  }

  #of(scope: Scope) {
    const key = scopeKey(scope);
    const known = this.#scopes.get(key) ?? { scope, shares: new Map<PeerId, Share>(), dropped: new Set<number>() };
    this.#scopes.set(key, known);
    return known;
  }

  #share(scope: Scope, peer: PeerId): Share | undefined {
    const { shares } = this.#of(scope);
    const known = shares.get(peer);
    if (known !== undefined || this.#size >= MET_POINTS_MAX) return known;
    const share: Share = { turns: [], held: 0, isNoted: true };
    shares.set(peer, share);
    this.#size += 1;
    return share;
  }
}

const turn = (share: Share, after: number): void => {
  const before = share.turns.at(-1);
  if (before !== undefined && before >= after)
    share.turns.pop(); // came and went without a word from us in between
  else share.turns.push(after);
  if (share.turns.length > TURNS_MAX) share.turns.splice(1, 2);
};

/** Whether they were in the room when the number was given. */
const isFor = ({ turns }: Share, number: number): boolean => {
  let isIn = false;
  for (const after of turns) {
    if (number <= after) break;
    isIn = !isIn;
  }
  return isIn;
};
