/** Lets go of runs: what is to be known of them still is written down, so that they are neither asked for again nor given twice. */
import type { PeerId } from '../base/ids.ts';
import { toWireTime } from './clock.ts';
import type { ChatContext } from './context.ts';
import type { ChatOutput } from './output.ts';
import { decodeRecord, type StoredRecord } from './record.ts';
import type { Restored } from './restore.ts';
import type { Shelf } from './shelf.ts';

/** @param people whose names and keys are forgotten too. */
export const forget = (
  context: ChatContext,
  { outgoing, incoming, archive, pins }: Restored,
  records: readonly Uint8Array[],
  people: readonly PeerId[],
  out: ChatOutput[],
): void => {
  const notes = new Map<string, StoredRecord>();
  for (const bytes of records) {
    const record = decodeRecord(bytes);
    if (!record.ok) continue;
    const { value } = record;
    if (value.kind === 'own-run') {
      const last = value.first + value.count - 1;
      if (value.scope.kind === 'room') letGo(archive.shelf(value.scope.room, context.self, value.log), last, notes);
      const chain = value.log === context.log ? outgoing.letGo(value.scope, value.first) : undefined;
      if (chain === undefined) continue;
      const time = toWireTime(context.clock.latest);
      notes.set(`chain ${value.log} ${JSON.stringify(value.scope)}`, {
        kind: 'chain',
        log: value.log,
        scope: value.scope,
        ...chain,
        time,
      });
    } else if (value.kind === 'received') {
      const { author, log, scope, first, count } = value;
      if (scope !== null) letGo(archive.shelf(scope, author, log), first + count - 1, notes);
      const holding = incoming.held.holdingOf(author, log, scope);
      if (holding !== undefined) notes.set(`holding ${author} ${log} ${scope}`, holding);
    }
  }
  for (const peer of people) if (pins.forget(peer)) notes.set(`unpin ${peer}`, { kind: 'unpin', peer });
  for (const note of notes.values()) context.journal.write({ kind: 'note' }, note, false, out);
};

const letGo = (shelf: Shelf | undefined, last: number, notes: Map<string, StoredRecord>): void => {
  if (shelf === undefined) return;
  shelf.remove(last);
  shelf.floor = Math.max(shelf.floor, last);
  const { author, log, room, floor: upTo } = shelf;
  notes.set(`floor ${author} ${log} ${room}`, { kind: 'floor', author, log, room, upTo });
};
