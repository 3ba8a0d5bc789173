/**
 * `earshot send`: says one message, or one a line, and tells the truth about what became of them.
 *
 * Nothing is numbered before somebody who may hear it is proven, and as many as must have it, if they come soon. Each message then waits for enough holders; when all have them,
 * the members proven by then have up to a second more. Joins no room.
 */
import type { EntryId, PeerId, RoomName, Scope } from '../../base/ids.ts';
import { directScope, roomScope } from '../../base/ids.ts';
import { TEXT_SIZE_MAX } from '../../base/limits.ts';
import { CommandError, describeError, ExitCode } from '../exit-code.ts';
import type { OutputRecord } from '../format/record.ts';
import type { Line } from '../job/lines.ts';
import { Mailbox } from '../job/mailbox.ts';
import { type Context, type Held, NO_NETWORK, onStop } from '../job/operation.ts';
import type { Delivery, Receipt, SayOptions } from '../library.ts';
import { messageNamed, personNamed } from '../past/place.ts';
import { Changes } from './changes.ts';
import { DeliveryWatch, type Unfinished } from './delivery-watch.ts';
import { type Found, findPeer, meansOurselves, whyNotFound } from './find-peer.ts';
import { refusalOf, tooLong } from './send-refusal.ts';

/** Messages said and not yet delivered (or, with `sent`, not yet kept) before the next line waits. */
export const OUTSTANDING_MAX = 4_096;
/** At most, and at most half of the time, for as many members as asked for, if some are here. */
export const MEMBERS_WAIT_MAX_MS = 5_000;
/** What members proven by the time all is delivered have left. */
export const GRACE_MS = 1_000;
/** At the end of the time, for what was said and is about to have its number. */
const NUMBERS_UNDER_WAY_MS = 500;

export type SendRequest = {
  readonly target: { readonly kind: 'room'; readonly room: RoomName } | { readonly kind: 'person'; readonly who: string };
  /** queued: said at once, whoever is here; delivered when they appear. */
  readonly wait: 'queued' | 'sent' | 'delivered';
  /** The message answered: its id, or the beginning of it. */
  readonly replyTo?: string;
  /** Members that must hold each message. */
  readonly peers: number;
  /** Of what is left of the time for the whole run. */
  readonly timeoutMs: number;
  /** As given on the command line, for what is told. */
  readonly timeoutShown: string;
  /** What a process before this one has done of the same run. */
  readonly before?: SentBefore;
};
export type SentBefore = {
  /** Numbered and delivered in all. */
  readonly sent: number;
  readonly delivered: number;
  readonly holders: readonly string[];
  readonly unfinished: readonly Unfinished[];
  /** Lines that were handed over and of which is not known whether they were said; not said again. */
  readonly unknown: number;
};

export async function* send(context: Context, request: SendRequest): AsyncGenerator<OutputRecord, ExitCode, void> {
  const run = new SendRun(context, request);
  const code = run.go();
  yield* run.records;
  return await code;
}

class SendRun {
  readonly records = new Mailbox<OutputRecord>();
  readonly #context: Context;
  readonly #request: SendRequest;
  readonly #changes = new Changes();
  readonly #watch: DeliveryWatch;
  readonly #cleanup: (() => void)[] = [];
  readonly #startedAt: number;
  /** The reader of a direct send, once known. */
  #reader: PeerId | undefined;
  #found: Exclude<Found, { readonly kind: 'one' }> = { kind: 'none' };
  #replyTo: EntryId | undefined;
  #isSettling = false;
  #isLate = false;
  #isInputEmpty = false;
  #hasInputEnded = false;
  /** Lines said whose numbers did not come back yet. */
  #saying = 0;
  #refusal: CommandError | undefined;

  constructor(context: Context, request: SendRequest) {
    this.#context = context;
    this.#request = request;
    this.#startedAt = context.host.clock.now();
    this.#watch = new DeliveryWatch({
      needed: request.peers,
      members: () => this.#eligible(),
      onDelivery: (id, delivery) => this.#onDelivery(id, delivery),
    });
    for (const unfinished of request.before?.unfinished ?? []) this.#watch.resume(unfinished);
  }

  async go(): Promise<ExitCode> {
    try {
      this.#listen();
      return await this.#run();
    } catch (error) {
      const { code, text } = describeError(error);
      this.records.push({ kind: 'error', text });
      return code;
    } finally {
      for (const undo of this.#cleanup) undo();
      this.#watch.close();
      this.records.close();
    }
  }

  get #isStopped(): boolean {
    return this.#context.stop.aborted;
  }

  get #isOver(): boolean {
    return this.#isLate || this.#isStopped || this.#refusal !== undefined;
  }

  #listen(): void {
    const { host, input, stop } = this.#context;
    const look = (): void => this.#changes.poke();
    this.#cleanup.push(
      host.peer.on('left', look),
      onStop(stop, look),
      host.clock.after(this.#request.timeoutMs, () => {
        this.#isLate = true;
        look();
      }),
    );
    if (this.#watch.outstanding > 0) {
      this.#cleanup.push(host.peer.on('delivered', (held) => this.#onHeld(held)));
      for (const held of host.heldIn(this.#scope())) this.#onHeld(held);
    }
    input.isEmpty().then(
      (isEmpty) => {
        this.#isInputEmpty = isEmpty;
        look();
      },
      (error: unknown) =>
        this.#refuse(new CommandError(ExitCode.unexpected, `cannot read the input: ${describeError(error).text}`)),
    );
  }

  /** Of what a process before this one said: it has no receipt here. */
  #onHeld(held: Held): void {
    const { peer, clock } = this.#context.host;
    const name = peer.peers.find(({ id }) => id === held.peer)?.name ?? '';
    this.#watch.onHeld(held, this.#scope(), name, clock.now() - this.#startedAt);
  }

  async #run(): Promise<ExitCode> {
    await this.#members();
    if (this.#isInputEmpty) this.#hasInputEnded = true;
    else if (!this.#isOver && (this.#request.wait === 'queued' || this.#eligible().length > 0)) void this.#sayAll();
    await this.#changes.until(() => this.#isLate || this.#isStopped || this.#isAllDone);
    if (this.#isLate || this.#isStopped) await this.#numbersUnderWay();
    else if (this.#request.wait === 'delivered' && this.#watch.added > 0) await this.#grace();
    return this.#finish();
  }

  /** Until as many as asked for can hear it: who is met after a message was said is not handed it. After a while those here will do. */
  async #members(): Promise<void> {
    const { host } = this.#context;
    const { replyTo, wait, target } = this.#request;
    try {
      if (replyTo !== undefined) this.#replyTo = (await messageNamed(host, replyTo)).id;
      if (wait === 'queued' && target.kind === 'person') this.#reader = (await personNamed(host, target.who)).id;
    } catch (error) {
      const { code, text } = describeError(error);
      return this.#refuse(new CommandError(code, text));
    }
    if (wait === 'queued') return;
    let needed = this.#request.peers;
    const callOff = host.clock.after(Math.min(MEMBERS_WAIT_MAX_MS, this.#request.timeoutMs / 2), () => {
      needed = 1;
      this.#changes.poke();
    });
    const endWatch = host.watchMembers(() => this.#changes.poke());
    await this.#changes.until(() => this.#eligible().length >= needed || this.#isInputEmpty || this.#isOver);
    endWatch();
    callOff();
  }

  /** Numbers that are about to come are told too. */
  async #numbersUnderWay(): Promise<void> {
    let isOver = false;
    const callOff = this.#context.host.clock.after(NUMBERS_UNDER_WAY_MS, () => {
      isOver = true;
      this.#changes.poke();
    });
    await this.#changes.until(() => isOver || this.#saying === 0);
    callOff();
  }

  get #isAllDone(): boolean {
    if (this.#saying > 0 || !(this.#hasInputEnded || this.#refusal !== undefined)) return false;
    return this.#request.wait !== 'delivered' || this.#watch.outstanding === 0;
  }

  async #sayAll(): Promise<void> {
    const { input } = this.#context;
    const outstanding = (): number => this.#saying + (this.#request.wait === 'delivered' ? this.#watch.outstanding : 0);
    try {
      for (;;) {
        await this.#changes.until(() => this.#isOver || outstanding() < OUTSTANDING_MAX);
        if (this.#isOver) return;
        const line = await input.next();
        if (line === undefined) break;
        if (this.#isOver) return input.putBack([line]);
        this.#say(line);
      }
    } catch (error) {
      this.#refuse(new CommandError(ExitCode.unexpected, `cannot read the input: ${describeError(error).text}`));
    }
    this.#hasInputEnded = true;
    this.#changes.poke();
  }

  #say(line: Line): void {
    if (line.sizeBytes > TEXT_SIZE_MAX) {
      this.#refuse(new CommandError(ExitCode.usage, tooLong(line)));
      return;
    }
    const { peer } = this.#context.host;
    const { target } = this.#request;
    this.#saying += 1;
    const options = this.#replyTo === undefined ? {} : { replyTo: this.#replyTo };
    const said =
      target.kind === 'room' ? peer.say(target.room, line.text, options) : peer.tell(this.#readerOrThrow(), line.text, options);
    said.then(
      (receipt) => this.#onSaid(receipt, line.text, options),
      (error: unknown) => this.#onRefused(line, error),
    );
  }

  #readerOrThrow(): PeerId {
    if (this.#reader === undefined) throw new CommandError(ExitCode.unexpected, 'unexpected: said to nobody');
    return this.#reader;
  }

  #onSaid(receipt: Receipt, text: string, options: SayOptions): void {
    this.#saying -= 1;
    this.#context.host.voice.tell({ kind: 'said', receipt, text, options });
    this.records.push({ kind: 'sent', id: receipt.id, sequence: receipt.sequence });
    this.#watch.add(receipt);
    this.#changes.poke();
  }

  #onRefused(line: Line, error: unknown): void {
    this.#saying -= 1;
    this.#refuse(refusalOf(line, error));
  }

  /** The first refusal ends the reading; what was said before is still waited for. */
  #refuse(error: CommandError): void {
    this.#refusal ??= error;
    this.#changes.poke();
  }

  #onDelivery(id: string, delivery: Delivery): void {
    const peer = this.#context.host.person(delivery.peer, delivery.name);
    this.records.push({ kind: 'delivered', id, peer, ms: delivery.ms, isStored: delivery.isStored });
    this.#changes.poke();
  }

  /** The members there are now that a message may be delivered to. */
  #eligible(): readonly PeerId[] {
    const { host } = this.#context;
    const { target } = this.#request;
    if (target.kind === 'room') return host.peer.members(target.room).filter((id) => id !== host.peer.id);
    if (this.#reader === undefined) this.#resolve(target.who);
    const reader = this.#reader;
    return reader !== undefined && host.peer.peers.some(({ id }) => id === reader) ? [reader] : [];
  }

  #resolve(who: string): void {
    const { host } = this.#context;
    if (meansOurselves(who, host.peer.id)) {
      this.#refuse(new CommandError(ExitCode.nobody, `"${who}" is this profile itself; name somebody else`));
      return;
    }
    const found = findPeer(who, host.peer.peers, host.clock.now(), (id) => host.provenAt(id));
    if (found.kind === 'one') {
      this.#reader = found.peer.id;
      return;
    }
    this.#found = found;
    if (found.kind === 'ambiguous') this.#refuse(new CommandError(ExitCode.nobody, whyNotFound(who, found)));
    if (found.kind === 'settling' && !this.#isSettling) {
      this.#isSettling = true;
      this.#cleanup.push(
        host.clock.after(Math.max(1, found.at - host.clock.now()), () => {
          this.#isSettling = false;
          this.#changes.poke();
        }),
      );
    }
  }

  #scope(): Scope {
    const { target } = this.#request;
    if (target.kind === 'room') return roomScope(target.room);
    if (this.#reader === undefined) this.#resolve(target.who); // whoever was written to is pinned, and so found at once
    return directScope(this.#reader ?? this.#context.host.peer.id);
  }

  async #grace(): Promise<void> {
    const members = this.#eligible();
    let isOver = false;
    const callOff = this.#context.host.clock.after(GRACE_MS, () => {
      isOver = true;
      this.#changes.poke();
    });
    const isHeldByAll = (): boolean => {
      const here = this.#eligible();
      return !this.#watch.isLackedByAny(members.filter((member) => here.includes(member)));
    };
    await this.#changes.until(() => isOver || this.#isLate || this.#isStopped || isHeldByAll());
    callOff();
  }

  #finish(): ExitCode {
    const { before, wait } = this.#request;
    const earlierUnfinished = before?.unfinished.length ?? 0;
    const sent = this.#watch.added - earlierUnfinished + (before?.sent ?? 0);
    const delivered = this.#watch.reached + (before?.delivered ?? 0);
    const unknown = before?.unknown ?? 0;
    const holders = new Set([...(before?.holders ?? []), ...this.#watch.holders]);
    const isShort = wait === 'delivered' && delivered < sent;
    this.records.push({
      kind: 'summary',
      sent,
      delivered,
      peers: holders.size,
      ...(isShort || unknown > 0 || wait === 'queued' ? { queued: !this.#context.host.isEphemeral } : {}),
    });
    if (this.#refusal !== undefined) return this.#fail(this.#refusal.exitCode, this.#refusal.message);
    if (sent + unknown + this.#saying === 0 && !this.#hasInputEnded) {
      const hasNetwork = this.#context.host.peer.addresses.length > 0;
      return hasNetwork ? this.#fail(ExitCode.nobody, this.#whyNobody()) : this.#fail(ExitCode.network, NO_NETWORK);
    }
    const shortfall = this.#shortfall(sent - delivered, unknown);
    if (shortfall === undefined) return ExitCode.done;
    return this.#fail(ExitCode.notDelivered, shortfall);
  }

  #fail(code: ExitCode, text: string): ExitCode {
    if (!this.#isStopped) this.records.push({ kind: 'error', text });
    return code;
  }

  /** What is missing in the end, as one line. */
  #shortfall(undelivered: number, unknown: number): string | undefined {
    const { wait, peers, timeoutShown } = this.#request;
    const members = `${peers} ${peers === 1 ? 'member' : 'members'}`;
    if (unknown > 0) {
      const [what, them] = unknown === 1 ? ['1 message', 'it'] : [`${unknown} messages`, 'them'];
      return `${what} may or may not have been said: the earshot that was to say ${them} ended; not said again`;
    }
    if (wait === 'delivered' && undelivered > 0) {
      const rest = this.#context.host.isEphemeral
        ? 'nothing is kept, so say it again'
        : 'it stays queued in the profile and may still arrive while earshot runs';
      return `${messages(undelivered)} not delivered to ${members} within ${timeoutShown} s; ${rest}`;
    }
    if (this.#saying > 0)
      return `${messages(this.#saying)} still waiting for a number after ${timeoutShown} s; too much is under way, try again`;
    if (!this.#hasInputEnded)
      return `the time of ${timeoutShown} s is over before the end of the input; give more with --timeout`;
    return undefined;
  }

  #whyNobody(): string {
    const { target, timeoutShown } = this.#request;
    if (target.kind === 'person')
      return `${whyNotFound(target.who, this.#found)} (looked for ${timeoutShown} s; nothing was sent)`;
    return `nobody was found in #${target.room} within ${timeoutShown} s, nothing was sent; see who is here: earshot peers`;
  }
}

const messages = (count: number): string => (count === 1 ? '1 message was' : `${count} messages were`);
