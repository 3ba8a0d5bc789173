import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { concat, toHex, utf8 } from '../../src/base/bytes.ts';
import { logIdBytes, peerKey } from '../../src/base/ids.ts';
import { RUN_ENTRIES_MAX, RUN_SIZE_MAX, TEXT_SIZE_MAX } from '../../src/base/limits.ts';
import { type CborValue, encode } from '../../src/wire/cbor.ts';
import { encodeEntry } from '../../src/wire/entry.ts';
import {
  decodeEntries,
  decodeRun,
  encodeEntries,
  encodeHeader,
  encodeOpenRun,
  encodeRemoved,
  encodeSealedRun,
  type RunHeader,
} from '../../src/wire/run.ts';
import {
  bytesOf,
  damaged,
  directHeader,
  entries,
  firstHeader,
  header,
  log,
  openRun,
  peer,
  sealedRun,
  textValues,
  u32Values,
} from './samples.ts';
import { runs, seedNote } from './seed.ts';

const signature = bytesOf(64, 100);
/** A header with `count` entries and whatever follows. */
const headerFields: readonly CborValue[] = [1, 'lobby', logIdBytes(log), 300, 1, 299, bytesOf(32, 9), 1_700_000_000, 5];
const withField = (index: number, value: CborValue): CborValue => headerFields.map((field, i) => (i === index ? value : field));
const runOf = (head: CborValue, content: CborValue, seal: CborValue = signature): Uint8Array => encode([head, content, seal]);

describe('runs', () => {
  test('an open run comes back with its header, its entries and their bytes', () => {
    const [first, second] = entries;
    expect(decodeRun(openRun)).toEqual({
      ok: true,
      value: {
        header,
        headerBytes: encodeHeader(header),
        content: {
          kind: 'open',
          entries: [
            { kind: 'entry', entry: { delayMs: 0, body: { kind: 'text', text: 'hello, world' }, bytes: first } },
            { kind: 'entry', entry: { delayMs: 70_000, body: { kind: 'action', text: 'wünscht 你好 👋' }, bytes: second } },
            { kind: 'removed', hash: bytesOf(32, 77) },
          ],
        },
        signature,
      },
    });
  });

  test('a sealed run comes back with what was sealed, unopened', () => {
    expect(decodeRun(sealedRun)).toEqual({
      ok: true,
      value: {
        header: directHeader,
        headerBytes: encodeHeader(directHeader),
        content: { kind: 'sealed', sealed: bytesOf(90) },
        signature,
      },
    });
  });

  test('the first run of a log has no predecessor', () => {
    const run = encodeOpenRun(encodeHeader(firstHeader), entries.slice(0, 1), signature);
    expect(decodeRun(run)).toMatchObject({ ok: true, value: { header: firstHeader } });
  });

  test('what a sealed run held comes back, count for count', () => {
    const texts = entries.slice(0, 2);
    const expected = [
      { delayMs: 0, body: { kind: 'text', text: 'hello, world' }, bytes: texts[0] },
      { delayMs: 70_000, body: { kind: 'action', text: 'wünscht 你好 👋' }, bytes: texts[1] },
    ];
    expect(decodeEntries(encodeEntries(texts), 2)).toEqual({ ok: true, value: expected });
    expect(decodeEntries(encodeEntries(texts), 1)).toEqual({ ok: false, reason: 'malformed-run' });
    expect(decodeEntries(encodeEntries(entries), 3)).toEqual({ ok: false, reason: 'malformed-run' }); // nothing removed is sealed
  });

  test('every truncation of every run is refused', () => {
    for (const run of [openRun, sealedRun]) {
      for (let length = 0; length < run.length; length++) expect(decodeRun(run.subarray(0, length)).ok).toBe(false);
    }
    const plain = encodeEntries(entries.slice(0, 2));
    for (let length = 0; length < plain.length; length++) expect(decodeEntries(plain.subarray(0, length), 2).ok).toBe(false);
  });

  test('an entry of an unknown kind is kept with its bytes', () => {
    const unknown = encode([9, 4, ['a', 1], null]);
    const run = encodeOpenRun(encodeHeader({ ...header, count: 1 }), [unknown], signature);
    const result = decodeRun(run);
    expect(result).toMatchObject({
      ok: true,
      value: {
        content: { entries: [{ kind: 'entry', entry: { delayMs: 4, body: { kind: 'unknown', code: 9 }, bytes: unknown } }] },
      },
    });
  });

  test('a run of another version says so', () => {
    expect(decodeRun(runOf(withField(0, 2), [[1, 0, 'a']]))).toEqual({ ok: false, reason: 'version-mismatch' });
  });

  test('the largest message fits, one byte more does not', () => {
    const entry = encodeEntry(0xffff_ffff, { kind: 'text', text: 'a'.repeat(TEXT_SIZE_MAX) });
    const long: RunHeader = { ...header, count: 1, first: 0xffff_ffff, previous: 0xffff_fffe };
    const run = encodeOpenRun(encodeHeader(long), [entry], signature);
    expect(run.length).toBeLessThanOrEqual(RUN_SIZE_MAX);
    expect(decodeRun(run).ok).toBe(true);
    expect(() => encodeEntry(0, { kind: 'text', text: 'a'.repeat(TEXT_SIZE_MAX + 1) })).toThrow('bytes of UTF-8');
    expect(() => encodeEntry(0, { kind: 'text', text: `${'é'.repeat(TEXT_SIZE_MAX / 2)}a` })).toThrow('bytes of UTF-8');
    expect(() => encodeEntry(0, { kind: 'text', text: '' })).toThrow('bytes of UTF-8');
  });

  const malformed: readonly (readonly [string, Uint8Array])[] = [
    ['no array', encode(1)],
    ['two fields', encode([headerFields, [[1, 0, 'a']]])],
    ['four fields', encode([headerFields, [[1, 0, 'a']], signature, 0])],
    ['a short signature', runOf(headerFields, [[1, 0, 'a']], bytesOf(63))],
    ['a header of eight fields', runOf(headerFields.slice(0, 8), [[1, 0, 'a']])],
    ['a room that is none', runOf(withField(1, 'Lobby'), [[1, 0, 'a']])],
    ['a reader of 31 bytes', runOf(withField(1, bytesOf(31)), bytesOf(40))],
    ['null for a scope', runOf(withField(1, null), [[1, 0, 'a']])],
    ['a log id of 7 bytes', runOf(withField(2, bytesOf(7)), [[1, 0, 'a']])],
    ['number zero', runOf([1, 'lobby', logIdBytes(log), 0, 1, 0, new Uint8Array(0), 1, 1], [[1, 0, 'a']])],
    ['no entries', runOf(withField(4, 0), [])],
    [
      'more entries than the header says',
      runOf(headerFields, [
        [1, 0, 'a'],
        [1, 0, 'b'],
      ]),
    ],
    ['fewer entries than the header says', runOf(withField(4, 2), [[1, 0, 'a']])],
    [
      '65 entries',
      runOf(
        withField(4, 65),
        Array.from({ length: 65 }, () => [1, 0, 'a']),
      ),
    ],
    [
      'numbers beyond the last',
      runOf(
        [1, 'lobby', logIdBytes(log), 0xffff_ffff, 2, 0, new Uint8Array(0), 1, 1],
        [
          [1, 0, 'a'],
          [1, 0, 'b'],
        ],
      ),
    ],
    ['a predecessor that is no earlier', runOf(withField(5, 300), [[1, 0, 'a']])],
    ['a predecessor without a hash', runOf(withField(6, new Uint8Array(0)), [[1, 0, 'a']])],
    ['a hash without a predecessor', runOf(withField(5, 0), [[1, 0, 'a']])],
    ['a second of more than a thousand milliseconds', runOf(withField(8, (1000 << 22) >>> 0), [[1, 0, 'a']])],
    ['a room with sealed content', runOf(headerFields, bytesOf(40))],
    ['a reader with open content', runOf(withField(1, peerKey(peer)), [[1, 0, 'a']])],
    ['sealed content shorter than its tag', runOf(withField(1, peerKey(peer)), bytesOf(15))],
    ['an entry that is no array', runOf(headerFields, ['a'])],
    ['a hash of 31 bytes', runOf(headerFields, [bytesOf(31)])],
    ['an entry without a delay', runOf(headerFields, [[1]])],
    ['an entry without a text', runOf(headerFields, [[1, 0]])],
    ['an entry with an empty text', runOf(headerFields, [[1, 0, '']])],
    ['an entry with a text of bytes', runOf(headerFields, [[2, 0, bytesOf(4)]])],
    ['an entry with a field too many', runOf(headerFields, [[1, 0, 'a', 1]])],
    ['a text of too many bytes', runOf(headerFields, [[1, 0, 'é'.repeat(TEXT_SIZE_MAX / 2 + 1)]])],
    ['a run of too many bytes', runOf(headerFields, [[9, 0, new Uint8Array(RUN_SIZE_MAX)]])],
  ];
  test.each(malformed)('%s is malformed', (_, bytes) => {
    expect(decodeRun(bytes)).toEqual({ ok: false, reason: 'malformed-run' });
  });

  test('a caller who breaks the table is told', () => {
    const bad: readonly Partial<RunHeader>[] = [
      { count: 0 },
      { count: 65 },
      { first: 0 },
      { previous: 300 },
      { previous: 0 },
      { first: 0xffff_ffff, count: 2 },
      { previousHash: bytesOf(31) },
      { time: { seconds: 1, fraction: 0xffff_ffff } },
      { time: { seconds: 2 ** 32, fraction: 0 } },
    ];
    for (const fields of bad) expect(() => encodeHeader({ ...header, ...fields })).toThrow();
    const head = encodeHeader(header);
    expect(() => encodeOpenRun(head, [], signature)).toThrow('entries');
    expect(() =>
      encodeOpenRun(
        head,
        Array.from({ length: RUN_ENTRIES_MAX + 1 }, () => bytesOf(3)),
        signature,
      ),
    ).toThrow('entries');
    expect(() => encodeOpenRun(head, entries, bytesOf(63))).toThrow('signature');
    expect(() => encodeSealedRun(head, new Uint8Array(RUN_SIZE_MAX), signature)).toThrow('at most');
    expect(() => encodeRemoved(bytesOf(31))).toThrow('hash');
    expect(() => encodeEntry(-1, { kind: 'text', text: 'a' })).toThrow('whole numbers');
  });
});

describe(`runs by hand ${seedNote}`, () => {
  const said = textValues.filter((text) => text.length > 0);

  test('entries are what the library would write, and texts come back as they were', () => {
    fc.assert(
      fc.property(u32Values, said, fc.constantFrom('text' as const, 'action' as const), (delayMs, text, kind) => {
        const entry = encodeEntry(delayMs, { kind, text });
        expect(toHex(entry)).toBe(toHex(encode([kind === 'text' ? 1 : 2, delayMs, text])));
        expect(decodeEntries(encodeEntries([entry]), 1)).toEqual({
          ok: true,
          value: [{ delayMs, body: { kind, text }, bytes: entry }],
        });
      }),
      runs(3000),
    );
  });

  test('lone surrogates leave as U+FFFD', () => {
    const entry = encodeEntry(0, { kind: 'text', text: 'a\ud800b\udc00' });
    expect(decodeEntries(encodeEntries([entry]), 1)).toMatchObject({ ok: true, value: [{ body: { text: 'a\uFFFDb\uFFFD' } }] });
  });

  test('runs are what the library would write', () => {
    fc.assert(
      fc.property(fc.array(said, { minLength: 1, maxLength: RUN_ENTRIES_MAX, size: 'medium' }), (texts) => {
        fc.pre(utf8(texts.join('')).length < TEXT_SIZE_MAX);
        const head = encodeHeader({ ...header, count: texts.length });
        const run = encodeOpenRun(
          head,
          texts.map((text) => encodeEntry(1, { kind: 'text', text })),
          signature,
        );
        const headValue = headerFields.map((field, i) => (i === 4 ? texts.length : i === 8 ? header.time.fraction : field));
        expect(toHex(run)).toBe(toHex(encode([headValue, texts.map((text) => [1, 1, text]), signature])));
      }),
      runs(300),
    );
    const sealed = bytesOf(300);
    const direct = [1, peerKey(peer), ...headerFields.slice(2, 4), 2, ...headerFields.slice(5, 8), header.time.fraction];
    expect(toHex(encodeSealedRun(encodeHeader(directHeader), sealed, signature))).toBe(
      toHex(encode([direct, sealed, signature])),
    );
  });

  test('what was made is never written again', () => {
    const made = Array.from({ length: 400 }, (_, i) => encodeEntry(i, { kind: 'text', text: `${i} `.repeat(30) }));
    made.forEach((entry, i) => {
      expect(toHex(entry)).toBe(toHex(encode([1, i, `${i} `.repeat(30)])));
    });
  });

  test('damaged runs are refused or encode back to the same bytes', () => {
    let accepted = 0;
    fc.assert(
      fc.property(damaged(fc.constantFrom(openRun, sealedRun)), (bytes) => {
        const result = decodeRun(bytes);
        if (!result.ok) return;
        accepted++;
        const { header: head, content, headerBytes, signature: seal } = result.value;
        expect(toHex(encodeHeader(head))).toBe(toHex(headerBytes));
        const again =
          content.kind === 'sealed'
            ? encodeSealedRun(headerBytes, content.sealed, seal)
            : encodeOpenRun(
                headerBytes,
                content.entries.map((item) => (item.kind === 'entry' ? item.entry.bytes : encodeRemoved(item.hash))),
                seal,
              );
        expect(toHex(again)).toBe(toHex(bytes));
      }),
      runs(5000),
    );
    expect(accepted).toBeGreaterThan(100);
  });

  test('spans are right inside a larger buffer', () => {
    const result = decodeRun(concat(bytesOf(11), openRun).subarray(11));
    expect(result).toEqual(decodeRun(openRun));
  });
});
