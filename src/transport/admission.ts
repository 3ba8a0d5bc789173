/**
 * Who may cost us a handshake: strangers pay first (protocol.md §Handshake).
 *
 * A source that has not shown that it receives at its address may take part while little is going on; otherwise it is asked
 * to come back with a token, which costs us one HMAC and no memory. A spoofed address therefore uses up nothing that
 * belongs to the real one: proven and unproven sources have buckets of their own, and the unproven never take the second
 * half of the total.
 */
import { type Address, addressKey } from '../base/address.ts';
import { equal, utf8 } from '../base/bytes.ts';
import {
  HANDSHAKE_BURST_PER_SOURCE,
  HANDSHAKE_RATE_PER_SOURCE,
  HANDSHAKE_RATE_TOTAL,
  RETRY_THRESHOLD,
  RETRY_TOKEN_LIFETIME_MS,
} from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import type { CryptoSuite } from '../crypto/suite.ts';
import { SourceBuckets } from './source-buckets.ts';
import { TokenBucket } from './token-bucket.ts';

/** Notices about versions, a second. */
const NOTICE_RATE = 50;

export type Stranger = {
  readonly from: Address;
  /** The connection id that the initiation names as its source. */
  readonly sourceId: number;
  /** Empty, or the token of a retry. */
  readonly token: Uint8Array;
};
/** `ask-retry`: answer with `retryToken`. */
export type Verdict = 'accept' | 'ask-retry' | 'rate-limited';

export class Admission {
  readonly #suite: CryptoSuite;
  readonly #secret: Uint8Array;
  readonly #unproven = new SourceBuckets(HANDSHAKE_BURST_PER_SOURCE, HANDSHAKE_RATE_PER_SOURCE);
  readonly #proven = new SourceBuckets(HANDSHAKE_BURST_PER_SOURCE, HANDSHAKE_RATE_PER_SOURCE);
  #total: TokenBucket | undefined;
  #notices: TokenBucket | undefined;

  /** @param secret 32 bytes, drawn at start. */
  constructor(suite: CryptoSuite, secret: Uint8Array) {
    this.#suite = suite;
    this.#secret = secret;
  }

  /** @param halfOpen handshakes that wait for their confirmation now. */
  judge(now: Instant, stranger: Stranger, halfOpen: number): Verdict {
    this.#total ??= new TokenBucket(now, HANDSHAKE_RATE_TOTAL, HANDSHAKE_RATE_TOTAL);
    if (stranger.token.length > 0 && this.#isOwnToken(now, stranger)) {
      if (!this.#proven.take(now, stranger.from.host)) return 'rate-limited';
      return this.#total.take(now) ? 'accept' : 'rate-limited';
    }
    if (halfOpen >= RETRY_THRESHOLD || this.#total.level(now) < HANDSHAKE_RATE_TOTAL / 2) return 'ask-retry';
    if (!this.#unproven.take(now, stranger.from.host)) return 'ask-retry';
    return this.#total.take(now) ? 'accept' : 'ask-retry';
  }

  /** Whether one more may be answered who has shown that we know them, wherever they are. */
  mayAnswer(now: Instant): boolean {
    this.#total ??= new TokenBucket(now, HANDSHAKE_RATE_TOTAL, HANDSHAKE_RATE_TOTAL);
    return this.#total.take(now);
  }

  /** What a stranger shows to prove that it receives at its address: 32 bytes, good for 5 to 10 s. */
  retryToken(now: Instant, stranger: Stranger): Uint8Array {
    return this.#tokenOf(period(now), stranger);
  }

  /** Whether one more notice about versions may go out. */
  mayNotify(now: Instant): boolean {
    this.#notices ??= new TokenBucket(now, NOTICE_RATE, NOTICE_RATE);
    return this.#notices.take(now);
  }

  /** Sources remembered, for tests of the bound. */
  get sourceCount(): number {
    return this.#unproven.size + this.#proven.size;
  }

  #isOwnToken(now: Instant, stranger: Stranger): boolean {
    const current = period(now);
    return equal(stranger.token, this.#tokenOf(current, stranger)) || equal(stranger.token, this.#tokenOf(current - 1, stranger));
  }

  /** HMAC(secret, address ‖ connection id ‖ period). */
  #tokenOf(at: number, stranger: Stranger): Uint8Array {
    return this.#suite.hmac(this.#secret, utf8(`${addressKey(stranger.from)} ${stranger.sourceId} ${at}`));
  }
}

const period = (now: Instant): number => Math.floor(now / (RETRY_TOKEN_LIFETIME_MS / 2));
