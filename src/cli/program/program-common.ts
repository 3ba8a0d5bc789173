/** The options that every command has. */
import { type Command, Option } from 'commander';
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
  ['--newcomers', 'nothing|recent|all'],
  ['--ephemeral', 'keep nothing'],
  ['--linear', 'chat line by line'],
  ['--log-level', 'error to debug'],
  ['--version', 'print the version'],
]);

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
