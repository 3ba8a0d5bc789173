/** What goes wrong with disk and network while nobody waits for it: sentences for people. */
import type { WarningCode } from '../peer/event.ts';

/** BOUNDED: the last of them are remembered. */
const PROBLEMS_MAX = 32;

export type Problem = { readonly code: Extract<WarningCode, 'not-stored' | 'no-network'>; readonly text: string };

export class Problems {
  readonly #texts: string[] = [];
  /** What is to be told, until somebody can be. BOUNDED: as the list. */
  #untold: Problem[] = [];
  #hasBegun = false;
  #tell: (problem: Problem) => void = () => undefined;

  /** Discovery does not work somewhere: shown when somebody asks. */
  readonly ofNetwork = (text: string): void => this.#add(text);

  /** Nobody can be found at all: told at once, too. */
  readonly ofFinding = (text: string): void => this.#warn({ code: 'no-network', text });

  /** Messages may not be kept: told at once, too. */
  readonly ofDisk = (text: string): void => this.#warn({ code: 'not-stored', text });

  /** Whom to tell, from `begin` on. */
  tellTo(tell: (problem: Problem) => void): void {
    this.#tell = tell;
  }

  /** Once the present code has run, and so whoever opened the peer listens: what happened until then is told, further things at once. */
  begin(): void {
    setTimeout(() => {
      this.#hasBegun = true;
      for (const problem of this.#untold.splice(0)) this.#tell(problem);
    }, 0).unref();
  }

  /** Oldest first. */
  list(): readonly string[] {
    return [...this.#texts];
  }

  #warn(problem: Problem): void {
    this.#add(problem.text);
    if (this.#hasBegun) this.#tell(problem);
    else this.#untold = [...this.#untold, problem].slice(-PROBLEMS_MAX);
  }

  #add(text: string): void {
    this.#texts.push(text);
    if (this.#texts.length > PROBLEMS_MAX) this.#texts.shift();
  }
}
