import { describe, expect, test } from '@jest/globals';
import { picturedRecord } from '../../../src/cli/format/pictured-record.ts';
import type { OutputRecord } from '../../../src/cli/format/record.ts';
import { textLine } from '../../../src/cli/format/text.ts';
import { plainPaint } from '../../../src/ui/paint.ts';
import { pictured } from '../../../src/ui/screen/markup.ts';

const style = { paint: plainPaint, offsetMinutes: () => 0, for: 'chat' } as const;
const from = { id: 'ab'.repeat(32), name: 'bob' };
const said = { id: 'cd'.repeat(16), room: 'lobby', from, time: 0, isLate: false };
const message = (text: string, more: object = {}): OutputRecord => ({
  kind: 'message',
  message: { ...said, sequence: 1, text, isAction: false, ...more },
});
const line = async (record: OutputRecord): Promise<string | undefined> => textLine(await picturedRecord(record), style);

describe('names of emoji line by line', () => {
  test('are shown as pictures in what is said, changed and quoted', async () => {
    const answers = { from: { ...from, name: 'ann' }, text: 'soup :ramen:?' };
    expect(await line(message('yes :smile:', { replyTo: 'x', answers }))).toBe('00:00 #lobby bob (to ann "soup 🍜?"): yes 😄\n');
    const edit: OutputRecord = {
      kind: 'amendment',
      amendment: { ...said, what: 'edit', of: 'x', text: 'tea :tea:', about: { from, text: 'soup :ramen:' } },
    };
    expect(await line(edit)).toBe('00:00 #lobby bob changed "soup 🍜" to: tea 🍵\n');
  });

  test('are left where they are none, in code and in links; and nothing waits for what has none', async () => {
    const text = '10:30:45 :nosuch: `:smile:` https://example.org/:smile:/ :smile:';
    expect(await line(message(text))).toBe('00:00 #lobby bob: 10:30:45 :nosuch: `:smile:` https://example.org/:smile:/ 😄\n');
    const plain = message('at 10:30');
    expect(picturedRecord(plain)).toBe(plain);
    expect(pictured('```\n:tea:\n```\n:tea:', new Map([['tea', '🍵']]))).toBe('```\n:tea:\n```\n🍵');
  });
});
