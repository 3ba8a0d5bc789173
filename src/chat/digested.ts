/** What the digests of one room are of: most members may be told the same, so it is put together once. */
import { concat, utf8 } from '../base/bytes.ts';
import { logIdBytes, peerKey, type RoomName } from '../base/ids.ts';
import type { Holding, NumberRange } from '../wire/sync-frame.ts';

type Known = { readonly holdings: readonly Holding[]; readonly bytes: Uint8Array };

export class Digested {
  /** The last one of each room. BOUNDED: by the rooms there are something of. */
  readonly #rooms = new Map<RoomName, Known>();
  readonly #parts = new WeakMap<readonly NumberRange[], { readonly check: number; readonly bytes: Uint8Array }>();

  /** @param holdings ranges that did not change are the same objects. */
  of(room: RoomName, holdings: readonly Holding[]): Uint8Array {
    const known = this.#rooms.get(room);
    if (known?.holdings.length === holdings.length && holdings.every((holding, at) => isSame(holding, known.holdings[at])))
      return known.bytes;
    const parts = holdings.map((holding) => ({ key: holding.author + holding.log, bytes: this.#part(holding) }));
    parts.sort((a, b) => (a.key < b.key ? -1 : 1));
    const bytes = concat(...parts.map((part) => part.bytes));
    this.#rooms.set(room, { holdings, bytes });
    return bytes;
  }

  /** Where a log begins differs between those who hold it, so its first number does not count. */
  #part({ author, log, ranges, check }: Holding): Uint8Array {
    const known = this.#parts.get(ranges);
    if (known?.check === check) return known.bytes;
    const numbers = ranges.flatMap(({ from, to }, i) => (i === 0 ? [to] : [from, to]));
    const bytes = concat(peerKey(author), logIdBytes(log), utf8(`${numbers.join(',')}:${check};`));
    this.#parts.set(ranges, { check, bytes });
    return bytes;
  }
}

const isSame = (a: Holding, b: Holding | undefined): boolean => a.ranges === b?.ranges && a.check === b.check;
