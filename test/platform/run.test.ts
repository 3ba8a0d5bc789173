import { describe, expect, test } from '@jest/globals';
import type { RoomName } from '../../src/base/ids.ts';
import { later } from '../../src/base/time.ts';
import type { Effect } from '../../src/peer/effect.ts';
import type { PeerEvent } from '../../src/peer/event.ts';
import type { Input } from '../../src/peer/input.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Runner } from '../../src/platform/run.ts';
import type { Appended, NewRecord, OnFlushed, RecordStore } from '../../src/platform/store/record-store.ts';
import { type Script, ScriptedCore } from './scripted-core.ts';

const to = { host: '127.0.0.1', port: 1 };
const datagram = (byte: number): Input => ({ kind: 'datagram', from: to, bytes: Uint8Array.of(byte) });
const join = (room: string): Input => ({ kind: 'join', room: room as RoomName });
const transmit = (byte: number): Effect => ({ kind: 'transmit', to, bytes: Uint8Array.of(byte) });
const persist = (ticket: number, mustFlush = false): Effect => ({
  kind: 'persist',
  ticket,
  record: Uint8Array.of(ticket),
  mustFlush,
});
const warning = (text: string): PeerEvent => ({ kind: 'warning', code: 'version', text });
const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};

/** A store that writes down its batches, and flushes when told to. */
class ScriptedStore implements RecordStore {
  readonly batches: (readonly number[])[] = [];
  readonly flushes: OnFlushed[] = [];
  failure: string | undefined;
  append(records: readonly NewRecord[], onFlushed?: OnFlushed): Appended {
    if (this.failure !== undefined) return { kind: 'failed', why: this.failure };
    this.batches.push(records.map(({ record }) => record[0] ?? 0));
    if (onFlushed !== undefined) this.flushes.push(onFlushed);
    return { kind: 'kept', refs: records.map(({ record }) => 1000 + (record[0] ?? 0)) };
  }
  read(ref: number): Uint8Array | undefined {
    return ref >= 1000 ? Uint8Array.of(ref - 1000) : undefined;
  }
  replay(visit: (record: Uint8Array, ref: number) => void): void {
    visit(Uint8Array.of(9), 1009);
  }
  async close(): Promise<void> {}
}

const world = (
  script: Script,
  store: RecordStore | undefined = new ScriptedStore(),
  onEvent: (event: PeerEvent) => void = () => undefined,
) => {
  const core = new ScriptedCore(script);
  const sent: number[] = [];
  const events: PeerEvent[] = [];
  const runner = new Runner({
    core,
    clock: systemClock,
    transmit: (_to, bytes) => sent.push(bytes[0] ?? 0),
    sendMdns: () => sent.push(-1),
    store,
    onEvent: (event) => {
      events.push(event);
      onEvent(event);
    },
  });
  runner.start();
  return { core, sent, events, runner };
};
const ticketsOf = (inputs: readonly Input[]): readonly (readonly [string, number])[] =>
  inputs.flatMap((input) =>
    input.kind === 'persisted' || input.kind === 'persist-failed' ? [[input.kind, input.ticket] as const] : [],
  );

describe('a turn', () => {
  test('takes everything that came in one pass of the event loop, and ends with one flush', async () => {
    const { core, runner } = world(() => []);
    runner.post(datagram(1));
    runner.post(datagram(2));
    runner.post(join('lobby'));
    expect(core.kinds).toEqual([]);
    await turns(1);
    expect(core.kinds).toEqual(['datagram', 'datagram', 'join', 'flush']);
  });

  test('carries effects out in the order the core gave them', async () => {
    const { sent, runner } = world((input) => {
      if (input.kind === 'datagram') return [transmit(input.bytes[0] ?? 0), transmit(100)];
      return input.kind === 'flush' ? [transmit(200)] : [];
    });
    runner.post(datagram(1));
    runner.post(datagram(2));
    await turns(1);
    expect(sent).toEqual([1, 100, 2, 100, 200]);
  });

  test('takes no more than 512 inputs, so that sockets are served in between', async () => {
    const { core, runner } = world(() => []);
    for (let count = 0; count < 1000; count++) runner.post(datagram(1));
    await turns(1);
    expect(core.inputs).toHaveLength(513);
    await turns(1);
    expect(core.inputs).toHaveLength(1002);
  });

  test('gives events after all other effects, and what a listener posts comes in a later turn', async () => {
    const order: string[] = [];
    const { core, runner } = world(
      (input) => {
        order.push(input.kind);
        return input.kind === 'datagram' ? [{ kind: 'notify', event: warning('seen') }, transmit(1)] : [];
      },
      undefined,
      () => {
        order.push('event');
        if (core.inputs.length < 5) runner.post(join('lobby'));
      },
    );
    runner.post(datagram(1));
    await turns(2);
    expect(order).toEqual(['datagram', 'flush', 'event', 'join', 'flush']);
  });

  test('counts what is dropped by reason', async () => {
    const { runner } = world((input) => (input.kind === 'datagram' ? [{ kind: 'dropped', reason: 'bad-seal' }] : []));
    runner.post(datagram(1));
    runner.post(datagram(2));
    await turns(1);
    expect(runner.drops()).toEqual({ 'bad-seal': 2 });
  });
});

describe('keeping records', () => {
  test('all records of a turn go in one write, and are answered in the same turn, before a flush', async () => {
    const store = new ScriptedStore();
    const { core, runner } = world((input) => (input.kind === 'datagram' ? [persist(input.bytes[0] ?? 0)] : []), store);
    for (const byte of [1, 2, 3]) runner.post(datagram(byte));
    await turns(1);
    expect(store.batches).toEqual([[1, 2, 3]]);
    expect(core.kinds).toEqual(['datagram', 'datagram', 'datagram', 'flush', 'persisted', 'persisted', 'persisted', 'flush']);
    expect(core.inputs[4]).toEqual({ kind: 'persisted', ticket: 1, ref: 1001 });
  });

  test('what must be flushed is answered when the disk has it; nothing else waits for that', async () => {
    const store = new ScriptedStore();
    const { core, runner } = world(
      (input) => (input.kind === 'datagram' ? [persist(input.bytes[0] ?? 0, input.bytes[0] === 2)] : []),
      store,
    );
    for (const byte of [1, 2, 3]) runner.post(datagram(byte));
    await turns(1);
    runner.post(datagram(4));
    await turns(1);
    expect(ticketsOf(core.inputs)).toEqual([1, 3, 4].map((ticket) => ['persisted', ticket]));
    store.flushes[0]?.(undefined);
    await turns(1);
    expect(ticketsOf(core.inputs)).toEqual([1, 3, 4, 2].map((ticket) => ['persisted', ticket]));
  });

  test('a flush that fails fails only what asked for it', async () => {
    const store = new ScriptedStore();
    const { core, runner } = world(
      (input) => (input.kind === 'datagram' ? [persist(input.bytes[0] ?? 0, input.bytes[0] === 1)] : []),
      store,
    );
    runner.post(datagram(1));
    runner.post(datagram(2));
    await turns(1);
    store.flushes[0]?.('the disk failed');
    await turns(1);
    expect(ticketsOf(core.inputs)).toEqual([
      ['persisted', 2],
      ['persist-failed', 1],
    ]);
  });

  test('a full disk is told as persist-failed for every record of the write, and does not wait for the disk', async () => {
    const store = new ScriptedStore();
    const { core, runner } = world(
      (input) => (input.kind === 'datagram' ? [persist(input.bytes[0] ?? 0, input.bytes[0] === 1)] : []),
      store,
    );
    runner.post(datagram(1));
    await turns(1);
    store.failure = 'the disk is full (ENOSPC)';
    runner.post(datagram(2));
    runner.post(datagram(3));
    await turns(1);
    expect(ticketsOf(core.inputs)).toEqual([
      ['persist-failed', 2],
      ['persist-failed', 3],
    ]);
    store.flushes[0]?.(undefined);
    await turns(1);
    expect(core.inputs.filter((input) => input.kind === 'persisted' || input.kind === 'persist-failed')).toEqual([
      { kind: 'persist-failed', ticket: 2, why: 'the disk is full (ENOSPC)' },
      { kind: 'persist-failed', ticket: 3, why: 'the disk is full (ENOSPC)' },
      { kind: 'persisted', ticket: 1, ref: 1001 },
    ]);
  });

  test('without a store nothing is kept, and the core is told so', async () => {
    const core = new ScriptedCore((input) => (input.kind === 'datagram' ? [persist(1)] : []));
    const runner = new Runner({
      core,
      clock: systemClock,
      transmit: () => undefined,
      sendMdns: () => undefined,
      store: undefined,
      onEvent: () => undefined,
    });
    runner.start();
    runner.post(datagram(1));
    await turns(1);
    expect(ticketsOf(core.inputs)).toEqual([['persist-failed', 1]]);
  });

  test('a record asked for is given in the next turn, or as absent', async () => {
    const { core, runner } = world((input) =>
      input.kind === 'datagram'
        ? [
            { kind: 'load', ref: 1007 },
            { kind: 'load', ref: 5 },
          ]
        : [],
    );
    runner.post(datagram(1));
    await turns(2);
    expect(core.inputs.slice(2, 4)).toEqual([
      { kind: 'loaded', ref: 1007, record: Uint8Array.of(7) },
      { kind: 'loaded', ref: 5, record: undefined },
    ]);
  });

  test('the core is given every record first, and only then what was posted', async () => {
    const core = new ScriptedCore(() => (core.restoredRecords.length === 0 ? [transmit(1)] : []));
    const sent: unknown[] = [];
    const runner = new Runner({
      core,
      clock: systemClock,
      transmit: (...one) => sent.push(one),
      sendMdns: () => undefined,
      store: new ScriptedStore(),
      onEvent: () => undefined,
    });
    runner.post(join('lobby'));
    await turns(2);
    expect(core.kinds).toEqual([]);
    runner.start();
    await turns(1);
    expect([core.restoredRecords, core.kinds, sent]).toEqual([[Uint8Array.of(9)], ['join', 'flush'], []]);
  });
});

describe('time', () => {
  test('a deadline of the core makes a turn when it is due', async () => {
    const due = new Promise<void>((resolve) => {
      const { runner } = world((input, now, core) => {
        if (input.kind === 'join') core.deadline = later(now.at, 20);
        else if (core.deadline !== undefined && core.deadline <= now.at) {
          core.deadline = undefined;
          resolve();
        }
        return [];
      });
      runner.post(join('lobby'));
    });
    await due;
  });

  test('an earlier deadline replaces a later one', async () => {
    let dueIn = 60_000;
    const due = new Promise<void>((resolve) => {
      const { runner } = world((input, now, core) => {
        if (core.deadline !== undefined && core.deadline <= now.at) {
          core.deadline = undefined;
          resolve();
        } else if (input.kind === 'join') {
          core.deadline = later(now.at, dueIn);
          dueIn = 5;
        }
        return [];
      });
      runner.post(join('lobby'));
      setImmediate(() => runner.post(join('lobby')));
    });
    await due;
  });

  test('with nothing due and nothing coming in, nothing runs', async () => {
    const { core, runner } = world(() => []);
    runner.post(join('lobby'));
    await turns(20);
    expect(core.kinds).toEqual(['join', 'flush']);
  });
});

describe('stopping', () => {
  test('does what waits, then quits, then nothing', async () => {
    const { core, sent, runner } = world((input) => (input.kind === 'quit' ? [transmit(9)] : []));
    runner.post(join('lobby'));
    runner.stop();
    runner.stop();
    runner.post(join('later'));
    await turns(2);
    expect(core.kinds).toEqual(['join', 'flush', 'quit']);
    expect(sent).toEqual([9]);
  });

  test('from within a listener does not step the core from within a step, and keeps events in order', async () => {
    const seen: string[] = [];
    const { core, runner } = world(
      (input) => {
        if (input.kind === 'datagram')
          return [1, 2].map((number): Effect => ({ kind: 'notify', event: warning(`event ${number}`) }));
        return input.kind === 'quit' ? [{ kind: 'notify', event: warning('quit') }] : [];
      },
      undefined,
      (event) => {
        seen.push(event.kind === 'warning' ? event.text : event.kind);
        runner.stop();
      },
    );
    runner.post(datagram(1));
    await turns(2);
    expect(seen).toEqual(['event 1', 'event 2', 'quit']);
    expect(core.kinds).toEqual(['datagram', 'flush', 'quit']);
  });
});
