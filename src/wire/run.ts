/**
 * Runs: entries of one author, one log and one scope, with consecutive numbers, under one signature (protocol.md §Runs).
 *
 * run     = [header, entries, signature bytes(64)]
 * header  = [version u32, scope (room text | reader key bytes(32)), log id bytes(8), first u32, count u32 (1–64),
 *            previous u32, previous hash bytes(32, or 0 when previous is 0), seconds u32, fraction u32]
 * entries = room: [entry × count], an entry whose body was removed stands as its hash bytes(32)
 *           direct: bytes, the Noise-N-sealed CBOR array of entries
 * entry   = [kind u32, delay in ms u32, text]     kind 1 text, 2 action; unknown kinds are kept and passed on, not shown
 *
 * Hashes (SHA-256; ‖ joins bytes; numbers big-endian u32):
 *   header hash = H("earshot header 1" ‖ author key ‖ header bytes as received)
 *   entry hash i (from 0) = H(header hash ‖ u32(i) ‖ entry bytes as received)        first 16 bytes = the message's id
 *   run hash    = H(header hash ‖ u32(0xffffffff) ‖ entry hash 0 ‖ … ‖ entry hash n−1)           in a room
 *               = H(header hash ‖ u32(0xffffffff) ‖ H(sealed bytes))                              direct
 *   signature   = Ed25519(author, "earshot run 1" ‖ run hash)
 * The next run of the same log and scope names this one's last number and run hash as its predecessor.
 */
import type { LogId, Scope } from '../base/ids.ts';

/** Hybrid logical time on the wire: seconds since 1970 and fraction = milliseconds (10 bits) << 22 | counter (22 bits). */
export type WireTime = { readonly seconds: number; readonly fraction: number };

export type RunHeader = {
  readonly version: number;
  readonly scope: Scope;
  readonly log: LogId;
  /** Number of the first entry, 1 or more. */
  readonly first: number;
  /** Entries in the run, 1 to 64. */
  readonly count: number;
  /** Number of the last entry before this run, 0 if none: what lies between was reserved, never used, and is void. */
  readonly previous: number;
  /** Run hash of the run that ends in `previous`; empty if none. */
  readonly previousHash: Uint8Array;
  readonly time: WireTime;
};

export type EntryBody =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'action'; readonly text: string }
  | { readonly kind: 'unknown'; readonly code: number };
/** One entry with the bytes its hash is taken over. `delayMs` counts from the header's time. */
export type Entry = { readonly delayMs: number; readonly body: EntryBody; readonly bytes: Uint8Array };
/** An entry of a run as received: with its body, or only the hash where the body was removed. */
export type EntryOrHash =
  | { readonly kind: 'entry'; readonly entry: Entry }
  | { readonly kind: 'removed'; readonly hash: Uint8Array };

/** A run taken apart; nothing in it is verified. */
export type Run = {
  readonly header: RunHeader;
  /** The header's bytes as received. */
  readonly headerBytes: Uint8Array;
  readonly content:
    | { readonly kind: 'open'; readonly entries: readonly EntryOrHash[] }
    | { readonly kind: 'sealed'; readonly sealed: Uint8Array };
  readonly signature: Uint8Array;
};
