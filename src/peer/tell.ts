/** What happened, as programs are told it. */
import { type Address, addressKey } from '../base/address.ts';
import { directScope, type PeerId, type RoomName, roomScope } from '../base/ids.ts';
import type { ChatEvent } from '../chat/event.ts';
import type { TypingFrame } from '../wire/presence-frame.ts';
import type { Effect } from './effect.ts';
import type { PeerEvent } from './event.ts';
import type { Person } from './people.ts';

/** With the name its author goes by. */
export const told = (event: ChatEvent, nameOf: (peer: PeerId) => string): PeerEvent => {
  if (event.kind === 'message') {
    const { id, scope, author, sequence, body, time, isLate } = event.message;
    return { kind: 'message', message: { id, scope, author, authorName: nameOf(author), sequence, body, time, isLate } };
  }
  if (event.kind !== 'amended') return event;
  const { body, ...said } = event.amendment;
  return { ...said, authorName: nameOf(said.author), ...body };
};

/** A pinned name with another key is another person: said once, when they appear. */
export const newKeyWarnings = (person: Person, pins: ReadonlyMap<PeerId, string>): readonly PeerEvent[] =>
  [...pins].flatMap(([id, name]) => {
    if (id === person.id || name !== person.name || pins.has(person.id)) return [];
    const text = `${person.name} (${person.id.slice(0, 12)}) is not the ${name} you know (${id.slice(0, 12)}): another key with the same name`;
    return [{ kind: 'warning', code: 'new-key-for-name', text }];
  });

/** A key in use in two places at once. */
export const twinWarning = ({ id, name }: Person): PeerEvent => {
  const text = `${name} (${id.slice(0, 12)}) is in two places at once with one key: only one of them is heard`;
  return { kind: 'warning', code: 'key-in-two-places', text };
};
export const ownTwinWarning = (at: Address): PeerEvent => {
  const text = `another earshot at ${addressKey(at)} uses your key: others hear only one of you; end one, or make it a profile of its own`;
  return { kind: 'warning', code: 'key-in-two-places', text };
};

export const versionWarning = (to: Address, why: 'older' | 'newer'): PeerEvent => {
  const tooOld = why === 'older' ? 'theirs is too old' : 'this one is too old';
  const text = `${addressKey(to)} speaks another version of the protocol: ${tooOld}, and is to be brought up to date`;
  return { kind: 'warning', code: 'version', text };
};

export const notify = (event: PeerEvent): Effect => ({ kind: 'notify', event });

/** Somebody writes to us, or in a room that we are in too; else nothing. */
export const typingOf = (self: PeerId, from: PeerId, frame: TypingFrame, rooms: readonly RoomName[]): readonly Effect[] => {
  if (frame.scope !== null && !rooms.includes(frame.scope)) return [];
  const scope = frame.scope === null ? directScope(self) : roomScope(frame.scope);
  return [notify({ kind: 'typing', peer: from, scope, isTyping: frame.isTyping })];
};
