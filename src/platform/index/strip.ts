/** Takes what an entry says out of a stored record; its hash stays, and with it the proof of everything around it. */
import { type PeerId, peerKey } from '../../base/ids.ts';
import { decodeRecord, encodeRecord } from '../../chat/record.ts';
import { nodeSuite } from '../../crypto/primitives/node-suite.ts';
import { entryHash, headerHash } from '../../crypto/signed-run.ts';
import { encode } from '../../wire/cbor.ts';
import { decodeEntries, decodeRun, encodeEntries, encodeOpenRun, encodeRemoved, encodeSealedRun } from '../../wire/run.ts';

/** In the opened content of a sealed run, in place of an entry: of a kind that says nothing, [0xffffffff, 0]. */
const NOTHING = encode([0xffffffff, 0]);

/**
 * @param at the entry's place in the record's run. @param self our key: own records do not name it.
 * @returns the record without what the entry says; undefined if there is nothing to take away.
 */
export const stripped = (bytes: Uint8Array, at: number, self: PeerId): Uint8Array | undefined => {
  const record = decodeRecord(bytes);
  if (!record.ok || (record.value.kind !== 'own-run' && record.value.kind !== 'received')) return undefined;
  const run = decodeRun(record.value.run);
  if (!run.ok) return undefined;
  const { header, headerBytes, content, signature } = run.value;
  const author = record.value.kind === 'received' ? record.value.author : self;
  if (content.kind === 'open') {
    const entry = content.entries[at];
    if (entry?.kind !== 'entry') return undefined;
    const under = headerHash(nodeSuite, peerKey(author), headerBytes);
    const entries = content.entries.map((item, index) => {
      if (item.kind === 'removed') return encodeRemoved(item.hash);
      return index === at ? encodeRemoved(entryHash(nodeSuite, under, at, item.entry.bytes)) : item.entry.bytes;
    });
    return encodeRecord({ ...record.value, run: encodeOpenRun(headerBytes, entries, signature) });
  }
  const { plain } = record.value;
  const opened = plain === undefined ? undefined : decodeEntries(plain, header.count);
  if (opened?.ok !== true || opened.value[at] === undefined || opened.value[at].body.kind === 'unknown') return undefined;
  const rest = encodeEntries(opened.value.map((entry, index) => (index === at ? NOTHING : entry.bytes)));
  // What was sealed to us we could open again: its hash is what the signature needs. What we sealed ourselves only its reader can.
  const proof =
    record.value.kind === 'own-run' ? record.value.run : encodeSealedRun(headerBytes, nodeSuite.hash(content.sealed), signature);
  return encodeRecord({ ...record.value, plain: rest, run: proof });
};
