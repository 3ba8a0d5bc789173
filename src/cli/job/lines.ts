/** Lines of an input, in memory that does not grow with them. */
import { TEXT_SIZE_MAX } from '../../base/limits.ts';

/** `text` is complete if `sizeBytes` is at most `TEXT_SIZE_MAX`, otherwise it is empty. `number` counts all lines, from 1. */
export type Line = {
  readonly number: number;
  readonly text: string;
  readonly sizeBytes: number;
  /** It is no line, but something that a keyboard says beside its lines: has no number (0) and no text. */
  readonly sign?: Sign;
};

/** Somebody writes, or has stopped and said nothing; has touched no key for long, or does again. */
export const SIGNS = ['typing', 'stopped', 'idle', 'active'] as const;
export type Sign = (typeof SIGNS)[number];
export const lineOfSign = (sign: Sign): Line => ({ number: 0, text: '', sizeBytes: 0, sign });

export interface LineSource {
  /** The next line that is not empty; undefined at the end. One call at a time. */
  next(): Promise<Line | undefined>;
  /** Resolves when it is known whether there is any line; takes none. */
  isEmpty(): Promise<boolean>;
  /** Lines that were taken but not used: the next ones again. */
  putBack(lines: readonly Line[]): void;
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Cuts bytes into lines at `\n` (a `\r` before it is dropped). A last line without an end counts. Bytes that are no UTF-8 become U+FFFD. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Line, void, void> {
  const held = Buffer.allocUnsafe(TEXT_SIZE_MAX + 1); // one more for a `\r`
  let sizeBytes = 0;
  let last = 0;
  let number = 0;
  const line = (): Line => {
    number += 1;
    const length = last === RETURN ? sizeBytes - 1 : sizeBytes;
    const text = length <= TEXT_SIZE_MAX ? held.toString('utf8', 0, length) : '';
    sizeBytes = 0;
    last = 0;
    return { number, text, sizeBytes: length };
  };
  for await (const chunk of chunks) {
    let from = 0;
    while (from < chunk.length) {
      const end = chunk.indexOf(NEWLINE, from);
      const to = end === -1 ? chunk.length : end;
      if (to > from) {
        if (sizeBytes < held.length) held.set(chunk.subarray(from, Math.min(to, from + held.length - sizeBytes)), sizeBytes);
        sizeBytes += to - from;
        last = chunk[to - 1] ?? 0;
      }
      from = to + 1;
      if (end !== -1) yield line();
    }
  }
  if (sizeBytes > 0) yield line();
}

/** Lines that come one by one from anywhere, the empty ones left out. What was taken can be put back. */
export class Lines implements LineSource {
  readonly #lines: AsyncIterator<Line, void, void>;
  /** BOUNDED: by what was taken before. */
  #putBack: Line[] = [];
  #first: Promise<Line | undefined> | undefined;

  constructor(lines: AsyncIterable<Line>) {
    this.#lines = lines[Symbol.asyncIterator]() as AsyncIterator<Line, void, void>;
  }

  next(): Promise<Line | undefined> {
    const again = this.#putBack.shift();
    if (again !== undefined) return Promise.resolve(again);
    const first = this.#first;
    if (first === undefined) return this.#take();
    this.#first = undefined;
    return first;
  }

  async isEmpty(): Promise<boolean> {
    if (this.#putBack.length > 0) return false;
    this.#first ??= this.#take();
    return (await this.#first) === undefined;
  }

  /** The next line and those that follow it without waiting, at most `max`; none at the end. */
  async takeSome(max: number): Promise<readonly Line[]> {
    const lines: Line[] = [];
    for (;;) {
      const line = await this.next();
      if (line === undefined) return lines;
      lines.push(line);
      if (lines.length >= max || !(await this.#isReady())) return lines;
    }
  }

  putBack(lines: readonly Line[]): void {
    this.#putBack = [...lines, ...this.#putBack];
  }

  /** Whether what comes next is known within this turn of the event loop. */
  #isReady(): Promise<boolean> {
    if (this.#putBack.length > 0) return Promise.resolve(true);
    this.#first ??= this.#take();
    return Promise.race([this.#first.then(() => true), new Promise<boolean>((resolve) => setImmediate(() => resolve(false)))]);
  }

  async #take(): Promise<Line | undefined> {
    for (;;) {
      const step = await this.#lines.next();
      if (step.done === true) return undefined;
      if (step.value.sizeBytes > 0 || step.value.sign !== undefined) return step.value;
    }
  }
}

/** A source of given texts. */
export const linesFrom = (texts: readonly string[]): Lines => new Lines(givenLines(texts));

async function* givenLines(texts: readonly string[]): AsyncGenerator<Line, void, void> {
  for (const [index, text] of texts.entries()) yield { number: index + 1, text, sizeBytes: Buffer.byteLength(text) };
}
