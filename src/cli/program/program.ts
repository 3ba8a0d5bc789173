/** The command line: which commands there are, what they take, and how it is said. */
import { Command, CommanderError, Option } from 'commander';
import type { RoomName } from '../../base/ids.ts';
import { TEXT_SIZE_MAX } from '../../base/limits.ts';
import { parseRoomName } from '../../base/room-name.ts';
import { nearest } from '../../ui/nearest.ts';
import { CommandError, describeError, ExitCode } from '../exit-code.ts';
import { errorLine } from '../format/text.ts';
import { codes, examples } from './help-text.ts';
import { type CommonOptions, collect, parseCount, parseRoom, parseSeconds } from './options.ts';
import { addCommonOptions, settleVisibility, typedOptions } from './program-common.ts';
import { addDoctor } from './program-doctor.ts';
import { addPastCommands } from './program-past.ts';
import { addSelfCommands, overviewHelp, visibleCommands } from './program-self.ts';

/** What does the commands, loaded with the first that needs it. */
type Commands = typeof import('../commands.ts');

const DEFAULT_ROOM = 'lobby';
const ALL_CODES: Readonly<Record<number, string>> = {
  0: 'as asked',
  2: `wrong usage, or a text of more than ${TEXT_SIZE_MAX} bytes`,
  3: 'nobody, or not the one meant, was there in time; nothing was said',
  4: 'said, but not delivered in time: it stays queued in the profile and may still arrive',
  5: 'network: port taken, no such interface, no network',
  6: 'profile: unreadable, damaged, not writable',
  130: 'ended by Ctrl-C (143: by SIGTERM)',
};

type SendOptions = {
  readonly room?: RoomName;
  readonly to?: string;
  readonly wait: 'queued' | 'sent' | 'delivered';
  readonly replyTo?: string;
  readonly peers: number;
  readonly timeout: number;
  readonly json?: boolean;
};
type ListenOptions = {
  readonly room?: readonly RoomName[];
  readonly json?: boolean;
  readonly count?: number;
  readonly timeout?: number;
};
type ChatOptions = CommonOptions;
type PeersOptions = { readonly json?: boolean; readonly wait?: number; readonly watch?: boolean };

/** Runs the command that the arguments name, and ends the process with its code. */
export const run = async (args: readonly string[], version: string): Promise<void> => {
  const program = programOf(version);
  try {
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return finishUsage(error);
    const { code, text } = describeError(error);
    process.stderr.write(errorLine(text));
    process.exitCode = code;
  }
};

/** Help and version end well; what else commander throws is a wrong word on the command line. */
const finishUsage = (error: CommanderError): void => {
  if (error.exitCode === 0) return;
  if (error.code !== 'commander.help') process.stderr.write(errorLine(usageText(error.message)));
  process.exitCode = ExitCode.usage;
};

/** Commander's message as one line that says what to do. */
const usageText = (message: string): string => {
  const text = message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  return `${text}; see: earshot --help`;
};

const loadCommands = (): Promise<Commands> => import('../commands.ts');

/** The whole tree, also for whoever wants to read it. */
export const programOf = (version: string): Command => {
  const program = new Command('earshot')
    .description('Chat with everyone on the same network: no server, no account, no set-up.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .exitOverride()
    .configureOutput({ outputError: () => undefined }) // told in one line by finishUsage
    .configureHelp({ formatHelp: overviewHelp })
    .hook('preAction', settleFirst);
  addCommonOptions(program);
  program
    .argument('[command...]')
    .usage('[options] [command]')
    .action(async (words: readonly string[]) => {
      const [word] = words;
      if (word !== undefined) throw unknownCommand(program, word);
      await (await loadCommands()).chat(program.opts<ChatOptions>(), roomOrThrow(DEFAULT_ROOM));
    });
  addChat(program);
  addSend(program);
  addListen(program);
  addPeers(program);
  addDoctor(program, loadCommands);
  addPastCommands(program, loadCommands);
  addId(program);
  addDemo(program);
  addSelfCommands(program, loadCommands, ALL_CODES);
  for (const command of program.commands)
    command
      .exitOverride()
      .configureOutput({ outputError: () => undefined })
      .configureHelp({ showGlobalOptions: true });
  return program;
};

/** Commands that read no settings, or read them themselves. */
const WITHOUT_SETTINGS: readonly string[] = ['help', 'config', 'completion', 'complete'];

/** What the environment and the settings file say comes before a command begins. */
const settleFirst = async (program: Command, command: Command): Promise<void> => {
  program.setOptionValue('typed', typedOptions(program));
  settleVisibility(program);
  if (WITHOUT_SETTINGS.includes(command.name())) return;
  await (await import('../config/settle.ts')).applySettings(program);
};

const unknownCommand = (program: Command, word: string): CommandError => {
  const meant = nearest(
    word,
    visibleCommands(program).map((command) => command.name()),
  );
  const hint = meant === undefined ? 'see: earshot --help' : `did you mean: earshot ${meant}?`;
  return new CommandError(ExitCode.usage, `there is no command "${word}"; ${hint}`);
};

const addChat = (program: Command): void => {
  program
    .command('chat')
    .description('talk with everyone in a room (default: lobby)')
    .argument('[room]', 'the room', parseRoom)
    .addHelpText(
      'after',
      examples(['earshot chat', 'earshot chat kitchen', 'earshot chat --name alice --interface eth0']) + CHAT_HELP,
    )
    .action(async (room: RoomName | undefined, _options: object, command: Command) => {
      await (await loadCommands()).chat(command.optsWithGlobals<ChatOptions>(), room ?? roomOrThrow(DEFAULT_ROOM));
    });
};

const CHAT_HELP = `
Type a line to say it. /help lists what else there is, F1 the keys; Ctrl-D or /quit ends.
With --linear, EARSHOT_LINEAR=1 or TERM=dumb lines stay as they came: for screen readers, and for copying.
Lines of a pipe or file wait until somebody can hear them.
`;

const addSend = (program: Command): void => {
  program
    .command('send')
    .description('say one message, or one for each line of the input, and tell whether it arrived')
    .argument('[text...]', 'the message; without it, the lines of the input')
    .option('--room <ROOM>', 'the room (default: lobby)', parseRoom)
    .option('--to <PEER>', 'one person only: a name, or an id from its first 6 digits on')
    .addOption(new Option('--wait <STATE>', 'what to wait for').choices(['queued', 'sent', 'delivered']).default('delivered'))
    .option('--reply-to <ID>', 'the message it answers')
    .option('--peers <N>', 'how many others must have each message', parseCount, 1)
    .option('--timeout <S>', 'seconds for the whole run', parseSeconds, 10)
    .option('--json', 'a JSON object a line: sent, delivered, summary')
    .addHelpText(
      'after',
      examples([
        'earshot send "lunch?"',
        'earshot send --room kitchen --peers 3 "soup is ready"',
        'earshot send --to bob --json "are you there?"',
        'earshot send --to carol --wait queued "for when you are back"',
        'tail -f build.log | earshot send --room builds --timeout 86400',
      ]) +
        codes({
          0: 'every message reached as many as asked',
          2: `wrong usage, or a text of more than ${TEXT_SIZE_MAX} bytes`,
          3: 'nobody was there in time (nothing was said), or PEER is nobody or several',
          4: 'said, but not delivered in time: it stays queued in the profile and may still arrive',
        }),
    )
    .action(async (words: readonly string[], _options: object, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions & SendOptions>();
      const target = sendTarget(options);
      const text = words.length === 0 ? undefined : sayable(words.join(' '));
      await (await loadCommands()).send(options, { ...options, target, text });
    });
};

const sendTarget = ({
  room,
  to,
  peers,
}: SendOptions): { readonly kind: 'room'; readonly room: RoomName } | { readonly kind: 'person'; readonly who: string } => {
  if (to === undefined) return { kind: 'room', room: room ?? roomOrThrow(DEFAULT_ROOM) };
  if (room !== undefined)
    throw new CommandError(ExitCode.usage, 'a message goes to a room or to a person: give --room or --to, not both');
  if (peers > 1)
    throw new CommandError(ExitCode.usage, 'a message to one person reaches one: leave out --peers, or say it in a room');
  if (to.trim() === '') throw new CommandError(ExitCode.usage, '--to names nobody; give a name or an id');
  return { kind: 'person', who: to };
};

const sayable = (text: string): string => {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes === 0) throw new CommandError(ExitCode.usage, 'the message is empty; give it some text');
  if (sizeBytes > TEXT_SIZE_MAX) {
    throw new CommandError(ExitCode.usage, `the message has ${sizeBytes} bytes, at most ${TEXT_SIZE_MAX} fit; send it in parts`);
  }
  return text;
};

const addListen = (program: Command): void => {
  program
    .command('listen')
    .description('print what is said, and what came while this profile was away')
    .option('--room <ROOM>', 'a room to listen in (repeatable; default: lobby)', collect(parseRoom))
    .option('--json', 'a JSON object a line: ready, peer, message')
    .option('--count <N>', 'end after N messages', parseCount)
    .option('--timeout <S>', 'end after so many seconds', parseSeconds)
    .addHelpText(
      'after',
      examples([
        'earshot listen',
        'earshot listen --room kitchen --room lobby',
        'earshot listen --json --count 1 | jq -r \'select(.type == "message").text\'',
      ]) + codes({ 0: 'N messages came; without --count, the time is over', 4: 'the time was over before N messages came' }),
    )
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions & ListenOptions>();
      await (await loadCommands()).listen(options, { ...options, rooms: options.room ?? [roomOrThrow(DEFAULT_ROOM)] });
    });
};

const addPeers = (program: Command): void => {
  program
    .command('peers')
    .description('show who is here')
    .option('--json', 'a JSON object a line: peer')
    .option(
      '--wait <S>',
      'look for at most so many seconds, less once nobody new comes (default: 2); with --watch, watch for so long',
      parseSeconds,
    )
    .option('--watch', 'go on, and show who comes and goes')
    .addHelpText(
      'after',
      examples(['earshot peers', 'earshot peers --wait 30 && earshot send hello', 'earshot peers --watch --json']) +
        codes({ 0: 'somebody is here', 3: 'nobody is here', 5: 'no network' }),
    )
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions & PeersOptions>();
      await (await loadCommands()).peers(options, options);
    });
};

const addId = (program: Command): void => {
  program
    .command('id')
    .description('show your own name, id and fingerprint')
    .option('--json', 'a JSON object: id')
    .addHelpText('after', examples(['earshot id', 'earshot id --json', 'earshot id --home /srv/bot']))
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions & { readonly json?: boolean }>();
      await (await loadCommands()).id(options, options.json === true);
    });
};

const DEMO_HELP = `
Uses the loopback interface alone and keeps nothing: of the global options, only --name and --log-level count.
`;

const addDemo = (program: Command): void => {
  program
    .command('demo')
    .description('try a conversation with an echo, on this machine alone')
    .addHelpText('after', examples(['earshot demo', 'echo hello | earshot demo']) + DEMO_HELP)
    .action(async (_options: object, command: Command) => {
      await (await loadCommands()).demo(command.optsWithGlobals<ChatOptions>());
    });
};

const roomOrThrow = (text: string): RoomName => {
  const room = parseRoomName(text);
  if (room === undefined) throw new CommandError(ExitCode.usage, `"${text}" is no name of a room`);
  return room;
};
