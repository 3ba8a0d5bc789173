/** How many frames that cost us more than their sender one peer may send: what is beyond is dropped and counted. */
import type { PeerId } from '../base/ids.ts';
import type { Instant } from '../base/time.ts';
import type { AppFrame } from '../wire/frame.ts';

/** Sixty-four rooms are joined and compared at once; then so many a second. */
const BURST = 256;
const PER_SECOND = 20;
/** Told to everybody who watches, or answered with more than was asked. */
const COSTLY: ReadonlySet<AppFrame['kind']> = new Set(['name', 'status', 'typing', 'rooms', 'digest']);

export class FrameRate {
  /** BOUNDED: by SESSIONS_MAX. */
  readonly #left = new Map<PeerId, { readonly left: number; readonly at: Instant }>();

  mayTake(now: Instant, from: PeerId, { kind }: AppFrame): boolean {
    if (!COSTLY.has(kind)) return true;
    const known = this.#left.get(from);
    const left = known === undefined ? BURST : Math.min(BURST, known.left + ((now - known.at) * PER_SECOND) / 1000);
    this.#left.set(from, { left: left >= 1 ? left - 1 : left, at: now });
    return left >= 1;
  }

  forget(peer: PeerId): void {
    this.#left.delete(peer);
  }
}
