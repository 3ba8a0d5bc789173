/** What those on one host may bring about together, however many they are and however often they come back under another name. */
import type { Instant } from '../base/time.ts';
import { Allowance } from '../discovery/schedule.ts';

const HOSTS_MAX = 1024;

export class HostAllowances {
  readonly #burst: number;
  readonly #ratePerSecond: number;
  /** The longest unused first. BOUNDED: by HOSTS_MAX, the first goes. */
  readonly #hosts = new Map<string, Allowance>();

  constructor(burst: number, ratePerSecond: number) {
    this.#burst = burst;
    this.#ratePerSecond = ratePerSecond;
  }

  /** How many are remembered, for tests of the bound. */
  get size(): number {
    return this.#hosts.size;
  }

  /** Takes one if there is one. */
  take(now: Instant, host: string): boolean {
    const allowance = this.#hosts.get(host) ?? new Allowance(this.#burst, this.#ratePerSecond);
    this.#hosts.delete(host);
    this.#hosts.set(host, allowance);
    for (const oldest of this.#hosts.keys()) {
      if (this.#hosts.size <= HOSTS_MAX) break;
      this.#hosts.delete(oldest);
    }
    return allowance.take(now);
  }

  /** What was taken was not used. */
  giveBack(host: string): void {
    this.#hosts.get(host)?.giveBack();
  }
}
