/** What the command line takes, checked. Messages of `InvalidArgumentError` end up as one line on stderr. */
import { InvalidArgumentError } from 'commander';
import type { RoomName } from '../../base/ids.ts';
import { parseKeepRule } from '../../base/keep-rule.ts';
import { cleanName } from '../../base/name.ts';
import { parseRoomName } from '../../base/room-name.ts';
import type { Visibility } from '../../base/visibility.ts';
import type { NewcomerHistory, OpenOptions } from '../library.ts';

export const NEWCOMERS = ['nothing', 'recent', 'all'] as const satisfies readonly NewcomerHistory[];
export const LOG_LEVELS = ['error', 'warning', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The options that every command has: as typed, else as the environment and the settings file say. */
export type CommonOptions = {
  readonly name?: string;
  readonly home?: string;
  readonly interface?: readonly string[];
  readonly port?: number;
  readonly peer?: readonly string[];
  readonly discovery?: boolean;
  readonly visibility?: Visibility;
  readonly newcomers?: NewcomerHistory;
  readonly keep?: readonly string[];
  readonly ephemeral?: boolean;
  readonly linear?: boolean;
  /** Whether a chat tells, and shows, who is writing. */
  readonly typing?: boolean;
  /** Minutes without a key after which a chat tells that one is away; 0: never. */
  readonly awayAfter?: number;
  /** How a chat tells aloud what is to be told; `notifySettings` reads them. */
  readonly notifyBell?: boolean;
  readonly notifyOsc9?: boolean;
  readonly notifyDesktop?: boolean;
  /** `22:00-07:00`, or `off`. */
  readonly notifyQuiet?: string;
  readonly notifyPrivateText?: boolean;
  readonly logLevel: LogLevel;
  /** The long names of those that were typed. */
  readonly typed: readonly string[];
};

/** The longest time that can be waited for: what a timer holds, in seconds. */
const SECONDS_MAX = Math.floor((2 ** 31 - 1) / 1_000);

export const parseSeconds = (text: string): number => {
  const seconds = Number(text);
  if (text.trim() === '' || !Number.isFinite(seconds) || seconds < 0 || seconds > SECONDS_MAX) {
    throw new InvalidArgumentError(`Give seconds, 0 to ${SECONDS_MAX}.`);
  }
  return seconds;
};

export const parseCount = (text: string): number => {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || !Number.isSafeInteger(count))
    throw new InvalidArgumentError('Give a whole number, 1 or more.');
  return count;
};

export const parsePort = (text: string): number => {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new InvalidArgumentError('Give a port, 1 to 65535.');
  return port;
};

/** Without a key for so long one is away, if nothing else is set. */
export const AWAY_AFTER_MINUTES = 20;

/** A week: nobody waits longer to be away. */
const MINUTES_MAX = 10_080;

export const parseMinutes = (text: string): number => {
  const minutes = text.toLowerCase() === 'off' ? 0 : Number(text);
  if (text.trim() === '' || !Number.isInteger(minutes) || minutes < 0 || minutes > MINUTES_MAX)
    throw new InvalidArgumentError(`Give whole minutes, 0 to ${MINUTES_MAX}; 0: never.`);
  return minutes;
};

export const parseRoom = (text: string): RoomName => {
  const room = parseRoomName(text);
  if (room === undefined) throw new InvalidArgumentError('A room has a name of 1 to 32 letters, digits, "-", "_" or "."');
  return room;
};

export const parseName = (text: string): string => {
  const name = cleanName(text);
  if (name === '') throw new InvalidArgumentError('A name has 1 to 32 characters that can be seen.');
  return name;
};

/** `host:port`, `[ipv6]:port`. Whether the host exists is found out when it is dialled. */
export const parsePeerAddress = (text: string): string => {
  const parts = /^(?:\[([0-9a-fA-F:.]+(?:%[^\]\s]+)?)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(parts?.[3]);
  if (parts === null || port < 1 || port > 65_535)
    throw new InvalidArgumentError('Give HOST:PORT, with an IPv6 address in brackets: [fe80::1%eth0]:4321.');
  return text;
};

/** How much is kept; see `parseKeepRule`. */
export const parseKeep = (text: string): string => {
  const rule = parseKeepRule(text);
  if ('mistake' in rule) throw new InvalidArgumentError(rule.mistake);
  return text;
};

/** Gathers a repeatable option. */
export const collect =
  <T>(parse: (text: string) => T) =>
  (text: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), parse(text)];

/** What the library is opened with. */
export const openOptionsOf = (common: CommonOptions): OpenOptions => ({
  ...(common.name === undefined ? {} : { name: common.name }),
  ...(common.home === undefined ? {} : { home: common.home }),
  ...(common.ephemeral === true ? { isEphemeral: true } : {}),
  ...(common.port === undefined ? {} : { port: common.port }),
  ...(common.interface === undefined ? {} : { interfaces: common.interface }),
  ...(common.peer === undefined ? {} : { peers: common.peer }),
  ...(common.discovery === undefined ? {} : { useDiscovery: common.discovery }),
  ...(common.visibility === undefined ? {} : { visibility: common.visibility }),
  ...(common.newcomers === undefined ? {} : { newcomers: common.newcomers }),
  ...(common.keep === undefined ? {} : { keep: common.keep }),
});

/** Who sees us; what a peer that runs does otherwise is not passed over, but refused. */
const HIDING = ['--private', '--stealth', '--visibility'];
/** What the demo does not take. */
const NOT_OF_DEMO = ['--home', '--interface', '--port', '--peer', '--discovery', '--no-discovery', '--newcomers', ...HIDING];
/** What a peer that runs already does not take any more. */
const NOT_OF_RUNNING = ['--name', '--interface', '--port', '--peer', '--discovery', '--no-discovery', '--newcomers'];

/** The options typed that the demo does not take. */
export const ignoredByDemo = ({ typed }: CommonOptions): readonly string[] => typed.filter((flag) => NOT_OF_DEMO.includes(flag));

/** The options typed that a peer which runs already does not take any more. */
export const ignoredByRunning = ({ typed }: CommonOptions): readonly string[] =>
  typed.filter((flag) => NOT_OF_RUNNING.includes(flag));
