/** The commands about the command itself: its help on one screen, and its settings. */
import { Argument, type Command, Help } from 'commander';
import { completionScript, SHELLS, type Shell } from '../completion/scripts.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import { codes, examples } from './help-text.ts';
import type { CommonOptions } from './options.ts';
import { IN_SHORT } from './program-common.ts';

type Load = () => Promise<typeof import('../commands.ts')>;
type Json = CommonOptions & { readonly json?: boolean };

/** Commands by what they are for; one that is named nowhere here is shown in the last group. */
const GROUPS: readonly (readonly [string, readonly string[]])[] = [
  ['Talk', ['chat', 'send', 'listen', 'peers', 'demo']],
  ['Look back', ['history', 'search', 'status', 'queue']],
  ['Change', ['edit', 'delete', 'react']],
  ['Profile', ['id', 'up', 'export', 'import', 'config', 'forget']],
  ['More', []], // help, completion
];
/** Columns of the terminal that the help is made for. */
const WIDTH = 79;
const GROUP_WIDTH = 12;
/** Columns of an option and of what it does; two of them side by side. */
const FLAG_WIDTH = 18;
const SHORT_WIDTH = 20;

const EXAMPLES = ['earshot', 'earshot send "lunch?"', 'earshot listen --json'];

/** Hidden commands are none. */
export const visibleCommands = (program: Command): readonly Command[] => new Help().visibleCommands(program);

/** All commands and options on one screen of 80 columns and 24 rows. */
export const overviewHelp = (program: Command): string =>
  [
    `Usage: earshot [options] [command]      ${program.description().replace(/:.*/, '.')}`,
    '',
    ...commandLines(program),
    '',
    'Options, for every command:',
    ...optionLines(program),
    examples(EXAMPLES),
    'More: earshot COMMAND --help; exit codes: earshot help codes',
    '',
  ].join('\n');

const argumentText = (argument: Argument): string => {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
};

const commandLines = (program: Command): readonly string[] => {
  const commands = visibleCommands(program);
  const grouped = new Set(GROUPS.flatMap(([, names]) => names));
  return GROUPS.flatMap(([title, names]) => {
    const own = commands.filter((one) => (names.length === 0 ? !grouped.has(one.name()) : names.includes(one.name())));
    const words = own.map((one) => [one.name(), ...one.registeredArguments.map(argumentText)].join(' '));
    return wrapped(title, words);
  });
};

/** Words with two spaces between, on as many lines as they need. */
const wrapped = (title: string, words: readonly string[]): readonly string[] => {
  const lines: string[] = [];
  let line = title.padEnd(GROUP_WIDTH);
  for (const word of words) {
    if (line.length + word.length > WIDTH) {
      lines.push(line.trimEnd());
      line = ''.padEnd(GROUP_WIDTH);
    }
    line += `${word}  `;
  }
  return line.trim() === title && words.length === 0 ? lines : [...lines, line.trimEnd()];
};

const optionLines = (program: Command): readonly string[] => {
  const shown = program.options.filter(({ hidden }) => !hidden);
  const cells = shown.map(({ flags, long }) =>
    `${flags.replace(/[<>]/g, '').padEnd(FLAG_WIDTH)} ${IN_SHORT.get(long ?? '') ?? ''}`.padEnd(FLAG_WIDTH + SHORT_WIDTH),
  );
  const lines: string[] = [];
  for (let at = 0; at < cells.length; at += 2) lines.push(`  ${cells[at] ?? ''}  ${cells[at + 1] ?? ''}`.trimEnd());
  return lines;
};

/** @param allCodes what the exit codes mean. */
export const addSelfCommands = (program: Command, load: Load, allCodes: Readonly<Record<number, string>>): void => {
  program
    .command('help')
    .description('show help, of a command or of the exit codes')
    .argument('[topic]', 'a command, or codes')
    .addHelpText('after', examples(['earshot help', 'earshot help send', 'earshot help codes']))
    .action(async (topic: string | undefined, _options: object, command: Command) => {
      const text = helpOn(program, topic, allCodes);
      await (await load()).print(command.optsWithGlobals<CommonOptions>(), text);
    });
  program
    .command('config')
    .description('show the settings in force and where each comes from: default, file, environment or flag')
    .option('--init', 'write a settings file that explains them all, where there is none')
    .option('--json', 'a JSON object a line: setting')
    .addHelpText(
      'after',
      examples(['earshot config', 'earshot config --init', 'EARSHOT_CONFIG=bot.toml earshot listen']) + CONFIG_HELP,
    )
    .addHelpText('after', codes({ 2: 'the file is damaged, or sets what is no setting' }))
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<Json & { readonly init?: boolean }>();
      await (await load()).print(options, await configText(program, options));
    });
  addCompletion(program, load);
};

/** The scripts for shells, and what they ask. */
const addCompletion = (program: Command, load: Load): void => {
  program
    .command('completion')
    .description('print the script with which a shell completes commands, options, names and rooms')
    .addArgument(new Argument('<shell>', 'the shell').choices([...SHELLS]))
    .addHelpText(
      'after',
      examples(['source <(earshot completion bash)', 'source <(earshot completion zsh)', 'earshot completion fish | source']),
    )
    .action(async (shell: Shell, _options: object, command: Command) => {
      await (await load()).print(command.optsWithGlobals<CommonOptions>(), completionScript(shell));
    });
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .option('--line <LINE>')
    .option('--breaks <CHARACTERS>')
    .action(async (words: readonly string[], { line, breaks }: { readonly line?: string; readonly breaks?: string }) => {
      const { completeLine, completeWords } = await import('../completion/complete.ts');
      const text = await (line === undefined ? completeWords(program, words) : completeLine(program, line, breaks ?? ''));
      process.stdout.on('error', () => process.exit(0)); // the shell has gone on
      process.stdout.write(text, () => process.exit(0)); // a peer that does not answer is not waited for
    });
};

const CONFIG_HELP = `
The file is earshot/config.toml in XDG_CONFIG_HOME (~/.config), APPDATA or ~/Library/Application Support, or what
EARSHOT_CONFIG names. What is shown can be used as the file.
`;

const helpOn = (program: Command, topic: string | undefined, allCodes: Readonly<Record<number, string>>): string => {
  if (topic === undefined) return overviewHelp(program);
  if (topic === 'codes') return codes(allCodes).trimStart();
  const command = visibleCommands(program).find((one) => one.name() === topic);
  if (command === undefined)
    throw new CommandError(ExitCode.usage, `there is no help on "${topic}": name a command, or codes; see: earshot --help`);
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
};

const configText = async (program: Command, options: { readonly init?: boolean; readonly json?: boolean }): Promise<string> => {
  const [{ settle }, { configPath }, text] = await Promise.all([
    import('../config/settle.ts'),
    import('../config/config-file.ts'),
    import('../config/config-text.ts'),
  ]);
  if (options.init === true) {
    const path = configPath();
    text.writeEmptyConfig(path);
    return `written: ${path}\n`;
  }
  const { file, settled } = await settle(program, process.env);
  const { defaultHome } = await import('../../platform/home.ts');
  const shown = settled.map((one) =>
    one.setting.key === 'home' && one.value === undefined ? { ...one, value: defaultHome() } : one,
  );
  return options.json === true ? text.settingsJson(shown) : text.settingsText(shown, file);
};
