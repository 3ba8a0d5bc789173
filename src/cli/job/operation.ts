/**
 * An operation is what a command does, over a peer that stands: it yields records and ends with an exit code.
 * It runs in the process that holds the profile, for the command of that process or for one that was handed over.
 */
import { type PeerId, type RoomName, type Scope, type ScopeKey, scopeKey } from '../../base/ids.ts';
import { ROOMS_JOINED_MAX } from '../../base/limits.ts';
import { nameSkeleton } from '../../base/name.ts';
import type { PeerShown, PersonShown } from '../../ui/shown.ts';
import { Attendance } from '../chat/attendance.ts';
import { NotifyLevels } from '../chat/notify-levels.ts';
import { OwnVoice } from '../chat/own-voice.ts';
import type { Clock } from '../clock.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import type { OutputRecord } from '../format/record.ts';
import type { ChatPeer, PeerEvent, PeerView } from '../library.ts';
import type { LineSource } from './lines.ts';

export type Operation<Request> = (context: Context, request: Request) => AsyncGenerator<OutputRecord, ExitCode, void>;

/** What an operation works with. */
export type Context = {
  readonly host: Host;
  readonly input: LineSource;
  /** Aborted: end soon, start nothing new. The exit code given then is not used. */
  readonly stop: AbortSignal;
  /** Whether rooms entered are left at the end. Not where the process ends with the operation: that is being away, not leaving. */
  readonly leavesRooms: boolean;
};

/** What somebody says they hold of what this profile said. */
export type Held = Extract<PeerEvent, { readonly kind: 'delivered' }>;

/** Why nobody can be found where no address of our own can be reached: one line that says what to do. */
export const NO_NETWORK =
  'no network: no interface is used, so nobody can be found; check the cable or Wi-Fi, or choose an interface with --interface NAME';

/** The peer and what its operations share. */
export class Host {
  readonly peer: ChatPeer;
  readonly clock: Clock;
  readonly isEphemeral: boolean;
  readonly fingerprintOf: (id: PeerId) => string;
  readonly attendance: Attendance;
  readonly levels: NotifyLevels;
  /** Whatever says something for this profile tells it here. */
  readonly voice = new OwnVoice();
  /** Names or addresses of the interfaces that were asked for; none: those that the peer chooses. */
  readonly interfaces: readonly string[];
  /** When each peer that is here was proven, on `clock`. BOUNDED: by the peer's sessions. */
  readonly #since = new Map<PeerId, number>();
  /** What was said last about each scope, by whom. BOUNDED: by the rooms spoken in and the people spoken to. */
  readonly #held = new Map<ScopeKey, Map<PeerId, Held>>();
  /** How many operations are in each room. BOUNDED: by ROOMS_JOINED_MAX. */
  readonly #leases = new Map<RoomName, number>();
  /** Stayed in whoever leaves; there if somebody stays at all. BOUNDED: by ROOMS_JOINED_MAX. */
  #kept: Set<RoomName> | undefined;
  /** BOUNDED: by the people known. */
  #twins = new Set<PeerId>();
  #isClosing = false;
  readonly #unsubscribe: readonly (() => void)[];

  constructor(options: {
    readonly peer: ChatPeer;
    readonly clock: Clock;
    readonly isEphemeral: boolean;
    readonly fingerprintOf: (id: PeerId) => string;
    readonly interfaces?: readonly string[];
    /** Milliseconds since 1970; absent: of the system. */
    readonly wall?: () => number;
  }) {
    this.peer = options.peer;
    this.clock = options.clock;
    this.isEphemeral = options.isEphemeral;
    this.fingerprintOf = options.fingerprintOf;
    this.interfaces = options.interfaces ?? [];
    this.attendance = new Attendance(options.peer);
    this.levels = new NotifyLevels({
      preferences: options.peer.preferences,
      clock: options.clock,
      wall: options.wall ?? Date.now,
    });
    for (const peer of this.peer.peers) this.#since.set(peer.id, this.clock.now());
    this.#unsubscribe = [
      this.peer.on('joined', ({ peer }) => this.#since.set(peer.id, this.clock.now())),
      this.peer.on('left', ({ peer }) => this.#since.delete(peer.id)),
      this.peer.on('delivered', (held) => {
        const key = scopeKey(held.scope);
        const holders = this.#held.get(key) ?? new Map<PeerId, Held>();
        this.#held.set(key, holders.set(held.peer, held));
      }),
    ];
  }

  /** What others have said by now that they hold of what this profile said in a scope. */
  heldIn(scope: Scope): readonly Held[] {
    return [...(this.#held.get(scopeKey(scope))?.values() ?? [])];
  }

  /** Calls `look` whenever who is in which room may have changed. @returns what ends it. */
  watchMembers(look: () => void): () => void {
    const cleanup = [this.peer.on('joined', look), this.peer.on('left', look), this.peer.on('changed', look)];
    return () => {
      for (const undo of cleanup) undo();
    };
  }

  /** When a peer that is here was proven, on `clock`. */
  provenAt(id: PeerId): number | undefined {
    return this.#since.get(id);
  }

  /**
   * Joins a room for as long as somebody here needs it.
   * @returns what ends that: the room is left if nobody else here is in it, for this run or (`isForGood`) until somebody joins it.
   */
  enter(room: RoomName): (isForGood?: boolean) => void {
    this.#join([room]);
    this.#leases.set(room, (this.#leases.get(room) ?? 0) + 1);
    let isOver = false;
    return (isForGood = false) => {
      if (isOver) return;
      isOver = true;
      const left = (this.#leases.get(room) ?? 1) - 1;
      if (isForGood) this.#kept?.delete(room);
      if (left > 0) this.#leases.set(room, left);
      else {
        this.#leases.delete(room);
        if (!this.#isClosing && this.#kept?.has(room) !== true) this.peer.leave(room, !isForGood);
      }
    };
  }

  /** Somebody stays in these rooms, whoever else comes and goes; and in those that chats join from now on (`alsoKeep`). */
  keep(rooms: readonly RoomName[]): void {
    this.#join(rooms);
    this.#kept = new Set([...(this.#kept ?? []), ...rooms]);
  }

  /** @throws CommandError usage: that would be too many. */
  #join(rooms: readonly RoomName[]): void {
    const joined = new Set([...this.peer.rooms, ...this.#leases.keys()]);
    for (const room of rooms) joined.add(room);
    if (joined.size > ROOMS_JOINED_MAX)
      throw new CommandError(ExitCode.usage, `at most ${ROOMS_JOINED_MAX} rooms can be joined at a time; leave some first`);
    for (const room of rooms) if (!this.peer.rooms.includes(room)) this.peer.join(room);
  }

  alsoKeep(room: RoomName): void {
    this.#kept?.add(room);
  }

  /** Leaves, for this run, the rooms that the profile was in when it was last used, and that nobody here needs. */
  leaveUnused(): void {
    for (const room of this.peer.rooms)
      if (!this.#leases.has(room) && this.#kept?.has(room) !== true) this.peer.leave(room, true);
  }

  /** Whose names look alike, of everybody known: from now on they are shown with their fingerprints, here or not. */
  async learnTwins(): Promise<void> {
    const ids = new Map<string, PeerId[]>();
    for (const { id, name } of [...(await this.peer.everybody()), { id: this.peer.id, name: this.peer.name }]) {
      if (name !== '') ids.set(nameSkeleton(name), [...(ids.get(nameSkeleton(name)) ?? []), id]);
    }
    this.#twins = new Set([...ids.values()].filter(({ length }) => length > 1).flat());
    this.#twins.delete(this.peer.id);
  }

  /** A person as shown; with the fingerprint where the name is not theirs alone. */
  person(id: PeerId, name: string): PersonShown {
    const isTwin = this.#twins.has(id) || this.peer.peers.some((peer) => peer.id === id && peer.isTwin);
    return isTwin ? { id, name, fingerprint: this.fingerprintOf(id) } : { id, name };
  }

  /** A peer as shown. */
  shown(peer: PeerView): PeerShown {
    return {
      id: peer.id,
      name: peer.name,
      host: peer.address.host,
      port: peer.address.port,
      via: peer.via,
      state: peer.state,
      ...(peer.rttMs === undefined ? {} : { rttMs: peer.rttMs }),
      ...(peer.away === undefined ? {} : { away: peer.away }),
      ...(peer.isTwin ? { fingerprint: this.fingerprintOf(peer.id) } : {}),
    };
  }

  /** The process ends: rooms stay as they are. */
  close(): void {
    this.#isClosing = true;
    this.levels.close();
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
  }
}

/** Calls `run` when the signal is aborted, at once if it is already. @returns what calls it off. */
export const onStop = (stop: AbortSignal, run: () => void): (() => void) => {
  if (stop.aborted) run();
  else stop.addEventListener('abort', run, { once: true });
  return () => stop.removeEventListener('abort', run);
};
