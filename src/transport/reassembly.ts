/** Fragments of frames larger than a packet, put together again (protocol.md §Fragments). */
import { FRAME_SIZE_MAX, REASSEMBLY_PER_PEER_MAX, REASSEMBLY_TOTAL_MAX } from '../base/limits.ts';
import type { Instant } from '../base/time.ts';
import { ReplayWindow } from './replay-window.ts';

/** An honest sender cuts no fragment smaller than this, except the last of a frame. Bytes. */
export const FRAGMENT_SIZE_MIN = 128;
/** Separate pieces of one frame an honest sender can give rise to. */
const PIECES_MAX = FRAME_SIZE_MAX / FRAGMENT_SIZE_MIN;
/** What a frame begun costs beside its bytes, so that a million tiny frames are no way around the bound. */
const FRAME_OVERHEAD = 512;
/** Lost fragments go out again before anything else, at least once a PTO: far longer than that is no accident. Milliseconds. */
const STALLED_AFTER_MS = 15_000;

/** What a frame of this many bytes counts against REASSEMBLY_PER_PEER_MAX from its first fragment to its last. */
export const reassemblyCharge = (total: number): number => total + FRAME_OVERHEAD;

/**
 * What every session has to itself, room for one frame of the largest size: others that fill what is shared hold up nobody.
 * Bytes, as charged; SESSIONS_MAX times this is 35 MB.
 */
const OWN_SIZE = reassemblyCharge(FRAME_SIZE_MAX);

/** Bytes held by all sessions' reassemblies together above what each has to itself: shared by them. BOUNDED: by REASSEMBLY_TOTAL_MAX. */
export class ReassemblyBudget {
  usedBytes = 0;
}

/** What a fragment frame says (wire/frame.ts). */
export type Fragment = { readonly frameId: number; readonly offset: number; readonly total: number; readonly bytes: Uint8Array };

export type ReassemblyResult =
  /** The frame is whole: its CBOR, not shared with anything. */
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  /** Kept, more is missing. */
  | { readonly kind: 'partial' }
  /** Nothing new. */
  | { readonly kind: 'duplicate' }
  /** No room now: drop (`reassembly-full`) and do not acknowledge the packet, so that it is sent again. */
  | { readonly kind: 'full' }
  /** Contradicts itself or what came before: close. */
  | { readonly kind: 'violation' };

/** A frame of which something is missing. `pieces`: ascending, disjoint, non-touching [start, end) in one flat list. */
type Begun = { readonly bytes: Uint8Array; readonly pieces: number[]; progressAt: Instant };

const PARTIAL: ReassemblyResult = { kind: 'partial' };
const DUPLICATE: ReassemblyResult = { kind: 'duplicate' };
const FULL: ReassemblyResult = { kind: 'full' };
const VIOLATION: ReassemblyResult = { kind: 'violation' };

/**
 * BOUNDED: by REASSEMBLY_PER_PEER_MAX and the shared budget; each frame begun counts with its total size from the start, so
 * that what was begun can always be completed. Completed frame ids are remembered as far back as a replay window reaches.
 */
export class Reassembly {
  readonly #budget: ReassemblyBudget;
  readonly #begun = new Map<number, Begun>();
  /** Absent until a frame is completed: most sessions never carry one in fragments. */
  #completed: ReplayWindow | undefined;
  #usedBytes = 0;

  constructor(budget: ReassemblyBudget) {
    this.#budget = budget;
  }

  /** Bytes held, as charged. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Takes a fragment; its bytes are copied. */
  add(now: Instant, fragment: Fragment): ReassemblyResult {
    const { frameId, offset, total, bytes } = fragment;
    if (bytes.length === 0 || total > FRAME_SIZE_MAX || offset + bytes.length > total) return VIOLATION;
    let frame = this.#begun.get(frameId);
    if (frame === undefined) {
      if (this.#completed?.has(frameId) === true) return DUPLICATE;
      if (bytes.length === total) {
        this.#complete(frameId);
        return { kind: 'frame', bytes: bytes.slice() };
      }
      if (!this.#charge(reassemblyCharge(total))) return FULL;
      frame = { bytes: new Uint8Array(total), pieces: [], progressAt: now };
      this.#begun.set(frameId, frame);
    }
    if (frame.bytes.length !== total) return VIOLATION;
    const result = insert(frame, offset, bytes);
    if (result !== PARTIAL) return result;
    frame.progressAt = now;
    if (frame.pieces[0] !== 0 || frame.pieces[1] !== total) return PARTIAL;
    this.#begun.delete(frameId);
    this.#charge(-reassemblyCharge(total));
    this.#complete(frameId);
    return { kind: 'frame', bytes: frame.bytes };
  }

  /** Whether a frame has been incomplete without a new byte for longer than an honest sender needs: close the session. */
  isStalled(now: Instant): boolean {
    for (const frame of this.#begun.values()) if (now - frame.progressAt > STALLED_AFTER_MS) return true;
    return false;
  }

  /** Gives everything back to the budget; for a session that ends. */
  clear(): void {
    this.#begun.clear();
    this.#charge(-this.#usedBytes);
  }

  #complete(frameId: number): void {
    this.#completed ??= new ReplayWindow();
    this.#completed.accept(frameId);
  }

  #charge(sizeBytes: number): boolean {
    const usedBytes = this.#usedBytes + sizeBytes;
    const sharedBytes = this.#budget.usedBytes + sharedPart(usedBytes) - sharedPart(this.#usedBytes);
    if (sizeBytes > 0 && (usedBytes > REASSEMBLY_PER_PEER_MAX || (usedBytes > OWN_SIZE && sharedBytes > REASSEMBLY_TOTAL_MAX)))
      return false;
    this.#usedBytes = usedBytes;
    this.#budget.usedBytes = sharedBytes;
    return true;
  }
}

/** Of the bytes a session holds, those it does not have to itself. */
const sharedPart = (usedBytes: number): number => Math.max(0, usedBytes - OWN_SIZE);

/** Copies what is new; bytes that are there already must be the same. */
const insert = (frame: Begun, offset: number, bytes: Uint8Array): ReassemblyResult => {
  const { pieces } = frame;
  const end = offset + bytes.length;
  let from = 0; // pieces that end before the new one starts, not touching it
  while (from < pieces.length && (pieces[from + 1] ?? 0) < offset) from += 2;
  let to = from; // pieces that overlap or touch it
  while (to < pieces.length && (pieces[to] ?? 0) <= end) {
    if (!sameWhereBoth(frame.bytes, pieces[to] ?? 0, pieces[to + 1] ?? 0, offset, bytes)) return VIOLATION;
    to += 2;
  }
  if (to === from + 2 && (pieces[from] ?? 0) <= offset && end <= (pieces[from + 1] ?? 0)) return DUPLICATE;
  const start = to > from ? Math.min(offset, pieces[from] ?? 0) : offset;
  const stop = to > from ? Math.max(end, pieces[to - 1] ?? 0) : end;
  if (to === from && pieces.length >= 2 * PIECES_MAX) return VIOLATION;
  pieces.splice(from, to - from, start, stop);
  frame.bytes.set(bytes, offset);
  return PARTIAL;
};

/** Whether `bytes` at `offset` agree with what is held in the piece [start, end). */
const sameWhereBoth = (held: Uint8Array, start: number, end: number, offset: number, bytes: Uint8Array): boolean => {
  const last = Math.min(end, offset + bytes.length);
  for (let at = Math.max(start, offset); at < last; at++) if (held[at] !== bytes[at - offset]) return false;
  return true;
};
