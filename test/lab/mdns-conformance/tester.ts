/** The tester's sockets: what it sends, and everything it hears, with its time. Runs on a host of the lab, alone on port 5353 there. */
import { createSocket, type Socket } from 'node:dgram';
import { decode, encode, FLAG, type Packet } from './packet.ts';

export const MDNS = { group: '224.0.0.251', port: 5353 } as const;

export type Heard = {
  /** When it was read, ms. */
  readonly at: number;
  /** It came in after this: when the tester last looked. */
  readonly after: number;
  readonly via: 'multicast' | 'unicast';
  readonly host: string;
  readonly port: number;
  readonly bytes: Buffer;
  readonly packet: Packet;
};
export type Fits = (heard: Heard) => boolean;

export const isResponse = ({ packet }: Heard): boolean => (packet.flags & FLAG.response) !== 0;
export const isQuery: Fits = (heard) => !isResponse(heard);

/** Longer than any wait here, short enough that a check that fails says so. */
const DEADLINE_MS = 15_000;
const LOOK_MS = 2;

const bound = (port: number, host: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    socket.once('error', reject);
    socket.bind({ port, address: host }, () => resolve(socket));
  });

export class Tester {
  readonly host: string;
  readonly heard: Heard[] = [];
  /** Datagrams that are no packets, with what is wrong. */
  readonly broken: string[] = [];
  readonly #target: string;
  readonly #sockets = new Map<string, Socket>();
  readonly #waiting = new Set<() => void>();
  #lookedAt = performance.now();
  #looking: NodeJS.Timeout | undefined;

  /** @param target an address of the host under test; nobody else is on the link. */
  constructor(host: string, target: string) {
    this.host = host;
    this.#target = target;
  }

  async open(): Promise<void> {
    const group = await bound(MDNS.port, MDNS.group); // on Linux: what is sent to the group, nothing else
    group.addMembership(MDNS.group, this.host);
    group.on('message', (bytes, from) => this.#onMessage('multicast', bytes, from));
    this.#sockets.set('group', group);
    await this.#from(this.host, MDNS.port);
    this.#looking = setInterval(() => {
      this.#lookedAt = performance.now();
    }, LOOK_MS);
  }

  close(): void {
    clearInterval(this.#looking);
    for (const socket of this.#sockets.values()) socket.close();
  }

  /** To the group. @param from another address of this host; another source port. */
  async multicast(
    packet: Partial<Packet> | Buffer,
    from: { readonly host?: string; readonly port?: number } = {},
  ): Promise<number> {
    return this.#send(packet, MDNS, from);
  }

  async unicast(
    packet: Partial<Packet> | Buffer,
    from: { readonly host?: string; readonly port?: number } = {},
  ): Promise<number> {
    return this.#send(packet, { group: this.#target, port: MDNS.port }, from);
  }

  /** The first that fits, of those heard since a time. */
  until(what: string, fits: Fits, since = 0): Promise<Heard> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`not heard: ${what}`));
      }, DEADLINE_MS);
      const look = (): void => {
        const found = this.heard.find((heard) => heard.at >= since && fits(heard));
        if (found === undefined) return;
        clearTimeout(deadline);
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** The end of a time that the RFC itself sets. @returns what was heard in it. */
  window(since: number, endMs: number, fits: Fits = () => true): Promise<readonly Heard[]> {
    return new Promise((resolve) => {
      const end = since + endMs;
      setTimeout(
        () => resolve(this.heard.filter((heard) => heard.at >= since && heard.after <= end && fits(heard))),
        Math.max(0, end - performance.now() + LOOK_MS),
      );
    });
  }

  async #send(
    packet: Partial<Packet> | Buffer,
    to: { readonly group: string; readonly port: number },
    from: { readonly host?: string; readonly port?: number },
  ): Promise<number> {
    const socket = await this.#from(from.host ?? this.host, from.port ?? MDNS.port);
    const bytes = Buffer.isBuffer(packet) ? packet : encode(packet);
    const at = performance.now();
    await new Promise<void>((resolve, reject) =>
      socket.send(bytes, to.port, to.group, (error) => (error === null ? resolve() : reject(error))),
    );
    return at;
  }

  async #from(host: string, port: number): Promise<Socket> {
    const key = `${host}:${port}`;
    const known = this.#sockets.get(key);
    if (known !== undefined) return known;
    const socket = await bound(port, host);
    socket.setMulticastInterface(this.host);
    socket.setMulticastTTL(255);
    socket.setTTL(255);
    socket.setMulticastLoopback(false);
    socket.on('message', (bytes, from) => this.#onMessage('unicast', bytes, from));
    this.#sockets.set(key, socket);
    return socket;
  }

  #onMessage(via: Heard['via'], bytes: Buffer, from: { readonly address: string; readonly port: number }): void {
    const [at, after] = [performance.now(), this.#lookedAt];
    try {
      this.heard.push({ at, after, via, host: from.address, port: from.port, bytes, packet: decode(bytes) });
    } catch (error) {
      this.broken.push(`${String(error)}: ${bytes.toString('hex')}`);
    }
    for (const look of [...this.#waiting]) look();
  }
}
