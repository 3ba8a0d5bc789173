/** Tells aloud what a chat says is to be: by bell, by the terminal, on the desktop; rarely, and not in vain. */
import { keyOf, type Notice, noticeOf, type Unheard } from '../../ui/notice.ts';
import { isQuietAt } from '../../ui/quiet-hours.ts';
import type { PlaceKey } from '../../ui/screen/place.ts';
import type { MessageShown } from '../../ui/shown.ts';
import type { Clock } from '../clock.ts';
import type { LiveSettings } from '../config/live-settings.ts';
import { type NotifySettings, notifySettings } from '../config/notify-settings.ts';
import { showOnDesktop } from './desktop-notice.ts';
import { BELL, type NoticeWay, noticeBytes, noticeWay } from './notice-bytes.ts';

/** Between two notices; what comes meanwhile is one. */
export const NOTICE_EVERY_MS = 3_000;
/** BOUNDED: places of which something waits to be told; of further ones nothing is. */
const PLACES_MAX = 32;
/** Who has touched a key so lately looks at it, if the terminal does not say. */
export const LOOKING_MS = 15_000;

/** Shows a notice on the desktop. Rejects with an Error that says what to do. */
export type Desktop = (notice: Notice) => Promise<void>;

export type NotifierOptions = {
  readonly clock: Clock;
  /** As they are now. */
  readonly settings: () => NotifySettings;
  /** Of the local day, 0 to 1439. */
  readonly minute: () => number;
  /** The place is shown to its end. */
  readonly isOpen: (key: PlaceKey) => boolean;
  /** Writes to the terminal, if it is ours now. */
  readonly write: (bytes: string) => void;
  readonly way: NoticeWay;
  readonly desktop: Desktop;
  /** Tells the user something. */
  readonly tell: (text: string) => void;
};

export class Notifier {
  readonly #options: NotifierOptions;
  readonly #waiting = new Map<PlaceKey, Unheard>();
  #callOff: (() => void) | undefined;
  #keyAt = Number.NEGATIVE_INFINITY;
  /** As the terminal says; undefined: it does not. */
  #hasFocus: boolean | undefined;
  #isTold = false;
  #isBusy = false;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Any key. */
  onKey(): void {
    this.#keyAt = this.#options.clock.now();
  }

  /** The terminal says whether it has the focus. */
  onFocus(hasFocus: boolean): void {
    this.#hasFocus = hasFocus;
  }

  /** A setting is another one now: what failed may work. */
  onSettings(): void {
    this.#isTold = false;
  }

  onMessage(message: MessageShown): void {
    const key = keyOf(message);
    if (!this.#mayTell(key)) return;
    const before = this.#waiting.get(key);
    if (before === undefined && this.#waiting.size >= PLACES_MAX) return;
    this.#waiting.set(key, { count: (before?.count ?? 0) + 1, last: message });
    if (this.#callOff === undefined) this.#tell();
  }

  close(): void {
    this.#callOff?.();
    this.#waiting.clear();
  }

  #mayTell(key: PlaceKey): boolean {
    const { quiet } = this.#options.settings();
    if (quiet !== undefined && isQuietAt(quiet, this.#options.minute())) return false;
    return !(this.#isLooking && this.#options.isOpen(key));
  }

  get #isLooking(): boolean {
    return this.#hasFocus ?? this.#options.clock.now() - this.#keyAt < LOOKING_MS;
  }

  /** What waits and was not looked at meanwhile. */
  #tell(): void {
    const { clock, settings } = this.#options;
    this.#callOff = undefined;
    const unheard = [...this.#waiting].flatMap(([key, one]) => (this.#mayTell(key) ? [one] : []));
    this.#waiting.clear();
    const notice = noticeOf(unheard, settings());
    if (notice === undefined) return;
    this.#show(notice);
    this.#callOff = clock.after(NOTICE_EVERY_MS, () => this.#tell());
  }

  #show(notice: Notice): void {
    const { settings, write, way } = this.#options;
    const { hasBell, hasOsc9, hasDesktop } = settings();
    const bytes = (hasBell ? BELL : '') + (hasOsc9 ? noticeBytes(notice, way) : '');
    if (bytes !== '') write(bytes);
    if (hasDesktop && !this.#isBusy) void this.#showOnDesktop(notice);
  }

  /** One at a time; why it fails is told once. */
  async #showOnDesktop(notice: Notice): Promise<void> {
    const { desktop, tell } = this.#options;
    this.#isBusy = true;
    try {
      await desktop(notice);
      this.#isTold = false;
    } catch (error) {
      if (!this.#isTold) tell(`no notices on the desktop: ${error instanceof Error ? error.message : String(error)}`);
      this.#isTold = true;
    } finally {
      this.#isBusy = false;
    }
  }
}

/** As the settings of a chat say, on this machine. */
export const notifierOf = (
  settings: LiveSettings,
  clock: Clock,
  terminal: Pick<NotifierOptions, 'isOpen' | 'write' | 'tell'>,
): Notifier => {
  const notifier = new Notifier({
    clock,
    settings: () => notifySettings(settings.current),
    minute: () => localMinute(Date.now()),
    way: noticeWay(process.env),
    desktop: showOnDesktop,
    ...terminal,
  });
  settings.onChange(() => notifier.onSettings());
  return notifier;
};

/** @param time milliseconds since 1970. */
export const localMinute = (time: number): number => {
  const date = new Date(time);
  return date.getHours() * 60 + date.getMinutes();
};
