/** Which of the peers we have a session with is in which room, as they say. */
import type { PeerId, RoomName } from '../base/ids.ts';
import type { RoomsFrame } from '../wire/frame.ts';

/** What a claim changes. `isFirst`: of its session, so its rooms are those the peer was in when it was met. */
export type ClaimChange = { readonly isFirst: boolean; readonly joined: readonly RoomName[]; readonly left: readonly RoomName[] };
type Claim = { generation: number; rooms: ReadonlySet<RoomName> };

export class Membership {
  /** BOUNDED: by SESSIONS_MAX, and ROOMS_JOINED_MAX rooms each. */
  readonly #claims = new Map<PeerId, Claim>();
  readonly #members = new Map<RoomName, Set<PeerId>>();

  members(room: RoomName): readonly PeerId[] {
    return [...(this.#members.get(room) ?? [])];
  }

  isMember(peer: PeerId, room: RoomName): boolean {
    return this.#members.get(room)?.has(peer) === true;
  }

  roomsOf(peer: PeerId): readonly RoomName[] {
    return [...(this.#claims.get(peer)?.rooms ?? [])];
  }

  /** Takes a claim, unless a later one of the session came before it. @returns what changed, or undefined. */
  claim(peer: PeerId, frame: RoomsFrame): ClaimChange | undefined {
    const before = this.#claims.get(peer);
    if (before !== undefined && frame.generation <= before.generation) return undefined;
    const rooms = new Set(frame.rooms);
    const joined = [...rooms].filter((room) => !before?.rooms.has(room));
    const left = [...(before?.rooms ?? [])].filter((room) => !rooms.has(room));
    this.#claims.set(peer, { generation: frame.generation, rooms });
    for (const room of joined) {
      const members = this.#members.get(room);
      if (members === undefined) this.#members.set(room, new Set([peer]));
      else members.add(peer);
    }
    for (const room of left) this.#remove(peer, room);
    return { isFirst: before === undefined, joined, left };
  }

  /** The session is gone, and its claims with it. */
  forget(peer: PeerId): void {
    for (const room of this.#claims.get(peer)?.rooms ?? []) this.#remove(peer, room);
    this.#claims.delete(peer);
  }

  #remove(peer: PeerId, room: RoomName): void {
    const members = this.#members.get(room);
    members?.delete(peer);
    if (members?.size === 0) this.#members.delete(room);
  }
}
