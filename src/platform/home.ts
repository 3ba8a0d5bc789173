/**
 * The home of a profile: one folder with the keys (`profile.json`), the messages (`log/`) and the local socket. Everything in
 * it is for this user only.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fromHex, toHex } from '../base/bytes.ts';
import { WorldError } from '../base/errors.ts';
import { type LogId, logId } from '../base/ids.ts';
import { type KeptPreferences, keptPreferences } from './place-preferences.ts';
import { errorCode, worldText } from './world-text.ts';

const FILE = 'profile.json';
/** Version of the file's form. */
const FORM = 1;

/** Where profiles are by the platform's convention: what `EARSHOT_HOME` says, else the folder for an application's data. */
export const defaultHome = (
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  user: string = homedir(),
): string => {
  const asked = env.EARSHOT_HOME;
  if (asked !== undefined && asked !== '') return resolve(asked);
  if (platform === 'win32') return join(env.APPDATA || join(user, 'AppData', 'Roaming'), 'earshot');
  if (platform === 'darwin') return join(user, 'Library', 'Application Support', 'earshot');
  const data = env.XDG_DATA_HOME;
  // The XDG specification: a relative path in the variable is to be ignored.
  return join(data?.startsWith('/') ? data : join(user, '.local', 'share'), 'earshot');
};

/** Where a home keeps its messages. */
export const logFolder = (home: string): string => join(home, 'log');
/** The index of the messages: made from them, and made again when it is lost. */
export const indexFile = (home: string): string => join(home, 'index.sqlite');

/**
 * Makes the folder (0700) if it is not there.
 * @returns its one real path.
 * @throws WorldError profile-not-writable.
 */
export const openHome = (home: string): string => {
  try {
    makeFolders(resolve(home));
    accessSync(home, constants.R_OK | constants.W_OK | constants.X_OK);
    const path = realpathSync(home);
    if (process.platform !== 'win32') keepToOurselves(path);
    return path;
  } catch (error) {
    throw new WorldError(
      'profile-not-writable',
      `a profile was to be kept in ${home}, but that folder cannot be used: ${worldText(error)}; ` +
        'give this user the folder, choose another with --home, or keep nothing with --ephemeral',
      { cause: error },
    );
  }
};

/** As `mkdir -p`, 0700. Node's own never returns where the system says that a parent is there but nothing can be made in it (/proc). */
const makeFolders = (path: string): void => {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(path) !== path) makeFolders(dirname(path));
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
};

/** 0700, unless it is a folder that is also used for something else: then only nobody else may write there. */
const keepToOurselves = (home: string): void => {
  const names = readdirSync(home);
  if (names.length === 0 || names.includes(FILE)) chmodSync(home, 0o700);
  else if ((statSync(home).mode & 0o002) !== 0) throw new Error('everybody may write there');
};

/** What a profile consists of, beside its messages. */
export type Profile = {
  /** 32 bytes each. */
  readonly signingSeed: Uint8Array;
  readonly dhSeed: Uint8Array;
  /** Of the certificate that joins the two; u32. */
  readonly serial: number;
  readonly log: LogId;
  /** The UDP port last had; 0: none yet. */
  readonly port: number;
  /** Empty: none chosen. */
  readonly name: string;
  /** The folder of messages that `log` belongs to (`folderMarks` in store-folder.ts). */
  readonly marks: readonly string[];
  /** What programs keep about rooms and conversations. */
  readonly places: KeptPreferences;
};

/** A profile that nobody had before; its name and port are open. */
export const newProfile = (): Profile => ({
  signingSeed: new Uint8Array(randomBytes(32)),
  dhSeed: new Uint8Array(randomBytes(32)),
  serial: 1,
  log: newLogId(),
  port: 0,
  name: '',
  marks: [],
  places: {},
});

export const newLogId = (): LogId => logId(randomBytes(8));

/** Over what must never change by accident: another key is another person. */
const checkOf = (signing: string, dh: string, serial: number, log: string): string =>
  createHash('sha256').update(`earshot profile ${FORM} ${signing} ${dh} ${serial} ${log}`).digest('hex').slice(0, 16);

const encodeProfile = (profile: Profile): string => {
  const signing = toHex(profile.signingSeed);
  const dh = toHex(profile.dhSeed);
  const { serial, log, port, name, marks, places } = profile;
  const check = checkOf(signing, dh, serial, log);
  return `${JSON.stringify({ earshot: FORM, signing, dh, serial, log, check, port, name, marks, places }, null, 1)}\n`;
};

const isHex = (value: unknown, length: number): value is string =>
  typeof value === 'string' && value.length === length && /^[0-9a-f]*$/.test(value);
const isWhole = (value: unknown, max: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= max;

/** @returns what is wrong, if it is not a profile. */
const decodeProfile = (text: string): Profile | string => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return text.trim() === '' ? 'it is empty' : 'it is not JSON';
  }
  if (typeof value !== 'object' || value === null) return 'it is not a profile';
  const fields: Readonly<Record<string, unknown>> = { ...value };
  const { earshot, signing, dh, serial, log, check, port, name, marks, places } = fields;
  if (earshot !== FORM) return `its form is ${String(earshot)}, this version of earshot knows form ${FORM}`;
  if (!isHex(signing, 64) || !isHex(dh, 64) || !isHex(log, 16) || !isWhole(serial, 0xffffffff))
    return 'a key in it is missing or mistyped';
  if (check !== checkOf(signing, dh, serial, log)) return 'its keys are not the ones that were written';
  return {
    signingSeed: fromHex(signing),
    dhSeed: fromHex(dh),
    serial,
    log: logId(fromHex(log)),
    port: isWhole(port, 65_535) ? port : 0,
    name: typeof name === 'string' ? name : '',
    marks: Array.isArray(marks) ? marks.filter((mark) => typeof mark === 'string') : [],
    places: keptPreferences(places),
  };
};

/**
 * The profile in a home, or undefined if there is none yet.
 * @throws WorldError profile-unreadable, profile-damaged. A damaged file is left as it is.
 */
export const readProfile = (home: string): Profile | undefined => {
  const path = join(home, FILE);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    // A link to a place that is not there now is no new home: the keys are kept there.
    if (errorCode(error) === 'ENOENT' && lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
    throw new WorldError(
      'profile-unreadable',
      `the keys in ${path} cannot be read: ${worldText(error)}; give this user the file, or choose another home with --home`,
      {
        cause: error,
      },
    );
  }
  const profile = decodeProfile(text);
  if (typeof profile !== 'string') return profile;
  throw new WorldError(
    'profile-damaged',
    `${path} holds your keys, but ${profile}; it was left as it is: put a backup of it back, or move it away to begin as a new person`,
  );
};

/**
 * Writes the profile whole or not at all (0600; temporary file, flushed, renamed, folder flushed).
 * @throws WorldError profile-not-writable.
 */
export const writeProfile = (home: string, profile: Profile): void => {
  const path = join(home, FILE);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(temporary, 'w', 0o600);
    try {
      const bytes = Buffer.from(encodeProfile(profile));
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    flushFolderNow(home);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new WorldError(
      'profile-not-writable',
      `your keys were to be kept in ${path}, but it cannot be written: ${worldText(error)}; make room, give this user the folder, ` +
        'choose another with --home, or keep nothing with --ephemeral',
      { cause: error },
    );
  }
};

/** Windows has no such thing, and needs none. */
const flushFolderNow = (folder: string): void => {
  if (process.platform === 'win32') return;
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
};
