/** Peers named by the user as `host:port`: their names are looked up, again if nobody answers, and the core dials what is found. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Address, addressKey, sameAddress } from '../base/address.ts';
import { ApiMisuse, WorldError } from '../base/errors.ts';
import { errorCode } from './world-text.ts';

/** A name that could not be looked up for now is tried again after this. */
const LOOKUP_AGAIN_MS = 5_000;
/** A name whose addresses do not answer is looked up anew, no more often than this. */
const LOOKUP_STALE_MS = 10_000;

/** A resolver without a network may take many seconds to say so. */
const LOOKUP_PATIENCE_MS = 1_500;

export type Lookup = (host: string) => Promise<readonly string[]>;
const systemLookup: Lookup = async (host) => (await lookup(host, { all: true })).map(({ address }) => address);

export type Target = { readonly text: string; readonly host: string; readonly port: number };

/** `host:port`, `1.2.3.4:5`, `[fe80::1%eth0]:5`. @throws ApiMisuse. */
export const parseTarget = (text: string): Target => {
  const match = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new ApiMisuse(`a peer is written host:port, or [IPv6 address]:port, with a port from 1 to 65535; got "${text}"`);
  }
  return { text, host, port };
};

type State = {
  readonly target: Target;
  addresses: readonly Address[];
  lookedUpAt: number;
  isLooking: boolean;
  /** The user was told that the name cannot be looked up. */
  isTold: boolean;
};

export type StaticPeersOptions = {
  readonly dial: (to: Address) => void;
  /** A name cannot be looked up for now: said once a name. */
  readonly onProblem: (text: string) => void;
  readonly look?: Lookup;
};

export class StaticPeers {
  readonly #states: readonly State[];
  readonly #dial: (to: Address) => void;
  readonly #onProblem: (text: string) => void;
  readonly #lookup: Lookup;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @throws ApiMisuse for what is not `host:port`. */
  constructor(targets: readonly string[], { dial, onProblem, look = systemLookup }: StaticPeersOptions) {
    this.#states = targets.map((text) => ({
      target: parseTarget(text),
      addresses: [],
      lookedUpAt: 0,
      isLooking: false,
      isTold: false,
    }));
    this.#dial = dial;
    this.#onProblem = onProblem;
    this.#lookup = look;
  }

  /**
   * Looks all names up and dials what is found. A name that cannot be looked up just now is tried again until it can.
   * Resolves after LOOKUP_PATIENCE_MS at the latest; what takes longer goes on by itself.
   * @throws WorldError name-not-resolved for a name that does not exist.
   */
  async start(): Promise<void> {
    const all = Promise.all(this.#states.map((state) => this.#find(state, true)));
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, LOOKUP_PATIENCE_MS);
    });
    await Promise.race([all, patience]).finally(() => clearTimeout(timer));
    all.catch(() => this.#retryLater()); // too late to be an error of opening
  }

  /** Whether one of those named is at this host. */
  has(host: string): boolean {
    return this.#states.some(({ addresses }) => addresses.some((address) => address.host === host));
  }

  /** Everything found so far is due. */
  dialAll(): void {
    for (const state of this.#states) for (const address of state.addresses) this.#dial(address);
  }

  /** The network changed: everything is due again. */
  again(): void {
    this.dialAll();
    for (const state of this.#states) this.#refresh(state, 0);
  }

  /** Nobody answered there. */
  onDialFailed(address: Address): void {
    for (const state of this.#states) {
      if (state.addresses.some((one) => sameAddress(one, address))) this.#refresh(state, LOOKUP_STALE_MS);
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** Looks a name up anew if that was not done for `afterMs`. */
  #refresh(state: State, afterMs: number): void {
    if (isIP(hostOf(state.target.host)) !== 0 || state.isLooking || performance.now() - state.lookedUpAt < afterMs) return;
    this.#find(state, false).catch(() => undefined); // not thrown: `isFirst` is false
  }

  async #find(state: State, isFirst: boolean): Promise<void> {
    const { host, port, text } = state.target;
    state.isLooking = true;
    try {
      const hosts = isIP(hostOf(host)) !== 0 ? [host] : await this.#lookup(host);
      if (this.#isClosed) return;
      const known = new Set(state.addresses.map(addressKey));
      state.addresses = hosts.map((one) => ({ host: one, port }));
      for (const address of state.addresses) if (!known.has(addressKey(address))) this.#dial(address);
    } catch (error) {
      if (isFirst && errorCode(error) === 'ENOTFOUND') {
        throw new WorldError(
          'name-not-resolved',
          `the peer ${text} was to be met, but there is no host named "${host}"; check the name, or give its address`,
          {
            cause: error,
          },
        );
      }
      if (state.addresses.length > 0) return;
      if (!state.isTold) {
        this.#onProblem(
          `"${host}" of the peer ${text} cannot be looked up for now (${errorCode(error) ?? 'no answer'}); it is tried again, or give its address`,
        );
      }
      state.isTold = true;
      this.#retryLater();
    } finally {
      state.isLooking = false;
      state.lookedUpAt = performance.now();
    }
  }

  #retryLater(): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      for (const state of this.#states) if (state.addresses.length === 0) this.#refresh(state, 0);
    }, LOOKUP_AGAIN_MS);
    this.#timer.unref();
  }
}

const hostOf = (host: string): string => host.replace(/%.*$/, '');
