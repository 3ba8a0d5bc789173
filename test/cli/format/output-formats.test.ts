import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { ndjsonLine } from '../../../src/cli/format/ndjson.ts';
import type { OutputRecord } from '../../../src/cli/format/record.ts';
import { errorLine, type TextStyle, textLine } from '../../../src/cli/format/text.ts';
import { plainPaint } from '../../../src/ui/paint.ts';
import type { MessageShown, PeerShown } from '../../../src/ui/shown.ts';

const id = 'ab'.repeat(32);
const peer: PeerShown = { id, name: 'bob', host: 'fe80::1%eth0', port: 4321, via: 'mdns', state: 'connected', rttMs: 0.41 };
const message: MessageShown = {
  id: 'cd'.repeat(16),
  room: 'lobby',
  from: { id, name: 'bob' },
  sequence: 7,
  text: 'hello',
  time: Date.UTC(2026, 0, 31, 12, 34, 56, 789),
  isAction: false,
  isLate: false,
};
const json = (record: OutputRecord): unknown => JSON.parse(ndjsonLine(record) ?? 'null');
const plain: TextStyle = { paint: plainPaint, offsetMinutes: () => 0, for: 'plain' };
const text = (record: OutputRecord, style: TextStyle = plain): string | undefined => textLine(record, style);

describe('NDJSON', () => {
  test('has the promised fields', () => {
    expect(json({ kind: 'ready', id, name: 'al', port: 1, addresses: ['[::1]:1'], rooms: ['lobby'] })).toEqual({
      type: 'ready',
      id,
      name: 'al',
      port: 1,
      addresses: ['[::1]:1'],
      rooms: ['lobby'],
    });
    expect(json({ kind: 'peer-event', event: 'joined', peer })).toEqual({
      type: 'peer',
      event: 'joined',
      id,
      name: 'bob',
      address: 'fe80::1%eth0',
      port: 4321,
      via: 'mdns',
      state: 'connected',
    });
    expect(json({ kind: 'peer', peer })).toEqual({
      type: 'peer',
      id,
      name: 'bob',
      address: 'fe80::1%eth0',
      port: 4321,
      state: 'connected',
      rttMs: 0.41,
      via: 'mdns',
    });
    expect(json({ kind: 'message', message })).toEqual({
      type: 'message',
      id: message.id,
      room: 'lobby',
      from: { id, name: 'bob' },
      seq: 7,
      text: 'hello',
      time: '2026-01-31T12:34:56.789Z',
    });
    const { room: _, ...direct } = message;
    expect(
      json({ kind: 'message', message: { ...direct, to: id, isAction: true, isLate: true, isMention: true } }),
    ).toMatchObject({
      mention: true,
      to: id,
      action: true,
      late: true,
    });
    expect(json({ kind: 'sent', id: message.id, sequence: 7 })).toEqual({ type: 'sent', id: message.id, seq: 7 });
    expect(json({ kind: 'delivered', id: message.id, peer: { id, name: 'bob' }, ms: 1.23456, isStored: false })).toEqual({
      type: 'delivered',
      id: message.id,
      peer: { id, name: 'bob' },
      ms: 1.235,
      stored: false,
    });
    expect(json({ kind: 'summary', sent: 2, delivered: 1, peers: 1, queued: true })).toEqual({
      type: 'summary',
      sent: 2,
      delivered: 1,
      peers: 1,
      queued: true,
    });
    expect(json({ kind: 'identity', id, name: 'al', fingerprint: 'f' })).toEqual({
      type: 'id',
      id,
      name: 'al',
      fingerprint: 'f',
    });
  });

  test('is one line of harmless characters, and reads back as the text that was said', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (said) => {
        const line = ndjsonLine({ kind: 'message', message: { ...message, text: said, from: { id, name: said } } }) ?? '';
        expect(line.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/);
        expect(JSON.parse(line)).toMatchObject({ text: said, from: { name: said } });
      }),
    );
  });

  test('errors and prompts are no part of it', () => {
    expect(ndjsonLine({ kind: 'error', text: 'x' })).toBeUndefined();
    expect(ndjsonLine({ kind: 'prompt', words: [] })).toBeUndefined();
  });
});

describe('text', () => {
  test('a message is one line', () => {
    expect(text({ kind: 'message', message })).toBe('12:34 #lobby bob: hello\n');
    expect(text({ kind: 'message', message: { ...message, text: 'two\nlines', isAction: true, isLate: true } })).toBe(
      '2026-01-31 12:34 (late) #lobby * bob two lines\n',
    );
  });

  test('a peer has its facts in a line', () => {
    expect(text({ kind: 'peer', peer })).toBe(
      'bob             connected      0.4 ms  [fe80::1%eth0]:4321    abababababab  mdns\n',
    );
  });

  test('only a chat and a watch tell who comes and goes', () => {
    expect(text({ kind: 'peer-event', event: 'joined', peer })).toBeUndefined();
    expect(text({ kind: 'peer-event', event: 'joined', peer }, { ...plain, for: 'watch' })).toBe(
      '+ bob is here ([fe80::1%eth0]:4321, abababababab)\n',
    );
    expect(text({ kind: 'peer-event', event: 'joined', peer }, { ...plain, for: 'chat' })).toBe(
      '+ bob is here ([fe80::1%eth0]:4321)\n',
    );
  });

  test('no control character of anybody reaches the output, whatever the record', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.constantFrom('chat', 'watch', 'plain'), async (wild, purpose) => {
        const style = { ...plain, for: purpose };
        const person = { ...peer, name: wild, via: wild, host: wild, fingerprint: wild };
        const records: readonly OutputRecord[] = [
          { kind: 'message', message: { ...message, text: wild, from: { id, name: wild, fingerprint: wild } } },
          { kind: 'peer-event', event: 'left', peer: person },
          { kind: 'peer', peer: person },
          { kind: 'own', delivery: { text: wild, place: wild, holders: [wild], waiting: [wild] } },
          { kind: 'notice', text: wild },
        ];
        for (const record of records)
          expect((text(record, style) ?? '').replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
        expect(errorLine(wild).slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
      }),
    );
  });
});
