/** A run of somebody else is opened: its entries get their names (hashes) and become messages. Verifies no signature. */
import { type Decoded, decoded, refused } from '../base/decoded.ts';
import { entryId, type PeerId } from '../base/ids.ts';
import { CLOCK_AHEAD_MAX_MS } from '../base/limits.ts';
import { type WallTime, wallTime } from '../base/time.ts';
import { openFrom } from '../crypto/noise.ts';
import { directPrologue, entryHash, headerHash, runHash, sealedRunHash } from '../crypto/signed-run.ts';
import type { CryptoSuite, DhKey } from '../crypto/suite.ts';
import type { Entry } from '../wire/entry.ts';
import { decodeEntries, type Run } from '../wire/run.ts';
import { fromWireTime, type HybridTime } from './clock.ts';
import type { Spoken } from './event.ts';

export type OpenedRun = {
  readonly messages: readonly Spoken[];
  /** The opened entries of a sealed run. */
  readonly plain: Uint8Array | undefined;
  /** The first four bytes of the run's hash. */
  readonly check: number;
  /** Time of the last entry. */
  readonly latest: HybridTime;
};

export type RunOpener = {
  readonly suite: CryptoSuite;
  readonly dh: DhKey;
  readonly author: PeerId;
  /** 32 bytes. */
  readonly authorKey: Uint8Array;
  readonly wall: WallTime;
  /** What has this number or a lower one was said before we were there to hear it. */
  readonly lateUpTo: number;
};

/** @returns the messages, or bad-seal, or why the opened entries cannot be read. */
export const openRun = (run: Run, opener: RunOpener): Decoded<OpenedRun> => {
  const { suite, author, wall, lateUpTo } = opener;
  const { header, content } = run;
  const under = headerHash(suite, opener.authorKey, run.headerBytes);
  const begin = fromWireTime(header.time);
  const messages: Spoken[] = [];
  let plain: Uint8Array | undefined;
  let delayMs = 0;
  const hashes: Uint8Array[] = [];
  const add = (entry: Entry, index: number, hash: Uint8Array): void => {
    delayMs = Math.max(delayMs, entry.delayMs);
    const { body } = entry;
    if (body.kind === 'unknown') return;
    const time = begin.ms + entry.delayMs;
    messages.push({
      id: entryId(hash),
      scope: header.scope,
      author,
      sequence: header.first + index,
      body,
      time: time <= wall + CLOCK_AHEAD_MAX_MS ? wallTime(time) : wall, // a time to come sorts by arrival
      isLate: header.first + index <= lateUpTo,
    });
  };
  if (content.kind === 'open') {
    for (const [index, item] of content.entries.entries()) {
      const own = item.kind === 'entry' ? entryHash(suite, under, index, item.entry.bytes) : item.hash;
      hashes.push(own);
      if (item.kind === 'entry') add(item.entry, index, own);
    }
  } else {
    plain = openFrom(suite, opener.dh, directPrologue(under), content.sealed);
    if (plain === undefined) return refused('bad-seal');
    const entries = decodeEntries(plain, header.count);
    if (!entries.ok) return entries;
    for (const [index, entry] of entries.value.entries()) add(entry, index, entryHash(suite, under, index, entry.bytes));
  }
  const hash = content.kind === 'open' ? runHash(suite, under, hashes) : sealedRunHash(suite, under, content.sealed);
  const check = new DataView(hash.buffer, hash.byteOffset).getUint32(0);
  return decoded({ messages, plain, check, latest: { ms: begin.ms + delayMs, counter: begin.counter + header.count - 1 } });
};
