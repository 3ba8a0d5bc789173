/**
 * Keys of people who can be written to while they are away. Whoever we wrote to ourselves is meant by their name from then on;
 * of somebody who only wrote to us the key is kept for an answer, and nothing follows from the name: anybody can write to us.
 */
import type { PeerId } from '../base/ids.ts';
import { PINS_MAX } from '../base/limits.ts';
import type { ChatContext, Met } from './context.ts';
import type { ChatOutput } from './output.ts';
import type { StoredRecord } from './record.ts';

export type Pin = {
  readonly name: string;
  /** X25519, 32 bytes, certified by the identity. */
  readonly sealKey: Uint8Array;
  /** Of the certificate: a higher one replaces it, a lower one is refused. */
  readonly serial: number;
  /** We wrote to them. */
  readonly isMeant: boolean;
};

/** The people we wrote to ourselves, and the keys by which they are known. */
export interface Contacts {
  /** Another one whenever somebody was added, removed, or has another key. */
  readonly version: number;
  readonly count: number;
  isContact(peer: PeerId): boolean;
  /** The newest `countMax`, newest first, with their static keys. */
  newest(countMax: number): readonly { readonly peer: PeerId; readonly sealKey: Uint8Array }[];
}

export class Pins implements Contacts {
  /** Those who are meant and those who only wrote, oldest first. BOUNDED: by PINS_MAX each; at the maximum the oldest goes. */
  readonly #meant = new Map<PeerId, Pin>();
  readonly #heard = new Map<PeerId, Pin>();
  /** Of those who are meant. */
  readonly #names = new Map<PeerId, string>();

  #version = 0;

  get version(): number {
    return this.#version;
  }

  get count(): number {
    return this.#meant.size;
  }

  isContact(peer: PeerId): boolean {
    return this.#meant.has(peer);
  }

  newest(countMax: number): readonly { readonly peer: PeerId; readonly sealKey: Uint8Array }[] {
    return Array.from(this.#meant, ([peer, { sealKey }]) => ({ peer, sealKey }))
      .slice(-countMax)
      .reverse();
  }

  /** The names by which people are meant. */
  get names(): ReadonlyMap<PeerId, string> {
    return this.#names;
  }

  get(peer: PeerId): Pin | undefined {
    return this.#meant.get(peer) ?? this.#heard.get(peer);
  }

  /** @returns whether they were known. */
  forget(peer: PeerId): boolean {
    this.#names.delete(peer);
    this.#version += 1;
    return [this.#meant.delete(peer), this.#heard.delete(peer)].includes(true);
  }

  *stateRecords(): Iterable<StoredRecord> {
    for (const pins of [this.#heard, this.#meant]) for (const [peer, known] of pins) yield { kind: 'pin', peer, ...known };
  }

  /** Who is meant stays so. @returns false if all of this was known. A serial below the known one changes nothing. */
  set(peer: PeerId, pin: Pin): boolean {
    const known = this.get(peer);
    const isMeant = pin.isMeant || known?.isMeant === true;
    if (known !== undefined) {
      const isSame = pin.serial === known.serial && pin.name === known.name && isMeant === known.isMeant;
      if (isSame || pin.serial < known.serial) return false;
    }
    if (isMeant) {
      this.#heard.delete(peer);
      this.#names.set(peer, pin.name);
      if (known?.isMeant !== true || known.serial !== pin.serial) this.#version += 1;
    }
    const pins = isMeant ? this.#meant : this.#heard;
    pins.set(peer, { ...pin, isMeant });
    if (pins.size > PINS_MAX) this.#dropOldest(pins);
    return true;
  }

  #dropOldest(pins: Map<PeerId, Pin>): void {
    for (const peer of pins.keys()) {
      pins.delete(peer);
      this.#names.delete(peer);
      return;
    }
  }
}

/** Remembers somebody's key, keeps it, and tells of it when they are meant from now on. */
export const pin = (context: ChatContext, met: Omit<Met, 'binding'>, isMeantNow: boolean, out: ChatOutput[]): void => {
  const { peer, name, serial } = met;
  const sealKey = met.sealKey.slice();
  const wasMeant = context.pins.get(peer)?.isMeant === true;
  const isMeant = wasMeant || isMeantNow;
  if (!context.pins.set(peer, { name, sealKey, serial, isMeant })) return;
  context.journal.write({ kind: 'note' }, { kind: 'pin', peer, name, sealKey, serial, isMeant }, false, out);
  if (isMeant && !wasMeant) out.push({ kind: 'event', event: { kind: 'pinned', peer, name } });
};
