import { describe, expect, test } from '@jest/globals';
import { entryIdOf } from '../../src/base/ids.ts';
import { REACTION_SIZE_MAX, TEXT_SIZE_MAX, TOPIC_SIZE_MAX } from '../../src/base/limits.ts';
import { type CborValue, encode } from '../../src/wire/cbor.ts';
import { encodeEntry, type SayableBody } from '../../src/wire/entry.ts';
import { decodeEntries, encodeEntries } from '../../src/wire/run.ts';

const idBytes = Uint8Array.from({ length: 16 }, (_, i) => i);
const id = entryIdOf(idBytes);
const forms: readonly (readonly [SayableBody, readonly CborValue[]])[] = [
  [{ kind: 'text', text: 'yes', replyTo: id }, [3, 7, 'yes', idBytes]],
  [{ kind: 'edit', of: id, text: 'it is' }, [4, 7, idBytes, 'it is']],
  [{ kind: 'delete', of: id }, [5, 7, idBytes]],
  [{ kind: 'reaction', of: id, emoji: '👍', isOn: true }, [6, 7, idBytes, '👍', true]],
  [{ kind: 'topic', text: '' }, [7, 7, '']],
];

describe('entries that answer, amend and name a topic', () => {
  test.each(forms)('%j stands as its table says, and comes back', (body, fields) => {
    const entry = encodeEntry(7, body);
    expect(entry).toEqual(encode(fields));
    expect(decodeEntries(encodeEntries([entry]), 1)).toEqual({ ok: true, value: [{ delayMs: 7, body, bytes: entry }] });
  });

  test.each<readonly [string, readonly CborValue[]]>([
    ['a reply without what it answers', [3, 0, 'yes']],
    ['a reply to an id of 15 bytes', [3, 0, 'yes', idBytes.subarray(1)]],
    ['an edit to nothing', [4, 0, idBytes, '']],
    ['an edit over the size', [4, 0, idBytes, 'a'.repeat(TEXT_SIZE_MAX + 1)]],
    ['a deletion with more', [5, 0, idBytes, 'x']],
    ['a reaction without a sign', [6, 0, idBytes, '', true]],
    ['a reaction over the size', [6, 0, idBytes, 'é'.repeat(REACTION_SIZE_MAX), true]],
    ['a reaction that is neither set nor taken back', [6, 0, idBytes, '👍', 1]],
    ['a topic over the size', [7, 0, 'é'.repeat(TOPIC_SIZE_MAX)]],
    ['a topic that is none', [7, 0, null]],
  ])('%s makes the run malformed', (_what, fields) => {
    expect(decodeEntries(encode([fields]), 1)).toEqual({ ok: false, reason: 'malformed-run' });
  });

  test('what is too long to be said is refused to its caller', () => {
    expect(() => encodeEntry(0, { kind: 'topic', text: 'é'.repeat(TOPIC_SIZE_MAX) })).toThrow('0 to 512 bytes');
    expect(() => encodeEntry(0, { kind: 'reaction', of: id, emoji: '', isOn: true })).toThrow('1 to 64 bytes');
  });
});
