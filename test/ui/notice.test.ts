import { describe, expect, test } from '@jest/globals';
import { keyOf, noticeOf, TEXT_MAX, type Unheard } from '../../src/ui/notice.ts';
import { textWidth } from '../../src/ui/screen/width.ts';
import type { MessageShown } from '../../src/ui/shown.ts';

const BOB = { id: 'b0'.repeat(32), name: 'bob' };
const said = (text: string, more: Partial<MessageShown> = {}): MessageShown => ({
  id: '0'.repeat(32),
  room: 'lobby',
  from: BOB,
  sequence: 1,
  text,
  time: 0,
  isAction: false,
  isLate: false,
  ...more,
});
const privately = (text: string, more: Partial<MessageShown> = {}): MessageShown => {
  const { room: _, ...direct } = said(text, more);
  return { ...direct, to: 'a1'.repeat(32) };
};
const one = (last: MessageShown, count = 1): Unheard => ({ count, last });

describe('a notice', () => {
  test.each<readonly [string, readonly Unheard[], boolean, readonly [string, string] | undefined]>([
    ['nothing', [], false, undefined],
    ['a message in a room', [one(said('soup?'))], false, ['bob in #lobby', 'soup?']],
    ['an action', [one(said('waves', { isAction: true }))], false, ['bob in #lobby', '* bob waves']],
    ['several lines', [one(said('one\ntwo'))], false, ['bob in #lobby', 'one two']],
    ['a private message', [one(privately('a secret'))], false, ['bob writes to you', '']],
    ['a private message whose text is asked for', [one(privately('a secret'))], true, ['bob writes to you', 'a secret']],
    ['a private action', [one(privately('waves', { isAction: true }))], true, ['bob writes to you', '* bob waves']],
    ['somebody without a name', [one(said('hi', { from: { ...BOB, name: '\u202e' } }))], false, ['b0b0b0b0b0b0 in #lobby', 'hi']],
    ['a twin', [one(said('hi', { from: { ...BOB, fingerprint: 'aa-bb' } }))], false, ['bob (aa-bb) in #lobby', 'hi']],
    ['several in a room', [one(said('last'), 7)], true, ['7 messages in #lobby', '']],
    ['several of one person', [one(privately('last'), 2)], true, ['2 messages from bob', '']],
    ['several places', [one(said('x'), 7), one(privately('y'))], true, ['7 messages in #lobby, 1 message from bob', '']],
    [
      'many places',
      ['a', 'b', 'c', 'd', 'e'].map((room) => one(said('x', { room }), 2)),
      true,
      ['2 messages in #a, 2 messages in #b, 2 messages in #c, 2 other places', ''],
    ],
  ])('of %s', (_what, unheard, hasPrivateText, expected) => {
    const notice = noticeOf(unheard, { hasPrivateText });
    expect(notice && [notice.title, notice.text]).toEqual(expected);
  });

  test('is cut, and no cluster is halved', () => {
    const notice = noticeOf([one(said('👨‍👩‍👧‍👦'.repeat(200)))], { hasPrivateText: false });
    expect(textWidth(notice?.text ?? '')).toBeLessThanOrEqual(TEXT_MAX);
    expect(notice?.text).toMatch(/^(👨‍👩‍👧‍👦)+…$/u);
  });

  test.each([
    '\u001b]0;title\u0007',
    '\u009d52;c;x\u009c',
    'a\u0000b\rc\bd\u007f',
    '\u202egnp.exe\u202c',
    'z\u200bero\ufeff',
    'one\ntwo\u2028three\u0085four',
    '\ud800',
  ])('has no control character of %j, wherever it stands', (hostile) => {
    const from = { ...BOB, name: hostile, fingerprint: hostile };
    const all = [said(hostile, { from, room: hostile }), privately(hostile, { from })].flatMap((message) =>
      [1, 2].map((count) => noticeOf([one(message, count)], { hasPrivateText: true })),
    );
    expect(all.map((notice) => `${notice?.title}${notice?.text}`).join('')).not.toMatch(
      /[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udfff]/,
    );
  });

  test('belongs to the place it was said in', () => {
    expect([keyOf(said('x')), keyOf(privately('x'))]).toEqual(['#lobby', `@${BOB.id}`]);
  });
});
