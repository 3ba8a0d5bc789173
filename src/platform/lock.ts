/**
 * One profile, one peer. The lock is a local socket that listens: the system takes it away with the process, however that
 * ends, so there is nothing stale to guess about.
 *
 * On POSIX each process that wants the lock listens on a socket with a name of its own, `peer-<random>.sock`, and then asks
 * all others of that pattern who they are:
 *
 * - nobody listens (refused): its process is dead. The name is never used again, so anybody may remove it.
 * - `owner`: it has the lock; we give up.
 * - `candidate`: it asks as we do. The one with the lower name goes on, the other begins again a little later: until it meets an
 *   owner, or nobody. So somebody always wins.
 *
 * Who has asked everybody that a last look at the folder shows becomes owner in the same breath (no other code of this
 * process runs between). Two cannot: of two owners, one published its name after the other's last look, and so found it an
 * owner when it asked. On Windows the name of a pipe is exclusive while its process lives.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { WorldError } from '../base/errors.ts';
import { errorCode, worldText } from './world-text.ts';

/** What a listening process says first, to whoever connects: one line of JSON. */
export type Greeting = { readonly earshot: 1; readonly state: 'owner' | 'candidate'; readonly pid: number };

export type ProfileLock = {
  /** Who connects from now on is handed over, after the greeting. */
  onConnection(handler: (socket: Socket) => void): void;
  /** Lets go; connections are cut. */
  release(): Promise<void>;
};

/** Bytes of a local socket's path: macOS takes 103. */
const PATH_SIZE_MAX = 100;
/** A connection that says nothing belongs to a process that is busy or stopped, not to a dead one. */
const GREETING_TIMEOUT_MS = 3_000;
const GREETING_SIZE_MAX = 256;
/** BOUNDED: clients at once; more are refused by the system. */
const CONNECTIONS_MAX = 256;
const NAME = /^peer-[0-9a-f]{12}\.sock$/;
/** In a home whose path is too long for a socket: where the sockets are instead. */
const NOTE = 'sockets';
/** A socket not yet published; what a process left that died in between is removed when it is this old. */
const UNPUBLISHED = /^boot-[0-9a-f]{12}\.sock$/;
const UNPUBLISHED_AGE_MS = 60_000;

const isWindows = process.platform === 'win32';
const pipePath = (home: string): string => `\\\\.\\pipe\\earshot-${createHash('sha256').update(home).digest('hex').slice(0, 32)}`;

const unlessThere = (make: () => void): void => {
  try {
    make();
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
  }
};

/** A folder that only we may use, for sockets of a home whose path is too long for one. */
const shortFolder = (home: string): string => {
  const note = join(home, NOTE);
  // Noted in the home, so that processes with different ideas of the temporary folder meet; whole at once, by a second name.
  if (!existsSync(note)) {
    const draft = `${note}.${process.pid}.tmp`;
    writeFileSync(draft, join(tmpdir(), `earshot-${createHash('sha256').update(home).digest('hex').slice(0, 16)}`), {
      mode: 0o600,
    });
    unlessThere(() => linkSync(draft, note));
    rmSync(draft, { force: true });
  }
  const folder = readFileSync(note, 'utf8').trim();
  unlessThere(() => mkdirSync(folder, { mode: 0o700 }));
  const found = lstatSync(folder);
  const isOurs = found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
  if (!isOurs) throw new Error(`${folder} is needed for sockets, but is not a folder for this user only; remove it`);
  return folder;
};

const isShort = (home: string): boolean => Buffer.byteLength(join(home, 'peer-000000000000.sock')) <= PATH_SIZE_MAX;
/** Where the sockets of a home are. */
const socketFolder = (home: string): string => (isShort(home) ? home : shortFolder(home));

type Answer =
  /** Nobody listens there. */
  | { readonly kind: 'dead' }
  /** It went away while being asked. */
  | { readonly kind: 'gone' }
  /** The connection is open and past the greeting. */
  | { readonly kind: 'alive'; readonly greeting: Greeting; readonly socket: Socket }
  /** It is there but says nothing we understand. */
  | { readonly kind: 'silent' };

const parseGreeting = (line: string): Greeting | undefined => {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return undefined;
    const { earshot, state, pid } = value as Partial<Record<keyof Greeting, unknown>>;
    if (earshot !== 1 || typeof pid !== 'number' || (state !== 'owner' && state !== 'candidate')) return undefined;
    return { earshot, state, pid };
  } catch {
    return undefined; // not a greeting
  }
};

/** Connects and reads the greeting. Bytes after it stay in the socket, which is left paused. */
const ask = (path: string): Promise<Answer> =>
  new Promise((resolve) => {
    const socket = createConnection(path);
    let heard = Buffer.alloc(0);
    let isConnected = false;
    const settle = (answer: Answer): void => {
      clearTimeout(timer);
      socket.off('connect', onConnect).off('error', onError).off('close', onClose).off('data', onData);
      socket.on('error', () => undefined); // the answer is given; to whoever takes the socket over, `close` says it all
      if (answer.kind !== 'alive') socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => settle({ kind: 'silent' }), GREETING_TIMEOUT_MS);
    const onConnect = (): void => {
      isConnected = true;
    };
    const onError = (error: Error): void => {
      const code = errorCode(error);
      if (isConnected || code === 'ENOENT') settle({ kind: 'gone' });
      else settle({ kind: code === 'ECONNREFUSED' ? 'dead' : 'silent' });
    };
    const onClose = (): void => settle({ kind: 'gone' });
    const onData = (bytes: Buffer): void => {
      heard = Buffer.concat([heard, bytes]);
      const end = heard.indexOf(0x0a);
      if (end < 0 && heard.length <= GREETING_SIZE_MAX) return;
      const greeting = end < 0 ? undefined : parseGreeting(heard.toString('utf8', 0, end));
      socket.pause();
      if (heard.length > end + 1) socket.unshift(heard.subarray(end + 1));
      settle(greeting === undefined ? { kind: 'silent' } : { kind: 'alive', greeting, socket });
    };
    socket.on('connect', onConnect).on('error', onError).on('close', onClose).on('data', onData);
  });

class Listener implements ProfileLock {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #state: Greeting['state'] = 'candidate';
  #path = '';
  #handler: ((socket: Socket) => void) | undefined;

  constructor() {
    this.#server = createServer((socket) => this.#onSocket(socket));
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  listen(path: string): Promise<void> {
    this.#path = path;
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path, () => {
        this.#server.off('error', reject);
        this.#server.on('error', () => undefined); // accepting failed (too many files are open): the client is refused, we go on
        resolve();
      });
    });
  }

  /** Gives the socket its public name. */
  publish(path: string): void {
    chmodSync(this.#path, 0o600);
    renameSync(this.#path, path);
    this.#path = path;
  }

  own(): void {
    this.#state = 'owner';
  }

  onConnection(handler: (socket: Socket) => void): void {
    this.#handler = handler;
  }

  async release(): Promise<void> {
    // The name first: who finds it is to find us.
    if (!isWindows) rmSync(this.#path, { force: true });
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #onSocket(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined); // the client went away; `close` follows
    const greeting: Greeting = { earshot: 1, state: this.#state, pid: process.pid };
    socket.write(`${JSON.stringify(greeting)}\n`);
    if (this.#state === 'owner' && this.#handler !== undefined) this.#handler(socket);
    else socket.end();
  }
}

const inUse = (home: string, pid: number | undefined): WorldError =>
  new WorldError(
    'profile-in-use',
    `the profile in ${home} is already in use${pid === undefined ? '' : ` by process ${pid}`}; a profile runs once: ` +
      'stop that one, or use another home with --home',
  );

const others = (folder: string, own: string): readonly string[] =>
  readdirSync(folder).filter((name) => NAME.test(name) && name !== own);

const removeUnpublished = (folder: string): void => {
  for (const name of readdirSync(folder)) {
    if (!UNPUBLISHED.test(name)) continue;
    const path = join(folder, name);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found !== undefined && Date.now() - found.mtimeMs > UNPUBLISHED_AGE_MS) rmSync(path, { force: true });
  }
};

/** Whom we give way to. `pid` is undefined if it did not say. */
type Winner = { readonly state: Greeting['state'] | 'silent'; readonly pid: number | undefined };

/** Asks until nobody is left to ask. @returns undefined if we own the lock. */
const elect = async (listener: Listener, folder: string, own: string): Promise<Winner | undefined> => {
  const passed = new Set<string>();
  for (;;) {
    const unasked = others(folder, own).filter((name) => !passed.has(name));
    if (unasked.length === 0) {
      listener.own();
      return undefined;
    }
    for (const name of unasked) {
      const answer = await ask(join(folder, name));
      if (answer.kind === 'dead') rmSync(join(folder, name), { force: true });
      if (answer.kind === 'silent') return { state: 'silent', pid: undefined };
      if (answer.kind !== 'alive') continue;
      answer.socket.destroy();
      if (answer.greeting.state === 'owner' || name < own) return answer.greeting;
      passed.add(name);
    }
  }
};

/** A candidate that gave way to another candidate begins again after this, and this often. */
const AGAIN_AFTER_MS = 25;
const AGAIN_MAX = 80;

const takeOnPosix = async (home: string): Promise<ProfileLock> => {
  const folder = socketFolder(home);
  removeUnpublished(folder);
  for (let attempt = 0; ; attempt++) {
    const result = await stand(folder);
    if (result instanceof Listener) return result;
    if (result.state !== 'candidate' || attempt >= AGAIN_MAX) throw inUse(home, result.pid);
    await wait(AGAIN_AFTER_MS);
  }
};

/** Stands for election once. */
const stand = async (folder: string): Promise<Listener | Winner> => {
  const id = randomBytes(6).toString('hex');
  const own = `peer-${id}.sock`;
  const listener = new Listener();
  await listener.listen(join(folder, `boot-${id}.sock`));
  listener.publish(join(folder, own));
  const winner = await elect(listener, folder, own).catch(async (error: unknown) => {
    await listener.release();
    throw error;
  });
  if (winner === undefined) return listener;
  await listener.release();
  return winner;
};

const takeOnWindows = async (home: string): Promise<ProfileLock> => {
  const listener = new Listener();
  try {
    await listener.listen(pipePath(home));
  } catch (error) {
    if (errorCode(error) === 'EADDRINUSE' || errorCode(error) === 'EACCES') throw inUse(home, undefined);
    throw error;
  }
  listener.own();
  return listener;
};

/**
 * Takes the lock of a home, which must exist.
 * @throws WorldError profile-in-use; profile-not-writable if no socket can be made there.
 */
export const takeLock = async (home: string): Promise<ProfileLock> => {
  try {
    return await (isWindows ? takeOnWindows(home) : takeOnPosix(home));
  } catch (error) {
    if (error instanceof WorldError) throw error;
    throw new WorldError(
      'profile-not-writable',
      `a local socket is needed in ${home}, but cannot be made: ${worldText(error)}; choose another home with --home`,
      {
        cause: error,
      },
    );
  }
};

/** How long a client waits for a process that is just starting. */
const START_WAIT_MS = 50;
const START_ATTEMPTS = 100;

/** Connects to the process that has the lock of a home; undefined if there is none. The socket is past the greeting, and paused. */
export const connectToOwner = async (home: string): Promise<Socket | undefined> => {
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
    const paths = ownerPaths(home);
    let isStarting = false;
    for (const path of paths) {
      const answer = await ask(path);
      if (answer.kind !== 'alive') continue;
      if (answer.greeting.state === 'owner') return answer.socket;
      answer.socket.destroy();
      isStarting = true;
    }
    if (!isStarting) return undefined;
    await wait(START_WAIT_MS);
  }
  return undefined;
};

const ownerPaths = (home: string): readonly string[] => {
  if (isWindows) return [pipePath(home)];
  try {
    const path = realpathSync(home); // as its owner sees it
    if (!isShort(path) && !existsSync(join(path, NOTE))) return [];
    const folder = socketFolder(path);
    return others(folder, '').map((name) => join(folder, name));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
};
