/** Standard output and error: flushed line by line, waiting for a slow reader, quiet about one that has gone. */
import type { Writable } from 'node:stream';

export type OutputOptions = {
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Nobody reads standard output any more. */
  readonly onCut: () => void;
};

export class Output {
  readonly #stdout: Writable;
  readonly #stderr: Writable;
  #isCut = false;
  #isAbandoned = false;
  #failure: Error | undefined;
  #wake: (() => void) | undefined;

  constructor({ stdout, stderr, onCut }: OutputOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    stdout.on('error', (error: Error & { readonly code?: string }) => {
      if (this.#isCut) return;
      this.#isCut = true;
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') this.#failure = error;
      this.#wake?.();
      onCut();
    });
    stdout.on('drain', () => this.#wake?.());
    stderr.on('error', () => undefined); // nobody reads errors: there is nobody to tell
  }

  /** Why standard output fails, if it is not simply cut. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** @returns a promise if the reader is slow: wait for it before writing more. */
  line(text: string): Promise<void> | undefined {
    if (this.#isCut || this.#stdout.write(text) || this.#isAbandoned) return undefined;
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** A slow reader is not waited for any more. */
  abandon(): void {
    this.#isAbandoned = true;
    this.#wake?.();
  }

  errorLine(text: string): void {
    this.#stderr.write(text);
  }

  /** Resolves when all that was written has left, or never will. */
  async flush(): Promise<void> {
    await Promise.all([this.#stdout, this.#stderr].map(flushed));
  }
}

const flushed = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed || stream.writableLength === 0) return resolve();
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
