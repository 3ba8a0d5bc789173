/** Records of the store become what the chat machine was. */
import type { RoomName } from '../base/ids.ts';
import type { Archive } from './archive.ts';
import type { Incoming } from './incoming.ts';
import type { Networks } from './networks.ts';
import type { Outgoing } from './outgoing.ts';
import type { Pins } from './pins.ts';
import type { RecordRef, StoredRecord } from './record.ts';

export type Restored = {
  readonly outgoing: Outgoing;
  readonly incoming: Incoming;
  readonly pins: Pins;
  readonly rooms: Set<RoomName>;
  readonly networks: Networks;
  readonly archive: Archive;
};

/** In the order written. @returns false if there was no room for what it says. */
export const restoreRecord = (record: StoredRecord, ref: RecordRef, parts: Restored): boolean => {
  switch (record.kind) {
    case 'own-run':
    case 'reservation':
    case 'release':
    case 'chain':
      parts.outgoing.restore(record, ref);
      return true;
    case 'received':
      return parts.incoming.restore(record, ref);
    case 'holding':
      return parts.incoming.held.restoreHolding(record);
    case 'floor': {
      const shelf = parts.archive.shelfFor(record.room, record.author, record.log);
      if (shelf !== undefined) shelf.floor = Math.max(shelf.floor, record.upTo);
      return shelf !== undefined;
    }
    case 'met':
    case 'member':
    case 'held':
    case 'dropped':
      parts.outgoing.restoreAudience(record);
      return true;
    case 'pin':
      parts.pins.set(record.peer, {
        name: record.name,
        sealKey: record.sealKey.slice(),
        serial: record.serial,
        isMeant: record.isMeant,
      });
      return true;
    case 'fork':
      parts.incoming.forks.restore(record);
      return true;
    case 'unpin':
      parts.pins.forget(record.peer);
      return true;
    case 'rooms':
      parts.rooms.clear();
      for (const room of record.rooms) parts.rooms.add(room);
      return true;
    case 'network':
      parts.networks.restore(record);
      return true;
    case 'presence':
      parts.networks.restorePresence(record);
      return true;
    default:
      return record satisfies never;
  }
};
