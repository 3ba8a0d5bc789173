import { describe, expect, test } from '@jest/globals';
import { directScope, type EntryId, type PeerId, type RoomName, roomScope, type Scope } from '../../src/base/ids.ts';
import { instant, wallTime } from '../../src/base/time.ts';
import type { PeerEvent } from '../../src/peer/event.ts';
import { type Delivery, type Receipt, Receipts } from '../../src/platform/receipts.ts';

const LOBBY = roomScope('lobby' as RoomName);
const ADA = 'a'.repeat(64) as PeerId;
const BOB = 'b'.repeat(64) as PeerId;
const sent = (sequence: number, scope: Scope = LOBBY): Extract<PeerEvent, { kind: 'sent' }> => ({
  kind: 'sent',
  token: sequence,
  id: String(sequence) as EntryId,
  sequence,
  scope,
  time: wallTime(1000 + sequence),
});
const holds = (
  receipts: Receipts,
  peer: PeerId,
  upTo: number,
  at: number,
  more: { readonly after?: number; readonly scope?: Scope; readonly isStored?: boolean } = {},
): void =>
  receipts.onDelivered(
    {
      kind: 'delivered',
      peer,
      upTo,
      scope: more.scope ?? LOBBY,
      isStored: more.isStored ?? true,
      after: more.after ?? 0,
    },
    peer === ADA ? 'Ada' : 'Bob',
    instant(at),
  );
const say = (receipts: Receipts, sequence: number, at = 0, scope: Scope = LOBBY): Receipt =>
  receipts.onSent(sent(sequence, scope), instant(at));
const who = (receipt: Receipt): readonly string[] => receipt.deliveries.map(({ name, ms }) => `${name} ${ms}`);

describe('a receipt', () => {
  test('names the message', () => {
    expect(say(new Receipts(), 7)).toMatchObject({ id: '7', sequence: 7, scope: LOBBY, time: 1007 });
  });

  test('lists who holds the message, with the time it took and how it is kept', () => {
    const receipts = new Receipts();
    const receipt = say(receipts, 5, 100);
    holds(receipts, ADA, 5, 112);
    holds(receipts, BOB, 9, 130, { isStored: false });
    expect(receipt.deliveries).toEqual([
      { peer: ADA, name: 'Ada', ms: 12, isStored: true },
      { peer: BOB, name: 'Bob', ms: 30, isStored: false },
    ]);
  });

  test('takes the first time that a peer held enough', () => {
    const receipts = new Receipts();
    const all = [1, 2, 3, 4].map((sequence) => say(receipts, sequence));
    holds(receipts, ADA, 2, 10);
    holds(receipts, ADA, 3, 20);
    holds(receipts, ADA, 3, 30);
    expect(all.map(who)).toEqual([['Ada 10'], ['Ada 10'], ['Ada 20'], []]);
  });

  test('is not fulfilled by who holds less, or the same number in another scope', () => {
    const receipts = new Receipts();
    const receipt = say(receipts, 5);
    holds(receipts, ADA, 4, 10);
    holds(receipts, BOB, 5, 10, { scope: directScope(BOB) });
    expect(receipt.deliveries).toEqual([]);
  });

  test('is not fulfilled by who came later and was never meant to have it', () => {
    const receipts = new Receipts();
    const all = [1, 2, 3].map((sequence) => say(receipts, sequence));
    holds(receipts, ADA, 3, 10, { after: 2 });
    expect(all.map(who)).toEqual([[], [], ['Ada 10']]);
  });

  test('is taken back when a peer says it holds less than before, and given again', () => {
    const receipts = new Receipts();
    const receipt = say(receipts, 5);
    holds(receipts, ADA, 6, 10);
    holds(receipts, ADA, 4, 20);
    expect(who(receipt)).toEqual([]);
    holds(receipts, ADA, 6, 30);
    expect(who(receipt)).toEqual(['Ada 30']);
  });

  test('of an old message stays fulfilled when most of what was heard is forgotten', () => {
    const receipts = new Receipts();
    const first = say(receipts, 1);
    for (let upTo = 1; upTo <= 20_000; upTo++) holds(receipts, ADA, upTo, upTo);
    expect(first.deliveries).toHaveLength(1);
    expect(who(say(receipts, 19_999))).toEqual(['Ada 19999']);
  });
});

describe('waiting for delivery', () => {
  test('ends with the first delivery', async () => {
    const receipts = new Receipts();
    const waiting = say(receipts, 5).delivered();
    holds(receipts, ADA, 5, 10);
    expect((await waiting).map(({ name }) => name)).toEqual(['Ada']);
  });

  test('ends at once if the message is delivered already', async () => {
    const receipts = new Receipts();
    const receipt = say(receipts, 5);
    holds(receipts, ADA, 5, 10);
    expect(await receipt.delivered({ peers: 1 })).toHaveLength(1);
  });

  test('for several peers ends when all of them have it', async () => {
    const receipts = new Receipts();
    const waiting = say(receipts, 5).delivered({ peers: 2 });
    let isDone = false;
    void waiting.then(() => {
      isDone = true;
    });
    holds(receipts, ADA, 5, 10);
    await Promise.resolve();
    expect(isDone).toBe(false);
    holds(receipts, BOB, 5, 20);
    expect((await waiting).map(({ name }) => name)).toEqual(['Ada', 'Bob']);
  });

  test('ends at the timeout with what there is', async () => {
    const receipts = new Receipts();
    const receipt = say(receipts, 5);
    holds(receipts, ADA, 5, 10);
    expect((await receipt.delivered({ peers: 2, timeoutMs: 5 })).map(({ name }) => name)).toEqual(['Ada']);
  });

  test('ends with what there is when the peer is closed, also if it is asked afterwards', async () => {
    const receipts = new Receipts();
    const receipt = say(receipts, 5);
    const waiting = receipt.delivered();
    receipts.close();
    expect([await waiting, await receipt.delivered()]).toEqual([[], []]);
  });

  test('works for many messages said and asked in any order', async () => {
    const receipts = new Receipts();
    const numbers = [5, 3, 9, 1, 7];
    const waiting = numbers.map((sequence) => say(receipts, sequence).delivered());
    const done: number[] = [];
    waiting.forEach((one, at) => void one.then(() => done.push(numbers[at] ?? 0)));
    holds(receipts, ADA, 5, 10);
    await Promise.resolve().then(() => undefined);
    expect([...done].sort()).toEqual([1, 3, 5]);
    holds(receipts, ADA, 9, 10);
    expect(await Promise.all(waiting)).toHaveLength(5);
  });

  test('a listener hears each delivery until it unsubscribes', () => {
    const receipts = new Receipts();
    const receipt = say(receipts, 5);
    const heard: Delivery[] = [];
    const stop = receipt.onDelivery((delivery) => heard.push(delivery));
    holds(receipts, ADA, 5, 10);
    holds(receipts, ADA, 6, 20);
    stop();
    holds(receipts, BOB, 5, 30);
    expect(heard).toEqual([{ peer: ADA, name: 'Ada', ms: 10, isStored: true }]);
  });
});
