/**
 * Our door, and those of others (protocol.md §12.5). A peer that hides opens to contacts alone; whoever dials where one of their
 * contacts may hide knocks for all of them, as nothing says which one it is. Knocks are made for an address and port: one that
 * was overheard is of no use at another door, in another initiation, or on another day.
 *
 * What a knock is found by is kept ready in a table, for all our contacts, our addresses and three days, so that a false one costs a look.
 */
import type { Address } from '../base/address.ts';
import { concat, EMPTY, equal, toHex } from '../base/bytes.ts';
import type { PeerId } from '../base/ids.ts';
import { KNOCK_SIZE, KNOCK_TAG_SIZE, KNOCKING_CONTACTS_MAX, KNOCKS } from '../base/limits.ts';
import type { Instant, WallTime } from '../base/time.ts';
import type { Visibility } from '../base/visibility.ts';
import type { Contacts } from '../chat/pins.ts';
import { doorBytes, knockDay, knockProof, knockTag, type PairSecrets, pairSecrets } from '../crypto/knock.ts';
import type { CryptoSuite, DhKey, Entropy } from '../crypto/suite.ts';
import type { LinkInterface } from '../discovery/dns-message.ts';
import { ipBytes } from '../discovery/link.ts';
import type { Gate, Knocker, Knocks } from '../transport/gate.ts';
import { TokenBucket } from '../transport/token-bucket.ts';

/** Addresses of ours that are knocked at; further ones are not. */
const DOORS_MAX = 16;
/** Knocks that were answered, remembered against copies: only contacts make us remember any. */
const ANSWERED_MAX = 4096;
/** Proofs worked out, at once and a second: only who has overheard a tag makes us work one out in vain. Each takes 5 to 9 µs. */
const PROOFS_BURST = 1024;
const PROOFS_RATE = 4096;
/** Of one initiation: a contact's own holds one tag that we look for, and rarely another by chance. So nobody uses up the rate with few datagrams. */
const PROOFS_EACH_MAX = 2;
/** This machine, wherever it is. */
const LOOPBACK = ['127.0.0.1', '::1'];

type Secrets = PairSecrets & { readonly peer: PeerId };
/** What a tag stands for. */
type Meaning = { readonly secrets: Secrets; readonly door: Uint8Array; readonly day: number };

export type DoorOptions = {
  readonly suite: CryptoSuite;
  readonly entropy: Entropy;
  readonly dh: DhKey;
  readonly port: number;
  readonly visibility: Visibility;
  readonly contacts: () => Contacts;
};

export class Door implements Gate {
  readonly #options: DoorOptions;
  /** The newest contacts first. BOUNDED: by KNOCKING_CONTACTS_MAX. */
  #secrets = new Map<PeerId, Secrets & { readonly sealKey: Uint8Array }>();
  #version: number | undefined;
  #day = 1;
  #doors: readonly Uint8Array[] = [];
  /** By tag, as a u32; undefined: to be worked out. BOUNDED: by contacts, DOORS_MAX and three days. */
  #table: Map<number, readonly Meaning[]> | undefined;
  /** Ephemeral keys in hex, the oldest first. BOUNDED: by ANSWERED_MAX. */
  readonly #answered = new Set<string>();
  #proofs: TokenBucket | undefined;

  constructor(options: DoorOptions) {
    this.#options = options;
    this.#setHosts([]);
  }

  get isHiding(): boolean {
    return this.#options.visibility !== 'open';
  }

  /** Whether there is anybody to knock for. */
  get hasContacts(): boolean {
    return this.#options.contacts().count > 0;
  }

  /** The day changes what knocks are. */
  onTime(wall: WallTime): void {
    const day = knockDay(wall);
    if (day === this.#day) return;
    this.#day = day;
    this.#table = undefined;
  }

  /** @param hosts addresses of ours beside those of the interfaces. */
  onInterfaces(interfaces: readonly LinkInterface[], hosts: readonly string[] = []): void {
    this.#setHosts([...interfaces.flatMap(({ ipv4, ipv6 }) => [...ipv4, ...ipv6].map(({ address }) => address)), ...hosts]);
  }

  mayMeet(peer: PeerId): boolean {
    return !this.isHiding || this.#options.contacts().isContact(peer);
  }

  /** Whether a contact's id begins with these hex digits. */
  hasHint(idHint: string): boolean {
    this.#learn();
    for (const peer of this.#secrets.keys()) if (peer.startsWith(idHint)) return true;
    return false;
  }

  knocksFor(to: Address, whom: 'contacts' | 'nobody' | { readonly peer: PeerId }): Knocks {
    const door = doorOf(to.host, to.port);
    if (whom !== 'nobody') this.#learn();
    const known = typeof whom === 'object' ? this.#secrets.get(whom.peer) : undefined;
    const all = whom === 'contacts' ? [...this.#secrets.values()] : known === undefined ? [] : [known];
    const secrets = door === undefined ? [] : all;
    const turns = Math.max(1, Math.ceil(secrets.length / KNOCKS));
    return {
      turns,
      of: (ephemeral, turn) => {
        const from = (turn % turns) * KNOCKS;
        const made = secrets.slice(from, from + KNOCKS).map((one) => this.#knock(one, door ?? EMPTY, ephemeral));
        // those that are none cannot be told from those that are, nor a peer with contacts from one without
        return concat(...made, this.#options.entropy((KNOCKS - made.length) * KNOCK_SIZE));
      },
    };
  }

  judge(
    now: Instant,
    { ephemeral, knocks }: { readonly ephemeral: Uint8Array; readonly knocks: Uint8Array },
    hasSession: (peer: PeerId) => boolean,
  ): Knocker {
    const table = this.#tags();
    this.#proofs ??= new TokenBucket(now, PROOFS_BURST, PROOFS_RATE);
    let left = PROOFS_EACH_MAX;
    const refused = { kind: 'refused', reason: this.#options.visibility === 'stealth' ? 'stealth' : 'stranger' } as const;
    for (let at = 0; at + KNOCK_SIZE <= knocks.length; at += KNOCK_SIZE) {
      for (const { secrets, door, day } of table.get(u32At(knocks, at)) ?? []) {
        if (left === 0) return refused;
        left -= 1;
        if (!this.#proofs.take(now)) return { kind: 'refused', reason: 'rate-limited' };
        const proof = knockProof(this.#options.suite, secrets.toUs, { door, day }, ephemeral);
        if (!equal(proof, knocks.subarray(at + KNOCK_TAG_SIZE, at + KNOCK_SIZE))) continue;
        if (this.#answered.has(toHex(ephemeral))) return { kind: 'refused', reason: 'replayed' };
        // in stealth a session goes on, and nothing begins
        if (this.#options.visibility === 'stealth' && !hasSession(secrets.peer)) return { kind: 'refused', reason: 'stealth' };
        return { kind: 'contact', peer: secrets.peer };
      }
    }
    return refused;
  }

  onAnswered(ephemeral: Uint8Array): void {
    this.#answered.add(toHex(ephemeral));
    if (this.#answered.size <= ANSWERED_MAX) return;
    for (const oldest of this.#answered) {
      this.#answered.delete(oldest);
      return;
    }
  }

  #knock({ toThem }: PairSecrets, door: Uint8Array, ephemeral: Uint8Array): Uint8Array {
    const { suite } = this.#options;
    return concat(knockTag(suite, toThem, door, this.#day), knockProof(suite, toThem, { door, day: this.#day }, ephemeral));
  }

  #setHosts(hosts: readonly string[]): void {
    const doors = new Map<string, Uint8Array>();
    for (const host of [...hosts, ...LOOPBACK]) {
      const door = doorOf(host, this.#options.port);
      if (door !== undefined && doors.size < DOORS_MAX) doors.set(toHex(door), door);
    }
    this.#doors = [...doors.values()];
    this.#table = undefined;
  }

  /** The secrets of the contacts there are now; those known already are not worked out again. */
  #learn(): void {
    const contacts = this.#options.contacts();
    if (contacts.version === this.#version) return;
    this.#version = contacts.version;
    this.#table = undefined;
    const before = this.#secrets;
    this.#secrets = new Map();
    for (const { peer, sealKey } of contacts.newest(KNOCKING_CONTACTS_MAX)) {
      const known = before.get(peer);
      if (known !== undefined && equal(known.sealKey, sealKey)) {
        this.#secrets.set(peer, known);
        continue;
      }
      const pair = pairSecrets(this.#options.suite, this.#options.dh, sealKey);
      if (pair !== undefined) this.#secrets.set(peer, { ...pair, peer, sealKey });
    }
  }

  #tags(): ReadonlyMap<number, readonly Meaning[]> {
    this.#learn();
    if (this.#table !== undefined) return this.#table;
    const table = new Map<number, readonly Meaning[]>();
    for (const secrets of this.#secrets.values())
      for (const door of this.#doors)
        for (const day of [this.#day - 1, this.#day, this.#day + 1]) {
          const tag = u32At(knockTag(this.#options.suite, secrets.toUs, door, day), 0);
          table.set(tag, [...(table.get(tag) ?? []), { secrets, door, day }]);
        }
    this.#table = table;
    return table;
  }
}

const doorOf = (host: string, port: number): Uint8Array | undefined => {
  const address = ipBytes(host.split('%', 1)[0] ?? '');
  return address === undefined ? undefined : doorBytes(address, port);
};

const u32At = (bytes: Uint8Array, at: number): number =>
  (((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0)) >>> 0;
