/**
 * What comes from a terminal, with pastes told from keys (bracketed paste, xterm ctlseqs). A line editor reads `keys`; a paste comes whole.
 */
import { PassThrough } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { ReadStream, WriteStream } from 'node:tty';

const ON = '\x1b[?2004h';
const OFF = '\x1b[?2004l';
const START = '\x1b[200~';
const END = '\x1b[201~';
const ESC = '\x1b';
/** BOUNDED: characters of a paste; a longer one is not taken. */
export const PASTE_MAX = 1 << 20;

export type PastesOptions = {
  readonly input: ReadStream;
  readonly output: WriteStream;
  /** Undefined: it was longer than PASTE_MAX. */
  readonly onPaste: (text: string | undefined) => void;
  /** Bytes that are no paste. @returns whether they are used up; else they are for the line editor. */
  readonly onKeys: (text: string) => boolean;
};

export class Pastes {
  /** An input for `node:readline`. */
  readonly keys: PassThrough & { readonly setRawMode: (isRaw: boolean) => void };
  readonly #options: PastesOptions;
  readonly #decoder = new StringDecoder('utf8');
  /** The start of what may be START. */
  #held = '';
  /** What has come of a paste; undefined: there is none. */
  #paste: string | undefined;
  #isTooLong = false;
  #isOn = false;

  constructor(options: PastesOptions) {
    this.#options = options;
    const { input } = options;
    this.keys = Object.assign(new PassThrough(), { setRawMode: (isRaw: boolean): void => void input.setRawMode(isRaw) });
    input.on('data', this.#onData);
    input.on('end', this.#onEnd);
    input.on('error', this.#onEnd); // the terminal has gone
    process.on('exit', this.pause);
    process.on('uncaughtExceptionMonitor', this.pause);
    this.resume();
  }

  readonly resume = (): void => {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#options.output.write(ON);
    this.#options.input.resume();
  };

  /** Gives the terminal back for a while; `resume` takes it again. */
  readonly pause = (): void => {
    if (!this.#isOn) return;
    this.#isOn = false;
    this.#options.output.write(OFF);
  };

  close(): void {
    const { input } = this.#options;
    this.pause();
    input.off('data', this.#onData);
    input.off('end', this.#onEnd);
    input.off('error', this.#onEnd);
    process.off('exit', this.pause);
    process.off('uncaughtExceptionMonitor', this.pause);
    input.pause();
  }

  readonly #onEnd = (): void => void this.keys.emit('end');

  readonly #onData = (data: string | Buffer): void => {
    let text = this.#held + (typeof data === 'string' ? data : this.#decoder.write(data));
    this.#held = '';
    while (text !== '') text = this.#paste === undefined ? this.#typed(text) : this.#pasted(this.#paste, text);
  };

  /** @returns what follows. */
  #typed(text: string): string {
    const start = text.indexOf(START);
    if (start !== -1) {
      this.#give(text.slice(0, start));
      this.#paste = '';
      this.#isTooLong = false;
      return text.slice(start + START.length);
    }
    this.#held = text === ESC ? '' : startAtEnd(text); // Escape alone is a key
    this.#give(text.slice(0, text.length - this.#held.length));
    return '';
  }

  #pasted(before: string, more: string): string {
    const all = before + more;
    const end = all.indexOf(END, Math.max(0, before.length - END.length));
    const length = end === -1 ? all.length : end;
    this.#isTooLong ||= length > PASTE_MAX;
    if (end === -1) {
      this.#paste = this.#isTooLong ? all.slice(-END.length) : all;
      return '';
    }
    this.#paste = undefined;
    this.#options.onPaste(this.#isTooLong ? undefined : all.slice(0, end));
    return all.slice(end + END.length);
  }

  /** At once, so that a paste comes after what was typed before it. */
  #give(text: string): void {
    if (text !== '' && !this.#options.onKeys(text)) this.keys.emit('data', text);
  }
}

/** The longest end of a text that is the beginning of START. */
const startAtEnd = (text: string): string => {
  for (let length = Math.min(text.length, START.length - 1); length > 0; length--) {
    if (text.endsWith(START.slice(0, length))) return text.slice(-length);
  }
  return '';
};
