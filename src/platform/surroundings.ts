/** What the machine does by itself: interfaces come and go, it falls asleep and wakes. */
import { SleepDetector, systemClock } from './clock.ts';
import type { InterfaceWatch } from './interfaces.ts';

/** How often interfaces and clock are looked at: the only thing that wakes a peer with nothing to do. */
const LOOK_EVERY_MS = 2_000;

/** Looks at interfaces and clock until closed. */
export class Surroundings {
  readonly #sleep = new SleepDetector(LOOK_EVERY_MS);
  readonly #timer: NodeJS.Timeout;

  /** @param onChange `changed`: the interfaces are others than before; `woken`: the machine slept, so that they may be, whatever they look like. */
  constructor(watch: InterfaceWatch, onChange: (why: 'changed' | 'woken') => void) {
    this.#sleep.look(systemClock.now());
    this.#timer = setInterval(() => {
      const isWoken = this.#sleep.look(systemClock.now());
      const isChanged = watch.look();
      if (isWoken) onChange('woken');
      else if (isChanged) onChange('changed');
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
