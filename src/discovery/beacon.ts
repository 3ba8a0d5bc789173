/**
 * The subnet broadcast, for networks that swallow multicast (protocol.md §12.2): a burst when a link comes up, then one beacon
 * now and then while nobody is known. What is heard is a hint that somebody may be met at its source, and nothing else.
 *
 * States of a link: bursting (beacons left of the burst) → quiet, or, while alone, due every BEACON_ALONE_EVERY_MS.
 */
import { type Address, addressKey } from '../base/address.ts';
import { equal } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import { BEACON_ALONE_EVERY_MS, BEACON_BURST, BEACON_GAP_MS, BEACON_PORT } from '../base/limits.ts';
import { earliest, type Instant, later } from '../base/time.ts';
import type { Entropy } from '../crypto/suite.ts';
import { BEACON_TAG_SIZE, decodeBeacon, encodeBeacon } from '../wire/beacon.ts';
import type { LinkInterface } from './dns-message.ts';
import { broadcastsOf, isOwnHost, isUsableTarget } from './link.ts';

export type BeaconOutput =
  /** From the chat port: whoever hears it dials its source. */
  | { readonly kind: 'transmit'; readonly to: Address; readonly bytes: Uint8Array }
  /** Somebody may be met there. */
  | { readonly kind: 'hint'; readonly address: Address; readonly idHint: Uint8Array | undefined }
  | { readonly kind: 'dropped'; readonly reason: DropReason };

type Link = { readonly interface: LinkInterface; left: number; dueAt: Instant | undefined };

export class Beacon {
  readonly #bytes: Uint8Array;
  readonly #tag: Uint8Array;
  readonly #port: number;
  /** BOUNDED: by the interfaces given. */
  readonly #links = new Map<string, Link>();
  #isAlone = true;
  readonly #isSilent: boolean;

  /** @param options isSilent: none are sent, those of others are heard. */
  constructor(options: {
    readonly entropy: Entropy;
    readonly idHint: Uint8Array | undefined;
    readonly port: number;
    readonly isSilent?: boolean;
  }) {
    this.#isSilent = options.isSilent ?? false;
    this.#tag = options.entropy(BEACON_TAG_SIZE);
    this.#port = options.port;
    this.#bytes = encodeBeacon({ tag: this.#tag, idHint: options.idHint });
  }

  /** All links that may be used now; a new one, and one with other addresses, gets a burst. */
  onInterfaces(now: Instant, interfaces: readonly LinkInterface[]): void {
    const usable = new Map(interfaces.map((link) => [link.name, link]));
    for (const name of this.#links.keys()) if (!usable.has(name)) this.#links.delete(name);
    for (const [name, link] of usable) {
      const known = this.#links.get(name);
      if (known !== undefined && String(broadcastsOf(known.interface)) === String(broadcastsOf(link))) {
        this.#links.set(name, { ...known, interface: link });
        continue;
      }
      const dueAt = this.#isSilent ? undefined : later(now, BEACON_GAP_MS);
      this.#links.set(name, { interface: link, left: this.#isSilent ? 0 : BEACON_BURST, dueAt });
    }
  }

  /** Whether there is nobody whom we have a session with. */
  onAlone(now: Instant, isAlone: boolean): void {
    if (isAlone === this.#isAlone) return;
    this.#isAlone = isAlone;
    if (this.#isSilent) return;
    for (const link of this.#links.values()) {
      if (link.left === 0) link.dueAt = isAlone ? later(now, BEACON_ALONE_EVERY_MS) : undefined;
    }
  }

  onBeacon(from: Address, bytes: Uint8Array, out: BeaconOutput[]): void {
    const beacon = decodeBeacon(bytes);
    if (!beacon.ok) {
      out.push({ kind: 'dropped', reason: beacon.reason });
      return;
    }
    const { tag, idHint } = beacon.value;
    if (equal(tag, this.#tag) || this.#isOwn(from)) {
      out.push({ kind: 'dropped', reason: 'own-announcement' });
      return;
    }
    const isNear = [...this.#links.values()].some((link) => isUsableTarget(link.interface, from.host, ''));
    if (isNear && from.port !== 0) out.push({ kind: 'hint', address: from, idHint: idHint?.slice() });
    else out.push({ kind: 'dropped', reason: 'bad-target' });
  }

  nextTimeout(): Instant | undefined {
    let first: Instant | undefined;
    for (const { dueAt } of this.#links.values()) first = earliest(first, dueAt);
    return first;
  }

  onTimeout(now: Instant, out: BeaconOutput[]): void {
    const said = new Set<string>();
    for (const link of this.#links.values()) {
      if (link.dueAt === undefined || link.dueAt > now) continue;
      link.left = Math.max(0, link.left - 1);
      if (link.left > 0) link.dueAt = later(now, BEACON_GAP_MS);
      else link.dueAt = this.#isAlone ? later(now, BEACON_ALONE_EVERY_MS) : undefined;
      for (const host of broadcastsOf(link.interface)) {
        const to = { host, port: BEACON_PORT };
        // two interfaces on one subnet: the system sends both by the same one
        if (said.has(addressKey(to))) continue;
        said.add(addressKey(to));
        out.push({ kind: 'transmit', to, bytes: this.#bytes });
      }
    }
  }

  #isOwn(from: Address): boolean {
    if (from.port !== this.#port) return false;
    return [...this.#links.values()].some((link) => isOwnHost(link.interface, from.host));
  }
}
