import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { INQUIRY_SIZE_MAX, INQUIRY_SIZE_MIN } from '../../src/base/limits.ts';
import {
  decodeQuestion,
  decodeReport,
  encodeQuestion,
  encodeReport,
  isQuestion,
  kindOfSize,
  type Question,
  questionInName,
  questionName,
  REPORT_WAYS,
  type Report,
  reportInName,
  reportName,
} from '../../src/wire/inquiry.ts';
import { bytesOf, damaged } from './samples.ts';
import { runs, seedNote } from './seed.ts';

const u16 = fc.integer({ min: 0, max: 65_535 });
const count = fc.integer({ min: 0, max: 255 });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const questions: fc.Arbitrary<Question> = fc.record({
  nonce: bytes(8),
  number: u16,
  way: fc.constantFrom(...REPORT_WAYS),
  answerPort: u16,
  address: fc.oneof(bytes(4), bytes(16)),
  port: u16,
});
const reports: fc.Arbitrary<Report> = fc.record({
  nonce: bytes(8),
  number: u16,
  hearsMulticast: fc.boolean(),
  seconds: fc.integer({ min: 0, max: 0xffff_ffff }),
  heard: fc.record({ small: count, full: count, oversized: count, multicast: count, broadcast: count }),
});
const sizes = fc.integer({ min: INQUIRY_SIZE_MIN, max: INQUIRY_SIZE_MAX });
const [some] = fc.sample(questions, { numRuns: 1, seed: 1 });
const question: Question = some ?? (undefined as never);

describe(`questions and reports, ${seedNote}`, () => {
  test('come back as they were encoded, by datagram of any size and by name; a byte less where CBOR has no such length', () => {
    fc.assert(
      fc.property(questions, reports, sizes, (question, report, sizeBytes) => {
        const asked = encodeQuestion(question, sizeBytes);
        expect([sizeBytes - 1, sizeBytes]).toContain(asked.length);
        expect(isQuestion(asked)).toBe(true);
        if (asked.length >= INQUIRY_SIZE_MIN) expect(decodeQuestion(asked)).toEqual({ ok: true, value: question });
        expect(questionInName(questionName(question))).toEqual(question);
        expect(questionName(question).indexOf('.')).toBeLessThan(64);
        const told = encodeReport(report, sizeBytes);
        expect(told.length).toBeLessThanOrEqual(sizeBytes);
        if (told.length >= INQUIRY_SIZE_MIN) expect(decodeReport(told)).toEqual({ ok: true, value: report });
        expect(reportInName(reportName(report).toUpperCase())).toEqual(report);
      }),
      runs(500),
    );
  });

  test('the sizes that are tried are exact', () => {
    for (const sizeBytes of [INQUIRY_SIZE_MIN, 500, 1200, 1452, 1472])
      expect(encodeQuestion(question, sizeBytes)).toHaveLength(sizeBytes);
    expect([64, 512, 513, 1200, 1201, 1472].map(kindOfSize)).toEqual([
      'small',
      'small',
      'full',
      'full',
      'oversized',
      'oversized',
    ]);
  });

  test('what is damaged never throws, and what is taken says the same again', () => {
    fc.assert(
      fc.property(damaged(questions.map((question) => encodeQuestion(question, 100))), (bytes) => {
        const asked = decodeQuestion(bytes);
        if (asked.ok) expect(decodeQuestion(encodeQuestion(asked.value, 200))).toEqual(asked);
        decodeReport(bytes);
      }),
      runs(2_000),
    );
  });

  test('what is too small or too large, of another version or kind, or says what is not defined is refused', () => {
    const asked = encodeQuestion(question, 64);
    const changed = (at: number, byte: number): Uint8Array => asked.map((old, i) => (i === at ? byte : old));
    expect(decodeQuestion(encodeQuestion(question, 63))).toEqual({ ok: false, reason: 'malformed-datagram' });
    expect(decodeQuestion(encodeQuestion(question, 1473))).toEqual({ ok: false, reason: 'malformed-datagram' });
    expect(decodeQuestion(changed(2, 2))).toEqual({ ok: false, reason: 'version-mismatch' });
    expect(decodeQuestion(changed(1, 9))).toEqual({ ok: false, reason: 'unknown-datagram' });
    const bodyAt = question.address.length === 4 ? 4 : 5;
    expect(decodeQuestion(changed(bodyAt + 10, 3))).toEqual({ ok: false, reason: 'malformed-datagram' });
    for (const name of ['zz._question._earshot._udp.local', '0._question._earshot._udp.local', '_question._earshot._udp.local'])
      expect(questionInName(name)).toBeUndefined();
    expect(reportInName(questionName(question))).toBeUndefined();
    expect(questionInName(`${'00'.repeat(18)}._question._earshot._udp.local`)).toBeUndefined();
    expect(isQuestion(bytesOf(0))).toBe(false);
  });
});
