/**
 * The chat port: one UDP port for IPv4 and IPv6. Sends never throw and are never waited for; what a send failed with is
 * counted by its code.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { type Address, isIPv6 } from '../base/address.ts';
import { WorldError } from '../base/errors.ts';
import { errorCode } from './world-text.ts';

/** Receive buffer asked of the system: the default holds 92 full datagrams. The system may give less. */
const RECEIVE_BUFFER_SIZE = 4 * 1024 * 1024;
const SEND_BUFFER_SIZE = 1024 * 1024;
/** BOUNDED: datagrams the system would not take at once wait in memory up to this; more are discarded, as a network would. */
const SEND_WAITING_MAX = 4 * 1024 * 1024;
/** How often the size of that queue is looked at, in datagrams. */
const SEND_WAITING_LOOK = 32;
/** A port that is free for IPv4 but taken for IPv6 is given back and another tried, this often. */
const PAIR_ATTEMPTS = 8;
const PORT_MAX = 65_535;

export type UdpOptions = {
  /** The port to have, 1–65535; taken by somebody else: `WorldError` port-taken. */
  readonly port?: number;
  /** The port to have if it is free, else any. */
  readonly preferredPort?: number;
  /** `bytes` is a plain Uint8Array of its own; a link-local `from.host` carries its zone. */
  readonly onDatagram: (from: Address, bytes: Uint8Array) => void;
  /** Whether to hear a host at all. Absent: everybody. */
  readonly mayHear?: (host: string) => boolean;
};

export type UdpStats = {
  readonly datagramsIn: number;
  /** From hosts that are not to be heard (`mayHear`); not among `datagramsIn`. */
  readonly datagramsUnheard: number;
  readonly datagramsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Sends that failed, by the system's code (`ENETUNREACH`, `EPERM`, …; `discarded`: too much was waiting). */
  readonly sendFailures: Readonly<Record<string, number>>;
  /** What the system gave of the receive buffer asked for, in bytes; Linux reports twice what it gave. */
  readonly receiveBufferBytes: number;
};

export interface UdpPort {
  readonly port: number;
  readonly hasIPv4: boolean;
  readonly hasIPv6: boolean;
  /** `bytes` must not change afterwards. */
  send(to: Address, bytes: Uint8Array): void;
  stats(): UdpStats;
  close(): Promise<void>;
}

const codeOf = (error: unknown): string => errorCode(error) ?? 'unknown';

/** Addresses in a datagram's envelope are literal: no resolver, and no turn of the event loop, on the way out. */
const literal = (
  host: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void => {
  callback(null, host, isIPv6(host) ? 6 : 4);
};

const bind = (type: 'udp4' | 'udp6', port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({ type, ipv6Only: type === 'udp6', reuseAddr: false, lookup: literal });
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    // exclusive: in a cluster every worker is its own peer.
    socket.bind({ port, address: type === 'udp6' ? '::' : '0.0.0.0', exclusive: true }, () => {
      socket.removeAllListeners('error');
      if (type === 'udp4') socket.setBroadcast(true); // the beacon leaves by this port: its source is what is dialled
      resolve(socket);
    });
  });

type Bound = { readonly socket: Socket } | { readonly code: string };
const tryBind = (type: 'udp4' | 'udp6', port: number): Promise<Bound> =>
  bind(type, port).then(
    (socket) => ({ socket }),
    (error: unknown) => ({ code: codeOf(error) }),
  );

const askForBuffers = (socket: Socket): void => {
  for (let size = RECEIVE_BUFFER_SIZE; size >= 256 * 1024; size /= 2) {
    try {
      socket.setRecvBufferSize(size);
      break;
    } catch {
      // Some systems refuse what is above their maximum instead of giving the maximum: ask for less.
    }
  }
  try {
    socket.setSendBufferSize(SEND_BUFFER_SIZE);
  } catch {
    // The default does: what does not fit waits in memory.
  }
};

const isTaken = (code: string): boolean => code === 'EADDRINUSE' || code === 'EACCES';

type Pair = { readonly sockets: readonly Socket[] } | { readonly code: string };

/** Both families on one port; `port` 0 lets the system choose. A family the machine does not have is done without. */
const bindPair = async (port: number): Promise<Pair> => {
  const first = await tryBind('udp4', port);
  if ('code' in first && isTaken(first.code)) return first;
  const chosen = 'socket' in first ? first.socket.address().port : port;
  const second = await tryBind('udp6', chosen);
  if ('socket' in second) return { sockets: 'socket' in first ? [first.socket, second.socket] : [second.socket] };
  if ('code' in first) return first;
  if (!isTaken(second.code)) return { sockets: [first.socket] };
  first.socket.close();
  return second;
};

const bindAny = async (): Promise<Pair> => {
  let last: Pair = { code: 'EADDRINUSE' };
  for (let attempt = 0; attempt < PAIR_ATTEMPTS; attempt++) {
    last = await bindPair(0);
    if ('sockets' in last || !isTaken(last.code)) return last;
  }
  return last;
};

const bindAsked = async (options: UdpOptions): Promise<readonly Socket[]> => {
  if (options.port !== undefined) {
    const pair = await bindPair(options.port);
    if ('sockets' in pair) return pair.sockets;
    if (!isTaken(pair.code)) throw noNetwork(pair.code);
    const found = pair.code === 'EACCES' ? 'this user may not use it' : 'another program uses it';
    throw new WorldError(
      'port-taken',
      `port ${options.port} was asked for, but ${found} (${pair.code}); choose another with --port, or leave it out`,
    );
  }
  if (options.preferredPort !== undefined && options.preferredPort > 0 && options.preferredPort <= PORT_MAX) {
    const pair = await bindPair(options.preferredPort);
    if ('sockets' in pair) return pair.sockets;
  }
  const pair = await bindAny();
  if ('sockets' in pair) return pair.sockets;
  throw noNetwork(pair.code);
};

const noNetwork = (code: string): WorldError =>
  new WorldError(
    'no-network',
    `a UDP socket was expected, the system gave none (${code}); check that this program may use the network`,
  );

class BoundUdp implements UdpPort {
  readonly port: number;
  readonly hasIPv4: boolean;
  readonly hasIPv6: boolean;
  readonly #ipv4: Socket | undefined;
  readonly #ipv6: Socket | undefined;
  readonly #failures = new Map<string, number>();
  #receiveBufferBytes = 0;
  #datagramsIn = 0;
  #datagramsUnheard = 0;
  #datagramsOut = 0;
  #bytesIn = 0;
  #bytesOut = 0;
  #untilLook = SEND_WAITING_LOOK;
  #isClogged = false;
  #isClosed = false;
  /** One function for every send: no closure each. */
  readonly #onSent = (error: Error | null): void => {
    if (error !== null) this.#failed(codeOf(error));
  };

  constructor(sockets: readonly Socket[], { onDatagram, mayHear }: UdpOptions) {
    this.port = sockets[0]?.address().port ?? 0;
    this.#ipv4 = sockets.find((socket) => socket.address().family === 'IPv4');
    this.#ipv6 = sockets.find((socket) => socket.address().family === 'IPv6');
    this.hasIPv4 = this.#ipv4 !== undefined;
    this.hasIPv6 = this.#ipv6 !== undefined;
    const onMessage = (message: Uint8Array, remote: RemoteInfo): void => {
      if (mayHear !== undefined && !mayHear(remote.address)) {
        this.#datagramsUnheard++;
        return;
      }
      this.#datagramsIn++;
      this.#bytesIn += message.length;
      const from = { host: remote.address, port: remote.port };
      // A Buffer's `slice` shares memory where a Uint8Array's copies: the core must never meet one.
      onDatagram(from, new Uint8Array(message.buffer, message.byteOffset, message.length));
    };
    for (const socket of sockets) {
      askForBuffers(socket);
      socket.on('message', onMessage);
      socket.on('error', (error) => this.#failed(codeOf(error)));
      this.#receiveBufferBytes = Math.max(this.#receiveBufferBytes, socket.getRecvBufferSize());
    }
  }

  send(to: Address, bytes: Uint8Array): void {
    const socket = isIPv6(to.host) ? this.#ipv6 : this.#ipv4;
    if (this.#isClosed) return;
    if (--this.#untilLook <= 0) this.#look();
    if (socket === undefined || this.#isClogged) {
      this.#failed(socket === undefined ? 'EAFNOSUPPORT' : 'discarded');
      return;
    }
    this.#datagramsOut++;
    this.#bytesOut += bytes.length;
    try {
      socket.send(bytes, to.port, to.host, this.#onSent);
    } catch (error) {
      this.#failed(codeOf(error)); // a port or host that the system cannot even look at
    }
  }

  stats(): UdpStats {
    return {
      datagramsIn: this.#datagramsIn,
      datagramsUnheard: this.#datagramsUnheard,
      datagramsOut: this.#datagramsOut,
      bytesIn: this.#bytesIn,
      bytesOut: this.#bytesOut,
      sendFailures: Object.fromEntries(this.#failures),
      receiveBufferBytes: this.#receiveBufferBytes,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const socket of [this.#ipv4, this.#ipv6]) {
      if (socket !== undefined) await new Promise<void>((resolve) => socket.close(() => resolve()));
    }
  }

  #look(): void {
    const waiting = (this.#ipv4?.getSendQueueSize() ?? 0) + (this.#ipv6?.getSendQueueSize() ?? 0);
    this.#isClogged = waiting > SEND_WAITING_MAX;
    this.#untilLook = this.#isClogged ? 1 : SEND_WAITING_LOOK;
  }

  /** BOUNDED: by the number of codes a system has. */
  #failed(code: string): void {
    this.#failures.set(code, (this.#failures.get(code) ?? 0) + 1);
  }
}

/**
 * Opens the chat port on every address of this machine.
 * @throws WorldError port-taken for an explicit port in use, no-network if there is no UDP at all.
 */
export const openUdp = async (options: UdpOptions): Promise<UdpPort> => new BoundUdp(await bindAsked(options), options);
