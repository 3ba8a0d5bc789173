/**
 * A program that speaks the protocol by hand: it opens true sessions and then sends whatever frames it is told to, under whatever
 * packet numbers, and acknowledges only if it is told to. For worlds of virtual time and for real sockets.
 */
import type { Address } from '../../src/base/address.ts';
import { EMPTY } from '../../src/base/bytes.ts';
import { type LogId, logId, type PeerId, peerId, peerKey, type RoomName, roomScope, type Scope } from '../../src/base/ids.ts';
import { PROTOCOL_VERSION } from '../../src/base/limits.ts';
import type { Instant } from '../../src/base/time.ts';
import { type Identity, makeIdentity } from '../../src/crypto/identity.ts';
import { sealTo } from '../../src/crypto/noise.ts';
import { directPrologue, entryHash, headerHash, runHash, sealedRunHash, signRun } from '../../src/crypto/signed-run.ts';
import type { CryptoSuite, Entropy } from '../../src/crypto/suite.ts';
import { type Agreed, Opening } from '../../src/transport/handshake.ts';
import { PacketRanges } from '../../src/transport/packet-ranges.ts';
import { PACKET_ROOM_MAX, sealPacket } from '../../src/transport/sealed-packet.ts';
import { decodeDatagram } from '../../src/wire/datagram.ts';
import { encodeEntry, type SayableBody } from '../../src/wire/entry.ts';
import { type AckFrame, decodeFrames, encodeFrame, type Frame } from '../../src/wire/frame.ts';
import { encodeEntries, encodeHeader, encodeOpenRun, encodeSealedRun, type WireTime } from '../../src/wire/run.ts';

export type LiarOptions = {
  readonly suite: CryptoSuite;
  readonly entropy: Entropy;
  readonly now: () => Instant;
  readonly transmit: (to: Address, bytes: Uint8Array) => void;
  readonly name?: string;
  readonly identity?: Identity;
};

/** What it sends in the name of whom. */
export type Forged = {
  readonly scope?: Scope;
  readonly log?: LogId;
  readonly first: number;
  readonly previous?: number;
  readonly text?: string;
  /** As encoded, instead of the text. */
  readonly entries?: readonly Uint8Array[];
  readonly time?: WireTime;
  /** Signs with the liar's key, whoever the author is said to be. */
  readonly author?: PeerId;
  /** The X25519 key of the reader of a direct run. */
  readonly sealKey?: Uint8Array;
};

export const LOBBY = 'lobby' as RoomName;

/** One session from the liar's side. */
class Hold {
  readonly agreed: Agreed;
  packetNumber = 0;
  readonly received = new PacketRanges();

  constructor(agreed: Agreed) {
    this.agreed = agreed;
  }
}

export class Liar {
  readonly identity: Identity;
  readonly id: PeerId;
  readonly log: LogId;
  readonly name: string;
  /** Everything that was said to it in sessions. */
  readonly heard: Frame[] = [];
  readonly closed: number[] = [];
  isAcknowledging = true;
  readonly #options: LiarOptions;
  #boot: Uint8Array;
  #opening: Opening | undefined;
  #session: Hold | undefined;

  constructor(options: LiarOptions) {
    const { suite, entropy } = options;
    this.#options = options;
    this.name = options.name ?? 'Liar';
    this.identity = options.identity ?? makeIdentity(suite, entropy(32), entropy(32), 1);
    this.id = peerId(this.identity.signing.publicKey);
    this.log = logId(entropy(8));
    this.#boot = entropy(8);
  }

  get hasSession(): boolean {
    return this.#session !== undefined;
  }

  /** The identity of whom it speaks with. */
  get peer(): PeerId {
    if (this.#session === undefined) throw new Error('there is no session');
    return this.#session.agreed.proven.peer;
  }

  /** The X25519 key of whom it speaks with. */
  get sealKey(): Uint8Array {
    return this.#session?.agreed.proven.sealKey ?? EMPTY;
  }

  /** Sends an initiation; the answer makes the session. */
  open(to: Address, as: 'new' | 'restarted' = 'new'): void {
    const { suite, entropy, now, transmit } = this.#options;
    if (as === 'restarted') this.#boot = entropy(8);
    const party = { suite, identity: this.identity, boot: this.#boot, name: () => this.name, knownSerial: () => undefined };
    const localId = new DataView(entropy(4).slice().buffer).getUint32(0);
    this.#opening = new Opening(now(), { party, to, localId, ephemeralSeed: entropy(32), purpose: 'dial' });
    transmit(to, this.#opening.initiation(now()));
  }

  receive(bytes: Uint8Array): void {
    const datagram = decodeDatagram(new Uint8Array(bytes));
    if (!datagram.ok) return;
    const { value } = datagram;
    const { now, transmit } = this.#options;
    const opening = this.#opening;
    if (value.kind === 'retry' && opening?.onRetry(value.token) === true) transmit(opening.to, opening.initiation(now()));
    if (value.kind === 'response' && opening !== undefined) {
      const outcome = opening.onResponse(now(), value, () => 0);
      if (outcome.kind !== 'agreed') return;
      this.#opening = undefined;
      this.#session = new Hold(outcome.agreed);
      if (outcome.agreed.confirmation !== undefined) transmit(opening.to, outcome.agreed.confirmation);
      this.send({ kind: 'ping' });
    }
    const session = this.#session;
    if (value.kind !== 'sealed' || session === undefined || value.connectionId !== session.agreed.localId) return;
    const plain = session.agreed.keys.receive.open(value.packetNumber, value.header, value.ciphertext);
    const content = plain === undefined ? undefined : decodeFrames(plain);
    if (content?.ok !== true) return;
    session.received.add(value.packetNumber);
    let isAckEliciting = false;
    for (const frame of content.value.frames) {
      if (frame.kind === 'close') this.closed.push(frame.code);
      if (frame.kind !== 'ack' && frame.kind !== 'close') isAckEliciting = true;
      if (frame.kind !== 'ack') this.heard.push(frame);
    }
    if (isAckEliciting && this.isAcknowledging) this.sendEncoded([encodeFrame(this.#ack(session))]);
  }

  send(...frames: readonly Frame[]): void {
    this.sendEncoded(frames.map(encodeFrame));
  }

  /** Encoded frames, as many in a datagram as fit; one too large for a datagram goes in honest fragments. */
  sendEncoded(frames: readonly Uint8Array[]): void {
    let packet: Uint8Array[] = [];
    let room = PACKET_ROOM_MAX;
    const flush = (): void => {
      if (packet.length > 0) this.packet(packet);
      packet = [];
      room = PACKET_ROOM_MAX;
    };
    for (const frame of frames) {
      if (frame.length > room || packet.length === 255) flush();
      packet.push(frame);
      room -= frame.length;
    }
    flush();
  }

  /** One datagram. @param packetNumber the next one unless told otherwise. */
  packet(frames: readonly Uint8Array[], packetNumber?: number): void {
    const session = this.#session;
    if (session === undefined) return;
    const number = packetNumber ?? session.packetNumber;
    if (packetNumber === undefined) session.packetNumber += 1;
    const { keys, remoteId, address } = session.agreed;
    this.#options.transmit(address, sealPacket(keys.send, remoteId, number, frames));
  }

  /** A run with a signature of the liar's, true or not. */
  run(forged: Forged): Uint8Array {
    const { suite, entropy } = this.#options;
    const { scope = roomScope(LOBBY), log = this.log, first, previous = first - 1, author = this.id } = forged;
    const text: SayableBody = { kind: 'text', text: forged.text ?? `lie ${first}` };
    const entries = forged.entries ?? [encodeEntry(0, text)];
    const time = forged.time ?? { seconds: 1_767_225_600, fraction: 0 };
    const previousHash = previous === 0 ? EMPTY : new Uint8Array(32);
    const header = encodeHeader({
      version: PROTOCOL_VERSION,
      scope,
      log,
      first,
      count: entries.length,
      previous,
      previousHash,
      time,
    });
    const under = headerHash(suite, peerKey(author), header);
    if (scope.kind === 'direct') {
      const key = forged.sealKey ?? this.sealKey;
      const sealed = sealTo(suite, entropy(32), key, directPrologue(under), encodeEntries(entries)) ?? new Uint8Array(64);
      return encodeSealedRun(header, sealed, signRun(this.identity.signing, sealedRunHash(suite, under, sealed)));
    }
    const hashes = entries.map((entry, index) => entryHash(suite, under, index, entry));
    return encodeOpenRun(header, entries, signRun(this.identity.signing, runHash(suite, under, hashes)));
  }

  #ack(session: Hold): AckFrame {
    return { kind: 'ack', delayUs: 0, ranges: session.received.toAck() };
  }
}
