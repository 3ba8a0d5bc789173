/** What goes wrong with disk and network while nobody waits for it: sentences for people. */

/** BOUNDED: the last of them are remembered. */
const PROBLEMS_MAX = 32;

export class Problems {
  readonly #texts: string[] = [];
  /** What concerns kept messages, until somebody can be told. BOUNDED: as the list. */
  #untold: string[] = [];
  #tell: ((text: string) => void) | undefined;

  /** Discovery does not work somewhere: shown when somebody asks. */
  readonly ofNetwork = (text: string): void => this.#add(text);

  /** Messages may not be kept: told at once, too. */
  readonly ofDisk = (text: string): void => {
    this.#add(text);
    if (this.#tell !== undefined) this.#tell(text);
    else this.#untold = [...this.#untold, text].slice(-PROBLEMS_MAX);
  };

  /** Whom to tell what concerns kept messages; what happened before follows once the present code has run. */
  tellTo(tell: (text: string) => void): void {
    setTimeout(() => {
      this.#tell = tell;
      for (const text of this.#untold.splice(0)) tell(text);
    }, 0).unref();
  }

  /** Oldest first. */
  list(): readonly string[] {
    return [...this.#texts];
  }

  #add(text: string): void {
    this.#texts.push(text);
    if (this.#texts.length > PROBLEMS_MAX) this.#texts.shift();
  }
}
