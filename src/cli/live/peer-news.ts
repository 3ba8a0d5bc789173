/** Which changes of a peer are news to a listener: a library tells more of them than anybody wants to read. */
import type { PeerEvent, PeerView } from '../library.ts';

type Shown = Pick<PeerView, 'name' | 'address' | 'state' | 'away'>;
type PresenceEvent = Extract<PeerEvent, { readonly kind: 'joined' | 'left' | 'changed' }>;

export class PeerNews {
  readonly #withState: boolean;
  /** As last shown. BOUNDED: by who is here. */
  readonly #shown = new Map<string, Shown>();

  /** @param options.withState whether a new state is news too, beside another name, address or port. */
  constructor({ withState }: { readonly withState: boolean }) {
    this.#withState = withState;
  }

  /** Somebody is shown without an event. */
  note(peer: PeerView): void {
    this.#shown.set(peer.id, peer);
  }

  /** Whether an event tells that somebody is away, or back. To be asked before `isNews`. */
  isAwayNews({ kind, peer }: PresenceEvent): boolean {
    return kind !== 'left' && this.#shown.get(peer.id)?.away !== peer.away;
  }

  /** Whether an event tells something that was not shown yet. */
  isNews({ kind, peer }: PresenceEvent): boolean {
    const before = this.#shown.get(peer.id);
    if (kind === 'left') this.#shown.delete(peer.id);
    else this.#shown.set(peer.id, peer);
    if (kind !== 'changed' || before === undefined) return true;
    return this.#differs(before, peer);
  }

  #differs(before: Shown, now: Shown): boolean {
    if (before.name !== now.name || before.address.host !== now.address.host || before.address.port !== now.address.port)
      return true;
    return this.#withState && before.state !== now.state;
  }
}
