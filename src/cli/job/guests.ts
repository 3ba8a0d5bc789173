/**
 * Operations that other processes hand to the peer that runs on their profile.
 *
 * A guest sends `start` on one connection and hears records, pulls and the end on it; the lines of its input come as `feed`s on
 * connections of their own, only after a pull. So what a guest has not fed was never said.
 *
 * | request | fields |
 * |---------|--------|
 * | start   | earshot: 1, kind, session (any text that is unique), command, request, [visibility: that of the peer, or it is refused] |
 * | feed    | earshot: 1, kind, session, lines [Line, …], isEnd |
 *
 * | reply   | fields |
 * |---------|--------|
 * | record  | kind, record |
 * | pull    | kind, count: at most so many lines may be fed |
 * | end     | kind, code |
 * | moved   | kind, used: the peer ends; of all lines fed, only the first `used` were used |
 * | taken   | kind: the answer to a feed |
 * | refused | kind, text: what is wrong with the request |
 */
import type { Visibility } from '../../base/visibility.ts';
import { ExitCode as Code, type ExitCode } from '../exit-code.ts';
import type { OutputRecord } from '../format/record.ts';
import type { Line, LineSource } from './lines.ts';
import { Mailbox } from './mailbox.ts';
import { type Host, onStop } from './operation.ts';
import { isLine, operationOf } from './requests.ts';

/** Of the requests and replies; another version of earshot may speak another. */
export const CONTROL_FORM = 1;
/** Lines that a guest may feed at once. */
export const PULL_MAX = 256;

export type Reply =
  | { readonly kind: 'record'; readonly record: OutputRecord }
  | { readonly kind: 'pull'; readonly count: number }
  | { readonly kind: 'end'; readonly code: ExitCode }
  | { readonly kind: 'moved'; readonly used: number }
  | { readonly kind: 'refused'; readonly text: string }
  | { readonly kind: 'taken' };

type Fields = Readonly<Record<string, unknown>>;

const refused: Reply = {
  kind: 'refused',
  text: 'the earshot that runs on this profile is of another version; end it and start it again',
};

const SEEN_BY: Readonly<Record<Visibility, string>> = {
  open: 'open: everybody on the network sees it',
  private: 'private: only contacts see it',
  stealth: 'in stealth: it only listens, and dials',
};

const otherVisibility = (own: Visibility): string =>
  `the earshot that runs on this profile is ${SEEN_BY[own]}; end it and start it again as you want it, or ask it as it is (${own === 'open' ? '--visibility open' : `--${own}`})`;

/** The input of a guest, asked for when it is needed. */
class GuestLines implements LineSource {
  readonly #pull: () => void;
  /** BOUNDED: by PULL_MAX, since no more is asked for. */
  readonly #lines: Line[] = [];
  #hasEnded = false;
  #isAsked = false;
  #isStopped = false;
  #hasHadAny = false;
  #used = 0;
  #wake: (() => void)[] = [];

  constructor(pull: () => void) {
    this.#pull = pull;
  }

  /** Lines taken and not put back. */
  get used(): number {
    return this.#used;
  }

  feed(lines: readonly Line[], isEnd: boolean): void {
    this.#isAsked = false;
    this.#hasHadAny ||= lines.length > 0;
    this.#lines.push(...lines.slice(0, PULL_MAX));
    this.#hasEnded ||= isEnd;
    this.#rouse();
  }

  /** Nothing more is taken, not even what was fed. */
  stop(): void {
    this.#isStopped = true;
    this.#hasEnded = true;
    this.#rouse();
  }

  async next(): Promise<Line | undefined> {
    for (;;) {
      const line = this.#isStopped ? undefined : this.#lines.shift();
      if (line !== undefined) this.#used += 1;
      if (line !== undefined || this.#hasEnded) return line;
      if (!this.#isAsked) {
        this.#isAsked = true;
        this.#pull();
      }
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  putBack(lines: readonly Line[]): void {
    this.#used -= lines.length;
    this.#lines.unshift(...lines);
  }

  /** A guest says by itself when its input is empty. */
  async isEmpty(): Promise<boolean> {
    while (!this.#hasEnded && !this.#hasHadAny) await new Promise<void>((resolve) => this.#wake.push(resolve));
    return !this.#hasHadAny;
  }

  #rouse(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

export class Guests {
  readonly #host: Host;
  /** BOUNDED: by the connections that the control socket takes. */
  readonly #sessions = new Map<
    string,
    { readonly lines: GuestLines; readonly controller: AbortController; readonly over: Promise<void> }
  >();
  #isClosing = false;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Answers a request of the control socket. */
  async *answer(request: unknown, gone: AbortSignal): AsyncGenerator<Reply, void, void> {
    const fields: Fields = typeof request === 'object' && request !== null ? { ...request } : {};
    if (fields.earshot !== CONTROL_FORM || typeof fields.session !== 'string') yield refused;
    else if (fields.kind === 'start') yield* this.#start(fields.session, fields, gone);
    else if (fields.kind === 'feed') yield this.#feed(fields.session, fields);
    else yield refused;
  }

  /** Ends all guests; they go on by themselves. */
  async close(): Promise<void> {
    this.#isClosing = true;
    const sessions = [...this.#sessions.values()];
    for (const { controller } of sessions) controller.abort();
    await Promise.all(sessions.map(({ over }) => over));
  }

  #feed(session: string, { lines, isEnd }: Fields): Reply {
    const found = this.#sessions.get(session);
    if (found === undefined || !Array.isArray(lines) || !lines.every(isLine)) return refused;
    found.lines.feed(lines, isEnd === true);
    return { kind: 'taken' };
  }

  async *#start(session: string, { command, request, visibility }: Fields, gone: AbortSignal): AsyncGenerator<Reply, void, void> {
    if (this.#isClosing) {
      yield { kind: 'moved', used: 0 };
      return;
    }
    const own = this.#host.peer.visibility;
    if (visibility !== undefined && visibility !== own) {
      yield { kind: 'refused', text: otherVisibility(own) };
      return;
    }
    const operation = operationOf(command, request);
    if (operation === undefined) {
      yield refused;
      return;
    }
    const replies = new Mailbox<Reply>();
    const lines = new GuestLines(() => replies.push({ kind: 'pull', count: PULL_MAX }));
    const controller = new AbortController();
    const ignoreGone = onStop(gone, () => controller.abort());
    const ignoreStop = onStop(controller.signal, () => lines.stop());
    let finish: () => void = () => undefined;
    const over = new Promise<void>((resolve) => {
      finish = resolve;
    });
    this.#sessions.set(session, { lines, controller, over });
    void this.#drive(
      operation({ host: this.#host, input: lines, stop: controller.signal, leavesRooms: true }),
      replies,
      controller.signal,
      lines,
    );
    try {
      yield* replies;
    } finally {
      ignoreGone();
      ignoreStop();
      controller.abort();
      this.#sessions.delete(session);
      finish();
    }
  }

  /** Runs an operation to its end. Once it is stopped, only what is certain is still told. */
  async #drive(
    run: AsyncGenerator<OutputRecord, ExitCode, void>,
    replies: Mailbox<Reply>,
    stop: AbortSignal,
    lines: GuestLines,
  ): Promise<void> {
    try {
      for (;;) {
        await replies.room(REPLIES_WAITING_MAX);
        const step = await run.next();
        if (step.done === true) {
          replies.push(stop.aborted ? { kind: 'moved', used: lines.used } : { kind: 'end', code: step.value });
          break;
        }
        const { kind } = step.value;
        if (!stop.aborted || STILL_TOLD.has(kind)) replies.push({ kind: 'record', record: step.value });
      }
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      replies.push({ kind: 'record', record: { kind: 'error', text: `unexpected: ${text}` } });
      replies.push({ kind: 'end', code: Code.unexpected });
    }
    replies.close();
  }
}

/** What is certain whatever comes after it. */
const STILL_TOLD: ReadonlySet<OutputRecord['kind']> = new Set([
  'sent',
  'delivered',
  'said',
  'held',
  'message',
  'taken',
  'prompt',
]);
/** Replies not yet written before the operation waits. */
const REPLIES_WAITING_MAX = 256;
