/** A terminal with one line of input below what is printed. The only file that moves a cursor. */
import { clearScreenDown, createInterface, cursorTo, type Interface, moveCursor } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import { TEXT_SIZE_MAX } from '../../base/limits.ts';
import { cleanText } from '../../base/terminal-text.ts';
import { CANDIDATES_MAX, completed, pathWords, type Vocabulary } from '../../ui/candidates.ts';
import { commandOf, localCommandOf } from '../../ui/commands.ts';
import { lineKeysText } from '../../ui/line-keys.ts';
import { isAskedAbout, linesToSay, pasteAnswer, pastedText, pasteQuestion, saidNotDone } from '../../ui/paste.ts';
import { decodeKeys } from '../../ui/screen/keys.ts';
import type { LiveSettings } from '../config/live-settings.ts';
import { errorLine } from '../format/text.ts';
import { type Line, lineOfSign, type Sign } from '../job/lines.ts';
import { Mailbox } from '../job/mailbox.ts';
import type { Attention } from './attention.ts';
import type { Notifier } from './notifier.ts';
import { PASTE_MAX, Pastes } from './pastes.ts';
import { pathsFrom } from './paths.ts';

export type KeyboardOptions = {
  readonly input: ReadStream;
  readonly output: WriteStream;
  /** Ctrl-C on an empty line. */
  readonly onInterrupt: () => void;
  /** Of a chat: what `/set` changes, and what its signs are told by. */
  readonly chat?: {
    readonly settings: LiveSettings;
    readonly attentionTo: (tell: (sign: Sign) => void) => Attention;
    readonly notifier: Notifier;
    /** The terminal can tell pastes from keys. */
    readonly hasPastes: boolean;
  };
};

/** Lines remembered for the arrow keys. */
const HISTORY_MAX = 200;
/** BOUNDED: messages that can be named. */
const MESSAGES_MAX = 50;

export class Keyboard {
  readonly #readline: Interface;
  readonly #output: WriteStream;
  readonly #lines = new Mailbox<Line>();
  readonly #settings: LiveSettings | undefined;
  readonly #attention: Attention | undefined;
  readonly #notifier: Notifier | undefined;
  readonly #pastes: Pastes | undefined;
  /** What was pasted and is asked about. */
  #asked: string | undefined;
  #words: readonly string[] = [];
  /** Ids of those shown last, the newest first. */
  #messages: readonly string[] = [];
  #emoji: ReadonlyMap<string, string> | undefined;
  #number = 0;
  #isOver = false;

  constructor({ input, output, onInterrupt, chat }: KeyboardOptions) {
    this.#output = output;
    this.#settings = chat?.settings;
    this.#notifier = chat?.notifier;
    if (chat?.hasPastes === true)
      this.#pastes = new Pastes({
        input,
        output,
        onPaste: (text) => this.#onPaste(text),
        onKeys: (text) => this.#isAnswer(text),
      });
    const typed = this.#pastes?.keys ?? input;
    this.#readline = createInterface({
      input: typed,
      output,
      terminal: true,
      historySize: HISTORY_MAX,
      prompt: '> ',
      completer: (left: string, done: (error: null, result: [string[], string]) => void) => {
        void this.#complete(left).then((result) => done(null, result));
      },
    });
    this.#attention = chat?.attentionTo((sign) => this.#lines.push(lineOfSign(sign)));
    this.#readline.on('line', (text) => this.#onLine(text));
    this.#readline.on('SIGINT', () => {
      if (this.#readline.line === '') onInterrupt();
      else this.#cutLine();
    });
    this.#readline.on('SIGTSTP', () => this.#suspend(input));
    this.#readline.on('close', () => {
      this.#isOver = true;
      this.#pastes?.close();
      this.#attention?.close();
      this.#notifier?.close();
      this.#lines.close();
    });
    if (this.#attention !== undefined) typed.on('keypress', this.#onKey); // after readline, which has made the line by then
  }

  /** What is typed, until Ctrl-D; and signs. */
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

  /** What stands before the line, and what Tab completes: names of people, and `#rooms`. */
  prompt(place: string, words: readonly string[]): void {
    this.#words = words;
    this.#readline.setPrompt(`${place}> `);
    if (!this.#isOver) this.#readline.prompt(true);
  }

  /** A message is shown: Tab completes its id. */
  sawMessage(id: string): void {
    this.#messages = [id, ...this.#messages.filter((one) => one !== id)].slice(0, MESSAGES_MAX);
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

  /** Ctrl-Z stops those too that were started with us, or the shell does not come back. `fg` shows the line again. */
  #suspend(input: ReadStream): void {
    process.once('SIGCONT', () => {
      if (this.#isOver) return;
      input.setRawMode(true);
      this.#pastes?.resume();
      Reflect.set(this.#readline, 'prevRows', 0); // the shell has written since
      this.#readline.prompt(true);
    });
    this.#pastes?.pause();
    input.setRawMode(false);
    process.kill(0, 'SIGTSTP');
  }

  /** The line being typed may take several rows; readline is told that it begins anew. */
  #clear(): void {
    const { rows } = this.#readline.getCursorPos();
    if (rows > 0) moveCursor(this.#output, 0, -rows);
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
    Reflect.set(this.#readline, 'prevRows', 0);
  }

  readonly #onKey = (): void => {
    if (this.#isOver) return;
    this.#attention?.onKey();
    this.#notifier?.onKey();
    this.#attention?.onLine(this.#readline.line);
  };

  #onLine(text: string): void {
    this.#attention?.onSent(text.trim() !== '' && commandOf(text) === undefined);
    if (!this.#isLocal(text)) this.#say(text);
    this.#readline.prompt();
  }

  #say(text: string): void {
    this.#number += 1;
    this.#lines.push({ number: this.#number, text, sizeBytes: Buffer.byteLength(text) });
  }

  /** Ctrl-Y brings it back. */
  #cutLine(): void {
    this.#readline.write(null, { ctrl: true, name: 'e' });
    this.#readline.write(null, { ctrl: true, name: 'u' });
  }

  /** A line goes to where the cursor is; of more it is asked what they are. What was asked about before is let go of. */
  #onPaste(pasted: string | undefined): void {
    if (this.#isOver) return;
    this.#onKey();
    const text = cleanText(pastedText(pasted ?? ''), { newlines: 'keep' });
    this.#asked = isAskedAbout(text) ? text : undefined;
    if (pasted === undefined) this.print(errorLine(`not pasted: it has more than ${PASTE_MAX} characters`));
    else if (this.#asked !== undefined) this.print(`${pasteQuestion(text)}\n`);
    else if (text !== '') this.#readline.write(text);
  }

  /** What is typed while a question waits. @returns whether one did. */
  #isAnswer(typed: string): boolean {
    const text = this.#asked;
    if (text === undefined) return false;
    this.#onKey();
    const [key] = decodeKeys(typed, true).keys;
    const answer = key === undefined ? undefined : pasteAnswer(key);
    if (answer === undefined) {
      this.print(`${pasteQuestion(text)}\n`);
      return true;
    }
    const sizeBytes = Buffer.byteLength(this.#readline.line + text);
    if (answer === 'message' && sizeBytes > TEXT_SIZE_MAX) {
      const most = `${sizeBytes} bytes, a message holds at most ${TEXT_SIZE_MAX}; line by line it may fit (l), or leave it (n)`;
      this.print(errorLine(`not said: that has ${most}`));
      return true;
    }
    this.#asked = undefined;
    if (answer === 'leave') this.print('Not pasted.\n');
    else this.#sayPasted(text, answer);
    return true;
  }

  /** It goes where the cursor is, in what was typed before. */
  #sayPasted(text: string, how: 'message' | 'lines'): void {
    const { line, cursor } = this.#readline;
    const whole = line.slice(0, cursor) + text + line.slice(cursor);
    const said = how === 'lines' ? linesToSay(whole) : [line === '' ? saidNotDone(whole) : whole];
    this.#cutLine();
    this.#attention?.onSent(said.length > 0);
    this.print(said.length === 1 ? 'Said as one message.\n' : `Said as ${said.length} messages.\n`);
    for (const one of said) this.#say(one);
  }

  /** Does what a line asks of the terminal itself. @returns whether it did. */
  #isLocal(line: string): boolean {
    const command = this.#settings === undefined ? undefined : localCommandOf(line);
    if (this.#settings === undefined || command === undefined) return false;
    switch (command.name) {
      case 'keys':
        this.#output.write(`${lineKeysText()}\n`);
        return true;
      case 'clear':
        cursorTo(this.#output, 0, 0);
        clearScreenDown(this.#output);
        return true;
      case 'set':
        this.#output.write(`${this.#settings.set(command.rest)}\n`);
        return true;
      default:
        return command.name satisfies never;
    }
  }

  async #complete(left: string): Promise<[string[], string]> {
    const found = this.#settings === undefined ? undefined : completed(left, await this.#vocabulary(this.#settings));
    if (found === undefined) return [[], left];
    const words = found.kind === 'words' ? found.words : pathWords(await pathsFrom(found.path));
    const typed = left.slice(found.start);
    return [[...this.#spelled(words, typed)], typed];
  }

  /** Of several pictures the names, which can be told apart aloud, and typed on: the beginning that pictures share may be half a character. */
  #spelled(words: readonly string[], typed: string): readonly string[] {
    const emoji = this.#emoji;
    if (emoji === undefined || typed === '' || words.length < 2) return words;
    const start = typed.replace(/^:/, '').toLowerCase();
    const named = [...emoji].filter(([name]) => name.startsWith(start));
    if (!named.some(([, picture]) => words[0]?.trim() === picture)) return words;
    return named.slice(0, CANDIDATES_MAX).map(([name]) => `:${name}:`);
  }

  async #vocabulary(settings: LiveSettings): Promise<Vocabulary> {
    this.#emoji ??= new Map(Object.entries((await import('gemoji')).nameToEmoji));
    const isRoom = (word: string): boolean => word.startsWith('#');
    return {
      people: this.#words.filter((word) => !isRoom(word)).map((name) => ({ id: '', name })),
      rooms: this.#words.filter(isRoom).map((room) => room.slice(1)),
      messages: this.#messages.map((id) => ({ id, isOwn: true })), // whose they are is not known here
      emoji: this.#emoji,
      settings: settings.words,
    };
  }
}
