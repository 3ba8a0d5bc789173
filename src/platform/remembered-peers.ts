/**
 * Where peers were met last, kept in the profile's home (`peers.json`): tried at the next start on the same network, before
 * anybody has announced anything. A file that cannot be read is as good as none: it only saves time.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Address } from '../base/address.ts';
import type { PeerId } from '../base/ids.ts';
import { worldText } from './world-text.ts';

const FILE = 'peers.json';
/** Version of the file's form. */
const FORM = 1;
/** Remembered in all, over all networks; the longest not met go first. */
const REMEMBERED_MAX = 128;
/** Tried on one network: the newest. */
const TRIED_MAX = 32;
/** What was learned is kept this much later at the latest: a burst of meetings is one write. */
const KEEP_AFTER_MS = 2_000;

type Remembered = { readonly id: string; readonly host: string; readonly port: number; readonly network: string };

export class RememberedPeers {
  readonly #path: string;
  readonly #onProblem: (text: string) => void;
  /** By peer and network, longest not met first. BOUNDED: by REMEMBERED_MAX. */
  readonly #peers = new Map<string, Remembered>();
  #network: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isTold = false;

  /** @param onProblem for people, once: they cannot be kept. */
  constructor(home: string, onProblem: (text: string) => void) {
    this.#path = join(home, FILE);
    this.#onProblem = onProblem;
    for (const peer of readAll(this.#path)) this.#peers.set(keyOf(peer), peer);
  }

  /** The network we are on now; undefined: none. @returns the addresses to try there, the newest first; none if we were on it already. */
  onNetwork(network: string | undefined): readonly Address[] {
    if (network === this.#network) return [];
    this.#network = network;
    return [...this.#peers.values()]
      .filter((peer) => peer.network === network)
      .reverse()
      .slice(0, TRIED_MAX)
      .map(({ host, port }) => ({ host, port }));
  }

  /** Somebody is at an address. */
  onHere(id: PeerId, { host, port }: Address): void {
    if (this.#network === undefined) return;
    const peer: Remembered = { id, host, port, network: this.#network };
    const key = keyOf(peer);
    const known = this.#peers.get(key);
    this.#peers.delete(key);
    this.#peers.set(key, peer);
    for (const oldest of this.#peers.keys()) {
      if (this.#peers.size <= REMEMBERED_MAX) break;
      this.#peers.delete(oldest);
    }
    if (known?.host === host && known.port === port) return;
    this.#timer ??= setTimeout(() => this.#keep(), KEEP_AFTER_MS).unref();
  }

  /** Keeps what was learned. */
  close(): void {
    if (this.#timer !== undefined) this.#keep();
  }

  #keep(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      writeWhole(this.#path, `${JSON.stringify({ earshot: FORM, peers: [...this.#peers.values()] }, null, 1)}\n`);
    } catch (error) {
      if (!this.#isTold) this.#onProblem(`where peers were met cannot be kept in ${this.#path}: ${worldText(error)}`);
      this.#isTold = true;
    }
  }
}

const keyOf = ({ id, network }: Remembered): string => `${id} ${network}`;

const writeWhole = (path: string, text: string): void => {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text, { mode: 0o600 });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
};

const readAll = (path: string): readonly Remembered[] => {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return []; // none yet, or of no use: it is written anew
  }
  if (typeof value !== 'object' || value === null) return [];
  const { earshot, peers } = { ...value } as { readonly earshot?: unknown; readonly peers?: unknown };
  return earshot === FORM && Array.isArray(peers) ? peers.filter(isRemembered).slice(-REMEMBERED_MAX) : [];
};

const isRemembered = (value: unknown): value is Remembered => {
  if (typeof value !== 'object' || value === null) return false;
  const { id, host, port, network } = { ...value } as Readonly<Record<string, unknown>>;
  const isPort = typeof port === 'number' && Number.isInteger(port) && port > 0 && port <= 65_535;
  return typeof id === 'string' && typeof host === 'string' && isIP(host) !== 0 && isPort && typeof network === 'string';
};
