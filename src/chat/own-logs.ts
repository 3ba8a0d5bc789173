/** Our own logs, one for each room spoken in and each person spoken to; and what they were before a restart. */
import type { PeerId, RoomName, Scope } from '../base/ids.ts';
import { hashRun } from '../crypto/signed-run.ts';
import { decodeRun } from '../wire/run.ts';
import { fromWireTime, toWireTime } from './clock.ts';
import type { ChatContext } from './context.ts';
import { checkOf } from './forks.ts';
import { OWN_LOGS_MAX } from './limits.ts';
import type { ChatOutput } from './output.ts';
import { OwnLog } from './own-log.ts';
import type { OwnRunRecord, RecordRef, StoredRecord } from './record.ts';

export type OwnLogRecord = Extract<StoredRecord, { readonly kind: 'own-run' | 'reservation' | 'release' | 'chain' }>;

export class OwnLogs {
  readonly #context: ChatContext;
  readonly #onNew: (log: OwnLog) => void;
  /** BOUNDED: by OWN_LOGS_MAX, both together. */
  readonly #rooms = new Map<RoomName, OwnLog>();
  readonly #direct = new Map<PeerId, OwnLog>();

  constructor(context: ChatContext, onNew: (log: OwnLog) => void) {
    this.#context = context;
    this.#onNew = onNew;
  }

  get(scope: Scope): OwnLog | undefined {
    return scope.kind === 'room' ? this.#rooms.get(scope.room) : this.#direct.get(scope.reader);
  }

  ofRoom(room: RoomName): OwnLog | undefined {
    return this.#rooms.get(room);
  }

  ofReader(reader: PeerId): OwnLog | undefined {
    return this.#direct.get(reader);
  }

  all(): readonly OwnLog[] {
    return [...this.#rooms.values(), ...this.#direct.values()];
  }

  /** The number of the last entry in each room. */
  lastInRooms(): ReadonlyMap<RoomName, number> {
    return new Map(Array.from(this.#rooms, ([room, log]) => [room, log.last]));
  }

  /** The log of a scope, made if it is not there; undefined if there is no room for one more. */
  need(scope: Scope): OwnLog | undefined {
    const known = this.get(scope);
    if (known !== undefined || this.#rooms.size + this.#direct.size >= OWN_LOGS_MAX) return known;
    const log = new OwnLog(scope, this.#context.isEphemeral);
    if (scope.kind === 'room') this.#rooms.set(scope.room, log);
    else this.#direct.set(scope.reader, log);
    this.#onNew(log);
    return log;
  }

  // ---- after a restart ----------------------------------------------------------------------------------------------

  /** Of an earlier log only what was said in rooms is known still. */
  restore(record: OwnLogRecord, ref: RecordRef): void {
    if (record.kind === 'own-run') this.#shelve(record, ref);
    if (record.kind === 'chain') this.#context.clock.restore(fromWireTime(record.time));
    const log = record.log === this.#context.log ? this.need(record.scope) : undefined;
    if (record.kind === 'own-run') log?.restoreRun(record, ref);
    else if (record.kind === 'reservation') log?.restoreReservation(record.upTo);
    else if (record.kind === 'release') log?.restoreRelease(record.upTo);
    else log?.restoreChain(record.last, record.hash);
  }

  /** All records were given. */
  restored(): void {
    const { suite, identity } = this.#context;
    const hashOf = (bytes: Uint8Array): Uint8Array => {
      const run = decodeRun(bytes);
      return run.ok ? hashRun(suite, identity.signing.publicKey, run.value).run.slice() : UNKNOWN_HASH;
    };
    for (const log of this.all()) {
      log.restored(hashOf);
      // so that others find out if somebody else speaks with our key
      const { last, hash } = log.kept;
      if (log.scope.kind === 'room' && last > 0)
        this.#context.archive.shelf(log.scope.room, this.#context.self, this.#context.log)?.setCheck(last, checkOf(hash));
    }
  }

  /** Everything but the runs. */
  *stateRecords(): Iterable<StoredRecord> {
    const { log, clock } = this.#context;
    const time = toWireTime(clock.latest);
    for (const { scope, reservedUpTo: upTo, kept } of this.all()) {
      yield { kind: 'reservation', log, scope, upTo };
      if (kept.last > 0) yield { kind: 'chain', log, scope, last: kept.last, hash: kept.hash, time };
    }
  }

  /** The process ends in good order: what was reserved and not used is given back, so that numbers go on without a hole. */
  release(out: ChatOutput[]): void {
    for (const log of this.all()) {
      const upTo = log.release();
      if (upTo === undefined) continue;
      const record = { kind: 'release', log: this.#context.log, scope: log.scope, upTo } as const;
      this.#context.journal.write({ kind: 'note' }, record, false, out);
    }
  }

  /** What we said ourselves is handed on to newcomers as what others said is. */
  #shelve(record: OwnRunRecord, ref: RecordRef): void {
    const { log, scope, previous, first, count, network, time, check } = record;
    const { archive, clock, self } = this.#context;
    const { ms, counter } = fromWireTime(time);
    clock.restore({ ms, counter: counter + count - 1 });
    if (scope.kind !== 'room') return;
    archive
      .shelfFor(scope.room, self, log)
      ?.add({ previous, first, last: first + count - 1, ref, heardAt: ms, network, check, isHollow: false });
  }
}

/** Of a run that was damaged in the store. */
const UNKNOWN_HASH = new Uint8Array(32);
