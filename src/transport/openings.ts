/** Our own handshakes under way, one an address. */
import { type Address, type AddressKey, addressKey } from '../base/address.ts';
import { earliest, type Instant } from '../base/time.ts';
import type { Opening } from './handshake.ts';
import { GIVES_WAY_AFTER_MS, OPENINGS_MAX } from './limits.ts';

export class Openings {
  /** By local connection id, oldest first. BOUNDED: by OPENINGS_MAX. */
  readonly #byId = new Map<number, Opening>();
  readonly #byAddress = new Map<AddressKey, Opening>();

  get size(): number {
    return this.#byId.size;
  }

  get isFull(): boolean {
    return this.#byId.size >= OPENINGS_MAX;
  }

  /** Copied: they may be forgotten on the way. */
  all(): readonly Opening[] {
    return [...this.#byId.values()];
  }

  byId(localId: number): Opening | undefined {
    return this.#byId.get(localId);
  }

  to(address: Address): Opening | undefined {
    return this.#byAddress.get(addressKey(address));
  }

  add(opening: Opening): void {
    this.#byId.set(opening.localId, opening);
    this.#byAddress.set(addressKey(opening.to), opening);
  }

  forget(opening: Opening): void {
    this.#byId.delete(opening.localId);
    this.#byAddress.delete(addressKey(opening.to));
  }

  /** The oldest dial, if it is old enough to make room: addresses where nobody answers must not keep us from those where somebody would. */
  givingWay(now: Instant): Opening | undefined {
    for (const opening of this.#byId.values()) {
      if (now - opening.since < GIVES_WAY_AFTER_MS) return undefined;
      if (opening.purpose === 'dial') return opening;
    }
    return undefined;
  }

  nextTimeout(): Instant | undefined {
    let first: Instant | undefined;
    for (const opening of this.#byId.values()) first = earliest(first, opening.nextTimeout());
    return first;
  }
}
