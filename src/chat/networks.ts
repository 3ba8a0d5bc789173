/**
 * On which network something was heard, and who was met there: open rooms have no owner and a laptop travels, so what was said
 * on one network is handed on only to people met on that network, and to newcomers only what is recent there.
 */
import type { PeerId, RoomName } from '../base/ids.ts';
import { NEWCOMER_HISTORY_MS } from '../base/limits.ts';
import { type WallTime, wallTime } from '../base/time.ts';
import { MET_POINTS_MAX, NETWORKS_MAX } from './limits.ts';
import type { StoredRecord } from './record.ts';
import type { MayTell } from './shelf.ts';

/** What newcomers to a room are handed of what others said before they came. */
export type NewcomerHistory = 'nothing' | 'recent' | 'all';
export type Network = { readonly number: number; readonly key: string; readonly since: WallTime };
export type Presence = { readonly peer: PeerId; readonly room: RoomName; readonly network: number; readonly at: WallTime };

export class Networks {
  /** By key. BOUNDED: by NETWORKS_MAX; beyond, the one used longest ago is forgotten and would be a new one. */
  readonly #known = new Map<string, Network>();
  #current: Network = { number: 0, key: '', since: wallTime(0) };
  #next = 1;
  /** When somebody was first met in a room on a network, milliseconds since 1970. BOUNDED: by MET_POINTS_MAX. */
  readonly #met = new Map<string, number>();

  get current(): Network {
    return this.#current;
  }

  restore(network: Network): void {
    this.#next = Math.max(this.#next, network.number + 1);
    this.#remember(network);
    this.#current = network;
  }

  /** @returns the network to be kept, if it is another than before. */
  enter(wall: WallTime, key: string): Network | undefined {
    if (key === this.#current.key && this.#current.number !== 0) return undefined;
    const number = this.#known.get(key)?.number ?? this.#next;
    if (number > 0xffff) return undefined; // 65,535 networks were seen: the present one is taken for the last
    this.restore({ number, key, since: wall });
    return this.#current;
  }

  restorePresence({ peer, room, network, at }: Presence): void {
    if (this.#met.size < MET_POINTS_MAX) this.#met.set(presenceKey(peer, room, network), at);
  }

  /** The networks known, the present one last, and who was met where. */
  *stateRecords(): Iterable<StoredRecord> {
    for (const network of this.#known.values()) yield { kind: 'network', ...network };
    for (const [key, at] of this.#met) {
      const [network = '', room = ''] = key.slice(PEER_LENGTH).split('#');
      const peer = key.slice(0, PEER_LENGTH) as PeerId;
      yield { kind: 'presence', peer, room: room as RoomName, network: Number(network), at: wallTime(at) };
    }
  }

  /** Somebody is in a room with us here. @returns what to keep, if that is new. */
  meet(wall: WallTime, peer: PeerId, room: RoomName): Presence | undefined {
    const network = this.#current.number;
    if (this.#met.has(presenceKey(peer, room, network)) || this.#met.size >= MET_POINTS_MAX) return undefined;
    const presence = { peer, room, network, at: wall };
    this.restorePresence(presence);
    return presence;
  }

  /** The rule of what somebody may be told of a room. */
  mayTell(wall: WallTime, peer: PeerId, room: RoomName, newcomers: NewcomerHistory): MayTell {
    if (newcomers === 'all') return () => true;
    const { number, since } = this.#current;
    const recent = newcomers === 'recent' ? Math.max(since, wall - NEWCOMER_HISTORY_MS) - 1 : Number.POSITIVE_INFINITY;
    const thresholds = new Map<number, number>();
    return (network, heardAt) => {
      let from = thresholds.get(network);
      if (from === undefined) {
        const met = this.#met.get(presenceKey(peer, room, network)) ?? Number.POSITIVE_INFINITY;
        from = network === number ? Math.min(met, recent) : met;
        thresholds.set(network, from);
      }
      return heardAt > from;
    };
  }

  #remember(network: Network): void {
    this.#known.delete(network.key);
    this.#known.set(network.key, network);
    if (this.#known.size <= NETWORKS_MAX) return;
    for (const key of this.#known.keys()) {
      this.#known.delete(key);
      return;
    }
  }
}

/** Hex digits. */
const PEER_LENGTH = 64;
const presenceKey = (peer: PeerId, room: RoomName, network: number): string => `${peer}${network}#${room}`;
