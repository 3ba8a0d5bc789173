/** Hands on what others said to whoever wants it: newest first, behind all that is live, at the pace of their sessions. */
import { type PeerId, peerKey, type RoomName } from '../base/ids.ts';
import type { Now } from '../base/time.ts';
import { hashRun, verifyRun } from '../crypto/signed-run.ts';
import type { WantFrame } from '../wire/frame.ts';
import { decodeRun } from '../wire/run.ts';
import type { Archive } from './archive.ts';
import type { ChatContext } from './context.ts';
import { IN_MEMORY } from './journal.ts';
import { LENT_AT_ONCE_MAX, LENT_BUDGET_MIN, LENT_LOADS_AHEAD, LENT_WANTS_MAX, RUN_FRAME_OVERHEAD } from './limits.ts';
import type { ChatOutput } from './output.ts';
import { decodeRecord, type RecordRef } from './record.ts';
import type { MayTell, Shelf } from './shelf.ts';

/** A record on its way from the store; `bytes` of its run once it is there, null if it is not to be had. */
type Loading = { readonly ref: RecordRef; readonly last: number; bytes: Uint8Array | null | undefined };
type Job = {
  readonly shelf: Shelf;
  readonly want: { readonly from: number; readonly to: number };
  readonly mayTell: MayTell;
  /** The numbers above were served, or cannot be. */
  next: number;
  /** In the order they are to go. BOUNDED: by LENT_LOADS_AHEAD. */
  readonly loading: Loading[];
};

export class Lender {
  readonly #context: ChatContext;
  readonly #archive: Archive;
  /** BOUNDED: by SESSIONS_MAX, each by LENT_WANTS_MAX. */
  readonly #jobs = new Map<PeerId, Job[]>();

  constructor(context: ChatContext, archive: Archive) {
    this.#context = context;
    this.#archive = archive;
  }

  onWant(now: Now, peer: PeerId, room: RoomName, frame: WantFrame & { readonly author: PeerId }, out: ChatOutput[]): void {
    const shelf = this.#archive.shelf(room, frame.author, frame.log);
    const jobs = this.#jobs.get(peer) ?? [];
    if (jobs.length >= LENT_WANTS_MAX) {
      out.push({ kind: 'dropped', reason: 'rate-limited' });
      return;
    }
    const { from, to, author, log } = frame;
    if (shelf === undefined) {
      out.push({ kind: 'frame', to: peer, frame: { kind: 'served', room, author, log, from, to } });
      return;
    }
    const mayTell = this.#context.mayTell(now, peer, room);
    jobs.push({ shelf, want: { from, to }, mayTell, next: to, loading: [] });
    this.#jobs.set(peer, jobs);
  }

  onGone(peer: PeerId): void {
    this.#jobs.delete(peer);
  }

  onLoaded(ref: RecordRef, record: Uint8Array | undefined): void {
    for (const jobs of this.#jobs.values()) {
      for (const job of jobs) {
        for (const one of job.loading)
          if (one.ref === ref && one.bytes === undefined) one.bytes = this.#runOf(job.shelf, record, one.last);
      }
    }
  }

  flush(out: ChatOutput[]): void {
    for (const [peer, jobs] of this.#jobs) {
      if (this.#context.budget(peer) < LENT_BUDGET_MIN) continue;
      let room = LENT_AT_ONCE_MAX;
      for (let job = jobs[0]; job !== undefined && room > 0; job = jobs[0]) {
        room -= this.#serve(peer, job, room, out);
        if (job.loading.length > 0 || job.next >= job.want.from) break; // waits for the store, or for the session
        const { room: name, author, log } = job.shelf;
        out.push({ kind: 'frame', to: peer, frame: { kind: 'served', room: name, author, log, ...job.want } });
        jobs.shift();
      }
      if (jobs.length === 0) this.#jobs.delete(peer);
    }
  }

  /** @returns bytes handed to the session. */
  #serve(peer: PeerId, job: Job, room: number, out: ChatOutput[]): number {
    let sizeBytes = 0;
    while (job.loading[0]?.bytes !== undefined && sizeBytes < room) {
      const { bytes } = job.loading.shift() as Loading;
      if (bytes === null || bytes === undefined) continue;
      out.push({ kind: 'frame', to: peer, frame: { kind: 'run', run: bytes, author: job.shelf.author } });
      sizeBytes += bytes.length + RUN_FRAME_OVERHEAD;
    }
    this.#load(job, out);
    return sizeBytes;
  }

  #load(job: Job, out: ChatOutput[]): void {
    const { shelf, want, loading } = job;
    while (loading.length < LENT_LOADS_AHEAD && job.next >= want.from) {
      const above = shelf.above(job.next);
      const isIn = above < shelf.length && shelf.run(above).first <= job.next;
      const at = isIn ? above : above - 1;
      const run = at < 0 ? undefined : shelf.run(at);
      if (run === undefined || run.last < want.from) {
        job.next = want.from - 1;
        return;
      }
      job.next = run.first - 1;
      if (run.ref === IN_MEMORY || !shelf.mayTell(at, job.mayTell)) continue;
      loading.push({ ref: run.ref, last: run.last, bytes: undefined });
      out.push({ kind: 'load', ref: run.ref });
    }
  }

  /** What came from its author's own session was believed by that; its signature is looked at before anybody else is given it. */
  #runOf(shelf: Shelf, record: Uint8Array | undefined, last: number): Uint8Array | null {
    const stored = record === undefined ? undefined : decodeRecord(record);
    if (stored?.ok !== true || (stored.value.kind !== 'received' && stored.value.kind !== 'own-run')) return null;
    const { first, count, run: bytes } = stored.value;
    if (first + count - 1 !== last) return null;
    if (stored.value.kind === 'received' && !stored.value.isLent) {
      const run = decodeRun(bytes);
      const key = peerKey(shelf.author);
      const { suite } = this.#context;
      if (!run.ok || !verifyRun(suite, key, hashRun(suite, key, run.value).run, run.value.signature)) {
        shelf.remove(last); // nobody else can be given it; another who has a true one may
        return null;
      }
    }
    return bytes.slice();
  }
}
