/** What share of packets is usually lost on a path, and when it is more than chance. */

/** The usual rate is never taken to be higher: above it, loss is congestion until shown otherwise. */
const USUAL_MAX = 0.3;
/** Excess over the usual rate that is let pass, beside what chance explains. */
const EXCESS_MIN = 0.03;
/** Standard deviations of a binomial count that are chance. */
const CHANCE = 3;
/** How fast the usual rate follows a round: at a small window, where we cannot be the cause, and at a larger one. */
const GAIN_SMALL = 1 / 4;
const GAIN = 1 / 16;

export class LossBaseline {
  #usual = 0;

  /** The usual share of packets lost, 0 to 0.3. */
  get usual(): number {
    return this.#usual;
  }

  /**
   * Learns from a round.
   * @param isSmallWindow so little was in flight that the loss is not ours. Then it is only learnt.
   * @returns whether more was lost than the usual rate and chance explain.
   */
  judge(lost: number, acked: number, isSmallWindow: boolean): boolean {
    const count = lost + acked;
    const rate = lost / count;
    const spread = CHANCE * Math.sqrt(((this.#usual + 0.01) * (1 - this.#usual)) / count);
    if (!isSmallWindow && rate > this.#usual + EXCESS_MIN + spread) return true;
    const gain = isSmallWindow ? GAIN_SMALL : GAIN;
    this.#usual = Math.min(USUAL_MAX, this.#usual + gain * (rate - this.#usual));
    return false;
  }
}
