/** What can be set for good: each setting with its names in the file, the environment and on the command line. */
import { InvalidArgumentError } from 'commander';
import { VISIBILITIES } from '../../base/visibility.ts';
import { NEVER_QUIET } from '../../ui/quiet-hours.ts';
import {
  AWAY_AFTER_MINUTES,
  type CommonOptions,
  LOG_LEVELS,
  NEWCOMERS,
  parseKeep,
  parseMinutes,
  parseName,
  parsePeerAddress,
  parsePort,
} from '../program/options.ts';
import { parseQuiet } from './notify-settings.ts';

/** How a value is written. `parse` takes one text of it and throws InvalidArgumentError. */
type Form =
  | { readonly kind: 'text'; readonly parse: (text: string) => string }
  /** In the file one text or a list, in the environment with commas between. */
  | { readonly kind: 'texts'; readonly parse: (text: string) => string }
  | { readonly kind: 'number'; readonly parse: (text: string) => number }
  | { readonly kind: 'switch' }
  | { readonly kind: 'choice'; readonly of: readonly string[] };

export type SettingValue = string | number | boolean | readonly string[];

export type Setting = {
  /** In the file. */
  readonly key: string;
  /** As the commands know it. */
  readonly option: keyof CommonOptions;
  /** In the environment. */
  readonly variable: string;
  /** On the command line; absent: there is none. */
  readonly flag?: string;
  readonly about: string;
  /** What it is if nobody says anything; absent: `otherwise` says in words. */
  readonly standard?: SettingValue;
  readonly otherwise?: string;
  /** Shown in the file where there is no standard. */
  readonly example?: SettingValue;
  readonly form: Form;
  /** It is read once, when earshot starts: what to do instead. Absent: `/set` changes it in a chat that runs. */
  readonly fixed?: string;
};

const path = (text: string): string => {
  if (text === '') throw new InvalidArgumentError('Give a folder.');
  return text;
};
const interfaceName = (text: string): string => {
  if (text === '') throw new InvalidArgumentError('Give the name or address of an interface.');
  return text;
};

const START_AGAIN = 'start it again with another one';

export const SETTINGS: readonly Setting[] = [
  {
    key: 'name',
    option: 'name',
    variable: 'EARSHOT_NAME',
    flag: '--name',
    about: 'Your name, as others see it.',
    otherwise: 'the one kept in the profile, or your login',
    example: 'Ann',
    fixed: 'a name is changed with /nick',
    form: { kind: 'text', parse: parseName },
  },
  {
    key: 'home',
    option: 'home',
    variable: 'EARSHOT_HOME',
    flag: '--home',
    about: 'Where your profile is kept: your keys and what was said. ~ is your own folder.',
    otherwise: 'the place for application data',
    example: '~/earshot',
    form: { kind: 'text', parse: path },
    fixed: START_AGAIN,
  },
  {
    key: 'interface',
    option: 'interface',
    variable: 'EARSHOT_INTERFACE',
    flag: '--interface',
    about: 'The network interfaces to use, by name or address; one, or a list.',
    otherwise: 'all that lead to a local network',
    example: ['eth0'],
    form: { kind: 'texts', parse: interfaceName },
    fixed: START_AGAIN,
  },
  {
    key: 'port',
    option: 'port',
    variable: 'EARSHOT_PORT',
    flag: '--port',
    about: 'The UDP port.',
    otherwise: 'the one had before, or any',
    example: 45454,
    form: { kind: 'number', parse: parsePort },
    fixed: START_AGAIN,
  },
  {
    key: 'peers',
    option: 'peer',
    variable: 'EARSHOT_PEERS',
    flag: '--peer',
    about: 'Also look for people there, HOST:PORT each.',
    otherwise: 'nowhere else',
    example: ['192.0.2.7:45454'],
    form: { kind: 'texts', parse: parsePeerAddress },
    fixed: START_AGAIN,
  },
  {
    key: 'discovery',
    option: 'discovery',
    variable: 'EARSHOT_DISCOVERY',
    flag: '--no-discovery',
    about: 'Look for people on the network by itself (mDNS).',
    standard: true,
    form: { kind: 'switch' },
    fixed: START_AGAIN,
  },
  {
    key: 'visibility',
    option: 'visibility',
    variable: 'EARSHOT_VISIBILITY',
    flag: '--visibility',
    about:
      'Who sees you: open (everybody on the network), private (the people you wrote to) or stealth (nobody, until you dial).',
    standard: 'open',
    form: { kind: 'choice', of: VISIBILITIES },
    fixed: START_AGAIN,
  },
  {
    key: 'newcomers',
    option: 'newcomers',
    variable: 'EARSHOT_NEWCOMERS',
    flag: '--newcomers',
    about: 'What those who are new to a room are given of what was said before: nothing, recent (24 hours, this network) or all.',
    standard: 'recent',
    form: { kind: 'choice', of: NEWCOMERS },
    fixed: START_AGAIN,
  },
  {
    key: 'keep',
    option: 'keep',
    variable: 'EARSHOT_KEEP',
    about: 'How much of what was said is kept: days, messages or MB of each room or conversation, or of one room; MB in all.',
    otherwise: '30 days, 100000 messages, 128 MB, 1000 MB in all',
    example: ['90 days', '#builds 500 messages'],
    form: { kind: 'texts', parse: parseKeep },
    fixed: START_AGAIN,
  },
  {
    key: 'linear',
    option: 'linear',
    variable: 'EARSHOT_LINEAR',
    flag: '--linear',
    about: 'Chat line by line, without drawing on the whole terminal: for screen readers, and for copying.',
    standard: false,
    form: { kind: 'switch' },
    fixed: START_AGAIN,
  },
  {
    key: 'typing',
    option: 'typing',
    variable: 'EARSHOT_TYPING',
    about: 'In a chat, tell others when you are writing, and show when they are.',
    standard: true,
    form: { kind: 'switch' },
  },
  {
    key: 'away-after',
    option: 'awayAfter',
    variable: 'EARSHOT_AWAY_AFTER',
    about: 'In a chat, tell others that you are away after so many minutes without a key; 0: never.',
    standard: AWAY_AFTER_MINUTES,
    form: { kind: 'number', parse: parseMinutes },
  },
  {
    key: 'notify.bell',
    option: 'notifyBell',
    variable: 'EARSHOT_NOTIFY_BELL',
    about: 'In a chat, ring when something is told aloud; of which place what is: /notify.',
    standard: true,
    form: { kind: 'switch' },
  },
  {
    key: 'notify.osc9',
    option: 'notifyOsc9',
    variable: 'EARSHOT_NOTIFY_OSC9',
    about: 'And have the terminal show a notice (OSC 9, or OSC 777 where that is known), if it can.',
    standard: true,
    form: { kind: 'switch' },
  },
  {
    key: 'notify.desktop',
    option: 'notifyDesktop',
    variable: 'EARSHOT_NOTIFY_DESKTOP',
    about: 'And show a notice on the desktop: by notify-send, osascript (macOS) or a toast (Windows).',
    standard: false,
    form: { kind: 'switch' },
  },
  {
    key: 'notify.quiet',
    option: 'notifyQuiet',
    variable: 'EARSHOT_NOTIFY_QUIET',
    about: 'Hours in which nothing is told aloud, local time, also over midnight: 22:00-07:00.',
    standard: NEVER_QUIET,
    form: { kind: 'text', parse: parseQuiet },
  },
  {
    key: 'notify.private-text',
    option: 'notifyPrivateText',
    variable: 'EARSHOT_NOTIFY_PRIVATE_TEXT',
    about: 'Notices show what was said to you alone, and not only by whom.',
    standard: false,
    form: { kind: 'switch' },
  },
  {
    key: 'log-level',
    option: 'logLevel',
    variable: 'EARSHOT_LOG_LEVEL',
    flag: '--log-level',
    about: 'What is told on stderr: error, warning, info or debug.',
    standard: 'warning',
    form: { kind: 'choice', of: LOG_LEVELS },
    fixed: START_AGAIN,
  },
];

const choiceOf = (of: readonly string[], value: string): string => {
  if (!of.includes(value)) throw new InvalidArgumentError(`Give one of ${of.join(', ')}.`);
  return value;
};

/** A value of the file. @throws InvalidArgumentError */
export const valueFromFile = ({ form }: Setting, value: unknown): SettingValue => {
  const text = (one: unknown): string => {
    if (typeof one !== 'string') throw new InvalidArgumentError('Give a text in quotes.');
    return one;
  };
  switch (form.kind) {
    case 'text':
      return form.parse(text(value));
    case 'texts':
      return (Array.isArray(value) ? value : [value]).map((one) => form.parse(text(one)));
    case 'number':
      if (typeof value !== 'number') throw new InvalidArgumentError('Give a number, without quotes.');
      return form.parse(String(value));
    case 'switch':
      if (typeof value !== 'boolean') throw new InvalidArgumentError('Give true or false, without quotes.');
      return value;
    case 'choice':
      return choiceOf(form.of, text(value));
    default:
      return form satisfies never;
  }
};

const OFF = ['0', 'false', 'no', 'off'];
const ON = ['1', 'true', 'yes', 'on'];

/** A value of the environment, not empty. @throws InvalidArgumentError */
export const valueFromText = ({ form }: Setting, text: string): SettingValue => {
  switch (form.kind) {
    case 'text':
      return form.parse(text);
    case 'texts':
      return text.split(',').map((one) => form.parse(one.trim()));
    case 'number':
      return form.parse(text);
    case 'switch':
      if (!OFF.includes(text) && !ON.includes(text)) throw new InvalidArgumentError('Give on or off (1 or 0).');
      return ON.includes(text);
    case 'choice':
      return choiceOf(form.of, text);
    default:
      return form satisfies never;
  }
};
