/**
 * A whole profile in one file, sealed with a passphrase: keys and messages, to be carried to another machine or kept.
 *
 * file   = "earshot profile 1\n" · salt bytes(16) · pieces
 * piece  = ChaCha20-Poly1305(key, nonce, at most 64 KiB) · tag bytes(16); nonce = 7 zeros · piece number u32 · 1 for the last, else 0
 * key    = scrypt(passphrase in UTF-8 NFKC, salt, N 2^17, r 8, p 1)
 * inside = "name length u8 · name · size u48 · bytes" for each file: `profile.json`, then the segments of `log/`
 *
 * Numbers are big-endian. The pieces are STREAM (Hoang, Reyhanitabar, Rogaway, Vizár, 2015): none can be left out, moved or cut off.
 */
import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { WorldError } from '../base/errors.ts';
import { logFolder, newLogId, openHome, readProfile, writeProfile } from './home.ts';
import { worldText } from './world-text.ts';

const MAGIC = Buffer.from('earshot profile 1\n');
const SALT_SIZE = 16;
const TAG_SIZE = 16;
const PIECE_SIZE = 64 * 1024;
const COST = { N: 2 ** 17, r: 8, p: 1, maxmem: 256 * 1024 * 1024 } as const;
const SEGMENT = /^\d{8}\.seg$/;
/** Characters of a passphrase: what is shorter is guessed. */
export const PASSPHRASE_MIN = 8;

const keyOf = (passphrase: string, salt: Uint8Array): Buffer => scryptSync(passphrase.normalize('NFKC'), salt, 32, COST);

const nonceOf = (number: number, isLast: boolean): Buffer => {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32BE(number, 7);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
};

/**
 * Writes the profile of a home, whether a peer runs on it or not, to a new file (0600), whole or not at all.
 * @returns how many bytes of messages. @throws WorldError
 */
export const exportProfile = (home: string, path: string, passphrase: string): number => {
  if (existsSync(path))
    throw new WorldError('profile-not-writable', `${path} is there already; choose another name, or remove it`);
  if (readProfile(home) === undefined) throw new WorldError('profile-unreadable', `there is no profile in ${home} to export`);
  const temporary = `${path}.${process.pid}.tmp`;
  let size = 0;
  try {
    const file = openSync(temporary, 'wx', 0o600);
    try {
      const sealer = new Sealer(file, passphrase);
      const folder = logFolder(home);
      const segments = existsSync(folder) ? readdirSync(folder).filter((name) => SEGMENT.test(name)) : [];
      sealer.file('profile.json', readFileSync(join(home, 'profile.json')));
      for (const name of segments.sort()) size += sealer.copy(name, join(folder, name));
      sealer.end();
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    return size;
  } catch (error) {
    rmSync(temporary, { force: true });
    throw new WorldError('profile-not-writable', `the profile could not be written to ${path}: ${worldText(error)}`, {
      cause: error,
    });
  }
};

/**
 * Makes a profile in a home that has none. It is the same person, with a new log: numbers are never given twice.
 * @throws WorldError; then the home is as it was.
 */
export const importProfile = (path: string, home: string, passphrase: string): void => {
  const root = openHome(home);
  if (readProfile(root) !== undefined) {
    throw new WorldError('profile-not-writable', `there is a profile in ${root} already; choose another place with --home`);
  }
  const made: string[] = [];
  try {
    const inside = opened(path, passphrase);
    const folder = logFolder(root);
    if (existsSync(folder) && readdirSync(folder).length > 0)
      throw new WorldError(
        'profile-not-writable',
        `there are messages in ${folder}; move them away, or choose another place with --home`,
      );
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    unpack(inside, (name) => {
      const target = name === 'profile.json' ? join(root, 'profile.json') : join(folder, name);
      made.push(target);
      return target;
    });
    const profile = readProfile(root);
    if (profile === undefined) throw new Error('there are no keys in it');
    writeProfile(root, { ...profile, log: newLogId(), marks: [], port: 0 });
  } catch (error) {
    for (const target of made) rmSync(target, { force: true });
    if (error instanceof WorldError) throw error;
    throw new WorldError('profile-unreadable', `${path} could not be imported: ${worldText(error)}`, { cause: error });
  }
};

class Sealer {
  readonly #file: number;
  readonly #key: Buffer;
  #piece = Buffer.alloc(PIECE_SIZE);
  #filled = 0;
  #number = 0;

  constructor(file: number, passphrase: string) {
    const salt = randomBytes(SALT_SIZE);
    this.#file = file;
    this.#key = keyOf(passphrase, salt);
    writeAll(file, Buffer.concat([MAGIC, salt]));
  }

  file(name: string, bytes: Uint8Array): void {
    this.#head(name, bytes.length);
    this.#put(bytes);
  }

  /** As large as it is now: what is appended meanwhile is not in it. */
  copy(name: string, path: string): number {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      this.#head(name, size);
      const bytes = Buffer.alloc(PIECE_SIZE);
      for (let at = 0; at < size; ) {
        const got = readSync(file, bytes, 0, Math.min(bytes.length, size - at), at);
        if (got === 0) throw new Error(`${path} became shorter while it was read; try again`);
        this.#put(bytes.subarray(0, got));
        at += got;
      }
      return size;
    } finally {
      closeSync(file);
    }
  }

  end(): void {
    this.#seal(true);
  }

  #head(name: string, size: number): void {
    const head = Buffer.alloc(1 + name.length + 6);
    head[0] = name.length;
    head.write(name, 1);
    head.writeUIntBE(size, 1 + name.length, 6);
    this.#put(head);
  }

  #put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      if (this.#filled === PIECE_SIZE) this.#seal(false);
      const part = bytes.subarray(at, at + PIECE_SIZE - this.#filled);
      this.#piece.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
    }
  }

  #seal(isLast: boolean): void {
    const cipher = createCipheriv('chacha20-poly1305', this.#key, nonceOf(this.#number, isLast), { authTagLength: TAG_SIZE });
    const sealed = [cipher.update(this.#piece.subarray(0, this.#filled)), cipher.final(), cipher.getAuthTag()];
    writeAll(this.#file, Buffer.concat(sealed));
    this.#number += 1;
    this.#filled = 0;
  }
}

const writeAll = (file: number, bytes: Uint8Array): void => {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
};

/** The pieces, opened one after the other. */
function* opened(path: string, passphrase: string): Generator<Buffer, void, void> {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const head = Buffer.alloc(MAGIC.length + SALT_SIZE);
    if (readSync(file, head, 0, head.length, 0) < head.length || !head.subarray(0, MAGIC.length).equals(MAGIC))
      throw new Error('it is no exported profile');
    const key = keyOf(passphrase, head.subarray(MAGIC.length));
    let at = head.length;
    for (let number = 0; at < size; number++) {
      const bytes = Buffer.alloc(Math.min(PIECE_SIZE + TAG_SIZE, size - at));
      if (readSync(file, bytes, 0, bytes.length, at) < bytes.length || bytes.length < TAG_SIZE) throw new Error('it is cut off');
      at += bytes.length;
      const end = bytes.length - TAG_SIZE;
      const decipher = createDecipheriv('chacha20-poly1305', key, nonceOf(number, at === size), { authTagLength: TAG_SIZE });
      decipher.setAuthTag(bytes.subarray(end));
      try {
        yield Buffer.concat([decipher.update(bytes.subarray(0, end)), decipher.final()]);
      } catch {
        throw new Error(number === 0 ? 'the passphrase is another one, or the file is damaged' : 'it is damaged or cut off');
      }
    }
  } finally {
    closeSync(file);
  }
}

/** @param targetOf where a file goes. */
const unpack = (pieces: Iterable<Buffer>, targetOf: (name: string) => string): void => {
  const source = pieces[Symbol.iterator]();
  let rest = Buffer.alloc(0);
  const more = (): boolean => {
    const step = source.next();
    if (step.done === true) return false;
    rest = Buffer.concat([rest, step.value]);
    return true;
  };
  const need = (size: number): boolean => {
    while (rest.length < size) if (!more()) return false;
    return true;
  };
  while (need(1)) {
    const nameLength = rest[0] ?? 0;
    if (!need(1 + nameLength + 6)) throw new Error('it is cut off');
    const name = rest.toString('latin1', 1, 1 + nameLength);
    let left = rest.readUIntBE(1 + nameLength, 6);
    rest = rest.subarray(1 + nameLength + 6);
    if (name !== 'profile.json' && !SEGMENT.test(name)) throw new Error('there is something in it that is no part of a profile');
    const file = openSync(targetOf(name), 'wx', 0o600);
    try {
      while (left > 0) {
        if (rest.length === 0 && !more()) throw new Error('it is cut off');
        const part = rest.subarray(0, left);
        writeAll(file, part);
        left -= part.length;
        rest = rest.subarray(part.length);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
};
