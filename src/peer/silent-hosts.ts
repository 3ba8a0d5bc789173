/**
 * Hosts that were dialled and have not answered. Anybody on the link can name a third host, under ever new labels and ports, from ever
 * new addresses: whatever is said, a host that never answers is dialled a few times, and then less and less often.
 */
import { type Instant, later } from '../base/time.ts';

/** Dials at one host before it must have answered: many peers may share it, and the first answer frees the rest. */
const DIALS_FREE = 16;
/** The wait after that, doubled by each further dial in vain. */
const WAIT_MS = 1_000;
const WAIT_MAX_MS = 60_000;
/** After so long without a dial there the host is like any other. */
const FORGOTTEN_AFTER_MS = 300_000;
const HOSTS_MAX = 1024;

type Silence = { readonly dials: number; readonly lastAt: Instant };

export class SilentHosts {
  /** The longest not dialled first. BOUNDED: by HOSTS_MAX, the first goes; with more than that each is dialled seldom anyway. */
  readonly #hosts = new Map<string, Silence>();

  /** When a host may be dialled again; not after `now` if it may be now. */
  mayDialAt(now: Instant, host: string): Instant {
    const silence = this.#hosts.get(host);
    if (silence === undefined || silence.dials < DIALS_FREE || now - silence.lastAt >= FORGOTTEN_AFTER_MS) return now;
    return later(silence.lastAt, Math.min(WAIT_MAX_MS, WAIT_MS * 2 ** Math.min(10, silence.dials - DIALS_FREE)));
  }

  onDial(now: Instant, host: string): void {
    const before = this.#hosts.get(host);
    const isForgotten = before === undefined || now - before.lastAt >= FORGOTTEN_AFTER_MS;
    this.#hosts.delete(host);
    this.#hosts.set(host, { dials: isForgotten ? 1 : before.dials + 1, lastAt: now });
    if (this.#hosts.size <= HOSTS_MAX) return;
    for (const oldest of this.#hosts.keys()) {
      this.#hosts.delete(oldest);
      return;
    }
  }

  /** Somebody is there. @returns whether dials may have been held back. */
  onAnswer(host: string): boolean {
    const silence = this.#hosts.get(host);
    this.#hosts.delete(host);
    return silence !== undefined && silence.dials >= DIALS_FREE;
  }
}
