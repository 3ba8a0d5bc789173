/** Tells a screen who and what is there: soon after it changes, never too often. */

import { QUEUED_SHOWN_MAX } from '../../ui/screen/event.ts';
import type { OutputRecord } from '../format/record.ts';
import type { Host } from '../job/operation.ts';
import { overview } from '../past/status.ts';

/** Between two overviews: each asks the store. */
const EVERY_MS = 250;

export class Overviews {
  readonly #host: Host;
  readonly #show: (record: OutputRecord) => void;
  #callOff: (() => void) | undefined;
  #isWanted = false;
  #isClosed = false;

  constructor(host: Host, show: (record: OutputRecord) => void) {
    this.#host = host;
    this.#show = show;
  }

  /** Something may have changed. */
  poke(): void {
    this.#isWanted = true;
    if (this.#callOff === undefined) this.#tell();
  }

  /** We have asked for a change ourselves, which the peer makes in a moment. */
  pokeSoon(): void {
    this.#isWanted = true;
    this.#callOff ??= this.#host.clock.after(EVERY_MS, () => this.#onTime());
  }

  close(): void {
    this.#isClosed = true;
    this.#callOff?.();
  }

  #tell(): void {
    if (this.#isClosed) return;
    this.#isWanted = false;
    this.#callOff = this.#host.clock.after(EVERY_MS, () => this.#onTime());
    void this.#look().catch(() => undefined); // a store that closes: nothing is left to tell
  }

  #onTime(): void {
    this.#callOff = undefined;
    if (this.#isWanted) this.#tell();
  }

  async #look(): Promise<void> {
    const { peer } = this.#host;
    const [rooms] = await overview(this.#host);
    const queued = await peer.queuedCount(QUEUED_SHOWN_MAX + 1);
    if (this.#isClosed) return;
    const people = peer.peers.map((view) => {
      const { id, name, fingerprint, state } = this.#host.shown(view);
      const print = fingerprint === undefined ? {} : { fingerprint };
      return { id, name, ...print, state, rooms: view.rooms, ...(view.away === undefined ? {} : { away: view.away }) };
    });
    this.#show({
      kind: 'overview',
      overview: {
        self: { id: peer.id, name: peer.name },
        rooms,
        people,
        queued,
        hasNetwork: peer.addresses.length > 0,
        isAway: peer.away !== undefined,
        levels: Object.fromEntries(this.#host.levels.unusual().map(({ key, level }) => [key, level])),
      },
    });
  }
}
