/**
 * What the keys of a terminal say about whoever sits there: that they write, that they are gone, that they are back. Signs go to the
 * chat with its lines, in order; the chat may run in another process.
 */
import { TYPING_AGAIN_MS, TYPING_PAUSE_MS } from '../../base/limits.ts';
import { commandOf } from '../../ui/commands.ts';
import type { Clock } from '../clock.ts';
import type { LiveSettings } from '../config/live-settings.ts';
import type { Sign } from '../job/lines.ts';
import { AWAY_AFTER_MINUTES } from '../program/options.ts';

export type AttentionOptions = {
  readonly clock: Clock;
  readonly tell: (sign: Sign) => void;
  /** Without a key for so long one is away; undefined: never. */
  readonly awayAfterMs: () => number | undefined;
  /** Whether others are told that one writes. */
  readonly tellsTyping: () => boolean;
};

/** As the settings say. */
export const attentionOf =
  (settings: LiveSettings, clock: Clock) =>
  (tell: (sign: Sign) => void): Attention => {
    const attention = new Attention({
      clock,
      tell,
      awayAfterMs: () =>
        ((minutes) => (minutes > 0 ? minutes * 60_000 : undefined))(settings.current.awayAfter ?? AWAY_AFTER_MINUTES),
      tellsTyping: () => settings.current.typing !== false,
    });
    settings.onChange(() => attention.onSettings());
    return attention;
  };

/** A command to the program is no writing. */
const isWriting = (line: string): boolean => line.trim() !== '' && commandOf(line) === undefined;

export class Attention {
  readonly #options: AttentionOptions;
  #line = '';
  /** When it was last told that one writes; undefined: others think that one does not. */
  #toldAt: number | undefined;
  #changedAt = 0;
  #keyAt: number;
  #isIdle = false;
  #callOffPause: (() => void) | undefined;
  #callOffIdle: (() => void) | undefined;

  constructor(options: AttentionOptions) {
    this.#options = options;
    this.#keyAt = options.clock.now();
    this.#waitForIdle();
  }

  /** Any key. */
  onKey(): void {
    this.#keyAt = this.#options.clock.now();
    if (!this.#isIdle) return;
    this.#isIdle = false;
    this.#options.tell('active');
    this.#waitForIdle();
  }

  /** The line as it stands after a key. */
  onLine(line: string): void {
    if (line === this.#line) return;
    this.#line = line;
    const { clock, tell, tellsTyping } = this.#options;
    if (!isWriting(line) || !tellsTyping()) {
      this.#stop();
      return;
    }
    const now = clock.now();
    this.#changedAt = now;
    if (this.#toldAt !== undefined && now - this.#toldAt < TYPING_AGAIN_MS) return;
    this.#toldAt = now;
    tell('typing');
    if (this.#callOffPause === undefined) this.#waitForPause();
  }

  /** The line was given to the chat: a message says by itself that one has stopped. @param line what is typed from now on. */
  onSent(wasSaid: boolean, line = ''): void {
    if (wasSaid) this.#forget();
    this.onPlace(line);
  }

  /** Another line is looked at, which nobody has just typed. */
  onPlace(line: string): void {
    this.#line = line;
    this.#stop();
  }

  /** A setting is another one now. */
  onSettings(): void {
    if (!this.#options.tellsTyping()) this.#stop();
    this.#callOffIdle?.();
    this.#waitForIdle();
  }

  close(): void {
    this.#callOffPause?.();
    this.#callOffIdle?.();
  }

  #stop(): void {
    if (this.#toldAt !== undefined) this.#options.tell('stopped');
    this.#forget();
  }

  #forget(): void {
    this.#toldAt = undefined;
    this.#callOffPause?.();
    this.#callOffPause = undefined;
  }

  #waitForPause(): void {
    const { clock } = this.#options;
    const left = this.#changedAt + TYPING_PAUSE_MS - clock.now();
    if (left <= 0) this.#stop();
    else this.#callOffPause = clock.after(left, () => this.#waitForPause());
  }

  #waitForIdle(): void {
    const { clock, tell, awayAfterMs } = this.#options;
    const afterMs = awayAfterMs();
    if (afterMs === undefined || this.#isIdle) return;
    const left = this.#keyAt + afterMs - clock.now();
    if (left > 0) {
      this.#callOffIdle = clock.after(left, () => this.#waitForIdle());
      return;
    }
    this.#isIdle = true;
    tell('idle');
  }
}
