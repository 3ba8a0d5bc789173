import { expect, test } from '@jest/globals';
import type { EntryId, PeerId, RoomName } from '../../src/base/ids.ts';
import type { PeerEvent, PeerView } from '../../src/peer/event.ts';
import type { Book } from '../../src/platform/index/book.ts';
import { Past } from '../../src/platform/past.ts';

const LOBBY = { kind: 'room', room: 'lobby' as RoomName } as const;

/** A past whose book only takes names. */
const noting = () => {
  const names = new Map<string, string>();
  const book = { setName: (peer: PeerId, name: string) => names.set(peer, name), wake: () => undefined };
  const past = new Past({ self: 'me' as PeerId, book: book as unknown as Book, memory: undefined, nameOf: () => undefined });
  const meet = (kind: 'joined' | 'changed', id: string, rooms: readonly string[] = []): void => {
    past.onEvent({ kind, peer: { id, name: `name of ${id}`, rooms } as unknown as PeerView } as unknown as PeerEvent);
  };
  const hear = (author: string): void => {
    const message = { author, scope: LOBBY, body: { kind: 'text', text: 'x' } };
    past.onEvent({ kind: 'message', message } as unknown as PeerEvent);
  };
  return { past, names, meet, hear };
};

test('whoever was met in no room and said nothing is not remembered, as the doctor is met so', () => {
  const { names, meet } = noting();
  meet('joined', 'doctor');
  meet('joined', 'ann', ['lobby']);
  meet('joined', 'bob');
  meet('changed', 'bob', ['lobby']);
  expect([...names]).toEqual([
    ['ann', 'name of ann'],
    ['bob', 'name of bob'],
  ]);
});

test('who says something, or is written to, is remembered by name from then on, though in no room', () => {
  const { past, names, meet, hear } = noting();
  for (const id of ['ann', 'bob', 'eve']) meet('joined', id);
  hear('ann');
  past.onSaid(
    { kind: 'sent', id: 'e' as EntryId, scope: { kind: 'direct', reader: 'bob' } } as unknown as Parameters<Past['onSaid']>[0],
    { kind: 'text', text: 'x' } as unknown as Parameters<Past['onSaid']>[1],
  );
  expect([...names.keys()]).toEqual(['ann', 'bob']);
});

test('of those who do nothing at most 256 names wait', () => {
  const { names, meet, hear } = noting();
  for (let i = 0; i < 257; i++) meet('joined', `p${i}`);
  hear('p0');
  hear('p1');
  expect([...names.keys()]).toEqual(['p1']);
});
