/**
 * Authors who gave one number two meanings: both runs are kept as the proof, everybody in the room is given both, and of the two
 * the one with the lower hash stands, so that all come to hold the same. A run that overlaps what is held is looked at here.
 */
import { toHex } from '../base/bytes.ts';
import type { DropReason } from '../base/drop-reason.ts';
import { type PeerId, peerKey, type RoomName } from '../base/ids.ts';
import type { Instant, Now, WallTime } from '../base/time.ts';
import { hashRun, verifyRun } from '../crypto/signed-run.ts';
import { decodeRun, type Run } from '../wire/run.ts';
import type { ChatContext } from './context.ts';
import type { Spoken } from './event.ts';
import { IN_MEMORY } from './journal.ts';
import { FORK_CHECKS_PER_SECOND, FORKS_MAX, FORKS_PENDING_MAX, FORKS_PER_AUTHOR_MAX } from './limits.ts';
import type { ChatOutput } from './output.ts';
import { openRun } from './received-run.ts';
import { decodeRecord, encodeRecord, type ReceivedRecord, type RecordRef, type StoredRecord } from './record.ts';
import type { Shelf, ShelvedRun } from './shelf.ts';

/** Two runs of one author with a number in common. */
type Fork = { readonly author: PeerId; readonly room: RoomName; readonly loser: Uint8Array; readonly winner: Uint8Array };
/** A run that came, for which what is held is being read. */
type Pending = {
  readonly shelf: Shelf;
  readonly held: ShelvedRun;
  readonly run: Run;
  readonly bytes: Uint8Array;
  readonly hash: string;
};

/** The first four bytes of a run's hash, which decide between two. */
export const checkOf = (hash: Uint8Array): number => new DataView(hash.buffer, hash.byteOffset).getUint32(0);

export class Forks {
  readonly #context: ChatContext;
  readonly #tell: (messages: readonly Spoken[], out: ChatOutput[]) => void;
  /** By the hash of the loser. BOUNDED: by FORKS_MAX, and FORKS_PER_AUTHOR_MAX of one author. */
  readonly #forks = new Map<string, Fork>();
  readonly #authors = new Map<PeerId, number>();
  /** BOUNDED: by FORKS_PENDING_MAX. */
  readonly #pending = new Map<RecordRef, Pending>();
  /** Runs with numbers of others that are on their way to the store. BOUNDED: by FORKS_PENDING_MAX. */
  #later: { readonly author: PeerId; readonly run: Uint8Array }[] = [];
  #second: Instant | undefined;
  #checks = 0;

  /** @param tell shows messages that come late. */
  constructor(context: ChatContext, tell: (messages: readonly Spoken[], out: ChatOutput[]) => void) {
    this.#context = context;
    this.#tell = tell;
  }

  /** Whether somebody gave one number two meanings. */
  isForked(author: PeerId): boolean {
    return this.#authors.has(author);
  }

  restore({ author, room, run, winner }: Extract<StoredRecord, { readonly kind: 'fork' }>): void {
    const decoded = decodeRun(run);
    if (decoded.ok)
      this.#remember(this.#hashOf(author, decoded.value), { author, room, loser: run.slice(), winner: winner.slice() });
  }

  *stateRecords(): Iterable<StoredRecord> {
    for (const { author, room, loser, winner } of this.#forks.values()) yield { kind: 'fork', author, room, run: loser, winner };
  }

  /** A run with numbers that are held already. @returns why it is dropped; undefined if it may be the proof of a fork. */
  consider(
    now: Now,
    author: PeerId,
    run: Run,
    bytes: Uint8Array,
    why: DropReason,
    out: ChatOutput[],
    isLater = false,
  ): DropReason | undefined {
    const { scope, log, first, count } = run.header;
    const shelf = scope.kind === 'room' ? this.#context.archive.shelf(scope.room, author, log) : undefined;
    const [held, ...more] = shelf?.overlapping(first, first + count - 1) ?? [];
    if (!isLater && held === undefined && shelf !== undefined && this.#later.length < FORKS_PENDING_MAX) {
      this.#later.push({ author, run: bytes.slice() }); // what it overlaps with is on its way to the store
      return why;
    }
    if (shelf === undefined || held === undefined || held.ref === IN_MEMORY) return why;
    const { suite } = this.#context;
    const hash = hashRun(suite, peerKey(author), run).run;
    const isSame = more.length === 0 && held.first === first && held.last === first + count - 1;
    if (isSame && (held.check === checkOf(hash) || held.check === 0)) return why;
    if (this.#forks.has(toHex(hash)) || [...this.#pending.values()].some((pending) => pending.hash === toHex(hash))) return why;
    const isFull = (this.#authors.get(author) ?? 0) >= FORKS_PER_AUTHOR_MAX || this.#forks.size >= FORKS_MAX;
    if (isFull || this.#pending.size >= FORKS_PENDING_MAX || this.#pending.has(held.ref) || !this.#mayCheck(now.at)) return why;
    if (!verifyRun(suite, peerKey(author), hash, run.signature)) return 'bad-signature';
    this.#pending.set(held.ref, { shelf, held, run, bytes: bytes.slice(), hash: toHex(hash) });
    out.push({ kind: 'load', ref: held.ref });
    return undefined;
  }

  /** Something of an author was kept: what came meanwhile can be looked at. */
  onKept(now: Now, author: PeerId, out: ChatOutput[]): void {
    if (this.#later.length === 0) return;
    const later = this.#later.splice(0);
    for (const one of later) {
      const run = one.author === author ? decodeRun(one.run) : undefined;
      if (run === undefined) this.#later.push(one);
      else if (run.ok) this.consider(now, author, run.value, one.run, 'duplicate-entry', out, true);
    }
  }

  /** What is held came back from the store. */
  onLoaded(now: Now, ref: RecordRef, record: Uint8Array | undefined, out: ChatOutput[]): void {
    const pending = this.#pending.get(ref);
    if (pending === undefined) return;
    this.#pending.delete(ref);
    const stored = record === undefined ? undefined : decodeRecord(record);
    if (stored?.ok !== true || stored.value.kind !== 'received') return;
    const before = decodeRun(stored.value.run);
    if (!before.ok) return;
    const { shelf } = pending;
    const hash = this.#hashOf(shelf.author, before.value);
    if (hash === pending.hash) return;
    if (pending.hash < hash) this.#replace(now, pending, stored.value, out);
    const [loser, winner] = pending.hash < hash ? [stored.value.run, pending.bytes] : [pending.bytes, stored.value.run];
    const fork = { author: shelf.author, room: shelf.room, loser: loser.slice(), winner: winner.slice() };
    const isFirst = !this.#authors.has(shelf.author);
    this.#remember(pending.hash < hash ? hash : pending.hash, fork);
    const { author, room } = fork;
    this.#context.journal.write(
      { kind: 'note' },
      { kind: 'fork', author, room, run: fork.loser, winner: fork.winner },
      false,
      out,
    );
    for (const member of this.#context.membership.members(room)) this.#give(member, fork, out);
    if (isFirst) out.push({ kind: 'event', event: { kind: 'warning', code: 'forked', text: forkedText(author, room) } });
  }

  /** Somebody is in a room with us: they are to know of every fork in it. */
  onMember(peer: PeerId, room: RoomName, out: ChatOutput[]): void {
    for (const fork of this.#forks.values()) if (fork.room === room) this.#give(peer, fork, out);
  }

  #give(to: PeerId, { author, winner, loser }: Fork, out: ChatOutput[]): void {
    if (to === author) return;
    for (const run of [winner, loser]) out.push({ kind: 'frame', to, frame: { kind: 'run', run, author } });
  }

  /** The run that came stands from now on, at the place of the one that was held. */
  #replace(now: Now, { shelf, held, run, bytes }: Pending, before: ReceivedRecord, out: ChatOutput[]): void {
    const { suite, identity } = this.#context;
    const { first, count, previous } = run.header;
    const last = first + count - 1;
    for (const other of shelf.overlapping(first, last)) {
      shelf.remove(other.last);
      if (other.ref !== held.ref) out.push({ kind: 'replace', ref: other.ref, record: undefined });
    }
    const check = checkOf(hashRun(suite, peerKey(shelf.author), run).run);
    shelf.add({ ...held, previous, first, last, check, isHollow: false });
    const record = { ...before, first, count, previous, run: bytes, check, isHollow: false };
    out.push({ kind: 'replace', ref: held.ref, record: encodeRecord(record) });
    const opened = openRun(run, {
      suite,
      dh: identity.dh,
      author: shelf.author,
      authorKey: peerKey(shelf.author),
      wall: now.wall as WallTime,
      lateUpTo: last,
    });
    if (opened.ok) this.#tell(opened.value.messages, out);
  }

  #remember(hash: string, fork: Fork): void {
    if (this.#forks.has(hash) || this.#forks.size >= FORKS_MAX) return;
    this.#forks.set(hash, fork);
    this.#authors.set(fork.author, (this.#authors.get(fork.author) ?? 0) + 1);
  }

  #hashOf(author: PeerId, run: Run): string {
    return toHex(hashRun(this.#context.suite, peerKey(author), run).run);
  }

  #mayCheck(now: Instant): boolean {
    if (this.#second === undefined || now - this.#second >= 1000) {
      this.#second = now;
      this.#checks = 0;
    }
    this.#checks += 1;
    return this.#checks <= FORK_CHECKS_PER_SECOND;
  }
}

const forkedText = (author: PeerId, room: RoomName): string =>
  `${author.slice(0, 12)} said two different things under one number in #${room}: that key is used in two places, or deceives; both are kept, everybody is shown the same one`;
