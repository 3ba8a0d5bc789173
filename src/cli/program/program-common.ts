/** The options that every command has. */
import { type Command, Option } from 'commander';
import { VISIBILITIES, type Visibility } from '../../base/visibility.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import { collect, LOG_LEVELS, NEWCOMERS, parseName, parsePeerAddress, parsePort } from './options.ts';

export const addCommonOptions = (program: Command): void => {
  program
    .option('--name <NAME>', 'your name, for this run (default: the one kept, or your login)', parseName)
    .option('--home <DIR>', 'where your profile is kept (default: EARSHOT_HOME, or the place for application data)')
    .option('--interface <NAME>', 'use only this network interface or address (repeatable)', collect(String))
    .option('--port <PORT>', 'the UDP port (default: the one kept)', parsePort)
    .option('--peer <HOST:PORT>', 'also look for somebody there (repeatable)', collect(parsePeerAddress))
    .addOption(new Option('--discovery', 'look for people by itself, whatever the settings say').hideHelp())
    .option('--no-discovery', 'do not look for people by itself, only where --peer says')
    .option('--private', 'only the people you wrote to find you; to all others nobody is there')
    .option('--stealth', 'say nothing on the network until you dial: people you wrote to and hear, or --peer')
    .addOption(new Option('--visibility <WHO>', 'open, private or stealth').choices([...VISIBILITIES]).hideHelp())
    .addOption(
      new Option(
        '--newcomers <WHAT>',
        'what those who are new to a room are given of what was said there (default: recent)',
      ).choices([...NEWCOMERS]),
    )
    .option('--ephemeral', 'keep nothing on disk; a new key each time')
    .option('--linear', 'chat line by line, without drawing on the whole terminal')
    .addOption(new Option('--no-linear', 'draw on the whole terminal, whatever the settings say').hideHelp())
    .addOption(new Option('--log-level <LEVEL>', 'what is told on stderr').choices([...LOG_LEVELS]).default('warning'));
};

/** In the help of all commands together, what each option does in a few words. */
export const IN_SHORT: ReadonlyMap<string, string> = new Map([
  ['--name', 'your name, this run'],
  ['--home', 'your profile'],
  ['--interface', 'only this network'],
  ['--port', 'the UDP port'],
  ['--peer', 'also look there'],
  ['--no-discovery', 'look only there'],
  ['--private', 'seen by contacts'],
  ['--stealth', 'listen, and dial'],
  ['--newcomers', 'nothing|recent|all'],
  ['--ephemeral', 'keep nothing'],
  ['--linear', 'chat line by line'],
  ['--log-level', 'error to debug'],
  ['--version', 'print the version'],
]);

/** Takes `--private` and `--stealth` as what they stand for. @throws CommandError usage if they contradict each other. */
export const settleVisibility = (program: Command): void => {
  const {
    private: isPrivate,
    stealth,
    visibility,
  } = program.opts<{ private?: boolean; stealth?: boolean; visibility?: Visibility }>();
  const asked = new Set<Visibility>(visibility === undefined ? [] : [visibility]);
  if (isPrivate === true) asked.add('private');
  if (stealth === true) asked.add('stealth');
  if (asked.size > 1) throw new CommandError(ExitCode.usage, `${[...asked].join(' and ')} exclude each other; give one of them`);
  for (const one of asked) program.setOptionValueWithSource('visibility', one, 'cli');
};

/** Those of this command's options that were typed, by their long names. */
export const typedOptions = (program: Command): readonly string[] =>
  program.options.flatMap((option) =>
    program.getOptionValueSource(option.attributeName()) === 'cli' &&
    option.long !== undefined &&
    option.long !== null &&
    option.negate === (program.getOptionValue(option.attributeName()) === false)
      ? [option.long]
      : [],
  );
