import { describe, expect, test } from '@jest/globals';
import { type Line, Lines, linesFrom } from '../../../src/cli/job/lines.ts';
import { Mailbox } from '../../../src/cli/job/mailbox.ts';
import { MEMBERS_WAIT_MAX_MS, OUTSTANDING_MAX, type SendRequest, send } from '../../../src/cli/live/send.ts';
import { entryOf, idOf, LOBBY, viewOf } from '../fake-peer.ts';
import { type RunningOptions, running } from '../running.ts';
import { settle } from '../virtual-clock.ts';

const toLobby: SendRequest = {
  target: { kind: 'room', room: LOBBY },
  wait: 'delivered',
  peers: 1,
  timeoutMs: 10_000,
  timeoutShown: '10',
};
const toBob: SendRequest = { ...toLobby, target: { kind: 'person', who: 'bob' } };
const member = (name: string) => viewOf(name, { rooms: [LOBBY] });

const sending = (request: SendRequest, texts: readonly string[], options: RunningOptions = {}) =>
  running((context) => send(context, request), { input: linesFrom(texts), ...options });

describe('send to a room', () => {
  test('says nothing before a member is proven, then says all, and ends when it is stored there', async () => {
    const run = await sending(toLobby, ['one', 'two']);
    await run.clock.advance(3_000);
    expect(run.peer.said).toEqual([]);
    run.peer.arrive(viewOf('passer-by'));
    await settle();
    expect(run.peer.said).toEqual([]);
    run.peer.arrive(member('bob'));
    await settle();
    expect(run.peer.said.map(({ text }) => text)).toEqual(['one', 'two']);
    run.peer.said[0]?.deliver('bob');
    await settle();
    expect(run.code()).toBeUndefined();
    run.peer.said[1]?.deliver('bob');
    await settle();
    expect(run.code()).toBe(0);
    expect(run.records).toEqual([
      { kind: 'sent', id: entryOf('1 one'), sequence: 1 },
      { kind: 'sent', id: entryOf('2 two'), sequence: 2 },
      { kind: 'delivered', id: entryOf('1 one'), peer: { id: idOf('bob'), name: 'bob' }, ms: 2, isStored: true },
      { kind: 'delivered', id: entryOf('2 two'), peer: { id: idOf('bob'), name: 'bob' }, ms: 2, isStored: true },
      { kind: 'summary', sent: 2, delivered: 2, peers: 1 },
    ]);
  });

  test('joins no room', async () => {
    const run = await sending(toLobby, ['one']);
    run.peer.arrive(member('bob'));
    await settle();
    expect(run.peer.rooms).toEqual([]);
  });

  test('somebody who is here and enters the room is noticed', async () => {
    const run = await sending(toLobby, ['one']);
    run.peer.arrive(viewOf('bob'));
    await run.clock.advance(100);
    expect(run.peer.said.length).toBe(0);
    run.peer.change('bob', { rooms: [LOBBY] });
    await settle();
    expect(run.peer.said.length).toBe(1);
  });

  test('where no interface is used, nobody can be found: 5', async () => {
    const run = await sending(toLobby, ['one'], {
      prepare: (peer) => {
        peer.addresses = [];
      },
    });
    await run.clock.advance(10_000);
    expect(run.code()).toBe(5);
    expect(run.of('error')).toEqual([{ kind: 'error', text: expect.stringMatching(/^no network: .*--interface NAME$/) }]);
  });

  test('with nobody there in time it ends with 3 and nothing is numbered', async () => {
    const run = await sending(toLobby, ['one']);
    await run.clock.advance(9_999);
    expect(run.code()).toBeUndefined();
    await run.clock.advance(1);
    expect(run.code()).toBe(3);
    expect(run.peer.said).toEqual([]);
    expect(run.of('summary')).toEqual([{ kind: 'summary', sent: 0, delivered: 0, peers: 0 }]);
    expect(run.of('error').length).toBe(1);
  });

  test('said but not delivered in time ends with 4 and says that it stays queued', async () => {
    const run = await sending({ ...toLobby, peers: 2 }, ['one'], { prepare: (peer) => peer.arrive(member('bob')) });
    await run.clock.advance(MEMBERS_WAIT_MAX_MS);
    run.peer.said[0]?.deliver('bob');
    await run.clock.advance(10_000 - MEMBERS_WAIT_MAX_MS);
    expect(run.code()).toBe(4);
    expect(run.of('summary')).toEqual([{ kind: 'summary', sent: 1, delivered: 0, peers: 1, queued: true }]);
    expect(run.of('error')[0]?.text).toMatch(/1 message was not delivered to 2 members within 10 s; it stays queued/);
  });

  test('as many as must have it are waited for before it is said: who comes later is not handed it', async () => {
    const run = await sending({ ...toLobby, peers: 2 }, ['one'], { prepare: (peer) => peer.arrive(member('bob')) });
    await run.clock.advance(MEMBERS_WAIT_MAX_MS - 1);
    expect(run.peer.said).toEqual([]);
    run.peer.arrive(member('carol'));
    await settle();
    expect(run.peer.said.map(({ text }) => text)).toEqual(['one']);
  });

  test('if they do not come, it is said to those who are here after half of the time', async () => {
    const run = await sending({ ...toLobby, peers: 2, timeoutMs: 2_000 }, ['one'], {
      prepare: (peer) => peer.arrive(member('bob')),
    });
    await run.clock.advance(999);
    expect(run.peer.said).toEqual([]);
    await run.clock.advance(1);
    expect(run.peer.said.map(({ text }) => text)).toEqual(['one']);
  });

  test('an ephemeral sender says that nothing stays queued', async () => {
    const run = await sending(toLobby, ['one'], { isEphemeral: true, prepare: (peer) => peer.arrive(member('bob')) });
    await run.clock.advance(10_000);
    expect(run.code()).toBe(4);
    expect(run.of('summary')).toEqual([{ kind: 'summary', sent: 1, delivered: 0, peers: 0, queued: false }]);
  });

  test('members proven by the time all is delivered have a second more, and no longer', async () => {
    const run = await sending(toLobby, ['one'], {
      prepare: (peer) => ['bob', 'carol', 'dave'].forEach((name) => peer.arrive(member(name))),
    });
    run.peer.said[0]?.deliver('bob');
    await run.clock.advance(500);
    run.peer.said[0]?.deliver('carol');
    await settle();
    expect(run.code()).toBeUndefined();
    await run.clock.advance(499);
    expect(run.code()).toBeUndefined();
    await run.clock.advance(1);
    expect(run.code()).toBe(0);
    expect(run.of('summary')).toEqual([{ kind: 'summary', sent: 1, delivered: 1, peers: 2 }]);
  });

  test('a member that leaves is not waited for', async () => {
    const run = await sending(toLobby, ['one'], {
      prepare: (peer) => ['bob', 'carol'].forEach((name) => peer.arrive(member(name))),
    });
    run.peer.said[0]?.deliver('bob');
    await settle();
    run.peer.depart('carol');
    await settle();
    expect(run.code()).toBe(0);
  });

  test('an acknowledgement of a listener that stores nothing counts and is told as such', async () => {
    const run = await sending(toLobby, ['one'], { prepare: (peer) => peer.arrive(member('bob')) });
    run.peer.said[0]?.deliver('bob', false);
    await settle();
    expect(run.code()).toBe(0);
    expect(run.of('delivered')).toMatchObject([{ isStored: false }]);
  });

  test('--wait sent ends as soon as all has its number', async () => {
    const run = await sending({ ...toLobby, wait: 'sent' }, ['one', 'two'], { prepare: (peer) => peer.arrive(member('bob')) });
    expect(run.code()).toBe(0);
    expect(run.of('summary')).toEqual([{ kind: 'summary', sent: 2, delivered: 0, peers: 0 }]);
  });

  test('an input without a line ends at once, whoever is there', async () => {
    const run = await sending(toLobby, []);
    expect(run.code()).toBe(0);
    expect(run.records).toEqual([{ kind: 'summary', sent: 0, delivered: 0, peers: 0 }]);
  });

  test('a line that no message can hold ends with 2 and its number, and what was said before is still delivered', async () => {
    const input = new Mailbox<Line>();
    for (const line of [
      { number: 1, text: 'one', sizeBytes: 3 },
      { number: 2, text: '', sizeBytes: 9_000 },
      { number: 3, text: 'three', sizeBytes: 5 },
    ])
      input.push(line);
    input.close();
    const run = await sending(toLobby, [], { input: new Lines(input), prepare: (peer) => peer.arrive(member('bob')) });
    expect(run.peer.said.map(({ text }) => text)).toEqual(['one']);
    expect(run.code()).toBeUndefined();
    run.peer.said[0]?.deliver('bob');
    await settle();
    expect(run.code()).toBe(2);
    expect(run.of('error')).toEqual([
      { kind: 'error', text: 'line 2 has 9000 bytes, a message holds at most 8192; send it in parts' },
    ]);
  });

  test('reading waits while too many messages are not delivered', async () => {
    const texts = Array.from({ length: OUTSTANDING_MAX + 10 }, (_, index) => `line ${index}`);
    const run = await sending(toLobby, texts, { prepare: (peer) => peer.arrive(member('bob')) });
    await settle();
    expect(run.peer.said.length).toBe(OUTSTANDING_MAX);
    for (const said of run.peer.said.slice(0, 5)) said.deliver('bob');
    await settle();
    expect(run.peer.said.length).toBe(OUTSTANDING_MAX + 5);
  });

  test('an input that is open when the time is over ends with 4 although all of it is delivered', async () => {
    const input = new Mailbox<Line>();
    input.push({ number: 1, text: 'one', sizeBytes: 3 });
    const run = await sending(toLobby, [], { input: new Lines(input), prepare: (peer) => peer.arrive(member('bob')) });
    run.peer.said[0]?.deliver('bob');
    await run.clock.advance(10_000);
    expect(run.code()).toBe(4);
    expect(run.of('error')[0]?.text).toMatch(/before the end of the input/);
  });

  test('a profile that cannot be written ends with 6', async () => {
    const refusal = Object.assign(new Error('disk full'), { why: 'not-stored' });
    const run = await sending(toLobby, ['one'], {
      prepare: (peer) => {
        peer.refusals.push(refusal);
        peer.arrive(member('bob'));
      },
    });
    expect(run.code()).toBe(6);
    expect(run.of('error')[0]?.text).toMatch(/profile cannot be written/);
  });

  test('stopped, it tells the numbers under way and nothing more', async () => {
    const run = await sending(toLobby, ['one'], { prepare: (peer) => peer.arrive(member('bob')) });
    run.stop.abort();
    await settle();
    expect(run.code()).toBe(4);
    expect(run.of('error')).toEqual([]);
    expect(run.of('sent').length).toBe(1);
  });

  test('goes on where another process has ended: what it numbered is waited for and not said again', async () => {
    const before = {
      sent: 2,
      delivered: 1,
      holders: [idOf('carol')],
      unfinished: [{ id: entryOf('x'), sequence: 7, holders: [] }],
      unknown: 0,
    };
    const run = await sending({ ...toLobby, before }, ['three'], { prepare: (peer) => peer.arrive(member('bob')) });
    expect(run.peer.said.map(({ text }) => text)).toEqual(['three']);
    run.peer.said[0]?.deliver('bob');
    await settle();
    expect(run.code()).toBeUndefined();
    run.peer.emit({
      kind: 'delivered',
      peer: idOf('bob'),
      scope: { kind: 'room', room: LOBBY },
      after: 0,
      upTo: 7,
      isStored: true,
    });
    await settle();
    expect(run.code()).toBe(0);
    expect(run.of('summary')).toEqual([{ kind: 'summary', sent: 3, delivered: 3, peers: 2 }]);
  });

  test('what others have said before that they hold of it counts, if it was meant for them', async () => {
    const scope = { kind: 'room', room: LOBBY } as const;
    const before = {
      sent: 2,
      delivered: 0,
      holders: [],
      unfinished: [7, 9].map((sequence) => ({ id: entryOf(`${sequence}`), sequence, holders: [] })),
      unknown: 0,
    };
    const first = await sending(toLobby, []);
    const { peer, clock } = first;
    peer.arrive(member('bob'));
    peer.emit({ kind: 'delivered', peer: idOf('bob'), scope, after: 8, upTo: 9, isStored: true });
    const run = await sending({ ...toLobby, before }, [], { on: first });
    expect(run.records).toEqual([
      { kind: 'delivered', id: entryOf('9'), peer: { id: idOf('bob'), name: 'bob' }, ms: 0, isStored: true },
    ]);
    expect(run.code()).toBeUndefined();
    peer.emit({ kind: 'delivered', peer: idOf('bob'), scope, after: 0, upTo: 9, isStored: true });
    await clock.advance(1_000);
    expect(run.records.at(-1)).toEqual({ kind: 'summary', sent: 2, delivered: 2, peers: 1 });
  });

  test('lines of which nobody knows whether they were said are not said again, and end with 4', async () => {
    const before = { sent: 0, delivered: 0, holders: [], unfinished: [], unknown: 1 };
    const run = await sending({ ...toLobby, before }, [], { prepare: (peer) => peer.arrive(member('bob')) });
    expect(run.peer.said).toEqual([]);
    expect(run.code()).toBe(4);
    expect(run.of('error')[0]?.text).toMatch(/may or may not have been said/);
  });
});

describe('send to a person', () => {
  test('somebody whose name is not known from before is only believed after half a second', async () => {
    const run = await sending(toBob, ['hi']);
    run.peer.arrive(viewOf('bob'));
    await run.clock.advance(499);
    expect(run.peer.said).toEqual([]);
    await run.clock.advance(1);
    expect(run.peer.said.map(({ scope }) => scope)).toEqual([{ kind: 'direct', reader: idOf('bob') }]);
    run.peer.said[0]?.deliver('bob');
    await settle();
    expect(run.code()).toBe(0);
  });

  test('a pinned person is told at once', async () => {
    const run = await sending(toBob, ['hi'], { prepare: (peer) => peer.arrive(viewOf('bob', { isPinned: true })) });
    expect(run.peer.said.length).toBe(1);
  });

  test('two of one name end with 3, nothing said, and both ids on stderr', async () => {
    const run = await sending(toBob, ['hi']);
    run.peer.arrive(viewOf('bob', { isTwin: true }));
    await run.clock.advance(200);
    run.peer.arrive(viewOf('bob', { id: idOf('other bob'), isTwin: true }));
    await settle();
    expect(run.code()).toBe(3);
    expect(run.peer.said).toEqual([]);
    expect(run.of('error')[0]?.text).toContain(idOf('bob'));
    expect(run.of('error')[0]?.text).toContain(idOf('other bob'));
  });

  test('the pinned one of two is meant', async () => {
    const run = await sending(toBob, ['hi'], {
      prepare: (peer) => {
        peer.arrive(viewOf('bob', { id: idOf('other bob'), isTwin: true }));
        peer.arrive(viewOf('bob', { isPinned: true, isTwin: true }));
      },
    });
    expect(run.peer.said.map(({ scope }) => scope)).toEqual([{ kind: 'direct', reader: idOf('bob') }]);
  });

  test('somebody with the name but not the key that is known by it is never told', async () => {
    const run = await sending(toBob, ['hi'], {
      prepare: (peer) => peer.arrive(viewOf('bob', { id: idOf('impostor'), isTwin: true })),
    });
    await run.clock.advance(10_000);
    expect(run.code()).toBe(3);
    expect(run.peer.said).toEqual([]);
    expect(run.of('error')[0]?.text).toContain('another key');
  });

  test('a whole id is nobody else', async () => {
    const request: SendRequest = { ...toLobby, target: { kind: 'person', who: idOf('bob') } };
    const run = await sending(request, ['hi'], { prepare: (peer) => peer.arrive(viewOf('bob', { isTwin: true })) });
    expect(run.peer.said.length).toBe(1);
  });
});
