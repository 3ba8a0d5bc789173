/** The proven peers, as shown to people. */
import type { Address } from '../base/address.ts';
import { concat, toHex } from '../base/bytes.ts';
import type { PeerId } from '../base/ids.ts';
import { PINS_MAX, SESSIONS_MAX } from '../base/limits.ts';
import { cleanName, nameSkeleton } from '../base/name.ts';
import type { Instant } from '../base/time.ts';
import type { SessionInfo } from '../transport/endpoint-output.ts';
import type { NameFrame } from '../wire/frame.ts';
import type { StatusFrame } from '../wire/presence-frame.ts';
import type { MetSession } from './dialer.ts';
import type { FoundVia } from './event.ts';

/** What the people table holds of one proven peer. */
export type Person = {
  readonly id: PeerId;
  readonly boot: string;
  name: string;
  nameGeneration: number;
  /** What they say about being away; undefined while they are not. */
  away: string | undefined;
  awayGeneration: number;
  /** Another process with the same key was turned away. */
  hasTwin: boolean;
  /** How far their clock is ahead of ours, as they said last, to about a second. */
  clockSkewMs: number | undefined;
  address: Address;
  readonly via: FoundVia;
  readonly since: Instant;
};

/** Shown for somebody whose name is empty once cleaned: never empty, never somebody else's. */
const namelessOf = (id: PeerId): string => `anon-${id.slice(0, 6)}`;

/** Of two boots, which only the two of a pair know: the same at both ends. */
export const bindingOf = (one: Uint8Array, other: Uint8Array): Uint8Array =>
  toHex(one) < toHex(other) ? concat(one, other) : concat(other, one);

/** A claimed name as it is shown. */
export const shownName = (claimed: string, id: PeerId): string => cleanName(claimed) || namelessOf(id);

/** Somebody whose session was just established. */
export const newPerson = (now: Instant, session: SessionInfo, via: FoundVia): Person => ({
  id: session.peer,
  boot: toHex(session.boot),
  name: shownName(session.name, session.peer),
  nameGeneration: 0,
  away: undefined,
  awayGeneration: 0,
  hasTwin: false,
  clockSkewMs: undefined,
  address: session.address,
  via,
  since: now,
});

/** Skeletons remembered: of everybody here and everybody pinned, with room for those who change their names. */
const SKELETONS_MAX = 2 * (SESSIONS_MAX + PINS_MAX);

export class People {
  /** BOUNDED: by SESSIONS_MAX, one for each session. */
  readonly #people = new Map<PeerId, Person>();

  /** What names look like: a peer that changes its name all the time must not have them all worked out again. BOUNDED: by SKELETONS_MAX. */
  readonly #skeletons = new Map<string, string>();

  get(id: PeerId): Person | undefined {
    return this.#people.get(id);
  }

  ids(): readonly PeerId[] {
    return [...this.#people.keys()];
  }

  all(): Iterable<Person> {
    return this.#people.values();
  }

  /** Whom we have met, where, and since when. */
  met(): readonly MetSession[] {
    return Array.from(this.#people.values(), ({ id, address, since }) => ({ peer: id, address, since }));
  }

  get size(): number {
    return this.#people.size;
  }

  add(person: Person): void {
    this.#people.set(person.id, person);
  }

  remove(id: PeerId): Person | undefined {
    const person = this.#people.get(id);
    this.#people.delete(id);
    return person;
  }

  /** Another process with the same key was turned away. @returns the person, if that is news. */
  noteTwin(id: PeerId): readonly Person[] {
    const person = this.#people.get(id);
    if (person === undefined || person.hasTwin) return [];
    person.hasTwin = true;
    return [person];
  }

  /** A status frame: a later generation replaces an earlier one. @returns whether something changed. */
  setAway(id: PeerId, generation: number, away: string | undefined): boolean {
    const person = this.#people.get(id);
    if (person === undefined || generation <= person.awayGeneration) return false;
    person.awayGeneration = generation;
    if (away === person.away) return false;
    person.away = away;
    return true;
  }

  /** @returns whether something changed. */
  onSaid(id: PeerId, frame: NameFrame | StatusFrame): boolean {
    return frame.kind === 'name'
      ? this.rename(id, frame.generation, frame.name)
      : this.setAway(id, frame.generation, frame.away ?? undefined);
  }

  setClock(id: PeerId, skewMs: number): void {
    const person = this.#people.get(id);
    if (person !== undefined) person.clockSkewMs = skewMs;
  }

  /** A name frame: a later generation replaces an earlier one. @returns whether the shown name changed. */
  rename(id: PeerId, generation: number, claimed: string): boolean {
    const person = this.#people.get(id);
    if (person === undefined || generation <= person.nameGeneration) return false;
    person.nameGeneration = generation;
    const name = shownName(claimed, id);
    if (name === person.name) return false;
    person.name = name;
    return true;
  }

  /** Whether somebody else here, or `otherNames`, claims a name that looks like this one. */
  isTwin(id: PeerId, name: string, otherNames: Iterable<readonly [PeerId, string]>): boolean {
    const skeleton = this.#skeletonOf(name);
    for (const other of this.#people.values()) if (other.id !== id && this.#skeletonOf(other.name) === skeleton) return true;
    for (const [other, pinnedName] of otherNames) if (other !== id && this.#skeletonOf(pinnedName) === skeleton) return true;
    return false;
  }

  #skeletonOf(name: string): string {
    const known = this.#skeletons.get(name);
    if (known !== undefined) return known;
    if (this.#skeletons.size >= SKELETONS_MAX) this.#skeletons.clear();
    const skeleton = nameSkeleton(name);
    this.#skeletons.set(name, skeleton);
    return skeleton;
  }
}
