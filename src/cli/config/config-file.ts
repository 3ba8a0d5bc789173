/** The file with the settings: where it is, and what it says. */
import { lstatSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { nearest } from '../../ui/nearest.ts';
import { CommandError, ExitCode } from '../exit-code.ts';
import { SETTINGS, type Setting, type SettingValue, valueFromFile } from './settings.ts';

/** BOUNDED: bytes of the file; it has a dozen short lines. */
const SIZE_MAX = 64 * 1024;

export type ConfigFile = {
  readonly path: string;
  readonly isThere: boolean;
  readonly values: ReadonlyMap<Setting, SettingValue>;
};

/** Where it is by the platform's convention: what `EARSHOT_CONFIG` says, else the folder for an application's settings. */
export const configPath = (
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  user: string = homedir(),
): string => {
  const asked = env.EARSHOT_CONFIG;
  if (asked !== undefined && asked !== '') return resolve(asked);
  const file = join('earshot', 'config.toml');
  if (platform === 'win32') return join(env.APPDATA || join(user, 'AppData', 'Roaming'), file);
  if (platform === 'darwin') return join(user, 'Library', 'Application Support', file);
  const config = env.XDG_CONFIG_HOME;
  // The XDG specification: a relative path in the variable is to be ignored.
  return join(config?.startsWith('/') ? config : join(user, '.config'), file);
};

/**
 * Reads and checks it; a file that is not there says nothing, unless it was asked for by name.
 * @throws CommandError usage: unreadable, not TOML, an unknown setting, a wrong value. Nothing of a damaged file is in force.
 */
export const readConfig = async (env: NodeJS.ProcessEnv = process.env): Promise<ConfigFile> => {
  const path = configPath(env);
  const text = textOf(path);
  if (text === undefined) {
    if (env.EARSHOT_CONFIG) throw wrong(`EARSHOT_CONFIG names ${path}, which is not there; make it with: earshot config --init`);
    return { path, isThere: false, values: new Map() };
  }
  const fields = await parseToml(path, text);
  const values = new Map<Setting, SettingValue>();
  for (const [key, value] of Object.entries(fields).flatMap(dotted)) {
    const setting = SETTINGS.find((one) => one.key === key);
    if (setting === undefined) throw unknownSetting(path, key);
    try {
      const checked = valueFromFile(setting, value);
      values.set(setting, setting.key === 'home' ? placeOf(String(checked), path) : checked);
    } catch (error) {
      throw wrongValue(`${key} in ${path}`, error);
    }
  }
  return { path, isThere: true, values };
};

/** What stands in a table of settings (`notify.bell`, or `bell` below `[notify]`), each with its whole key. */
const dotted = ([key, value]: readonly [string, unknown]): readonly (readonly [string, unknown])[] => {
  const isTable = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isTable || !SETTINGS.some((one) => one.key.startsWith(`${key}.`))) return [[key, value]];
  return Object.entries(value).map(([name, inner]) => [`${key}.${name}`, inner]);
};

/** The complaint about a value, as one line. */
export const wrongValue = (where: string, error: unknown): unknown =>
  error instanceof InvalidArgumentError ? wrong(`${where}: ${sentence(error.message)}`) : error;

const sentence = (text: string): string => `${text.charAt(0).toLowerCase()}${text.slice(1).replace(/\.$/, '')}`;

const wrong = (text: string, cause?: unknown): CommandError =>
  new CommandError(ExitCode.usage, text, cause === undefined ? undefined : { cause });

const unknownSetting = (path: string, key: string): CommandError => {
  const meant = nearest(
    key,
    SETTINGS.map((setting) => setting.key),
  );
  const hint = meant === undefined ? 'see: earshot config' : `did you mean ${meant}?`;
  return wrong(`${path} sets "${key}", but there is no such setting; ${hint}`);
};

const textOf = (path: string): string | undefined => {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > SIZE_MAX) throw wrong(`${path} has ${bytes.length} bytes; settings need no more than ${SIZE_MAX}`);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof CommandError) throw error;
    if (error instanceof TypeError) throw wrong(`${path} is not text in UTF-8`, error);
    const isMissing = error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    if (isMissing && lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
    throw wrong(`the settings in ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`, error);
  }
};

const parseToml = async (path: string, text: string): Promise<object> => {
  const { parse, TomlError } = await import('smol-toml');
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = ''] = error.message.split('\n');
    throw wrong(`${path}, line ${error.line}: ${reason.replace(/^Invalid TOML document: /, 'not TOML: ')}`, error);
  }
};

/** `~` is the user's folder, and what is relative is so to the file. */
const placeOf = (home: string, path: string): string =>
  /^~(?=$|[\\/])/.test(home) ? join(homedir(), home.slice(1)) : resolve(dirname(path), home);
