/** What the commands do with their process: its streams, signals, profile and end. */
import { userInfo } from 'node:os';
import type { RoomName } from '../base/ids.ts';
import { cleanName } from '../base/name.ts';
import { realClock } from './clock.ts';
import { demoJob, demoRoom } from './demo.ts';
import { ExitCode } from './exit-code.ts';
import { ndjsonLine } from './format/ndjson.ts';
import { Output } from './format/output.ts';
import { picturedRecord } from './format/pictured-record.ts';
import type { OutputRecord } from './format/record.ts';
import { errorLine, type TextStyle, textLine } from './format/text.ts';
import { Lines, linesFrom, linesOf } from './job/lines.ts';
import { profileOf } from './job/open-profile.ts';
import { chatProgress, listenProgress, noProgress, type Progress, sendProgress } from './job/progress.ts';
import type { CommandName } from './job/requests.ts';
import { type Job, runJob, tellError } from './job/run-command.ts';
import { Stop } from './job/stop.ts';
import type { OpenOptions } from './library.ts';
import type { SendRequest } from './live/send.ts';
import { logTo } from './log.ts';
import { passphraseFrom } from './passphrase.ts';
import type { AmendRequest } from './past/amend.ts';
import { type CommonOptions, ignoredByDemo, ignoredByRunning, openOptionsOf } from './program/options.ts';
import { Keyboard } from './terminal/keyboard.ts';
import { textStyleFor } from './terminal/terminal.ts';

/** The process, as a command sees it. */
type Surroundings = { readonly common: CommonOptions; readonly output: Output; readonly stop: Stop };

type Show = (record: OutputRecord) => Promise<void> | undefined;

/** After a signal, an output that takes nothing is not waited for longer. */
const FLUSH_AFTER_STOP_MS = 500;

/** Runs a command and ends the process with its code: errors become one line, never a stack, unless debugging. */
const execute = async (
  common: CommonOptions,
  work: (surroundings: Surroundings) => Promise<number>,
  isCutAnEnd = true,
): Promise<void> => {
  const stop = new Stop();
  const output = new Output({
    stdout: process.stdout,
    stderr: process.stderr,
    onCut: () => {
      if (isCutAnEnd) stop.stop('cut-pipe');
    },
  });
  stop.onSignals(process);
  stop.signal.addEventListener('abort', () => output.abandon());
  const fail = (error: unknown): ExitCode => tellError(error, output, errorLine, common.logLevel === 'debug');
  process.on('uncaughtException', (error) => process.exit(fail(error)));
  const code = await work({ common, output, stop }).catch(fail);
  const flushed = output.flush();
  if (stop.reason === undefined) await flushed;
  else await Promise.race([flushed, new Promise<void>((resolve) => realClock.after(FLUSH_AFTER_STOP_MS, resolve))]);
  process.exit(code);
};

/** Records as NDJSON or text on the standard streams. */
const showOn = (output: Output, isJson: boolean, style: TextStyle): Show => {
  const lineOf = isJson ? ndjsonLine : (record: OutputRecord) => textLine(record, style);
  return (record) => {
    if (record.kind === 'error') {
      output.errorLine(errorLine(record.text));
      return undefined;
    }
    const line = lineOf(record);
    return line === undefined ? undefined : output.line(line);
  };
};

type Plan<Request> = {
  readonly command: CommandName;
  readonly progress: Progress<Request>;
  readonly input: Lines;
  readonly show: Show;
  readonly open?: OpenOptions;
  /** Taken as the name, and kept. */
  readonly rename?: string;
};

const jobOf = <Request>({ common, output, stop }: Surroundings, plan: Plan<Request>): Job<Request> => {
  const note = (text: string): void => output.errorLine(errorLine(text));
  const options = { ...openOptionsOf(common), ...plan.open };
  const profile = profileOf(options, (peer) => {
    if (plan.rename !== undefined) peer.rename(plan.rename);
    logTo(peer, plan.command === 'chat' ? 'error' : common.logLevel, note); // a chat tells such things itself
  });
  const seen = common.visibility === undefined || plan.open?.useDiscovery === false ? {} : { visibility: common.visibility };
  return { ...plan, ...seen, profile, output, stop, ignored: ignoredByRunning(common), note };
};

const plainStyle = (): TextStyle => textStyleFor(process.stdout, 'plain');

export const send = (
  common: CommonOptions,
  options: Pick<SendRequest, 'target' | 'wait' | 'peers'> & {
    readonly timeout: number;
    readonly json?: boolean;
    readonly text: string | undefined;
    readonly replyTo?: string;
  },
): Promise<void> =>
  execute(
    common,
    (surroundings) => {
      const { target, wait, peers: needed, timeout, json, text, replyTo } = options;
      const request: SendRequest = {
        target,
        wait,
        peers: needed,
        timeoutMs: Math.max(0, timeout * 1_000 - performance.now()),
        timeoutShown: String(timeout),
        ...(replyTo === undefined ? {} : { replyTo }),
      };
      const input = text === undefined ? new Lines(linesOf(process.stdin)) : linesFrom([text]);
      const show = showOn(surroundings.output, json === true, plainStyle());
      return runJob(jobOf(surroundings, { command: 'send', progress: sendProgress(request, realClock), input, show }));
    },
    false,
  );

export const listen = (
  common: CommonOptions,
  options: { readonly rooms: readonly RoomName[]; readonly json?: boolean; readonly count?: number; readonly timeout?: number },
): Promise<void> =>
  execute(common, (surroundings) => {
    const { rooms, json, count, timeout } = options;
    const request = {
      rooms,
      ...(count === undefined ? {} : { count }),
      ...(timeout === undefined ? {} : { timeoutMs: timeout * 1_000 }),
    };
    const show = showOn(surroundings.output, json === true, plainStyle());
    return runJob(
      jobOf(surroundings, { command: 'listen', progress: listenProgress(request, realClock), input: linesFrom([]), show }),
    );
  });

export const peers = (
  common: CommonOptions,
  options: { readonly json?: boolean; readonly wait?: number; readonly watch?: boolean },
): Promise<void> =>
  execute(common, (surroundings) => {
    const { json, wait, watch } = options;
    const request = { isWatching: watch === true, ...(wait === undefined ? {} : { waitMs: wait * 1_000 }) };
    const show = showOn(surroundings.output, json === true, textStyleFor(process.stdout, watch === true ? 'watch' : 'plain'));
    return runJob(jobOf(surroundings, { command: 'peers', progress: noProgress(request), input: linesFrom([]), show }));
  });

/** Looks at the network, beside whatever runs on the profile. */
export const doctor = (common: CommonOptions & { readonly json?: boolean }, who: string | undefined): Promise<void> =>
  execute(common, async ({ output }) => {
    const { visit, visitJson, visitText } = await import('./live/doctor.ts');
    const found = await visit(openOptionsOf(common), who);
    await output.line(common.json === true ? visitJson(found) : visitText(found));
    return found.code;
  });

/** What `doctor` measures, as a JSON object, for a chat that asks. @param to HOST:PORT. */
export const measure = (common: CommonOptions, to: string | undefined): Promise<void> =>
  execute(common, async ({ output }) => {
    const [{ examine }, { parseTarget }] = await Promise.all([
      import('../platform/doctor/examine.ts'),
      import('../platform/static-peers.ts'),
    ]);
    await output.line(
      `${JSON.stringify(await examine(common.interface ?? [], to === undefined ? undefined : parseTarget(to)))}\n`,
    );
    return ExitCode.done;
  });

/** Needs nobody else, so it looks for nobody. */
export const id = (common: CommonOptions, isJson: boolean): Promise<void> =>
  execute(common, (surroundings) => {
    const show = showOn(surroundings.output, isJson, plainStyle());
    return runJob(
      jobOf(surroundings, {
        command: 'id',
        progress: noProgress({}),
        input: linesFrom([]),
        show,
        open: NOBODY_SOUGHT,
      }),
    );
  });

/** Looks at the profile and at nobody else: whoever runs on it answers, or it is opened without looking for anybody. */
export const look = <Name extends 'history' | 'search' | 'queue' | 'status' | 'forget'>(
  common: CommonOptions & { readonly json?: boolean },
  command: Name,
  request: object,
): Promise<void> =>
  execute(common, (surroundings) => {
    const show = showOn(surroundings.output, common.json === true, plainStyle());
    const plan = { command, progress: noProgress(request), input: linesFrom([]), show, open: NOBODY_SOUGHT };
    return runJob({ ...jobOf(surroundings, plan), onlyLooks: true });
  });

/** Says something about a message; it goes out when others are met, now if a peer runs. */
export const amend = (common: CommonOptions & { readonly json?: boolean }, request: AmendRequest): Promise<void> =>
  execute(common, (surroundings) => {
    const show = showOn(surroundings.output, common.json === true, plainStyle());
    const plan = { command: 'amend', progress: noProgress(request), input: linesFrom([]), show, open: NOBODY_SOUGHT } as const;
    return runJob({ ...jobOf(surroundings, plan), onlyLooks: true });
  });

export const up = (common: CommonOptions & { readonly json?: boolean }, rooms: readonly RoomName[]): Promise<void> =>
  execute(common, (surroundings) => {
    const show = showOn(surroundings.output, common.json === true, plainStyle());
    return runJob(jobOf(surroundings, { command: 'up', progress: noProgress({ rooms }), input: linesFrom([]), show }));
  });

/** A profile as a file; the passphrase comes from a file, the environment or the keyboard. */
export const exportTo = (common: CommonOptions, path: string, passphraseFile: string | undefined): Promise<void> =>
  execute(common, async ({ output }) => {
    const [{ exportProfile, PASSPHRASE_MIN }, { defaultHome }] = await profileModules();
    const passphrase = await passphraseFrom(passphraseFile, { isNew: true, lengthMin: PASSPHRASE_MIN });
    const size = exportProfile(common.home ?? defaultHome(), path, passphrase);
    await output.line(`exported to ${path}: keys and ${Math.ceil(size / 1024)} KiB of messages\n`);
    return ExitCode.done;
  });

export const importFrom = (common: CommonOptions, path: string, passphraseFile: string | undefined): Promise<void> =>
  execute(common, async ({ output }) => {
    const [{ importProfile }, { defaultHome }] = await profileModules();
    const home = common.home ?? defaultHome();
    importProfile(path, home, await passphraseFrom(passphraseFile, { isNew: false, lengthMin: 0 }));
    await output.line(`imported into ${home}; it is the same person: run it on one machine at a time\n`);
    return ExitCode.done;
  });

const profileModules = () => Promise.all([import('../platform/profile-archive.ts'), import('../platform/home.ts')]);

/** Text that needs no peer. */
export const print = (common: CommonOptions, text: string): Promise<void> =>
  execute(common, async ({ output }) => {
    await output.line(text);
    return ExitCode.done;
  });

const NOBODY_SOUGHT: OpenOptions = { useDiscovery: false, peers: [] };

export const chat = (common: CommonOptions, room: RoomName): Promise<void> =>
  execute(common, async (surroundings) => {
    const name = await askName(common);
    return withConversation(surroundings, { room, isLinear: common.linear === true }, ({ input, note, hasScreen, show }) => {
      const request = { room, isInteractive: process.stdin.isTTY === true, ...(hasScreen ? { hasScreen } : {}) };
      const asked = name === undefined ? {} : { open: { name }, rename: name };
      const job = jobOf(surroundings, { command: 'chat', progress: chatProgress(request), input, show, ...asked });
      return runJob({ ...job, note });
    });
  });

export const demo = (common: CommonOptions): Promise<void> =>
  execute(common, (surroundings) => {
    const ignored = ignoredByDemo(common);
    if (ignored.length > 0)
      surroundings.output.errorLine(
        errorLine(`the demo stays on this machine and keeps nothing; ${ignored.join(', ')} of this command changes nothing`),
      );
    return withConversation(surroundings, { room: demoRoom(), isLinear: common.linear === true }, ({ input, show, hasScreen }) =>
      demoJob({
        ...(common.name === undefined ? {} : { name: common.name }),
        isInteractive: process.stdin.isTTY === true,
        hasScreen,
        input,
        show,
        output: surroundings.output,
        stop: surroundings.stop,
      }),
    );
  });

type Conversation = {
  readonly input: Lines;
  readonly show: Show;
  /** Tells something beside what is said. */
  readonly note: (text: string) => void;
  readonly hasScreen: boolean;
};
type ConversationOptions = { readonly room: RoomName; readonly isLinear: boolean };

/** Both ends are a terminal. */
const hasTerminal = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true;

/** One that can be drawn on. */
const mayDraw = (): boolean => process.env.TERM !== 'dumb';

/** On the whole terminal; or line by line with a line of input below, or as lines come if there is no terminal. */
const withConversation = async (
  { common, output, stop }: Surroundings,
  { room, isLinear }: ConversationOptions,
  work: (conversation: Conversation) => Promise<ExitCode>,
): Promise<ExitCode> => {
  const style = textStyleFor(process.stdout, 'chat');
  const { stdin, stdout } = process;
  const note = (text: string): void => output.errorLine(errorLine(text));
  if (!hasTerminal())
    return work({ input: new Lines(linesOf(stdin)), show: showOn(output, false, style), note, hasScreen: false });
  const onInterrupt = (): boolean => process.emit('SIGINT');
  const [{ LiveSettings }, { attentionOf }, { notifierOf }] = await Promise.all([
    import('./config/live-settings.ts'),
    import('./terminal/attention.ts'),
    import('./terminal/notifier.ts'),
  ]);
  const settings = new LiveSettings(common);
  if (!isLinear && mayDraw()) {
    const { Screen } = await import('./terminal/screen.ts');
    const screen = new Screen({ input: stdin, output: stdout, room, settings, onInterrupt });
    stop.signal.addEventListener('abort', () => screen.close());
    const show: Show = (record) => {
      const isHidden = record.kind === 'typing' && record.isTyping && settings.current.typing === false;
      if (!isHidden) screen.show(record);
      return undefined;
    };
    try {
      return await work({ input: new Lines(screen.lines), show, note: (text) => screen.note(text), hasScreen: true });
    } finally {
      screen.close();
    }
  }
  const notifier = notifierOf(settings, realClock, {
    isOpen: () => true, // line by line all places are shown
    write: (bytes) => stdout.write(bytes),
    tell: (text) => keyboard.print(errorLine(text)),
  });
  const chat = { settings, attentionTo: attentionOf(settings, realClock), notifier, hasPastes: mayDraw() };
  const keyboard = new Keyboard({ input: stdin, output: stdout, onInterrupt, chat });
  const tell = (record: OutputRecord): void => {
    if (record.kind === 'message' || record.kind === 'stored' || record.kind === 'queued') keyboard.sawMessage(record.message.id);
    if (record.kind === 'message' && record.isAloud === true) notifier.onMessage(record.message);
    if (record.kind === 'prompt') keyboard.prompt(promptOf(record), record.words);
    else if (record.kind === 'error') keyboard.print(errorLine(record.text));
    else {
      const line = textLine(record, style);
      if (line !== undefined) keyboard.print(line);
    }
  };
  const show: Show = (record) => {
    const shown = picturedRecord(record);
    return shown instanceof Promise ? shown.then(tell) : void tell(shown);
  };
  stop.signal.addEventListener('abort', () => keyboard.close());
  try {
    return await work({ input: new Lines(keyboard.lines), show, note, hasScreen: false });
  } finally {
    keyboard.close();
  }
};

const promptOf = ({ room, to }: Extract<OutputRecord, { readonly kind: 'prompt' }>): string => {
  if (to !== undefined) return `@${cleanName(to.name) || to.id.slice(0, 12)}`;
  return room === undefined ? '(no room)' : `#${room}`;
};

/** The name of somebody who begins; undefined if they have one, or are content with their login. */
const askName = async (common: CommonOptions): Promise<string | undefined> => {
  if (common.name !== undefined || common.ephemeral === true || !hasTerminal()) return undefined;
  const { defaultHome, readProfile } = await import('../platform/home.ts');
  if (readProfile(common.home ?? defaultHome()) !== undefined) return undefined;
  const login = loginName();
  const keyboard = new Keyboard({ input: process.stdin, output: process.stdout, onInterrupt: () => process.emit('SIGINT') });
  const answer = await keyboard.ask(`What shall others call you?${login === '' ? '' : ` (Enter: ${login})`} `);
  keyboard.close();
  return cleanName(answer ?? '') || login || undefined;
};

const loginName = (): string => {
  try {
    return cleanName(userInfo().username);
  } catch {
    return ''; // a user without an entry in the system's list: the library finds a name
  }
};
