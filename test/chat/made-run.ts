/** Runs made by hand, as another program or a liar would make them. */
import { EMPTY } from '../../src/base/bytes.ts';
import { type LogId, logId, type PeerId, roomScope, type Scope } from '../../src/base/ids.ts';
import { PROTOCOL_VERSION } from '../../src/base/limits.ts';
import { entryHash, headerHash, runHash, signRun } from '../../src/crypto/signed-run.ts';
import { encodeEntry } from '../../src/wire/entry.ts';
import type { RunFrame } from '../../src/wire/frame.ts';
import { encodeHeader, encodeOpenRun, encodeSealedRun, type WireTime } from '../../src/wire/run.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import { LOBBY, type Node } from './chat-world.ts';

export const OTHER_LOG: LogId = logId(new Uint8Array(8).fill(7));

export type Made = {
  readonly scope?: Scope;
  readonly log?: LogId;
  readonly first: number;
  readonly previous?: number;
  readonly texts?: readonly string[];
  readonly time?: WireTime;
  /** Entries as encoded, instead of texts. */
  readonly entries?: readonly Uint8Array[];
  /** Sealed bytes of a direct run. */
  readonly sealed?: Uint8Array;
};

/** A run of `author` with its true signature; the previous one is the number before unless told otherwise. */
export const madeRun = (author: Node, made: Made): Uint8Array => {
  const entries = made.entries ?? (made.texts ?? [`n${made.first}`]).map((text) => encodeEntry(0, { kind: 'text', text }));
  const previous = made.previous ?? made.first - 1;
  const header = encodeHeader({
    version: PROTOCOL_VERSION,
    scope: made.scope ?? roomScope(LOBBY),
    log: made.log ?? author.log,
    first: made.first,
    count: entries.length,
    previous,
    previousHash: previous === 0 ? EMPTY : new Uint8Array(32),
    time: made.time ?? { seconds: 1_700_000_002, fraction: 0 },
  });
  const under = headerHash(cheapSuite, author.identity.signing.publicKey, header);
  const hashes = entries.map((entry, index) => entryHash(cheapSuite, under, index, entry));
  const signature = signRun(author.identity.signing, runHash(cheapSuite, under, hashes));
  return made.sealed === undefined ? encodeOpenRun(header, entries, signature) : encodeSealedRun(header, made.sealed, signature);
};

/** Gives a run to `to` as if it came from the session with `from`. */
export const give = (to: Node, from: Node, run: Uint8Array, author?: PeerId): void => {
  const frame: RunFrame = author === undefined ? { kind: 'run', run } : { kind: 'run', run, author };
  to.step((chat, now, out) => chat.onFrame(now, from.id, frame, out));
};
