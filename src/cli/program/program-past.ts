/** The commands that look back at what was said, change it, and keep the peer running. */
import { type Command, InvalidArgumentError } from 'commander';
import type { RoomName } from '../../base/ids.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import { parseWhen, WHEN_HELP } from '../past/when.ts';
import { codes, examples } from './help-text.ts';
import { type CommonOptions, collect, parseCount, parseRoom } from './options.ts';

type Load = () => Promise<typeof import('../commands.ts')>;
type Json = CommonOptions & { readonly json?: boolean };

/** Messages that a page shows unless told otherwise, and at most. */
const PAGE = 100;
const LIMIT_MAX = 10_000;

const parseLimit = (text: string): number => {
  const limit = parseCount(text);
  if (limit > LIMIT_MAX) throw new InvalidArgumentError(`Give at most ${LIMIT_MAX}; for more, page with --until.`);
  return limit;
};

const when =
  (isEnd: boolean) =>
  (text: string): number => {
    const at = parseWhen(text, Date.now(), isEnd);
    if (at === undefined) throw new InvalidArgumentError(`Give a time: ${WHEN_HELP}.`);
    return at;
  };

export const addPastCommands = (program: Command, load: Load): void => {
  addHistory(program, load);
  addSearch(program, load);
  addQueue(program, load);
  addAmend(program, load);
  addStatus(program, load);
  addUp(program, load);
  addForget(program, load);
  addBackup(program, load);
};

const addHistory = (program: Command, load: Load): void => {
  program
    .command('history')
    .description('show what was said')
    .argument('[place]', 'a room, or a person: lobby, @bob (default: everywhere)')
    .option('--since <T>', `not before: ${WHEN_HELP}`, when(false))
    .option('--until <T>', 'not after', when(true))
    .option('--limit <N>', `the newest N messages (default: ${PAGE})`, parseLimit, PAGE)
    .option('--from <PEER>', 'only what one person said: a name, or an id from its first 6 digits on')
    .option('--json', 'a JSON object a line: message')
    .addHelpText(
      'after',
      examples(['earshot history', 'earshot history lobby --since yesterday', 'earshot history @bob --limit 10 --json']) +
        codes({ 0: 'shown, also if there was nothing', 3: 'PEER is nobody or several' }),
    )
    .action(async (place: string | undefined, _options: object, command: Command) => {
      const options = command.optsWithGlobals<Json & { since?: number; until?: number; limit: number; from?: string }>();
      const { since, until, limit, from } = options;
      const request = { limit, ...given({ place, since, until, from }) };
      await (await load()).look(options, 'history', request);
    });
};

const addSearch = (program: Command, load: Load): void => {
  program
    .command('search')
    .description('find what was said, newest first')
    .argument('<words...>', 'words that all occur; "several words" together; beginnings*; OR; NOT')
    .option('--room <ROOM>', 'only in a room, or with a person (@bob)')
    .option('--limit <N>', `at most N messages (default: ${PAGE})`, parseLimit, PAGE)
    .option('--json', 'a JSON object a line: message')
    .addHelpText(
      'after',
      examples(['earshot search soup', "earshot search 'pea soup NOT onion'", 'earshot search \'"pea soup"\' --room kitchen']) +
        codes({ 0: 'found', 3: 'nothing found' }),
    )
    .action(async (words: readonly string[], _options: object, command: Command) => {
      const options = command.optsWithGlobals<Json & { room?: string; limit: number }>();
      const request = { words: words.join(' '), limit: options.limit, ...given({ place: options.room }) };
      await (await load()).look(options, 'search', request);
    });
};

const addQueue = (program: Command, load: Load): void => {
  program
    .command('queue')
    .description('show what of yours waits for somebody, or give it up')
    .argument('[drop]', 'the word drop')
    .argument('[id]', 'of the message to give up, or the beginning of it')
    .option('--json', 'a JSON object a line: queued, dropped')
    .addHelpText(
      'after',
      examples(['earshot queue', 'earshot queue --json', 'earshot queue drop 1a2b3c4d']) +
        codes({ 0: 'shown, also if nothing waits; given up', 3: 'nothing to give up' }),
    )
    .action(async (word: string | undefined, id: string | undefined, _options: object, command: Command) => {
      if (word !== undefined && (word !== 'drop' || id === undefined))
        throw new CommandError(ExitCode.usage, 'say what to give up: earshot queue drop ID; to see what waits: earshot queue');
      await (await load()).look(command.optsWithGlobals<Json>(), 'queue', given({ drop: id }));
    });
};

const addAmend = (program: Command, load: Load): void => {
  const id = 'of the message, or the beginning of it; earshot history shows them';
  const said = codes({
    0: 'said; whoever has the message gets this too',
    2: 'not yours, or no such message',
    3: 'no such message',
  });
  program
    .command('edit')
    .description('change what you said')
    .argument('<id>', id)
    .argument('<text...>', 'what it says from now on')
    .option('--json', 'a JSON object a line: sent')
    .addHelpText('after', examples(['earshot edit 1a2b3c4d "at noon, I mean"']) + said)
    .action(async (of: string, text: readonly string[], _options: object, command: Command) => {
      await (await load()).amend(command.optsWithGlobals<Json>(), { of, what: 'edit', text: text.join(' ') });
    });
  program
    .command('delete')
    .description('take back what you said')
    .argument('<id>', id)
    .option('--json', 'a JSON object a line: sent')
    .addHelpText('after', examples(['earshot delete 1a2b3c4d']) + said)
    .action(async (of: string, _options: object, command: Command) => {
      await (await load()).amend(command.optsWithGlobals<Json>(), { of, what: 'delete' });
    });
  program
    .command('react')
    .description('react to a message')
    .argument('<id>', id)
    .argument('<emoji>', 'the sign')
    .option('--off', 'take the reaction back')
    .option('--json', 'a JSON object a line: sent')
    .addHelpText('after', examples(['earshot react 1a2b3c4d 👍', 'earshot react 1a2b3c4d 👍 --off']) + said)
    .action(async (of: string, emoji: string, _options: object, command: Command) => {
      const options = command.optsWithGlobals<Json & { off?: boolean }>();
      await (await load()).amend(options, { of, what: 'react', emoji, isOn: options.off !== true });
    });
};

const addStatus = (program: Command, load: Load): void => {
  program
    .command('status')
    .description('show your rooms, what is unread, and what waits')
    .option('--json', 'a JSON object: status')
    .addHelpText('after', examples(['earshot status', "earshot status --json | jq '.queued'"]))
    .action(async (_options: object, command: Command) => {
      await (await load()).look(command.optsWithGlobals<Json>(), 'status', {});
    });
};

const addUp = (program: Command, load: Load): void => {
  program
    .command('up')
    .description('run without a screen: take and hand on what is said, in the rooms you are in')
    .option('--room <ROOM>', 'also join a room (repeatable; the first time: lobby)', collect(parseRoom))
    .option('--json', 'a JSON object a line: ready')
    .addHelpText(
      'after',
      examples(['earshot up', 'earshot up --room kitchen --home /srv/bot']) +
        codes({ 6: 'a peer runs on this profile already', 143: 'ended by SIGTERM' }),
    )
    .action(async (_options: object, command: Command) => {
      const options = command.optsWithGlobals<Json & { room?: readonly RoomName[] }>();
      await (await load()).up(options, options.room ?? []);
    });
};

const addForget = (program: Command, load: Load): void => {
  program
    .command('forget')
    .description('overwrite what was said, in this profile')
    .argument('[place]', 'a room, or a person: lobby, @bob (then also their key)')
    .option('--all', 'everything')
    .option('--yes', 'it cannot be undone, and that is meant')
    .option('--json', 'a JSON object: forgotten')
    .addHelpText('after', examples(['earshot forget kitchen --yes', 'earshot forget @bob --yes', 'earshot forget --all --yes']))
    .action(async (place: string | undefined, _options: object, command: Command) => {
      const options = command.optsWithGlobals<Json & { all?: boolean; yes?: boolean }>();
      if ((place === undefined) !== (options.all === true))
        throw new CommandError(ExitCode.usage, 'say what to forget: a room, a person (@bob), or --all');
      if (options.yes !== true)
        throw new CommandError(
          ExitCode.usage,
          'it cannot be undone; if you mean it, say so with --yes (others keep what they have)',
        );
      await (await load()).look(options, 'forget', given({ place }));
    });
};

const addBackup = (program: Command, load: Load): void => {
  const passphrase = [
    '--passphrase-file <FILE>',
    'whose first line is the passphrase (default: EARSHOT_PASSPHRASE, or the keyboard)',
  ] as const;
  program
    .command('export')
    .description('write your keys and messages to one file, sealed with a passphrase')
    .argument('<file>', 'a new file')
    .option(...passphrase)
    .addHelpText('after', examples(['earshot export ~/earshot.backup']))
    .action(async (path: string, _options: object, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions & { passphraseFile?: string }>();
      await (await load()).exportTo(options, path, options.passphraseFile);
    });
  program
    .command('import')
    .description('make a profile from such a file, where there is none')
    .argument('<file>', 'written by earshot export')
    .option(...passphrase)
    .addHelpText('after', examples(['earshot import ~/earshot.backup', 'earshot import backup --home ~/.earshot-two']))
    .action(async (path: string, _options: object, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions & { passphraseFile?: string }>();
      await (await load()).importFrom(options, path, options.passphraseFile);
    });
};

type Given<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };
const given = <T extends object>(fields: T): Given<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Given<T>;
