/** Waiting, as something that is handed in: tests bring a clock of their own. */

export type Clock = {
  /** Monotonic milliseconds. */
  now(): number;
  /** Calls `run` once, `delayMs` from now. @returns what calls it off. */
  after(delayMs: number, run: () => void): () => void;
};

/** The longest wait that a timer of Node holds (2^31 − 1 ms, about 24 days). */
const DELAY_MAX_MS = 2 ** 31 - 1;

export const realClock: Clock = {
  now: () => performance.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, Math.min(DELAY_MAX_MS, Math.max(0, delayMs)));
    return () => clearTimeout(timer);
  },
};
