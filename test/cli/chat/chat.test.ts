import { describe, expect, test } from '@jest/globals';
import { ALONE_HINT_MS, chat } from '../../../src/cli/chat/chat.ts';
import { type Line, Lines } from '../../../src/cli/job/lines.ts';
import { Mailbox } from '../../../src/cli/job/mailbox.ts';
import { type FakePeer, idOf, LOBBY, viewOf } from '../fake-peer.ts';
import { running } from '../running.ts';
import { settle } from '../virtual-clock.ts';

const member = (name: string) => viewOf(name, { rooms: [LOBBY] });

/** A chat whose lines the test types. */
const chatting = async (options: { readonly isInteractive: boolean; readonly prepare?: (peer: FakePeer) => void }) => {
  const typed = new Mailbox<Line>();
  let number = 0;
  const run = await running((context) => chat(context, { room: LOBBY, isInteractive: options.isInteractive }), {
    input: new Lines(typed),
    ...(options.prepare === undefined ? {} : { prepare: options.prepare }),
  });
  const type = async (...texts: readonly string[]): Promise<void> => {
    for (const text of texts) {
      number += 1;
      typed.push({ number, text, sizeBytes: Buffer.byteLength(text) });
    }
    await settle();
  };
  const end = async (): Promise<void> => {
    typed.close();
    await settle();
  };
  const told = (): string =>
    run
      .of('notice')
      .map(({ text }) => text)
      .join('\n');
  return { ...run, type, end, told };
};

describe('a chat with a keyboard', () => {
  test('says a line at once, and shows who holds it and who does not', async () => {
    const run = await chatting({
      isInteractive: true,
      prepare: (peer) => ['bob', 'carol'].forEach((name) => peer.arrive(member(name))),
    });
    await run.type('hello');
    expect(run.peer.said.map(({ text }) => text)).toEqual(['hello']);
    run.peer.said[0]?.deliver('bob');
    await run.clock.advance(2_000);
    run.peer.said[0]?.deliver('carol');
    await settle();
    expect(run.of('own').map(({ delivery }) => delivery)).toEqual([
      { text: 'hello', place: '#lobby', holders: ['bob'], waiting: ['carol'] },
      { text: 'hello', place: '#lobby', holders: ['bob', 'carol'], waiting: [] },
    ]);
  });

  test('a line that nobody can hear is said, and it says so', async () => {
    const run = await chatting({ isInteractive: true });
    await run.type('hello');
    expect(run.peer.said.length).toBe(1);
    expect(run.of('own').map(({ delivery }) => delivery)).toEqual([{ text: 'hello', place: '#lobby', holders: [], waiting: [] }]);
  });

  test('the end of the input ends it although a line reached nobody', async () => {
    const run = await chatting({ isInteractive: true });
    await run.type('hello');
    await run.end();
    expect(run.code()).toBe(0);
  });

  test('an empty list of people is explained after five seconds', async () => {
    const alone = await chatting({ isInteractive: true });
    const met = await chatting({ isInteractive: true, prepare: (peer) => peer.arrive(viewOf('bob')) });
    await alone.clock.advance(ALONE_HINT_MS);
    await met.clock.advance(ALONE_HINT_MS);
    expect(alone.told()).toMatch(/Nobody found yet[\s\S]*firewall[\s\S]*\/doctor[\s\S]*--peer HOST:PORT[\s\S]*192\.0\.2\.1:4000/);
    expect(met.told()).not.toMatch(/Nobody found/);
  });

  test('a wrong command suggests the nearest, and // says a line that begins with a slash', async () => {
    const run = await chatting({ isInteractive: true, prepare: (peer) => peer.arrive(member('bob')) });
    await run.type('/jion lobby', '//join is a command');
    expect(run.told()).toContain('Did you mean /join?');
    expect(run.peer.said.map(({ text }) => text)).toEqual(['/join is a command']);
  });

  test('joins, leaves and lists rooms', async () => {
    const run = await chatting({ isInteractive: true, prepare: (peer) => peer.arrive(member('bob')) });
    await run.type('/join #Kitchen', '/rooms', '/leave', '/leave nowhere', '/join no room');
    expect(run.peer.rooms).toEqual(['lobby']);
    expect(run.told()).toContain('#kitchen  1 person (you are here)\n#lobby  2 people (joined)');
    expect(run.told()).toContain('You have left #kitchen and are in #lobby.');
    expect(run.told()).toContain('You are not in #nowhere');
    expect(run.told()).toContain('"no room" is no name of a room');
  });

  test('tells one person, and asks when two could be meant', async () => {
    const run = await chatting({ isInteractive: true, prepare: (peer) => peer.arrive(viewOf('bob smith', { isPinned: true })) });
    await run.type('/msg "bob smith" psst');
    expect(run.peer.said.map(({ scope, text }) => ({ scope, text }))).toEqual([
      { scope: { kind: 'direct', reader: idOf('bob smith') }, text: 'psst' },
    ]);
    run.peer.arrive(viewOf('eve'));
    run.peer.arrive(viewOf('eve', { id: idOf('other eve') }));
    await run.type('/msg eve psst');
    expect(run.peer.said.length).toBe(1);
    expect(run.told()).toContain(idOf('other eve'));
  });

  test('nobody of that name: says where to look, and knows its own name', async () => {
    const run = await chatting({ isInteractive: true });
    await run.type('/msg eve hi', '/msg alice hi');
    expect(run.told()).toContain('nobody called "eve" is here; see who is: /who\nThat is you.');
  });

  test('a blank line says nothing', async () => {
    const run = await chatting({ isInteractive: true, prepare: (peer) => peer.arrive(member('bob')) });
    await run.type('  ', '\t');
    expect(run.peer.said).toEqual([]);
  });

  test('another name of somebody is told, other changes are not', async () => {
    const run = await chatting({ isInteractive: true, prepare: (peer) => peer.arrive(member('bob')) });
    run.peer.change('bob', { state: 'idle', rooms: [] });
    run.peer.change('bob', { name: 'robert' });
    run.peer.change('bob', { name: 'carol', isTwin: true });
    await settle();
    expect(run.told().match(/~.*/g)).toEqual([
      '~ bob is now called robert',
      `~ robert is now called carol (print-${idOf('bob').slice(0, 4)})`,
    ]);
  });

  test('says so when there is no network to find anybody on', async () => {
    const run = await chatting({
      isInteractive: true,
      prepare: (peer) => {
        peer.addresses = [];
      },
    });
    await run.clock.advance(ALONE_HINT_MS);
    expect(run.told()).toMatch(/no network interface is used[\s\S]*--interface NAME/);
  });

  test('hides what an ignored person says, and shows it again', async () => {
    const run = await chatting({ isInteractive: true, prepare: (peer) => peer.arrive(viewOf('bob', { isPinned: true })) });
    await run.type('/ignore bob');
    run.peer.hear('bob', 'hidden');
    await settle();
    await run.type('/ignore bob');
    run.peer.hear('bob', 'shown');
    await settle();
    expect(run.of('message').map(({ message }) => message.text)).toEqual(['shown']);
  });

  test('changes the name, acts, counts and quits', async () => {
    const run = await chatting({ isInteractive: true, prepare: (peer) => peer.arrive(member('bob')) });
    await run.type('/nick ada', '/me waves', '/stats', '/who', '/help');
    expect(run.peer.name).toBe('ada');
    expect(run.peer.said.map(({ text, isAction }) => ({ text, isAction }))).toEqual([{ text: 'waves', isAction: true }]);
    expect(run.told()).toContain('datagrams in: 3\ndrops:\n  replayed: 1\nsessions: 1');
    expect(run.of('peer').map(({ peer }) => peer.name)).toEqual(['bob']);
    expect(run.code()).toBeUndefined();
    await run.type('/quit');
    expect(run.code()).toBe(0);
  });
});

describe('a chat with a piped input', () => {
  test('holds its lines until somebody can hear them, then says them in order and ends when they are delivered', async () => {
    const run = await chatting({ isInteractive: false });
    await run.type('one', 'two');
    await run.end();
    await run.clock.advance(5_000);
    expect(run.peer.said).toEqual([]);
    run.peer.arrive(member('bob'));
    await settle();
    expect(run.peer.said.map(({ text }) => text)).toEqual(['one', 'two']);
    for (const said of run.peer.said) said.deliver('bob');
    await settle();
    expect(run.code()).toBe(0);
  });

  test('with nobody there it ends ten seconds after the end of the input with 3, nothing numbered', async () => {
    const run = await chatting({ isInteractive: false });
    await run.type('one');
    await run.clock.advance(60_000);
    expect(run.code()).toBeUndefined();
    await run.end();
    await run.clock.advance(10_000);
    expect(run.code()).toBe(3);
    expect(run.peer.said).toEqual([]);
  });

  test('what is not delivered in time ends with 4', async () => {
    const run = await chatting({ isInteractive: false, prepare: (peer) => peer.arrive(member('bob')) });
    await run.type('one');
    await run.end();
    await run.clock.advance(10_000);
    expect(run.code()).toBe(4);
  });

  test('a line too long for a message is not said, and the next one is', async () => {
    const run = await chatting({ isInteractive: false, prepare: (peer) => peer.arrive(member('bob')) });
    await run.type('x'.repeat(9_000), 'short');
    expect(run.peer.said.map(({ text }) => text)).toEqual(['short']);
    expect(run.told()).toContain('Not said: that line has 9000 bytes');
  });
});
