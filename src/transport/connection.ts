/**
 * One session after its handshake: seals and opens packets, acknowledges, sends again what was lost, notices silence.
 *
 *     open ── close (ours or theirs), violation, exhaustion, silence ──► over
 *
 * An open connection is preferred (it carries what the floors above send) or only listens, because another session with the
 * same peer took its place. The initiator's is unconfirmed until something authentic comes.
 */
import type { Address } from '../base/address.ts';
import type { DropReason } from '../base/drop-reason.ts';
import { DATAGRAM_SIZE_MAX, PACKET_NUMBER_MAX, PTO_MAX_MS, SEALED_OVERHEAD_MAX, SEND_QUEUE_MAX } from '../base/limits.ts';
import { earliest, type Instant } from '../base/time.ts';
import type { Entropy } from '../crypto/suite.ts';
import type { Sealed } from '../wire/datagram.ts';
import { type AckFrame, type AppFrame, decodeFrames, encodeFrame, type FragmentFrame, type Frame } from '../wire/frame.ts';
import type { PathFrame } from '../wire/network-frame.ts';
import { AckState } from './ack-state.ts';
import { CLOSE_CODE, type Ending, endingOf } from './close-code.ts';
import { LanController } from './congestion/lan-controller.ts';
import type { EndpointOutput, SessionInfo } from './endpoint-output.ts';
import type { Agreed, Proven } from './handshake.ts';
import { BUDGET_WINDOWS, CLOSE_COPIES, PACKET_NUMBERS_KEPT } from './limits.ts';
import { Liveness } from './liveness.ts';
import { LossRecovery } from './loss-recovery.ts';
import { Pacer } from './pacer.ts';
import { Path } from './path.ts';
import { Reassembly, type ReassemblyBudget } from './reassembly.ts';
import { RekeyTimer } from './rekey-timer.ts';
import { ReplayWindow } from './replay-window.ts';
import { RttEstimator } from './rtt.ts';
import { PACKET_ROOM_MAX, sealPacket } from './sealed-packet.ts';
import { fitting, type OutgoingFrame, type QueuedFrame, SendQueue } from './send-queue.ts';
import { completedBy } from './whole-frame.ts';

const PING = encodeFrame({ kind: 'ping' });

/** What all connections of an endpoint have in common. */
type Shared = { readonly reassembly: ReassemblyBudget; readonly entropy: Entropy };

export class Connection {
  readonly proven: Proven;
  readonly localId: number;
  readonly epoch: number;
  readonly bornAt: Instant;
  readonly initiatorEphemeral: Uint8Array;
  readonly isInitiator: boolean;
  readonly liveness: Liveness;
  readonly #keys: Agreed['keys'];
  readonly #remoteId: number;
  readonly #window = new ReplayWindow();
  readonly #acks = new AckState();
  readonly #rtt = new RttEstimator();
  readonly #congestion = new LanController();
  readonly #recovery: LossRecovery<OutgoingFrame>;
  readonly #pacer = new Pacer();
  readonly #queue = new SendQueue(PACKET_ROOM_MAX);
  readonly #reassembly: Reassembly;
  readonly #path: Path;
  readonly #rekey: RekeyTimer;
  #confirmation: Uint8Array | undefined;
  #isPreferred = true;
  #ending: Ending | undefined;
  #packetNumber: number;
  #paceAt: Instant | undefined;
  #mustPing = true;
  #isExhausted = false;
  /** `nextTimeout` as computed last, until something happens. */
  #deadline: Instant | undefined;
  #isDeadlineKnown = false;

  /** The first flush sends a ping if nothing else waits: the responder learns that it may speak, and both learn the round trip. */
  constructor(now: Instant, agreed: Agreed, { reassembly, entropy }: Shared, firstPacketNumber = 0) {
    this.proven = agreed.proven;
    this.#path = new Path(agreed.address, entropy);
    this.localId = agreed.localId;
    this.epoch = agreed.epoch;
    this.bornAt = now;
    this.initiatorEphemeral = agreed.initiatorEphemeral;
    this.isInitiator = agreed.confirmation !== undefined;
    this.#rekey = new RekeyTimer(now, this.isInitiator);
    this.#keys = agreed.keys;
    this.#remoteId = agreed.remoteId;
    this.#packetNumber = firstPacketNumber;
    this.#confirmation = agreed.confirmation;
    this.liveness = new Liveness(now);
    if (agreed.rttMs !== undefined) this.#rtt.update(agreed.rttMs, 0);
    this.#recovery = new LossRecovery({ rtt: this.#rtt, congestion: this.#congestion });
    this.#reassembly = new Reassembly(reassembly);
  }

  /** How it ended; undefined while it is open. */
  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** The initiator has not heard the responder yet. */
  get isUnconfirmed(): boolean {
    return this.#confirmation !== undefined;
  }

  /** Where it is: of the handshake, or where a challenge was answered since. */
  get address(): Address {
    return this.#path.address;
  }

  /** Whether the other side is there: the next flush asks, unless something waits for an answer already. */
  ask(): void {
    if (!this.#isPreferred || this.#recovery.bytesInFlight > 0) return;
    this.liveness.onProbe();
    this.#mustPing = true;
  }

  /** Whether a fresh handshake should replace this session now. Asked once, it is due again only after a while. */
  takeRekey(now: Instant): boolean {
    this.#isDeadlineKnown = false;
    return this.#ending === undefined && this.#rekey.take(now, this.liveness.isKept);
  }

  /** Everything handed to it was sent and acknowledged. */
  get isSettled(): boolean {
    return this.#recovery.bytesInFlight === 0 && this.#queue.isEmpty;
  }

  /** Bytes of frames the floors above may add before they should wait. */
  get budgetBytes(): number {
    const waitingMax = Math.min(SEND_QUEUE_MAX, BUDGET_WINDOWS * this.#congestion.windowBytes);
    return Math.max(0, waitingMax - this.#queue.sizeBytes);
  }

  info(): SessionInfo {
    return {
      ...this.proven,
      address: this.address,
      rttMs: this.#rtt.hasSample ? this.#rtt.smoothedMs : undefined,
      lastHeard: this.liveness.lastHeard,
      isSilent: this.liveness.isSilent,
      isKept: this.liveness.isKept,
      isInitiator: this.isInitiator,
    };
  }

  /** Queues a frame for the next flush. A queue that overflows ends the session then: the other side acknowledges nothing. */
  send(frame: AppFrame): void {
    this.push({ bytes: encodeFrame(frame), priority: frame.kind === 'run' ? 'run' : 'control' });
  }

  /** Queues an encoded frame, as `send` or as another session's `replace` gave it. */
  push(frame: QueuedFrame): void {
    if (!this.#queue.push(frame.bytes, frame.priority)) this.#isExhausted = true;
  }

  /** Another session takes over: this one listens and acknowledges until it is silent. @returns what was not acknowledged. */
  replace(): QueuedFrame[] {
    this.#isPreferred = false;
    this.#mustPing = false;
    this.liveness.listenOnly();
    this.#isDeadlineKnown = false;
    return this.#queue.drain(this.#recovery.drain());
  }

  /** The other way round: the session that took over is gone, this one was heard since. */
  restore(): void {
    this.#isPreferred = true;
    this.#mustPing = true;
    this.liveness.resume();
    this.#isDeadlineKnown = false;
  }

  /** The path may work again, and we may speak from another address: what waits for its back-off is due at once, and a ping. */
  onNetworkChange(): void {
    this.#recovery.resetBackoff();
    this.#mustPing ||= this.#isPreferred && this.#ending === undefined;
    this.#isDeadlineKnown = false;
  }

  /** Sends the confirmation again if the other side may lack it. */
  confirmAgain(out: EndpointOutput[]): void {
    if (this.#confirmation !== undefined) out.push({ kind: 'transmit', to: this.address, bytes: this.#confirmation });
  }

  /** Opens a datagram; only what is authentic has any effect. @returns why it was discarded, if it was. */
  receive(now: Instant, from: Address, sealed: Sealed, out: EndpointOutput[]): DropReason | undefined {
    const { packetNumber } = sealed;
    this.#isDeadlineKnown = false;
    if (this.#window.has(packetNumber)) return 'replayed';
    const plaintext = this.#keys.receive.open(packetNumber, sealed.header, sealed.ciphertext);
    if (plaintext === undefined) return 'bad-seal';
    const isNewest = packetNumber > this.#window.largest;
    this.#window.accept(packetNumber);
    if (packetNumber > PACKET_NUMBER_MAX) return this.#violate('packet number', out);
    if (now - this.liveness.lastHeard >= PTO_MAX_MS) this.#recovery.resetBackoff();
    this.liveness.onHeard(now);
    this.#confirmation = undefined;
    const sizeBytes = sealed.header.length + sealed.ciphertext.length;
    if (this.#isPreferred) this.#path.onReceived(now, from, sizeBytes, isNewest);
    const content = decodeFrames(plaintext);
    if (!content.ok) return this.#violate(content.reason, out);
    const { frames, unknown } = content.value;
    let isAckEliciting = unknown > 0;
    let reason: DropReason | undefined;
    for (const frame of frames) {
      if (frame.kind !== 'ack' && frame.kind !== 'close') isAckEliciting = true;
      if (frame.kind === 'path-challenge') this.#sendAlone(now, from, { ...frame, kind: 'path-response' }, out);
      reason = this.#onFrame(now, frame, out) ?? reason;
      if (this.#ending !== undefined) return reason;
    }
    // what found no room is not acknowledged, so that it comes again
    if (reason === undefined) this.#acks.onPacket(now, packetNumber, isAckEliciting);
    return reason;
  }

  /** Sends all that window and pacer let go, in full datagrams; an acknowledgement alone only when it is due. */
  flush(now: Instant, out: EndpointOutput[]): void {
    this.#isDeadlineKnown = false;
    if (this.#ending !== undefined) return;
    if (this.#isExhausted || this.#packetNumber > PACKET_NUMBER_MAX - PACKET_NUMBERS_KEPT) {
      this.close(CLOSE_CODE.exhausted, 'exhausted', out);
      return;
    }
    if (this.#reassembly.usedBytes > 0 && this.#reassembly.isStalled(now)) {
      this.#violate('stalled frame', out);
      return;
    }
    const challenge = this.#path.takeChallenge(now);
    if (challenge !== undefined) this.#sendAlone(now, challenge.to, { kind: 'path-challenge', data: challenge.data }, out);
    this.#paceAt = undefined;
    while (this.#maySendNext(now)) if (!this.#sendNext(now, out)) break;
    if (this.#mustPing || this.#acks.isDue(now)) this.#transmit(now, [], out);
  }

  nextTimeout(): Instant | undefined {
    if (!this.#isDeadlineKnown) this.#deadline = this.#computeDeadline();
    this.#isDeadlineKnown = true;
    return this.#deadline;
  }

  /** What is due; a flush must follow. */
  onTimeout(now: Instant, out: EndpointOutput[]): void {
    this.#isDeadlineKnown = false;
    if (this.#ending !== undefined) return;
    const verdict = this.liveness.verdict(now);
    if (verdict === 'dead') this.#end({ why: 'silent', isWhole: false });
    if (verdict === 'ask') this.#mustPing = true;
    if (this.#ending !== undefined || !this.#isPreferred) return;
    if (this.liveness.takeSilence()) out.push({ kind: 'silent', peer: this.proven.peer });
    const { lost, probe } = this.#recovery.onTimeout(now);
    if (lost.length > 0) this.#queue.retransmit(lost);
    if (probe) this.#probe(now, out);
    const probeAt = this.#probeAt();
    if (probeAt === undefined || now < probeAt) return;
    this.liveness.onProbe();
    this.#mustPing = true;
  }

  /** Says so to the other side and ends. */
  close(code: number, reason: string, out: EndpointOutput[]): void {
    if (this.#ending !== undefined) return;
    const frame = encodeFrame({ kind: 'close', code, reason: reason.slice(0, 60) });
    for (let copy = 0; copy < CLOSE_COPIES; copy++) this.#seal([frame], out);
    this.#end(endingOf(code));
  }

  /** Ends without a word; for one whose peer is done with, or that is not needed any more. */
  abandon(): void {
    if (this.#ending === undefined) this.#end({ why: 'goodbye', isWhole: false });
  }

  #end(ending: Ending): void {
    this.#ending = ending;
    this.#isDeadlineKnown = false;
    this.#reassembly.clear();
  }

  #violate(what: string, out: EndpointOutput[]): DropReason {
    this.close(CLOSE_CODE.violation, what, out);
    return 'protocol-violation';
  }

  #onFrame(now: Instant, frame: Frame, out: EndpointOutput[]): DropReason | undefined {
    switch (frame.kind) {
      case 'ping':
      case 'path-challenge':
        return undefined;
      case 'path-response':
        if (!this.#path.onResponse(now, frame.data)) return undefined;
        this.#recovery.resetBackoff();
        out.push({ kind: 'moved', peer: this.proven.peer, address: this.address });
        return undefined;
      case 'ack':
        return this.#onAck(now, frame, out);
      case 'close':
        this.#end(endingOf(frame.code));
        return undefined;
      case 'fragment':
        return this.#onFragment(now, frame, out);
      default:
        if (frame.kind === 'run') this.#rekey.onUse(now);
        out.push({ kind: 'frame', from: this.proven.peer, frame });
        return undefined;
    }
  }

  #onAck(now: Instant, ack: AckFrame, out: EndpointOutput[]): DropReason | undefined {
    const result = this.#recovery.onAck(now, ack.ranges, ack.delayUs);
    if (result.kind === 'violation') return this.#violate('ack', out);
    if (result.acked.length > 0) this.#queue.onAcked(result.acked);
    if (result.lost.length > 0) this.#queue.retransmit(result.lost);
    if (result.ackedUpTo >= 0) this.#acks.forgetUpTo(result.ackedUpTo);
    return undefined;
  }

  #onFragment(now: Instant, fragment: FragmentFrame, out: EndpointOutput[]): DropReason | undefined {
    const completed = completedBy(now, fragment, this.#reassembly);
    if (completed.kind === 'full') return 'reassembly-full';
    if (completed.kind === 'violation') return this.#violate(completed.what, out);
    return completed.kind === 'frame' && completed.frame !== undefined ? this.#onFrame(now, completed.frame, out) : undefined;
  }

  #computeDeadline(): Instant | undefined {
    if (this.#ending !== undefined) return undefined;
    const { verdictAt } = this.liveness;
    if (!this.#isPreferred) return earliest(this.#acks.nextTimeout(), verdictAt);
    const sendAt = earliest(this.#acks.nextTimeout(), this.#recovery.nextTimeout(), this.#paceAt, this.#path.nextTimeout());
    return earliest(sendAt, this.#probeAt(), verdictAt, this.#rekey.dueAt(this.liveness.isKept));
  }

  /** When silence should be probed; undefined while loss recovery does so anyway. */
  #probeAt(): Instant | undefined {
    return this.#recovery.bytesInFlight > 0 || this.#mustPing ? undefined : this.liveness.probeAt;
  }

  /** Sends what is longest without an answer again, whatever the window says (RFC 9002 §6.2.4). */
  #probe(now: Instant, out: EndpointOutput[]): void {
    this.liveness.onProbe();
    this.confirmAgain(out);
    const frames = fitting(this.#recovery.oldestUnacked(PACKET_ROOM_MAX), PACKET_ROOM_MAX);
    if (frames.length === 0) this.#mustPing = true;
    this.#transmit(now, frames, out);
  }

  #maySendNext(now: Instant): boolean {
    const next = this.#queue.nextSizeBytes;
    if (next === 0) return false;
    const sizeBytes = Math.min(DATAGRAM_SIZE_MAX, SEALED_OVERHEAD_MAX + Math.max(next, this.#queue.sizeBytes));
    if (!this.#recovery.maySend(sizeBytes)) return false;
    if (this.#pacer.maySend(now, sizeBytes, this.#congestion.pacingRate)) return true;
    this.#paceAt = this.#pacer.nextSendAt(now, sizeBytes, this.#congestion.pacingRate);
    return false;
  }

  #sendNext(now: Instant, out: EndpointOutput[]): boolean {
    const ack = this.#acks.isWaiting ? encodeFrame(this.#acks.frame(now)) : undefined;
    let frames = this.#queue.takePacket(PACKET_ROOM_MAX - (ack?.length ?? 0));
    const hasRoomForAck = frames.length > 0;
    if (!hasRoomForAck && ack !== undefined) frames = this.#queue.takePacket(PACKET_ROOM_MAX);
    if (frames.length === 0) return false;
    if (frames.at(-1)?.priority === 'run') this.#rekey.onUse(now);
    this.#send(now, frames, hasRoomForAck ? ack : undefined, out);
    return true;
  }

  /** One packet with these frames, the acknowledgement that waits, and a ping if one is wanted and nothing else elicits an ack. */
  #transmit(now: Instant, frames: readonly OutgoingFrame[], out: EndpointOutput[]): void {
    let room = PACKET_ROOM_MAX;
    for (const frame of frames) room -= frame.bytes.length;
    const ack = this.#acks.isWaiting ? encodeFrame(this.#acks.frame(now)) : undefined;
    this.#send(now, frames, ack !== undefined && ack.length <= room - PING.length ? ack : undefined, out);
  }

  #send(now: Instant, frames: readonly OutgoingFrame[], ack: Uint8Array | undefined, out: EndpointOutput[]): void {
    const isPing = frames.length === 0 && this.#mustPing;
    const isAckEliciting = frames.length > 0 || isPing;
    if (isAckEliciting) {
      this.#mustPing = false;
      this.liveness.onAsked(now);
    }
    const parts: Uint8Array[] = [];
    if (ack !== undefined) parts.push(ack);
    if (isPing) parts.push(PING);
    for (const frame of frames) parts.push(frame.bytes);
    const sizeBytes = this.#seal(parts, out);
    const ackLargest = ack === undefined ? undefined : this.#acks.onSent();
    this.#recovery.onSent(now, this.#packetNumber - 1, { sizeBytes, isAckEliciting, frames, ackLargest });
    if (isAckEliciting) this.#pacer.onSent(sizeBytes);
  }

  /** A datagram about a path, on that path: whatever becomes of it says nothing of the one that is used. */
  #sendAlone(now: Instant, to: Address, frame: PathFrame, out: EndpointOutput[]): void {
    if (this.#packetNumber > PACKET_NUMBER_MAX - PACKET_NUMBERS_KEPT) return;
    const sizeBytes = this.#seal([encodeFrame(frame)], out, to);
    this.#recovery.onSent(now, this.#packetNumber - 1, { sizeBytes, isAckEliciting: false, frames: [], ackLargest: undefined });
  }

  #seal(parts: readonly Uint8Array[], out: EndpointOutput[], to = this.address): number {
    const bytes = sealPacket(this.#keys.send, this.#remoteId, this.#packetNumber, parts);
    this.#packetNumber += 1;
    out.push({ kind: 'transmit', to, bytes });
    return bytes.length;
  }
}
