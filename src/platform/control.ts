/**
 * The running peer of a profile, asked from another process of the same user: one connection a request. The client writes the
 * request as one line of JSON; the peer answers with lines: `{"reply": …}` any number of times, then `{"end": true}` or
 * `{"error": "…"}`. A client that goes away cancels its request.
 */
import type { Socket } from 'node:net';
import { connectToOwner, type ProfileLock, takeLock } from './lock.ts';
import { errorText } from './world-text.ts';

/** BOUNDED: bytes of one line; a longer one is an error. */
const LINE_SIZE_MAX = 4 * 1024 * 1024;

/**
 * Answers a request with any number of replies (JSON values). Throwing ends the request with the error's message.
 * `signal` is aborted when the client is gone; what is still given then goes nowhere.
 */
export type ControlHandler = (request: unknown, signal: AbortSignal) => AsyncIterable<unknown>;

/** The peer answered with an error, broke off, or spoke otherwise than expected. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
}

/** Lines of a socket, without their ends. @throws ControlError for a line that is too long. */
async function* lines(socket: Socket): AsyncGenerator<string> {
  let rest = '';
  socket.setEncoding('utf8');
  for await (const chunk of socket) {
    const parts = (rest + String(chunk)).split('\n');
    rest = parts.pop() ?? '';
    yield* parts;
    if (rest.length > LINE_SIZE_MAX) throw new ControlError('a line is longer than 4 MiB');
  }
}

const drained = (socket: Socket, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      socket.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    socket.on('drain', done);
    signal.addEventListener('abort', done);
  });

const readRequest = (socket: Socket): Promise<unknown> =>
  new Promise((resolve, reject) => {
    let heard = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk) => {
      heard += String(chunk);
      const end = heard.indexOf('\n');
      if (end < 0 && heard.length <= LINE_SIZE_MAX) return;
      socket.removeAllListeners('data');
      socket.resume(); // the rest is not read, but its end is to be noticed
      try {
        resolve(JSON.parse(heard.slice(0, Math.max(0, end))));
      } catch (error) {
        reject(new ControlError('the request is not a line of JSON', { cause: error }));
      }
    });
    socket.on('close', () => reject(new ControlError('the client went away')));
  });

const answer = async (socket: Socket, handler: ControlHandler): Promise<void> => {
  const gone = new AbortController();
  socket.on('close', () => gone.abort());
  const write = (line: unknown): boolean => socket.write(`${JSON.stringify(line)}\n`);
  try {
    const request = await readRequest(socket);
    for await (const reply of handler(request, gone.signal)) {
      if (gone.signal.aborted) return;
      if (!write({ reply })) await drained(socket, gone.signal);
    }
    if (!gone.signal.aborted) socket.end(`${JSON.stringify({ end: true })}\n`);
  } catch (error) {
    if (!gone.signal.aborted) socket.end(`${JSON.stringify({ error: errorText(error) })}\n`);
  }
};

/** Answers requests on a lock that is held, from now on. */
export const answerOn = (lock: ProfileLock, handler: ControlHandler): void => {
  lock.onConnection((socket) => {
    answer(socket, handler).catch(() => socket.destroy()); // writing failed: the client is gone
  });
};

/**
 * Takes the lock of a home and answers requests there.
 * @throws WorldError profile-in-use, profile-not-writable.
 */
export const serveControl = async (home: string, handler: ControlHandler): Promise<ProfileLock> => {
  const lock = await takeLock(home);
  answerOn(lock, handler);
  return lock;
};

async function* replies(socket: Socket): AsyncGenerator<unknown> {
  try {
    for await (const line of lines(socket)) {
      const { reply, end, error } = JSON.parse(line) as {
        readonly reply?: unknown;
        readonly end?: boolean;
        readonly error?: string;
      };
      if (error !== undefined) throw new ControlError(error);
      if (end === true) return;
      yield reply;
    }
  } finally {
    socket.destroy();
  }
  throw new ControlError('the running peer went away before it had answered');
}

/**
 * Asks the peer that runs on a home. Undefined if none does.
 * The replies come as the peer gives them; leaving the loop early cancels the request.
 * Iterating throws ControlError if the peer answers with an error or goes away before the end.
 */
export const callControl = async (home: string, request: unknown): Promise<AsyncIterable<unknown> | undefined> => {
  const socket = await connectToOwner(home);
  if (socket === undefined) return undefined;
  socket.write(`${JSON.stringify(request)}\n`);
  return replies(socket);
};
