import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type Line, Lines, linesFrom, linesOf } from '../../../src/cli/job/lines.ts';

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const allOf = async (text: string, size: number): Promise<readonly Line[]> => {
  const lines: Line[] = [];
  for await (const line of linesOf(chunksOf(Buffer.from(text), size))) lines.push(line);
  return lines;
};

describe('lines of an input', () => {
  test('are the same however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.stringMatching(/^[^\r\n]{0,20}$/u)), fc.integer({ min: 1, max: 9 }), async (texts, size) => {
        const lines = await allOf(texts.map((text) => `${text}\n`).join(''), size);
        expect(lines.map(({ text }) => text)).toEqual(texts);
      }),
    );
  });

  test('end in \\n or \\r\\n, and the last one needs no end', async () => {
    expect(await allOf('one\r\ntwo\n\nfour', 3)).toEqual([
      { number: 1, text: 'one', sizeBytes: 3 },
      { number: 2, text: 'two', sizeBytes: 3 },
      { number: 3, text: '', sizeBytes: 0 },
      { number: 4, text: 'four', sizeBytes: 4 },
    ]);
  });

  test('of 8192 bytes are whole, longer ones have only their size', async () => {
    const [whole, long, next] = await allOf(`${'x'.repeat(8_192)}\r\n${'x'.repeat(100_000)}\nnext`, 1_000);
    expect(whole).toEqual({ number: 1, text: 'x'.repeat(8_192), sizeBytes: 8_192 });
    expect(long).toEqual({ number: 2, text: '', sizeBytes: 100_000 });
    expect(next).toEqual({ number: 3, text: 'next', sizeBytes: 4 });
  });

  test('bytes that are no UTF-8 are shown as such', async () => {
    const lines: Line[] = [];
    for await (const line of linesOf(chunksOf(Uint8Array.of(0x61, 0xff, 0x62), 2))) lines.push(line);
    expect(lines).toEqual([{ number: 1, text: 'a\ufffdb', sizeBytes: 3 }]);
  });
});

describe('a source of lines', () => {
  test('leaves out the empty ones and keeps the numbers', async () => {
    const lines = linesFrom(['', 'two', '', 'four']);
    expect(await lines.next()).toMatchObject({ number: 2, text: 'two' });
    expect(await lines.next()).toMatchObject({ number: 4, text: 'four' });
    expect(await lines.next()).toBeUndefined();
  });

  test('knows whether it is empty without taking anything', async () => {
    const lines = linesFrom(['one']);
    expect(await lines.isEmpty()).toBe(false);
    expect(await lines.next()).toMatchObject({ text: 'one' });
    expect(await lines.isEmpty()).toBe(true);
    expect(await linesFrom(['', '']).isEmpty()).toBe(true);
  });

  test('gives what is there without waiting, and takes back what was not used', async () => {
    const lines = linesFrom(['1', '2', '3', '4']);
    const some = await lines.takeSome(3);
    expect(some.map(({ text }) => text)).toEqual(['1', '2', '3']);
    lines.putBack(some.slice(1));
    expect((await lines.takeSome(9)).map(({ text }) => text)).toEqual(['2', '3', '4']);
  });

  test('does not wait for a line that is not there yet', async () => {
    async function* slow(): AsyncGenerator<Line> {
      yield { number: 1, text: 'now', sizeBytes: 3 };
      await new Promise(() => undefined);
    }
    expect((await new Lines(slow()).takeSome(9)).map(({ text }) => text)).toEqual(['now']);
  });
});
