/** A terminal with one line of input below what is printed. The only file that moves a cursor. */
import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Line } from './lines.ts';
import { Mailbox } from './mailbox.ts';

export type KeyboardOptions = {
  readonly input: ReadStream;
  readonly output: WriteStream;
  /** Ctrl-C. */
  readonly onInterrupt: () => void;
};

/** Lines remembered for the arrow keys. */
const HISTORY_MAX = 200;

export class Keyboard {
  readonly #readline: Interface;
  readonly #output: WriteStream;
  readonly #lines = new Mailbox<Line>();
  #words: readonly string[] = [];
  #number = 0;
  #isOver = false;

  constructor({ input, output, onInterrupt }: KeyboardOptions) {
    this.#output = output;
    this.#readline = createInterface({
      input,
      output,
      terminal: true,
      historySize: HISTORY_MAX,
      prompt: '> ',
      completer: (line: string) => this.#complete(line),
    });
    this.#readline.on('line', (text) => this.#onLine(text));
    this.#readline.on('SIGINT', onInterrupt);
    this.#readline.on('close', () => {
      this.#isOver = true;
      this.#lines.close();
    });
  }

  /** What is typed, until Ctrl-D. */
  get lines(): AsyncIterable<Line> {
    return this.#lines;
  }

  /** Asks for one line. Undefined: the input ended. */
  ask(question: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      if (this.#isOver) return resolve(undefined);
      const onClose = (): void => resolve(undefined);
      this.#readline.once('close', onClose);
      this.#readline.question(question, (answer) => {
        this.#readline.off('close', onClose);
        resolve(answer);
      });
    });
  }

  /** What stands before the line, and the words that Tab completes. */
  prompt(place: string, words: readonly string[]): void {
    this.#words = words;
    this.#readline.setPrompt(`${place}> `);
    if (!this.#isOver) this.#readline.prompt(true);
  }

  /** Prints whole lines above the line that is being typed. */
  print(text: string): void {
    if (this.#isOver) {
      this.#output.write(text);
      return;
    }
    this.#clear();
    this.#output.write(text);
    this.#readline.prompt(true);
  }

  /** Gives the terminal back. */
  close(): void {
    if (this.#isOver) return;
    this.#clear();
    this.#readline.close();
  }

  /** The line being typed may take several rows; readline is told that it begins anew. */
  #clear(): void {
    const { rows } = this.#readline.getCursorPos();
    if (rows > 0) moveCursor(this.#output, 0, -rows);
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
    Reflect.set(this.#readline, 'prevRows', 0);
  }

  #onLine(text: string): void {
    this.#number += 1;
    this.#lines.push({ number: this.#number, text, sizeBytes: Buffer.byteLength(text) });
    this.#readline.prompt();
  }

  #complete(line: string): [string[], string] {
    const start = line.lastIndexOf(' ') + 1;
    const begun = line.slice(start);
    const words = this.#words.filter(
      (word) => (word.startsWith('/') ? start === 0 : true) && word.toLowerCase().startsWith(begun.toLowerCase()),
    );
    return [begun === '' ? [] : words.map((word) => (word.includes(' ') ? `"${word}"` : word)).map((word) => `${word} `), begun];
  }
}
