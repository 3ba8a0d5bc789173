/** People who were spoken to directly: their key is the one meant by their name, and can be written to while they are away. */
import type { PeerId } from '../base/ids.ts';
import { PINS_MAX } from '../base/limits.ts';
import type { ChatContext, Met } from './context.ts';
import type { ChatOutput } from './output.ts';

export type Pin = {
  readonly name: string;
  /** X25519, 32 bytes, certified by the identity. */
  readonly sealKey: Uint8Array;
  /** Of the certificate: a higher one replaces it, a lower one is refused. */
  readonly serial: number;
};

export class Pins {
  /** Oldest first. BOUNDED: by PINS_MAX; at the maximum the oldest goes. */
  readonly #pins = new Map<PeerId, Pin>();
  readonly #names = new Map<PeerId, string>();

  /** The names by which they are known. */
  get names(): ReadonlyMap<PeerId, string> {
    return this.#names;
  }

  get(peer: PeerId): Pin | undefined {
    return this.#pins.get(peer);
  }

  /** @returns false if all of this was known. A serial below the known one changes nothing. */
  set(peer: PeerId, pin: Pin): boolean {
    const known = this.#pins.get(peer);
    if (known !== undefined && (pin.serial < known.serial || (pin.serial === known.serial && pin.name === known.name)))
      return false;
    this.#pins.set(peer, pin);
    this.#names.set(peer, pin.name);
    if (this.#pins.size > PINS_MAX) this.#dropOldest();
    return true;
  }

  #dropOldest(): void {
    for (const peer of this.#pins.keys()) {
      this.#pins.delete(peer);
      this.#names.delete(peer);
      return;
    }
  }
}

/** Pins somebody who is here, keeps it, and tells of it the first time. */
export const pin = (context: ChatContext, met: Met, out: ChatOutput[]): void => {
  const { peer, name, serial } = met;
  const sealKey = met.sealKey.slice();
  const isNew = context.pins.get(peer) === undefined;
  if (!context.pins.set(peer, { name, sealKey, serial })) return;
  context.journal.write({ kind: 'note' }, { kind: 'pin', peer, name, sealKey, serial }, false, out);
  if (isNew) out.push({ kind: 'event', event: { kind: 'pinned', peer, name } });
};
