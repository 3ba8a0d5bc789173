/** Hands runs to the sessions: whoever lacks something is sent it, each peer as its session takes it, its logs in turn. */
import type { PeerId } from '../base/ids.ts';
import type { Now } from '../base/time.ts';
import type { HoldFrame, WantFrame } from '../wire/frame.ts';
import type { OwnRun } from './compose.ts';
import type { ChatContext } from './context.ts';
import { Lane, type LaneSpan } from './lane.ts';
import { RUN_CACHE_SIZE_MAX, RUN_FRAME_OVERHEAD } from './limits.ts';
import type { ChatOutput } from './output.ts';
import type { OwnLog } from './own-log.ts';
import type { RecordRef } from './record.ts';
import { RunCache } from './run-cache.ts';
import { RunLoader } from './run-loader.ts';

/** The lanes of one peer; `busy` ones may have something to send. */
type PeerLanes = { readonly all: Set<Lane>; readonly busy: Set<Lane> };

export class Sender {
  readonly #context: ChatContext;
  readonly #cache = new RunCache(RUN_CACHE_SIZE_MAX);
  readonly #loader = new RunLoader();
  /** BOUNDED: by SESSIONS_MAX; each by ROOMS_JOINED_MAX rooms and the direct conversation. */
  readonly #peers = new Map<PeerId, PeerLanes>();
  readonly #busy = new Set<PeerId>();

  constructor(context: ChatContext) {
    this.#context = context;
  }

  /** The peer is to have what this log says after number `after`; up to `last` it was said before they met again. */
  open(now: Now, peer: PeerId, log: OwnLog, { after, last }: LaneSpan, out: ChatOutput[]): void {
    if (log.lanes.has(peer)) return;
    const lane = new Lane(now.at, peer, log, { after, last });
    log.lanes.set(peer, lane);
    this.#lanesOf(peer).all.add(lane);
    if (!lane.isOpen) this.#start(lane, after, out);
  }

  close(peer: PeerId, log: OwnLog): void {
    const lane = log.lanes.get(peer);
    if (lane === undefined) return;
    log.lanes.delete(peer);
    this.#peers.get(peer)?.all.delete(lane);
    this.#peers.get(peer)?.busy.delete(lane);
  }

  /** The session is gone: what its peer holds is asked again when it is back. */
  closeAll(peer: PeerId): void {
    for (const lane of this.#peers.get(peer)?.all ?? []) lane.log.lanes.delete(peer);
    this.#peers.delete(peer);
    this.#busy.delete(peer);
  }

  /** A run is kept and may be sent. */
  onKept(run: OwnRun, ref: RecordRef): void {
    const at = run.log.onKept(run, ref);
    if (at === undefined) return;
    this.#cache.put(run.log, at, run.bytes);
    for (const lane of run.log.lanes.values()) this.#wake(lane);
  }

  onLoaded(ref: RecordRef, record: Uint8Array | undefined): void {
    this.#loader.onLoaded(ref, record);
  }

  onHold(now: Now, lane: Lane, frame: HoldFrame, out: ChatOutput[]): void {
    const isNews = lane.onHold(now.at, frame.upTo, frame.isStored);
    if (isNews) {
      const { scope } = lane.log;
      const { peer, after, held: upTo, isStored } = lane;
      out.push({ kind: 'event', event: { kind: 'delivered', peer, scope, after, upTo, isStored } });
    }
    this.#wake(lane);
  }

  onWant(now: Now, lane: Lane, frame: WantFrame, out: ChatOutput[]): void {
    if (lane.onWant(now.at, frame.from, frame.to)) this.#wake(lane);
    else out.push({ kind: 'dropped', reason: 'rate-limited' });
  }

  flush(out: ChatOutput[]): void {
    for (const peer of this.#busy) {
      const lanes = this.#peers.get(peer);
      if (lanes === undefined || this.#pump(peer, lanes, out)) this.#busy.delete(peer);
    }
  }

  /** A run of each busy lane in turn, as long as the session takes them. @returns whether nothing is left to do. */
  #pump(peer: PeerId, lanes: PeerLanes, out: ChatOutput[]): boolean {
    let room = this.#context.budget(peer);
    let isMoving = true;
    while (isMoving && room > 0) {
      isMoving = false;
      for (const lane of lanes.busy) {
        if (room <= 0) break;
        const sizeBytes = this.#step(lane, lanes, out);
        room -= sizeBytes;
        if (sizeBytes > 0) isMoving = true;
      }
    }
    return lanes.busy.size === 0;
  }

  /** @returns bytes handed to the session; 0 if the lane waits or is done. */
  #step(lane: Lane, lanes: PeerLanes, out: ChatOutput[]): number {
    const step = lane.step();
    switch (step.kind) {
      case 'run':
        out.push({ kind: 'frame', to: lane.peer, frame: { kind: 'run', run: step.bytes } });
        return step.bytes.length + RUN_FRAME_OVERHEAD;
      case 'start':
        this.#start(lane, step.after, out);
        return RUN_FRAME_OVERHEAD;
      case 'load':
        return this.#loader.need(lane.log, step.at, out) ? RUN_FRAME_OVERHEAD : 0;
      case 'idle':
      case 'blocked':
        lanes.busy.delete(lane);
        return 0;
      default:
        return step satisfies never;
    }
  }

  #start(lane: Lane, after: number, out: ChatOutput[]): void {
    const { frameScope } = lane.log;
    out.push({
      kind: 'frame',
      to: lane.peer,
      frame: { kind: 'start', scope: frameScope, log: this.#context.log, after, last: lane.last },
    });
  }

  #wake(lane: Lane): void {
    this.#lanesOf(lane.peer).busy.add(lane);
    this.#busy.add(lane.peer);
  }

  #lanesOf(peer: PeerId): PeerLanes {
    let lanes = this.#peers.get(peer);
    if (lanes === undefined) {
      lanes = { all: new Set(), busy: new Set() };
      this.#peers.set(peer, lanes);
    }
    return lanes;
  }
}
