/** A command done by the peer that runs on the profile already, in another process. */
import type { Visibility } from '../../base/visibility.ts';
import { CommandError, ExitCode, isExitCode } from '../exit-code.ts';
import type { OutputRecord } from '../format/record.ts';
import { CONTROL_FORM, PULL_MAX } from './guests.ts';
import type { Line, Lines } from './lines.ts';
import { onStop } from './operation.ts';
import type { Progress } from './progress.ts';
import type { CommandName } from './requests.ts';

/** Asks the running peer; undefined if none runs. Iterating throws when it goes away or refuses. */
export type Call = (request: unknown) => Promise<AsyncIterable<unknown> | undefined>;

export type HandOver<Request> = {
  readonly call: Call;
  readonly command: CommandName;
  readonly progress: Progress<Request>;
  readonly input: Lines;
  readonly stop: AbortSignal;
  /** Who may see the peer that does it, if that was said. */
  readonly visibility?: Visibility;
  /** A running peer was reached. */
  readonly onBegin: () => void;
  /** Draws a record; what it returns is waited for. */
  readonly show: (record: OutputRecord) => Promise<void> | undefined;
};

export type HandOverEnd =
  | { readonly kind: 'ended'; readonly code: ExitCode }
  /** No peer runs on the profile. */
  | { readonly kind: 'nobody' }
  /** The peer has gone; what is left can be done by another one. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'stopped' };

export const handOver = async <Request>(options: HandOver<Request>): Promise<HandOverEnd> => {
  const { call, command, progress, input, stop } = options;
  const session = crypto.randomUUID();
  const asked = options.visibility === undefined ? {} : { visibility: options.visibility };
  const replies = await call({ earshot: CONTROL_FORM, kind: 'start', session, command, request: progress.request(), ...asked });
  if (replies === undefined) return { kind: 'nobody' };
  options.onBegin();
  const iterator = replies[Symbol.asyncIterator]();
  let release: () => void = () => undefined;
  const stopped = new Promise<'stopped'>((resolve) => {
    release = onStop(stop, () => resolve('stopped'));
  });
  const feeder = new Feeder(call, session, input, progress);
  feeder.watchForNothing();
  try {
    for (;;) {
      const step = await Promise.race([iterator.next(), stopped]);
      if (step === 'stopped') return { kind: 'stopped' };
      if (step.done === true) return moved(options, 0); // whatever was fed may have been said
      const end = await onReply(options, feeder, step.value);
      if (end !== undefined) return end;
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    return moved(options, 0);
  } finally {
    release();
    feeder.end();
    void iterator.return?.().catch(() => undefined); // the connection is dropped either way
  }
};

const moved = <Request>({ progress, input }: HandOver<Request>, unused: number): HandOverEnd => {
  input.putBack(progress.onMoved(unused));
  return { kind: 'moved' };
};

const onReply = async <Request>(
  options: HandOver<Request>,
  feeder: Feeder<Request>,
  reply: unknown,
): Promise<HandOverEnd | undefined> => {
  const { kind, record, code, used, text }: Readonly<Record<string, unknown>> =
    typeof reply === 'object' && reply !== null ? { ...reply } : {};
  switch (kind) {
    case 'record': {
      const shown = record as OutputRecord; // of a process of the same user and form; drawing cleans whatever it says
      if (options.progress.onRecord(shown)) await options.show(shown);
      return undefined;
    }
    case 'pull':
      feeder.pull();
      return undefined;
    case 'moved':
      return moved(options, typeof used === 'number' ? feeder.fed - used : 0);
    case 'end':
      return { kind: 'ended', code: isExitCode(code) ? code : ExitCode.unexpected };
    case 'refused':
      throw new CommandError(ExitCode.profile, String(text));
    default:
      return undefined; // of a later version that adds replies
  }
};

/** Brings lines to the running peer when it asks for some. */
class Feeder<Request> {
  readonly #call: Call;
  readonly #session: string;
  readonly #input: Lines;
  readonly #progress: Progress<Request>;
  #isOver = false;
  #hasEnded = false;
  #fed = 0;

  constructor(call: Call, session: string, input: Lines, progress: Progress<Request>) {
    this.#call = call;
    this.#session = session;
    this.#input = input;
    this.#progress = progress;
  }

  /** Lines handed over or on their way. */
  get fed(): number {
    return this.#fed;
  }

  /** Tells the peer at once if there is nothing to say at all. */
  watchForNothing(): void {
    this.#input.isEmpty().then(
      (isEmpty) => {
        if (isEmpty && !this.#isOver) void this.#feed([], true);
      },
      () => undefined, // whoever reads it next is told
    );
  }

  pull(): void {
    void this.#bring();
  }

  end(): void {
    this.#isOver = true;
  }

  async #bring(): Promise<void> {
    const isEmpty = await this.#input.isEmpty().catch(() => true); // an input that breaks off ends here
    if (this.#isOver) return;
    const lines = isEmpty ? [] : await this.#input.takeSome(PULL_MAX);
    if (this.#isOver) this.#input.putBack(lines);
    else await this.#feed(lines, isEmpty);
  }

  async #feed(lines: readonly Line[], isEnd: boolean): Promise<void> {
    if (this.#hasEnded) return;
    this.#hasEnded = isEnd;
    this.#fed += lines.length;
    this.#progress.onFed(lines);
    try {
      const replies = await this.#call({ earshot: CONTROL_FORM, kind: 'feed', session: this.#session, lines, isEnd });
      if (replies !== undefined) for await (const _ of replies) return;
    } catch {
      // the peer has gone: the other connection ends too and tells
    }
  }
}
