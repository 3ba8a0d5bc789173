/** When a person was first met in a room: nobody is handed what was said there before. */
import type { PeerId, RoomName } from '../base/ids.ts';
import { MET_POINTS_MAX } from './limits.ts';

export class MetPoints {
  /** Own last number at the first meeting. BOUNDED: by MET_POINTS_MAX; beyond, a new face is remembered for its session only. */
  readonly #points = new Map<RoomName, Map<PeerId, number>>();
  #size = 0;

  get(room: RoomName, peer: PeerId): number | undefined {
    return this.#points.get(room)?.get(peer);
  }

  *all(): Iterable<readonly [RoomName, PeerId, number]> {
    for (const [room, peers] of this.#points) for (const [peer, after] of peers) yield [room, peer, after];
  }

  /** @returns false if there is no room to remember one more. */
  set(room: RoomName, peer: PeerId, after: number): boolean {
    if (this.#size >= MET_POINTS_MAX) return false;
    let peers = this.#points.get(room);
    if (peers === undefined) {
      peers = new Map();
      this.#points.set(room, peers);
    }
    if (!peers.has(peer)) this.#size += 1;
    peers.set(peer, after);
    return true;
  }
}
