/** What a program keeps about rooms and conversations: a short text of its own each, in the profile, forgotten with what was said there. */
import { ApiMisuse } from '../base/errors.ts';
import { type Scope, type ScopeKey, scopeKey } from '../base/ids.ts';

/** BOUNDED: rooms and conversations that something is kept about. */
export const PREFERENCES_MAX = 1_000;
/** Characters of one of them. */
export const PREFERENCE_SIZE_MAX = 64;

/** By the key of the scope. */
export type KeptPreferences = Readonly<Record<string, string>>;

export class PlacePreferences {
  readonly #texts: Map<ScopeKey, string>;
  readonly #keep: (all: KeptPreferences) => void;

  /** @param keep writes all of them; what it throws is thrown on. */
  constructor(kept: KeptPreferences, keep: (all: KeptPreferences) => void) {
    this.#texts = new Map(Object.entries(kept) as [ScopeKey, string][]);
    this.#keep = keep;
  }

  /** All of them, by the key of the scope: `#lobby`, `@` and an id. */
  get all(): ReadonlyMap<ScopeKey, string> {
    return this.#texts;
  }

  /** @param scope of a conversation names the other side. */
  of(scope: Scope): string | undefined {
    return this.#texts.get(scopeKey(scope));
  }

  /**
   * Keeps a text, or (undefined) none.
   * @throws ApiMisuse for more than PREFERENCES_MAX or PREFERENCE_SIZE_MAX; WorldError profile-not-writable: it is then so for now.
   */
  set(scope: Scope, text: string | undefined): void {
    const key = scopeKey(scope);
    if (text !== undefined && text.length > PREFERENCE_SIZE_MAX)
      throw new ApiMisuse(`at most ${PREFERENCE_SIZE_MAX} characters can be kept about a room or person; give less`);
    if (text !== undefined && !this.#texts.has(key) && this.#texts.size >= PREFERENCES_MAX)
      throw new ApiMisuse(
        `something is kept about ${PREFERENCES_MAX} rooms and people, and not about more; take some back first`,
      );
    if (this.#texts.get(key) === text) return;
    if (text === undefined) this.#texts.delete(key);
    else this.#texts.set(key, text);
    this.#keep(Object.fromEntries(this.#texts));
  }

  /** What was kept about a scope, or (undefined) about all of them, goes. @throws WorldError profile-not-writable. */
  forget(scope: Scope | undefined): void {
    if (scope !== undefined) this.set(scope, undefined);
    else if (this.#texts.size > 0) {
      this.#texts.clear();
      this.#keep({});
    }
  }
}

/** What a file says, as far as it can be such preferences. */
export const keptPreferences = (value: unknown): KeptPreferences => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
  const isOne = ([key, text]: readonly [string, unknown]): boolean =>
    /^[#@]./.test(key) && typeof text === 'string' && text.length <= PREFERENCE_SIZE_MAX;
  return Object.fromEntries(Object.entries(value).filter(isOne).slice(0, PREFERENCES_MAX));
};
