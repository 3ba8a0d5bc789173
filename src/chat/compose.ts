/** Sayings become a run: numbered, hashed, linked to the run before, sealed if it is for one reader, signed. */
import { type EntryId, entryId } from '../base/ids.ts';
import { PROTOCOL_VERSION } from '../base/limits.ts';
import type { Now } from '../base/time.ts';
import { sealTo } from '../crypto/noise.ts';
import { directPrologue, entryHash, headerHash, runHash, sealedRunHash, signRun } from '../crypto/signed-run.ts';
import { encodeEntries, encodeHeader, encodeOpenRun, encodeSealedRun } from '../wire/run.ts';
import { type HybridTime, toWireTime } from './clock.ts';
import type { ChatContext } from './context.ts';
import type { OwnLog } from './own-log.ts';

/** Something said that waits for its number. */
export type Saying = {
  readonly token: number;
  /** The encoded entry. */
  readonly entry: Uint8Array;
};

/** A run of our own, finished, not yet kept. */
export type OwnRun = {
  readonly log: OwnLog;
  readonly first: number;
  readonly count: number;
  readonly previous: number;
  readonly time: HybridTime;
  readonly sayings: readonly Saying[];
  readonly ids: readonly EntryId[];
  /** What goes to others. */
  readonly bytes: Uint8Array;
  /** The entries of a sealed run, for our own store. */
  readonly plain: Uint8Array | undefined;
  /** The run hash; the next run names it. */
  readonly hash: Uint8Array;
};

/** @returns undefined if the reader's key is not known or cannot be sealed to. */
export const composeRun = (now: Now, context: ChatContext, log: OwnLog, sayings: readonly Saying[]): OwnRun | undefined => {
  const { suite, identity, self } = context;
  const { first, previous, previousHash } = log.nextPlace;
  const count = sayings.length;
  const time = context.clock.stamp(now.wall, count);
  const place = { scope: log.scope, log: context.log, first, count, previous, previousHash };
  const header = encodeHeader({ version: PROTOCOL_VERSION, ...place, time: toWireTime(time) });
  const under = headerHash(suite, identity.signing.publicKey, header);
  const entries = sayings.map((saying) => saying.entry);
  const hashes = entries.map((entry, index) => entryHash(suite, under, index, entry));
  const run = { log, first, count, previous, time, sayings, ids: hashes.map(entryId) };
  if (log.scope.kind === 'room') {
    const hash = runHash(suite, under, hashes);
    return { ...run, bytes: encodeOpenRun(header, entries, signRun(identity.signing, hash)), plain: undefined, hash };
  }
  const reader = log.scope.reader === self ? undefined : context.pins.get(log.scope.reader)?.sealKey;
  if (reader === undefined) return undefined;
  const plain = encodeEntries(entries);
  const sealed = sealTo(suite, context.entropy(32), reader, directPrologue(under), plain);
  if (sealed === undefined) return undefined;
  const hash = sealedRunHash(suite, under, sealed);
  return { ...run, bytes: encodeSealedRun(header, sealed, signRun(identity.signing, hash)), plain, hash };
};
