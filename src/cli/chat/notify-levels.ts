/** What the places of a profile tell aloud: kept with the profile, the same for all its chats. */
import type { Scope, ScopeKey } from '../../base/ids.ts';
import {
  type Choice,
  choiceText,
  isAloud,
  isMuted,
  type Level,
  levelAt,
  type PlaceKind,
  parseChoice,
  STANDARD_LEVEL,
} from '../../ui/notify-level.ts';
import type { Clock } from '../clock.ts';
import type { ChatPeer } from '../library.ts';

export type NotifyLevelsOptions = {
  readonly preferences: ChatPeer['preferences'];
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
};

/** A place that tells other things than its kind does. */
export type Unusual = { readonly key: ScopeKey; readonly level: Level; readonly choice: Choice };

export class NotifyLevels {
  readonly #options: NotifyLevelsOptions;
  /** BOUNDED: by the chats of this profile. */
  readonly #listeners = new Set<() => void>();
  #callOff: (() => void) | undefined;

  constructor(options: NotifyLevelsOptions) {
    this.#options = options;
    this.#waitForEnd();
  }

  close(): void {
    this.#callOff?.();
    this.#listeners.clear();
  }

  /** Calls `listener` when a place tells something else than before. @returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  choice(scope: Scope): Choice {
    return parseChoice(this.#options.preferences.of(scope));
  }

  level(scope: Scope): Level {
    return levelAt(this.choice(scope), kindOf(scope), this.#options.wall());
  }

  /** @throws what keeping it throws; then it is so for now. */
  set(scope: Scope, choice: Choice): void {
    try {
      this.#options.preferences.set(scope, choiceText(choice));
    } finally {
      this.#changed();
    }
  }

  /** For so long, or (undefined) until it is taken back. */
  mute(scope: Scope, forMs: number | undefined): void {
    const mutedUntil = forMs === undefined ? Number.POSITIVE_INFINITY : this.#options.wall() + forMs;
    const { level } = this.choice(scope);
    this.set(scope, { ...(level === undefined ? {} : { level }), mutedUntil });
  }

  /** What it told before it was muted; if that was nothing, what places of its kind tell. */
  unmute(scope: Scope): void {
    const { level } = this.choice(scope);
    this.set(scope, level === undefined || level === 'none' ? {} : { level });
  }

  /** How long it is muted still: Infinity until it is taken back; 0: it is not. */
  mutedForMs(choice: Choice): number {
    return Math.max(0, (choice.mutedUntil ?? 0) - this.#options.wall());
  }

  /** Whether a message of somebody else is told aloud. @param place where: of a conversation the other side. */
  isAloud(place: Scope, message: { readonly isMention?: true; readonly isLate: boolean }): boolean {
    return isAloud(this.level(place), {
      kind: kindOf(place),
      isMention: message.isMention === true,
      isLate: message.isLate,
    });
  }

  /** Places that tell other things than their kind does, in order of their keys. */
  unusual(): readonly Unusual[] {
    const now = this.#options.wall();
    return [...this.#options.preferences.all]
      .flatMap(([key, text]) => {
        const choice = parseChoice(text);
        const kind = key.startsWith('#') ? 'room' : 'person';
        const level = levelAt(choice, kind, now);
        return level === STANDARD_LEVEL[kind] ? [] : [{ key, level, choice }];
      })
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  #changed(): void {
    this.#waitForEnd();
    for (const listener of this.#listeners) listener();
  }

  /** Until the next mute is over. */
  #waitForEnd(): void {
    const { clock, wall, preferences } = this.#options;
    this.#callOff?.();
    this.#callOff = undefined;
    const now = wall();
    const ends = [...preferences.all.values()].flatMap((text) => {
      const choice = parseChoice(text);
      return isMuted(choice, now) && Number.isFinite(choice.mutedUntil) ? [choice.mutedUntil ?? now] : [];
    });
    if (ends.length > 0) this.#callOff = clock.after(Math.min(...ends) - now, () => this.#changed());
  }
}

const kindOf = (scope: Scope): PlaceKind => (scope.kind === 'room' ? 'room' : 'person');
