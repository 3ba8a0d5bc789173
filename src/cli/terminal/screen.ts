/** A chat on the whole terminal: bytes and records go to the machine in `ui/screen`, its picture to the terminal. */
import type { ReadStream, WriteStream } from 'node:tty';
import { setFlagsFromString } from 'node:v8';
import type { RoomName } from '../../base/ids.ts';
import { commandOf } from '../../ui/commands.ts';
import { editorText } from '../../ui/screen/editor.ts';
import type { Effect, ScreenEvent, Size } from '../../ui/screen/event.ts';
import { decodeKeys, type Key } from '../../ui/screen/keys.ts';
import { pictured } from '../../ui/screen/markup.ts';
import { here, type Model, newModel } from '../../ui/screen/model.ts';
import { update } from '../../ui/screen/update.ts';
import { type View, view } from '../../ui/screen/view.ts';
import { realClock } from '../clock.ts';
import type { LiveSettings } from '../config/live-settings.ts';
import type { OutputRecord } from '../format/record.ts';
import { errorLine, type TextStyle, textLine } from '../format/text.ts';
import { type Line, lineOfSign } from '../job/lines.ts';
import { Mailbox } from '../job/mailbox.ts';
import { type Attention, attentionOf } from './attention.ts';
import { editOutside } from './edit-outside.ts';
import { CLEAR, difference, type FrameStyle } from './frame.ts';
import { paletteOf } from './looks.ts';
import { type Notifier, notifierOf } from './notifier.ts';
import { pathsFrom } from './paths.ts';
import { RawTerminal } from './raw-terminal.ts';
import { screenEvent } from './screen-feed.ts';
import { textStyleFor } from './terminal.ts';

/** Between two pictures that answer keys: at most 60 a second. */
const KEY_FRAME_MS = 1_000 / 60;
/** From any picture to one that nobody's key asked for. So a key never waits for what was drawn for others. */
const FRAME_MS = 1_000 / 30;
/** A lone Escape is the key if nothing follows it in this time. */
const ESCAPE_MS = 50;

/**
 * Pictures are garbage a moment later; the engine answers with a young generation that doubles again and again. Kept small, 1,000
 * messages/s take 70 to 80 MB instead of 100 to 110, for 2 % more of a core.
 */
const SMALL_YOUNG_GENERATION = '--semi-space-growth-factor=1';

export type ScreenOptions = {
  readonly input: ReadStream;
  readonly output: WriteStream & { readonly fd: number };
  readonly room: RoomName;
  readonly settings: LiveSettings;
  /** Ctrl-C. */
  readonly onInterrupt: () => void;
};

export class Screen {
  readonly #options: ScreenOptions;
  readonly #lines = new Mailbox<Line>();
  readonly #terminal: RawTerminal;
  readonly #attention: Attention;
  readonly #notifier: Notifier;
  readonly #style: FrameStyle;
  readonly #textStyle: TextStyle;
  #model: Model;
  #drawn: View | undefined;
  #drawnAt = Number.NEGATIVE_INFINITY;
  #answeredAt = Number.NEGATIVE_INFINITY;
  /** A key, or what it asked for, waits to be seen. */
  #isAsked = false;
  #timer: NodeJS.Timeout | undefined;
  /** Whom the next picture answers. */
  #isForKey = false;
  #isFresh = true;
  /** The terminal has not taken the last picture yet. */
  #isSlow = false;
  #pending = '';
  #escape: NodeJS.Timeout | undefined;
  #hasEnded = false;
  #hasEmoji = false;
  #isClosed = false;
  /** Told at the end, for whoever looks at the terminal afterwards. BOUNDED: by what a chat says when it ends. */
  readonly #last: string[] = [];

  constructor(options: ScreenOptions) {
    this.#options = options;
    setFlagsFromString(SMALL_YOUNG_GENERATION);
    const { output, input, room } = options;
    this.#textStyle = textStyleFor(output, 'chat');
    const hasLinks = process.env.TERM !== 'linux';
    this.#style = { palette: paletteOf(process.env.NO_COLOR ? 1 : output.getColorDepth()), hasLinks };
    this.#model = newModel({
      size: sizeOf(output),
      room,
      offsetMinutes: this.#textStyle.offsetMinutes,
      settings: options.settings.words,
    });
    this.#attention = attentionOf(options.settings, realClock)((sign) => this.#lines.push(lineOfSign(sign)));
    this.#notifier = notifierOf(options.settings, realClock, {
      isOpen: (key) => this.#terminal.isIn && this.#model.at === key && here(this.#model).anchor === undefined,
      write: (bytes) => {
        if (this.#terminal.isIn) output.write(bytes);
      },
      tell: (text) => this.note(text),
    });
    output.on('drain', this.#onDrain);
    this.#terminal = new RawTerminal({
      input,
      output,
      onBytes: (text) => this.#onBytes(text),
      onEnd: () => this.#end(),
      onFresh: () => this.#onFresh(),
    });
    this.#draw();
  }

  /** What is said, until Ctrl-D. */
  get lines(): AsyncIterable<Line> {
    return this.#lines;
  }

  show(record: OutputRecord): void {
    if (record.kind === 'overview') this.#loadEmoji();
    const isLast = this.#hasEnded && (record.kind === 'notice' || record.kind === 'error');
    if (isLast) this.#last.push(record.kind === 'error' ? errorLine(record.text) : (textLine(record, this.#textStyle) ?? ''));
    const event = screenEvent(record, this.#textStyle, Date.now());
    if (event !== undefined) this.#tell(event);
  }

  /** Once who is here is known, and what was said last is on its way: it takes 30 ms, and nothing before needs it. */
  #loadEmoji(): void {
    if (this.#hasEmoji) return;
    this.#hasEmoji = true;
    void import('gemoji').then(({ nameToEmoji }) => this.#tell({ kind: 'emoji', names: new Map(Object.entries(nameToEmoji)) }));
  }

  note(text: string): void {
    this.#tell({ kind: 'note', text, look: 'warning', time: Date.now() });
  }

  /** Gives the terminal back. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#escape);
    this.#options.output.off('drain', this.#onDrain);
    this.#attention.close();
    this.#notifier.close();
    this.#terminal.close();
    this.#lines.close();
    for (const text of this.#last) this.#options.output.write(text);
  }

  #tell(event: ScreenEvent): void {
    if (this.#isClosed) return;
    const { model, effects } = update(this.#model, event);
    const isChanged = model !== this.#model;
    if (event.kind === 'past' || event.kind === 'note') this.#isAsked = true; // a key has asked for it
    this.#model = model;
    for (const effect of effects) this.#do(effect);
    if (isChanged) this.#schedule();
  }

  #do(effect: Effect): void {
    switch (effect.kind) {
      case 'line': {
        const { number, text } = effect;
        if (/^\/quit\b/i.test(text)) this.#hasEnded = true;
        if (commandOf(text) === undefined) this.#attention.onSent(true);
        this.#lines.push({ number, text, sizeBytes: Buffer.byteLength(text) });
        return;
      }
      case 'end':
        this.#end();
        return;
      case 'interrupt':
        this.#options.onInterrupt();
        return;
      case 'suspend':
        this.#terminal.suspend();
        return;
      case 'redraw':
        this.#onFresh();
        return;
      case 'edit':
        void this.#edit(effect.text);
        return;
      case 'set':
        this.#tell({ kind: 'note', text: this.#options.settings.set(effect.words), look: 'quiet', time: Date.now() });
        return;
      case 'paths':
        void pathsFrom(effect.path).then((names) => this.#tell({ kind: 'paths', path: effect.path, names }));
        return;
      case 'notify':
        this.#notifier.onMessage({ ...effect.message, text: pictured(effect.message.text, this.#model.emoji) });
        return;
      default:
        effect satisfies never;
    }
  }

  #end(): void {
    this.#hasEnded = true;
    this.#lines.close();
  }

  #onBytes(text: string): void {
    clearTimeout(this.#escape);
    this.#decode(this.#pending + text, false);
    const isEscape = this.#pending.length > 0 && !this.#pending.startsWith('\x1b[200~');
    if (isEscape) this.#escape = setTimeout(() => this.#decode(this.#pending, true), ESCAPE_MS);
  }

  #decode(text: string, isFinal: boolean): void {
    const { keys, rest } = decodeKeys(text, isFinal);
    this.#pending = rest;
    if (keys.length > 0) this.#isAsked = true;
    for (const key of keys) this.#onKey(key);
  }

  #onKey(key: Key): void {
    if (key.kind === 'key' && (key.name === 'focus' || key.name === 'blur')) {
      this.#notifier.onFocus(key.name === 'focus');
      this.#tell({ kind: 'focus', hasFocus: key.name === 'focus' });
      return;
    }
    const { at } = this.#model;
    this.#attention.onKey();
    this.#notifier.onKey();
    this.#tell(key);
    const line = editorText(this.#model.editor);
    if (this.#model.at === at) this.#attention.onLine(line);
    else this.#attention.onPlace(line);
  }

  async #edit(text: string): Promise<void> {
    this.#terminal.pause();
    try {
      this.#tell({ kind: 'edited', text: await editOutside(text) });
    } catch (error) {
      this.note(`no editor: ${error instanceof Error ? error.message : String(error)}; set EDITOR to one`);
    }
    this.#terminal.enter();
  }

  #onFresh(): void {
    this.#isFresh = true;
    this.#tell({ kind: 'resize', size: sizeOf(this.#options.output) });
  }

  #schedule(): void {
    const isSoonEnough = this.#timer !== undefined && (this.#isForKey || !this.#isAsked);
    if (this.#isSlow || this.#isClosed || isSoonEnough) return;
    clearTimeout(this.#timer);
    this.#isForKey = this.#isAsked;
    const due = this.#isAsked ? this.#answeredAt + KEY_FRAME_MS : this.#drawnAt + FRAME_MS;
    this.#timer = setTimeout(() => this.#draw(), Math.max(0, due - performance.now()));
  }

  readonly #onDrain = (): void => {
    this.#isSlow = false;
    this.#schedule();
  };

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isClosed || !this.#terminal.isIn) return;
    this.#drawnAt = performance.now();
    if (this.#isAsked) this.#answeredAt = this.#drawnAt;
    this.#isAsked = false;
    const next = view(this.#model, this.#model.size);
    const before = this.#isFresh ? undefined : this.#drawn;
    const bytes = (this.#isFresh ? CLEAR : '') + difference(before, next, this.#style);
    this.#isFresh = false;
    this.#drawn = next;
    if (bytes !== '') this.#isSlow = !this.#options.output.write(bytes);
  }
}

const sizeOf = ({ columns, rows }: WriteStream): Size => ({ columns: columns || 80, rows: rows || 24 });
