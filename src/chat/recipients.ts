/** Whom what we say is for, kept across restarts: when people were met in a room, came back and left, and what each holds. */
import { type PeerId, type RoomName, roomScope, type Scope } from '../base/ids.ts';
import { type Instant, later, type Now } from '../base/time.ts';
import { Audience } from './audience.ts';
import type { ChatContext } from './context.ts';
import { HELD_NOTED_EVERY_MS } from './limits.ts';
import { MetPoints } from './met-points.ts';
import type { ChatOutput } from './output.ts';
import type { StoredRecord } from './record.ts';

export class Recipients {
  readonly audience = new Audience();
  readonly #context: ChatContext;
  readonly #met = new MetPoints();
  /** When what others hold is to be written down. */
  #notesDueAt: Instant | undefined;
  #notedAt: Instant | undefined;

  constructor(context: ChatContext) {
    this.#context = context;
  }

  /** Somebody met while the store had another log id was met before everything in this one. */
  restoreMet({ log, room, peer, after }: Extract<StoredRecord, { readonly kind: 'met' }>): void {
    const from = log === this.#context.log ? after : 0;
    this.#met.set(room, peer, from);
    this.audience.join(roomScope(room), peer, from);
  }

  /** What somebody held of an earlier log does not count any more. */
  restore(record: Extract<StoredRecord, { readonly kind: 'member' | 'held' }>): void {
    const isOurs = record.log === this.#context.log;
    if (record.kind === 'held') {
      if (isOurs) this.audience.hold(record.scope, record.peer, record.upTo, true);
      return;
    }
    const scope = roomScope(record.room);
    if (record.isMember) this.audience.join(scope, record.peer, isOurs ? record.after : 0);
    else this.audience.leave(scope, record.peer, isOurs ? record.after : 0);
  }

  /** The number above which somebody is to have what is said in a room, if they were met there. */
  metPoint(room: RoomName, peer: PeerId): number | undefined {
    return this.#met.get(room, peer);
  }

  /** Met in a room for the first time: what was said up to `after` is not for them. */
  meet(room: RoomName, peer: PeerId, after: number, out: ChatOutput[]): void {
    if (this.#met.set(room, peer, after)) this.#write({ kind: 'met', log: this.#context.log, peer, room, after }, out);
    this.audience.join(roomScope(room), peer, after);
  }

  /** Somebody known is in the room. @param after our last number there. */
  join(room: RoomName, peer: PeerId, after: number, out: ChatOutput[]): void {
    if (this.audience.join(roomScope(room), peer, after)) this.#noteMember(room, peer, after, true, out);
  }

  leave(room: RoomName, peer: PeerId, after: number, out: ChatOutput[]): void {
    if (this.audience.leave(roomScope(room), peer, after)) this.#noteMember(room, peer, after, false, out);
  }

  /** Who was met, came back, left, and holds what. */
  *stateRecords(): Iterable<StoredRecord> {
    const { log } = this.#context;
    for (const [room, peer, after] of this.#met.all()) yield { kind: 'met', log, peer, room, after };
    for (const { scope, peer, turns, held } of this.audience.all()) {
      if (scope.kind === 'room') {
        for (const [at, after] of turns.entries())
          yield { kind: 'member', log, peer, room: scope.room, after, isMember: at % 2 === 0 };
      }
      if (held > 0) yield { kind: 'held', log, scope, peer, upTo: held };
    }
    for (const { scope, number } of this.audience.allDropped())
      yield { kind: 'dropped', log, scope, first: number, last: number };
  }

  hold(now: Instant, scope: Scope, peer: PeerId, upTo: number): void {
    this.audience.hold(scope, peer, upTo);
    if (this.audience.hasNotes)
      this.#notesDueAt ??= this.#notedAt === undefined ? now : later(this.#notedAt, HELD_NOTED_EVERY_MS);
  }

  nextTimeout(): Instant | undefined {
    return this.#notesDueAt;
  }

  onTimeout(now: Now, out: ChatOutput[]): void {
    if (this.#notesDueAt === undefined || this.#notesDueAt > now.at) return;
    this.#notedAt = now.at;
    this.writeNotes(out);
  }

  writeNotes(out: ChatOutput[]): void {
    this.#notesDueAt = undefined;
    for (const note of this.audience.takeNotes()) this.#write({ kind: 'held', log: this.#context.log, ...note }, out);
  }

  #noteMember(room: RoomName, peer: PeerId, after: number, isMember: boolean, out: ChatOutput[]): void {
    this.#write({ kind: 'member', log: this.#context.log, peer, room, after, isMember }, out);
  }

  #write(record: StoredRecord, out: ChatOutput[]): void {
    this.#context.journal.write({ kind: 'note' }, record, false, out);
  }
}
