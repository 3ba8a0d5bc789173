/** What is held of every log, ours too, in the rooms we know: what can be handed on, and what is missing. */
import type { LogId, PeerId, RoomName } from '../base/ids.ts';
import { LOGS_MAX } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import { Shelf } from './shelf.ts';

type RoomShelves = { readonly shelves: Map<string, Shelf>; changedAt: Instant | undefined };

export class Archive {
  /** BOUNDED: by LOGS_MAX shelves in all; runs of further logs are not handed on. */
  readonly #rooms = new Map<RoomName, RoomShelves>();
  #count = 0;

  shelf(room: RoomName, author: PeerId, log: LogId): Shelf | undefined {
    return this.#rooms.get(room)?.shelves.get(author + log);
  }

  /** The shelf of a log; undefined if there is no room for one more. */
  shelfFor(room: RoomName, author: PeerId, log: LogId): Shelf | undefined {
    const known = this.shelf(room, author, log);
    if (known !== undefined) return known;
    if (this.#count >= LOGS_MAX) return undefined;
    const shelves = this.#roomOf(room).shelves;
    const shelf = new Shelf(author, log, room);
    shelves.set(author + log, shelf);
    this.#count += 1;
    return shelf;
  }

  shelves(room: RoomName): Iterable<Shelf> {
    return this.#rooms.get(room)?.shelves.values() ?? [];
  }

  *all(): Iterable<Shelf> {
    for (const { shelves } of this.#rooms.values()) yield* shelves.values();
  }

  /** Something in a room has changed. */
  touch(now: Instant, room: RoomName): void {
    this.#roomOf(room).changedAt = now;
  }

  /** When something in a room changed last in this run of the program. */
  changedAt(room: RoomName): Instant | undefined {
    return this.#rooms.get(room)?.changedAt;
  }

  #roomOf(room: RoomName): RoomShelves {
    let known = this.#rooms.get(room);
    if (known === undefined) {
      known = { shelves: new Map(), changedAt: undefined };
      this.#rooms.set(room, known);
    }
    return known;
  }
}
