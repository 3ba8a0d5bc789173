/**
 * The Noise Protocol Framework, revision 34: handshakes as pure machines over a `CryptoSuite`, with X25519,
 * ChaCha20-Poly1305 and SHA-256. A pattern is data. Sessions use XX, sealed direct messages the one-way N.
 */
import { concat, EMPTY, utf8 } from '../base/bytes.ts';
import { ApiMisuse } from '../base/errors.ts';
import { PROTOCOL_VERSION } from '../base/limits.ts';
import { SymmetricState } from './noise-symmetric-state.ts';
import type { AeadKey, CryptoSuite, DhKey } from './suite.ts';

const KEY_SIZE = 32;
/** Noise §3. */
const MESSAGE_SIZE_MAX = 65_535;

/** What a message does, in order (Noise §7.1): a key goes, or two keys are agreed on. */
export type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss';
export type Role = 'initiator' | 'responder';
export type Pattern = {
  /** As it stands in the protocol name. */
  readonly name: string;
  /** Whose static key the other knows before the first message, in this order. */
  readonly known: readonly Role[];
  /** The initiator writes the first, then they take turns. */
  readonly messages: readonly (readonly Token[])[];
};

/** Both prove a static key that the other need not know before (Noise §7.5). */
export const XX: Pattern = { name: 'XX', known: [], messages: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']] };
/** One message from nobody in particular to a known static key (Noise §7.4). */
export const N: Pattern = { name: 'N', known: ['responder'], messages: [['e', 'es']] };

/** Prologue of every session's XX: a peer of another version ends up with another hash, and fails. */
export const SESSION_PROLOGUE: Uint8Array = utf8(`earshot/${PROTOCOL_VERSION}`);

export type HandshakeOptions = {
  readonly suite: CryptoSuite;
  readonly pattern: Pattern;
  readonly role: Role;
  readonly prologue: Uint8Array;
  /** 32 fresh bytes, never used twice; needed where this side writes an `e`. */
  readonly ephemeralSeed?: Uint8Array;
  /** Own static key; needed where this side writes an `s` or the other knows it. */
  readonly staticKey?: DhKey;
  /** The other's static key, 32 bytes, where the pattern knows it before. */
  readonly remoteStatic?: Uint8Array;
};

/** Keys of a finished handshake, seen from this side. */
export type SessionKeys = { readonly send: AeadKey; readonly receive: AeadKey };

/** What one message changes: taken over only if all of it is right. */
type Attempt = {
  readonly symmetric: SymmetricState;
  remoteEphemeral: Uint8Array | undefined;
  remoteStatic: Uint8Array | undefined;
};

/**
 * One side of one handshake (Noise §5.3). Nothing a peer sends makes it throw, and a message that fails leaves the state as
 * it was, so that a forged one cannot end a handshake that is going on.
 */
export class HandshakeState {
  readonly #options: HandshakeOptions;
  #symmetric: SymmetricState;
  #ephemeral: DhKey | undefined;
  #remoteEphemeral: Uint8Array | undefined;
  #remoteStatic: Uint8Array | undefined;
  /** Messages written and read so far. */
  #done = 0;

  /** A key that the pattern needs and the options lack, or one of the wrong size: ApiMisuse. */
  constructor(options: HandshakeOptions) {
    checkOptions(options);
    const { suite, pattern, role, prologue, staticKey, remoteStatic } = options;
    this.#options = options;
    this.#remoteStatic = remoteStatic;
    this.#symmetric = SymmetricState.initialize(suite, `Noise_${pattern.name}_25519_ChaChaPoly_SHA256`);
    this.#symmetric.mixHash(prologue);
    for (const known of pattern.known) {
      this.#symmetric.mixHash((known === role ? staticKey?.publicKey : remoteStatic) ?? EMPTY); // both there: checked
    }
  }

  /** The public key of this side's `e`, 32 bytes, once it was written. */
  get localEphemeral(): Uint8Array | undefined {
    return this.#ephemeral?.publicKey;
  }

  /** The other's `e`, 32 bytes, once it was read. */
  get remoteEphemeral(): Uint8Array | undefined {
    return this.#remoteEphemeral;
  }

  /** The other's static key, 32 bytes, once it was read or if it was known before. */
  get remoteStatic(): Uint8Array | undefined {
    return this.#remoteStatic;
  }

  /** h: the hash of everything said so far, 32 bytes; equal on both sides when finished (channel binding, Noise §11.2). */
  get handshakeHash(): Uint8Array {
    return this.#symmetric.handshakeHash;
  }

  /** True after the last message of the pattern. */
  get isFinished(): boolean {
    return this.#done === this.#options.pattern.messages.length;
  }

  /**
   * Writes this side's next message.
   * @param payload encrypted as soon as the pattern has a key, plain before; at most 65,535 bytes with all that is added.
   * @returns the message, or undefined if a key of the other is of low order; the state is then as before. Out of turn or too
   * large: ApiMisuse.
   */
  writeMessage(payload: Uint8Array): Uint8Array | undefined {
    const tokens = this.#tokens('write');
    if (tokens === undefined) throw new ApiMisuse('writeMessage: it is not this side that writes next');
    const attempt = this.#attempt();
    const parts: Uint8Array[] = [];
    for (const token of tokens) {
      if (token === 'e') {
        const key = this.#ownEphemeral().publicKey;
        attempt.symmetric.mixHash(key);
        parts.push(key);
      } else if (token === 's') {
        parts.push(attempt.symmetric.encryptAndHash(this.#ownStatic().publicKey));
      } else if (!this.#agree(token, attempt)) return undefined;
    }
    parts.push(attempt.symmetric.encryptAndHash(payload));
    const message = concat(...parts);
    if (message.length > MESSAGE_SIZE_MAX)
      throw new ApiMisuse(`writeMessage: ${message.length} bytes, at most ${MESSAGE_SIZE_MAX}`);
    this.#take(attempt);
    return message;
  }

  /**
   * Reads the other's next message.
   * @returns the payload, a view of `message` where the pattern has no key yet; or undefined if the message is too short or
   * too long, a tag is wrong, a key is of low order, or it is not the other who writes next: the state is then as before.
   */
  readMessage(message: Uint8Array): Uint8Array | undefined {
    const tokens = this.#tokens('read');
    if (tokens === undefined || message.length > MESSAGE_SIZE_MAX) return undefined;
    const attempt = this.#attempt();
    let at = 0;
    for (const token of tokens) {
      if (token === 'e' || token === 's') {
        const length = KEY_SIZE + (token === 's' ? attempt.symmetric.overhead : 0);
        if (message.length < at + length) return undefined;
        if (!readKey(token, message.subarray(at, at + length), attempt)) return undefined;
        at += length;
      } else if (!this.#agree(token, attempt)) return undefined;
    }
    const payload = attempt.symmetric.decryptAndHash(message.subarray(at));
    if (payload !== undefined) this.#take(attempt);
    return payload;
  }

  /** The session's keys; the counter of each begins at 0. Before the handshake is finished: ApiMisuse. */
  split(): SessionKeys {
    if (!this.isFinished) throw new ApiMisuse('split: the handshake is not finished');
    const [forward, back] = this.#symmetric.split();
    return this.#options.role === 'initiator' ? { send: forward, receive: back } : { send: back, receive: forward };
  }

  /** What the next message is made of, if it is ours to `write` or `read`. */
  #tokens(as: 'write' | 'read'): readonly Token[] | undefined {
    const writer: Role = this.#done % 2 === 0 ? 'initiator' : 'responder';
    return (writer === this.#options.role) === (as === 'write') ? this.#options.pattern.messages[this.#done] : undefined;
  }

  #attempt(): Attempt {
    const symmetric = this.#symmetric.fork();
    return { symmetric, remoteEphemeral: this.#remoteEphemeral, remoteStatic: this.#remoteStatic };
  }

  #take(attempt: Attempt): void {
    this.#symmetric = attempt.symmetric;
    this.#remoteEphemeral = attempt.remoteEphemeral;
    this.#remoteStatic = attempt.remoteStatic;
    this.#done++;
  }

  /** The first letter is the initiator's key, the second the responder's. @returns false if the result is refused. */
  #agree(token: 'ee' | 'es' | 'se' | 'ss', attempt: Attempt): boolean {
    const own = token[this.#options.role === 'initiator' ? 0 : 1];
    const other = token[this.#options.role === 'initiator' ? 1 : 0];
    const remote = other === 'e' ? attempt.remoteEphemeral : attempt.remoteStatic;
    if (remote === undefined) throw new ApiMisuse(`pattern ${this.#options.pattern.name}: ${token} before the other's ${other}`);
    const secret = (own === 'e' ? this.#ownEphemeral() : this.#ownStatic()).agree(remote);
    if (secret === undefined) return false;
    attempt.symmetric.mixKey(secret);
    return true;
  }

  /** Made when first needed: a responder that only read a message has spent nothing on it. */
  #ownEphemeral(): DhKey {
    this.#ephemeral ??= this.#options.suite.dh(this.#options.ephemeralSeed ?? EMPTY); // there: checked
    return this.#ephemeral;
  }

  #ownStatic(): DhKey {
    if (this.#options.staticKey === undefined) throw new ApiMisuse('a handshake without the static key its pattern needs');
    return this.#options.staticKey;
  }
}

/** @returns false if the key cannot be opened. Keeps a copy: the bytes may be a view. */
const readKey = (token: 'e' | 's', bytes: Uint8Array, attempt: Attempt): boolean => {
  if (token === 'e') {
    attempt.symmetric.mixHash(bytes);
    attempt.remoteEphemeral = concat(bytes);
    return true;
  }
  const key = attempt.symmetric.decryptAndHash(bytes);
  if (key === undefined) return false;
  attempt.remoteStatic = concat(key);
  return true;
};

const checkOptions = ({ pattern, role, staticKey, ephemeralSeed, remoteStatic }: HandshakeOptions): void => {
  const written = pattern.messages.filter((_, index) => (index % 2 === 0) === (role === 'initiator')).flat();
  const needsStatic = written.includes('s') || pattern.known.includes(role);
  const needsRemote = pattern.known.some((known) => known !== role);
  if (needsStatic && staticKey === undefined) throw new ApiMisuse(`${pattern.name} needs the static key of the ${role}`);
  if (needsRemote !== (remoteStatic !== undefined)) {
    throw new ApiMisuse(`${pattern.name}: the ${role} ${needsRemote ? 'must' : 'cannot'} know the other's static key`);
  }
  if (remoteStatic !== undefined && remoteStatic.length !== KEY_SIZE) throw new ApiMisuse('a static key has 32 bytes');
  if (written.includes('e') && ephemeralSeed?.length !== KEY_SIZE) throw new ApiMisuse('an ephemeral seed has 32 bytes');
};

/**
 * Seals to a static key (pattern N).
 * @param ephemeralSeed 32 fresh bytes, never used twice.
 * @param reader 32 bytes.
 * @param prologue what both sides must agree on; not sent.
 * @returns 48 bytes more than `plaintext`, or undefined if `reader` is of low order.
 */
export const sealTo = (
  suite: CryptoSuite,
  ephemeralSeed: Uint8Array,
  reader: Uint8Array,
  prologue: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array | undefined =>
  new HandshakeState({ suite, pattern: N, role: 'initiator', prologue, ephemeralSeed, remoteStatic: reader }).writeMessage(
    plaintext,
  );

/** Opens what `sealTo` made. @returns the plaintext, or undefined if it was sealed to another key, with another prologue or altered. */
export const openFrom = (suite: CryptoSuite, own: DhKey, prologue: Uint8Array, sealed: Uint8Array): Uint8Array | undefined =>
  new HandshakeState({ suite, pattern: N, role: 'responder', prologue, staticKey: own }).readMessage(sealed);
