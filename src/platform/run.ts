/**
 * The turn loop: the only place that steps the core. Inputs wait in a queue; a turn steps the core with what waits, then with
 * `flush`, and carries the effects out. What arrives in one pass of the event loop makes one turn, so a burst of datagrams is
 * sealed, stored and acknowledged together.
 */
import type { Address } from '../base/address.ts';
import type { DropReason } from '../base/drop-reason.ts';
import type { Instant, Now } from '../base/time.ts';
import type { MdnsSend } from '../discovery/dns-message.ts';
import type { Effect, RecordRef } from '../peer/effect.ts';
import type { PeerEvent } from '../peer/event.ts';
import type { Input } from '../peer/input.ts';
import type { Clock } from './clock.ts';
import type { CorePeer } from './core-peer.ts';
import { isReadMark } from './index/read-mark.ts';
import type { Checkpointer } from './store/checkpointer.ts';
import type { RecordStore } from './store/record-store.ts';

/** Inputs of one turn; the rest waits for the next, so that sockets and timers are served in between. */
const TURN_INPUTS_MAX = 512;
/** Writes of one turn: what the core asks to keep in answer to what was kept. More wait for the next turn. */
const TURN_WRITES_MAX = 8;
/** BOUNDED: inputs waiting; a program that says more at once than this is refused (`mayPost`). Datagrams are few in each pass. */
const INPUTS_WAITING_MAX = 65_536;
/** A timer of Node fires no sooner. */
const TIMER_MIN_MS = 1;
const TIMER_MAX_MS = 2 ** 31 - 1;
const FLUSH: Input = { kind: 'flush' };

export type RunnerOptions = {
  readonly core: CorePeer;
  readonly clock: Clock;
  readonly transmit: (to: Address, bytes: Uint8Array) => void;
  readonly sendMdns: (send: MdnsSend) => void;
  /** Absent: nothing is kept, and whatever the core asks to keep is refused. */
  readonly store: RecordStore | undefined;
  /** Where to go on reading the store; what is before, the core knows. */
  readonly replayFrom?: RecordRef;
  readonly checkpointer?: Pick<Checkpointer, 'onReplayed' | 'onAppended' | 'isDue' | 'write' | 'close'>;
  /** In place of a record from now on: another, or nothing. */
  readonly replace?: (ref: RecordRef, record: Uint8Array | undefined) => void;
  /** Events in order, after all other effects of their turn. May post inputs. */
  readonly onEvent: (event: PeerEvent) => void;
};

type Unwritten = Extract<Effect, { readonly kind: 'persist' }>;
/** What the core is told of a ticket. */
type Answer = Extract<Input, { readonly kind: 'persisted' | 'persist-failed' }>;
/** Whether the disk has spoken, and if it failed, in which words. */
type Flushed = { outcome: { readonly failure: string | undefined } | undefined };
/** BOUNDED: by what the core asks to keep while the disk is flushed once. */
type Held = { readonly answer: Answer; readonly flushed: Flushed };

export class Runner {
  readonly #core: CorePeer;
  readonly #clock: Clock;
  readonly #options: RunnerOptions;
  #inputs: Input[] = [];
  #unwritten: Unwritten[] = [];
  /** Records that must be on the disk itself, in the order of their tickets; nothing else waits for them. */
  readonly #held: Held[] = [];
  #events: PeerEvent[] = [];
  readonly #drops = new Map<DropReason, number>();
  #isStarted = false;
  #isTurnDue = false;
  #isEmitting = false;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAt: Instant | undefined;
  #onSettled: (() => void) | undefined;

  constructor(options: RunnerOptions) {
    this.#core = options.core;
    this.#clock = options.clock;
    this.#options = options;
  }

  /** Gives the core what the store holds, and begins: what was posted before comes in the first turn, after the present code. */
  start(): void {
    let count = 0;
    this.#options.store?.replay((record, ref) => {
      count += 1;
      if (!isReadMark(record)) this.#core.restore(record, ref); // the index counts from those; the core knows none
    }, this.#options.replayFrom);
    this.#options.checkpointer?.onReplayed(count);
    this.#carryOut(this.#core.restored(this.#clock.now()));
    this.#isStarted = true;
    this.#scheduleTurn();
  }

  /** Tells the core something, in the next turn. */
  post(input: Input): void {
    if (this.#isStopped) return;
    this.#inputs.push(input);
    this.#scheduleTurn();
  }

  /** Whether the queue takes more from the program itself. */
  mayPost(): boolean {
    return this.#inputs.length < INPUTS_WAITING_MAX;
  }

  /** Resolves when everything sent was acknowledged, or after `limitMs`. */
  settle(limitMs: number): Promise<void> {
    if (this.#isStopped || !this.#isStarted) return Promise.resolve();
    this.#scheduleTurn();
    return new Promise((resolve) => {
      const limit = setTimeout(() => this.#onSettled?.(), limitMs);
      this.#onSettled = () => {
        clearTimeout(limit);
        this.#onSettled = undefined;
        resolve();
      };
    });
  }

  /** Everything that waits, and then `quit`, at once; afterwards nothing happens any more. */
  stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearTimeout(this.#timer);
    if (!this.#isStarted) return;
    while (this.#inputs.length > 0) this.#turn();
    this.#checkpoint(true);
    this.#carryOut(this.#core.step(this.#clock.now(), { kind: 'quit' }));
    if (this.#unwritten.length > 0) this.#writeAndTell();
    this.#emit();
    clearTimeout(this.#timer);
  }

  /** How often something was discarded, by reason. */
  drops(): Readonly<Partial<Record<DropReason, number>>> {
    return Object.fromEntries(this.#drops);
  }

  #scheduleTurn(): void {
    if (this.#isTurnDue || !this.#isStarted) return;
    this.#isTurnDue = true;
    // After the poll phase: all datagrams that this pass of the event loop read are in the queue by then.
    setImmediate(() => {
      this.#isTurnDue = false;
      if (!this.#isStopped) this.#turn();
    });
  }

  #turn(): void {
    this.#release();
    const now = this.#clock.now();
    for (const input of this.#takeInputs()) this.#carryOut(this.#core.step(now, input));
    this.#carryOut(this.#core.step(now, FLUSH));
    for (let writes = 0; this.#unwritten.length > 0 && writes < TURN_WRITES_MAX; writes++) this.#writeAndTell();
    this.#checkpoint(false);
    this.#emit();
    if (this.#inputs.length > 0 || this.#unwritten.length > 0) this.#scheduleTurn();
    this.#setTimer();
    if (this.#onSettled !== undefined && this.#inputs.length === 0 && this.#core.isSettled()) this.#onSettled();
  }

  /** Only when the core knows what became of everything it gave to the store. */
  #checkpoint(isEnd: boolean): void {
    const { checkpointer } = this.#options;
    if (checkpointer === undefined || this.#unwritten.length > 0 || this.#held.length > 0) return;
    if (checkpointer.isDue(isEnd)) checkpointer.write(this.#core.snapshot(), isEnd);
    else if (isEnd) checkpointer.close();
  }

  #takeInputs(): readonly Input[] {
    const inputs = this.#inputs;
    if (inputs.length <= TURN_INPUTS_MAX) {
      this.#inputs = [];
      return inputs;
    }
    return inputs.splice(0, TURN_INPUTS_MAX);
  }

  #carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.kind) {
        case 'transmit':
          this.#options.transmit(effect.to, effect.bytes);
          break;
        case 'persist':
          this.#unwritten.push(effect);
          break;
        case 'notify':
          this.#events.push(effect.event);
          break;
        case 'dropped':
          this.#drops.set(effect.reason, (this.#drops.get(effect.reason) ?? 0) + 1);
          break;
        case 'load':
          this.#inputs.push({ kind: 'loaded', ref: effect.ref, record: this.#options.store?.read(effect.ref) });
          break;
        case 'replace':
          this.#options.replace?.(effect.ref, effect.record);
          break;
        case 'mdns':
          this.#options.sendMdns(effect);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  /** Writes everything that waits in one write and tells the core, in the order of the tickets. */
  #writeAndTell(): void {
    const batch = this.#unwritten;
    this.#unwritten = [];
    const flushed: Flushed = { outcome: undefined };
    const onFlushed = (failure: string | undefined): void => {
      flushed.outcome = { failure };
      if (!this.#isStopped) this.#scheduleTurn();
    };
    const hasToFlush = batch.some((one) => one.mustFlush);
    const appended = this.#options.store?.append(batch, hasToFlush ? onFlushed : undefined) ?? NO_STORE;
    this.#options.checkpointer?.onAppended(batch.length);
    const now = this.#clock.now();
    for (const [at, { ticket, mustFlush }] of batch.entries()) {
      if (appended.kind === 'failed') this.#tell(now, { kind: 'persist-failed', ticket, why: appended.why }, undefined);
      else this.#tell(now, { kind: 'persisted', ticket, ref: appended.refs[at] ?? 0 }, mustFlush ? flushed : undefined);
    }
    this.#carryOut(this.#core.step(now, FLUSH));
  }

  #tell(now: Now, answer: Answer, flushed: Flushed | undefined): void {
    if (flushed !== undefined) this.#held.push({ answer, flushed });
    else this.#carryOut(this.#core.step(now, answer));
  }

  /** Tells what waited for the disk, in order, up to the first that still does. */
  #release(): void {
    if (this.#held.length === 0) return;
    const waiting = this.#held.findIndex(({ flushed }) => flushed.outcome === undefined);
    const now = this.#clock.now();
    for (const { answer, flushed } of this.#held.splice(0, waiting < 0 ? this.#held.length : waiting)) {
      const why = flushed.outcome?.failure;
      this.#carryOut(this.#core.step(now, why === undefined ? answer : { kind: 'persist-failed', ticket: answer.ticket, why }));
    }
  }

  #emit(): void {
    if (this.#isEmitting) return; // a listener ended the peer: what that gave rise to follows what is under way
    this.#isEmitting = true;
    try {
      for (let events = this.#events; events.length > 0; events = this.#events) {
        this.#events = [];
        for (const event of events) this.#options.onEvent(event);
      }
    } finally {
      this.#isEmitting = false;
    }
  }

  /** One timer. It is set anew only for an earlier deadline: one that fires too early finds nothing due, and is set then. */
  #setTimer(): void {
    const next = this.#core.nextTimeout();
    if (next === undefined || this.#isStopped) return;
    if (this.#timerAt !== undefined && this.#timerAt <= next) return;
    clearTimeout(this.#timer);
    const delay = Math.ceil(next - this.#clock.now().at);
    this.#timerAt = next;
    this.#timer = setTimeout(() => this.#onTimer(), Math.min(TIMER_MAX_MS, Math.max(TIMER_MIN_MS, delay)));
  }

  #onTimer(): void {
    this.#timerAt = undefined;
    if (this.#isStopped) return;
    const next = this.#core.nextTimeout();
    if (next !== undefined && next <= this.#clock.now().at) this.#turn();
    else this.#setTimer();
  }
}

const NO_STORE = { kind: 'failed', why: 'this peer keeps nothing' } as const;
