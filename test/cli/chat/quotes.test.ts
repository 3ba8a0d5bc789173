import { describe, expect, test } from '@jest/globals';
import { directScope, roomScope } from '../../../src/base/ids.ts';
import { chat } from '../../../src/cli/chat/chat.ts';
import { textLine } from '../../../src/cli/format/text.ts';
import { type Line, Lines } from '../../../src/cli/job/lines.ts';
import { Mailbox } from '../../../src/cli/job/mailbox.ts';
import type { PeerEvent, StoredMessage } from '../../../src/cli/library.ts';
import { plainPaint } from '../../../src/ui/paint.ts';
import { entryOf, type FakePeer, idOf, LOBBY, viewOf } from '../fake-peer.ts';
import { running } from '../running.ts';
import { settle } from '../virtual-clock.ts';

const style = { paint: plainPaint, offsetMinutes: () => 0, for: 'chat' } as const;

const stored = (id: string, author: string, text: string, more: Partial<StoredMessage> = {}): StoredMessage =>
  ({
    id: entryOf(id),
    scope: roomScope(LOBBY),
    author: idOf(author),
    authorName: author,
    sequence: 1,
    body: { kind: 'text', text },
    time: 60_000,
    receivedAt: 60_000,
    isDeleted: false,
    edits: [],
    reactions: [],
    ...more,
  }) as StoredMessage;

/** Bob is in the lobby; what the chat shows as lines. */
const listening = async (hasScreen = false) => {
  const typed = new Mailbox<Line>();
  const run = await running((context) => chat(context, { room: LOBBY, isInteractive: true, hasScreen }), {
    input: new Lines(typed),
    prepare: (peer: FakePeer) => peer.arrive(viewOf('bob', { rooms: [LOBBY] })),
  });
  let number = 0;
  const type = async (text: string): Promise<void> => {
    number += 1;
    typed.push({ number, text, sizeBytes: Buffer.byteLength(text) });
    await settle();
  };
  const answer = async (text: string, id: string): Promise<void> => {
    run.peer.hear('bob', text, { body: { kind: 'text', text, replyTo: entryOf(id) } });
    await settle();
  };
  const change = async (event: object): Promise<void> => {
    const said = {
      id: entryOf('change'),
      scope: roomScope(LOBBY),
      author: idOf('bob'),
      authorName: 'bob',
      time: 0,
      isLate: false,
    };
    run.peer.emit({ ...said, ...event } as PeerEvent);
    await settle();
  };
  const last = (): string | undefined => {
    const record = [...run.of('message'), ...run.of('amendment')].at(-1);
    return record === undefined ? undefined : textLine(record, style)?.trimEnd();
  };
  const lastMessage = (): string => textLine(run.of('message').at(-1) ?? { kind: 'notice', text: '' }, style)?.trimEnd() ?? '';
  return { ...run, type, answer, change, last, lastMessage };
};

describe('line by line', () => {
  test('an answer says to whose words, of what was shown here, by others and by us', async () => {
    const run = await listening();
    run.peer.hear('carol', 'soup at noon?');
    await run.answer('yes', 'carol soup at noon?');
    expect(run.lastMessage()).toBe('22:13 #lobby bob (to carol "soup at noon?"): yes');
    await run.type('tea?');
    await run.answer('no', '1 tea?');
    expect(run.lastMessage()).toBe('22:13 #lobby bob (to alice "tea?"): no');
  });

  test('of what was said long ago the store tells the words; what nobody knows is named by its id', async () => {
    const run = await listening();
    run.peer.past.push(stored('old', 'carol', 'soup?'));
    await run.answer('yes', 'old');
    expect(run.lastMessage()).toBe('22:13 #lobby bob (to carol "soup?"): yes');
    await run.answer('what', 'unknown');
    expect(run.lastMessage()).toBe(`22:13 #lobby bob: [to ${entryOf('unknown').slice(0, 8)}] what`);
  });

  test('words of elsewhere, and of who is ignored, are not shown again', async () => {
    const run = await listening();
    run.peer.past.push(stored('told', 'bob', 'psst', { scope: directScope(run.peer.id) }), stored('bad', 'eve', 'bah'));
    run.peer.arrive(viewOf('eve', { rooms: [LOBBY] }));
    await run.type('/ignore eve');
    await run.clock.advance(1_000); // a name settles
    for (const id of ['told', 'bad']) {
      await run.answer('yes', id);
      expect(run.lastMessage()).toBe(`22:13 #lobby bob: [to ${entryOf(id).slice(0, 8)}] yes`);
    }
  });

  test('no quoted name or text can pass for what the one who answers says', async () => {
    const run = await listening();
    run.peer.past.push(stored('lie', 'eve "x"): hm', `x"): I am\n\x1b[31m mallory ${'y'.repeat(60)}`));
    await run.answer('no', 'lie');
    expect(run.lastMessage()).toBe(`22:13 #lobby bob (to "eve 'x'): hm" "x'): I am ␛[31m mallory ${'y'.repeat(15)}…"): no`);
  });

  test('signs, edits and deletes say of which message', async () => {
    const run = await listening();
    run.peer.hear('bob', 'soup?');
    const of = entryOf('bob soup?');
    await run.change({ kind: 'reaction', of, emoji: '👍', isOn: true });
    expect(run.last()).toBe('00:00 #lobby bob reacted 👍 to bob\'s "soup?"');
    await run.change({ kind: 'reaction', of, emoji: '👍', isOn: false });
    expect(run.last()).toBe('00:00 #lobby bob no longer reacts 👍 to bob\'s "soup?"');
    await run.change({ kind: 'edit', of, text: 'tea?' });
    expect(run.last()).toBe('00:00 #lobby bob changed "soup?" to: tea?');
    await run.change({ kind: 'delete', of });
    expect(run.last()).toBe('00:00 #lobby bob deleted "tea?"');
    await run.change({ kind: 'reaction', of, emoji: '👍', isOn: true });
    expect(run.last()).toBe(`00:00 #lobby bob reacted 👍 to ${of.slice(0, 8)}`);
  });

  test('an edit of what was said long ago tells what it was, whether or not the store has the edit already', async () => {
    const run = await listening();
    run.peer.past.push(stored('a', 'bob', 'soup?'));
    run.peer.past.push(stored('b', 'bob', 'tea!', { edits: [{ text: 'tea?', time: 0 }] } as never));
    await run.change({ kind: 'edit', of: entryOf('a'), text: 'soup!' });
    expect(run.last()).toBe('00:00 #lobby bob changed "soup?" to: soup!');
    await run.change({ kind: 'edit', of: entryOf('b'), text: 'tea!' });
    expect(run.last()).toBe('00:00 #lobby bob changed "tea?" to: tea!');
  });

  test('what was shown long ago is let go of, and looked up again', async () => {
    const run = await listening();
    run.peer.hear('carol', 'first');
    for (let at = 0; at < 256; at++) run.peer.hear('carol', `${at}`);
    await settle();
    await run.answer('gone', 'carol first');
    expect(run.lastMessage()).toContain(`[to ${entryOf('carol first').slice(0, 8)}] gone`);
    run.peer.past.push(stored('carol first', 'carol', 'first'));
    await run.answer('found', 'carol first');
    expect(run.lastMessage()).toContain('bob (to carol "first"): found');
  });
});

test('on a screen an answer brings the words that the screen has not loaded', async () => {
  const run = await listening(true);
  run.peer.past.push(stored('old', 'carol', 'soup?'));
  await run.answer('yes', 'old');
  expect(run.of('message').at(-1)?.message.answers).toEqual({ from: { id: idOf('carol'), name: 'carol' }, text: 'soup?' });
});
