/**
 * A terminal in full-screen mode: entered, and given back as it was on every way out (exit, crash, signals, stop and continue).
 * Only kill -9 leaves it behind.
 */
import { writeSync } from 'node:fs';
import type { ReadStream, WriteStream } from 'node:tty';

/** Alternate screen, no wrapping at the edge, bracketed paste, word of the focus (xterm ctlseqs). */
const ENTER = '\x1b[?1049h\x1b[?7l\x1b[?2004h\x1b[?1004h';
const LEAVE = '\x1b[0m\x1b]8;;\x1b\\\x1b[?2026l\x1b[?1004l\x1b[?2004l\x1b[?7h\x1b[?1049l\x1b[?25h';
/** A group that nobody stops (no job control) goes on after this. */
const STOPPED_AT_LEAST_MS = 100;
const WRITE_TRIES = 50;

export type RawTerminalOptions = {
  readonly input: ReadStream;
  readonly output: WriteStream & { readonly fd: number };
  readonly onBytes: (text: string) => void;
  readonly onEnd: () => void;
  /** The terminal shows nothing of us: draw all of it. */
  readonly onFresh: () => void;
};

export class RawTerminal {
  readonly #options: RawTerminalOptions;
  #isIn = false;
  #isClosed = false;

  constructor(options: RawTerminalOptions) {
    this.#options = options;
    const { input } = options;
    input.setEncoding('utf8');
    input.on('data', this.#onData);
    input.on('end', options.onEnd);
    input.on('error', options.onEnd); // the terminal has gone
    options.output.on('resize', options.onFresh);
    process.on('exit', this.#leave);
    process.on('uncaughtExceptionMonitor', this.#leave); // what is told of it is to be seen
    process.on('SIGTSTP', this.suspend);
    process.on('SIGCONT', this.#onContinue);
    this.enter();
  }

  /** Whether it shows our screen. */
  get isIn(): boolean {
    return this.#isIn;
  }

  enter(): void {
    if (this.#isIn || this.#isClosed) return;
    this.#isIn = true;
    this.#options.input.setRawMode(true);
    this.#options.input.resume();
    this.#options.output.write(ENTER);
    this.#options.onFresh();
  }

  /** Gives the terminal back for a while; `enter` takes it again. */
  pause(): void {
    this.#leave();
    this.#options.input.pause();
  }

  /** Stops the process, and with it those that were started with it, as Ctrl-Z does without raw mode. */
  readonly suspend = (): void => {
    this.pause();
    process.off('SIGTSTP', this.suspend);
    process.kill(0, 'SIGTSTP');
    setTimeout(this.#onContinue, STOPPED_AT_LEAST_MS);
  };

  close(): void {
    if (this.#isClosed) return;
    this.pause();
    this.#isClosed = true;
    const { input, output, onEnd, onFresh } = this.#options;
    input.off('data', this.#onData);
    input.off('end', onEnd);
    input.off('error', onEnd);
    output.off('resize', onFresh);
    process.off('exit', this.#leave);
    process.off('uncaughtExceptionMonitor', this.#leave);
    process.off('SIGTSTP', this.suspend);
    process.off('SIGCONT', this.#onContinue);
  }

  readonly #onData = (data: string | Buffer): void => this.#options.onBytes(String(data));

  /** After a stop from outside the terminal may show anything. */
  readonly #onContinue = (): void => {
    if (this.#isClosed) return;
    if (!process.listeners('SIGTSTP').includes(this.suspend)) process.on('SIGTSTP', this.suspend);
    if (!this.#isIn) {
      this.enter();
      return;
    }
    this.#options.input.setRawMode(true);
    this.#options.output.write(ENTER);
    this.#options.onFresh();
  };

  /** At once, since the process may end with this. */
  readonly #leave = (): void => {
    if (!this.#isIn) return;
    this.#isIn = false;
    for (let tries = 0; tries < WRITE_TRIES; tries++) {
      try {
        writeSync(this.#options.output.fd, LEAVE);
        break;
      } catch (error) {
        const isBusy = error instanceof Error && 'code' in error && error.code === 'EAGAIN';
        if (!isBusy) break; // the terminal has gone: there is nothing to give back
      }
    }
    try {
      this.#options.input.setRawMode(false);
    } catch {
      // the terminal has gone
    }
  };
}
