import { describe, expect, test } from '@jest/globals';
import { logId, peerId } from '../../src/base/ids.ts';
import { ACK_DELAY_MAX_MS, DATAGRAM_SIZE_MAX, INITIAL_RTT_MS, PACKET_NUMBER_MAX, SEND_QUEUE_MAX } from '../../src/base/limits.ts';
import { type Instant, instant } from '../../src/base/time.ts';
import type { AeadKey } from '../../src/crypto/suite.ts';
import { Connection } from '../../src/transport/connection.ts';
import type { EndpointOutput } from '../../src/transport/endpoint-output.ts';
import type { Agreed } from '../../src/transport/handshake.ts';
import { ReassemblyBudget } from '../../src/transport/reassembly.ts';
import { sealPacket } from '../../src/transport/sealed-packet.ts';
import { encode } from '../../src/wire/cbor.ts';
import { decodeDatagram } from '../../src/wire/datagram.ts';
import { type AppFrame, decodeFrames, encodeFrame, type Frame } from '../../src/wire/frame.ts';
import { cheapSuite } from '../sim/cheap-suite.ts';
import { frameNumber, upTo } from './lan.ts';

const THERE = { host: '10.0.0.2', port: 1 };
const LOCAL_ID = 11;
const REMOTE_ID = 22;
const PEER = peerId(new Uint8Array(32).fill(5));
const PING = encodeFrame({ kind: 'ping' });
const CLOSE = encodeFrame({ kind: 'close', code: 0, reason: 'x' });

/** One connection, and the keys of whoever is on the other side. */
class Bench {
  readonly connection: Connection;
  readonly out: EndpointOutput[] = [];
  readonly #theirs: AeadKey;
  readonly #ours: AeadKey;
  now: Instant = instant(1000);
  #packetNumber = 0;
  #seen = 0;

  constructor(options: { firstPacketNumber?: number; isInitiator?: boolean } = {}) {
    this.#ours = cheapSuite.aead(new Uint8Array(32).fill(1));
    this.#theirs = cheapSuite.aead(new Uint8Array(32).fill(2));
    const agreed: Agreed = {
      proven: { peer: PEER, sealKey: new Uint8Array(32), serial: 1, boot: new Uint8Array(8), name: 'peer' },
      keys: { send: this.#ours, receive: this.#theirs },
      localId: LOCAL_ID,
      remoteId: REMOTE_ID,
      address: THERE,
      epoch: 0,
      initiatorEphemeral: new Uint8Array(32),
      rttMs: 1,
      confirmation: options.isInitiator ? new Uint8Array(99) : undefined,
    };
    const shared = { reassembly: new ReassemblyBudget(), entropy: (length: number) => new Uint8Array(length).fill(7) };
    this.connection = new Connection(this.now, agreed, shared, options.firstPacketNumber);
  }

  /** A packet with these encoded frames arrives. @returns why it was discarded, if it was. */
  arrive(frames: readonly Uint8Array[], packetNumber = this.#packetNumber, from = THERE): string | undefined {
    this.#packetNumber = packetNumber + 1;
    const datagram = decodeDatagram(sealPacket(this.#theirs, LOCAL_ID, packetNumber, frames));
    if (!datagram.ok || datagram.value.kind !== 'sealed') throw new Error('not a sealed datagram');
    return this.connection.receive(this.now, from, datagram.value, this.out);
  }

  flush(): this {
    this.connection.flush(this.now, this.out);
    return this;
  }

  pass(ms: number): this {
    this.now = instant(this.now + ms);
    this.connection.onTimeout(this.now, this.out);
    return this.flush();
  }

  /** Sealed datagrams sent since the last call: their sizes and frames. */
  sent(): { size: number; packetNumber: number; frames: readonly Frame[] }[] {
    const fresh = this.out.slice(this.#seen);
    this.#seen = this.out.length;
    return fresh.flatMap((output) => {
      if (output.kind !== 'transmit') return [];
      const datagram = decodeDatagram(output.bytes);
      if (!datagram.ok || datagram.value.kind !== 'sealed') return [];
      const { packetNumber, header, ciphertext } = datagram.value;
      const content = decodeFrames(this.#ours.open(packetNumber, header, ciphertext) ?? new Uint8Array());
      if (!content.ok) throw new Error(content.reason);
      return [{ size: output.bytes.length, packetNumber, frames: content.value.frames }];
    });
  }

  kinds(): string[] {
    return this.sent().map(({ frames }) => frames.map(({ kind }) => kind).join('+'));
  }

  ack(...ranges: readonly (readonly [number, number])[]): string | undefined {
    return this.arrive([encodeFrame({ kind: 'ack', delayUs: 0, ranges })]);
  }
}

/** Past the first ping and its acknowledgement. */
const settled = (): Bench => {
  const bench = new Bench();
  bench.flush();
  bench.ack([0, 0]);
  bench.flush().sent();
  return bench;
};
const hold = (upTo: number): AppFrame => ({ kind: 'hold', scope: null, log: logId(new Uint8Array(8)), upTo, isStored: true });

describe('sending', () => {
  test('a lone small frame goes out in the flush of its turn', () => {
    const bench = settled();
    bench.connection.send(frameNumber(1));
    expect(bench.flush().kinds()).toEqual(['name']);
  });

  test('what waits goes together, in full datagrams', () => {
    const bench = settled();
    for (const i of upTo(300)) bench.connection.send(frameNumber(1000 + i));
    const sent = bench.flush().sent();
    expect(sent.flatMap(({ frames }) => frames)).toEqual(upTo(300).map((i) => frameNumber(1000 + i)));
    const sizes = sent.map(({ size }) => size);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(DATAGRAM_SIZE_MAX);
    expect(Math.min(...sizes.slice(0, -1))).toBeGreaterThan(DATAGRAM_SIZE_MAX - 50);
  });

  test('a frame larger than a datagram travels in fragments and arrives whole', () => {
    const [from, to] = [settled(), settled()];
    const run: AppFrame = { kind: 'run', run: new Uint8Array(9000).map((_, i) => i) };
    from.connection.send(run);
    for (const { frames } of from.flush().sent()) to.arrive(frames.map((frame) => encodeFrame(frame)));
    expect(to.out.filter(({ kind }) => kind === 'frame')).toEqual([{ kind: 'frame', from: PEER, frame: run }]);
  });

  test('no more than the window goes before an acknowledgement, and the budget says so', () => {
    const bench = settled();
    const full = bench.connection.budgetBytes;
    for (let i = 0; i < 200; i++) bench.connection.send({ kind: 'run', run: new Uint8Array(1100) });
    expect(bench.connection.budgetBytes).toBe(0);
    const sent = bench.flush().sent().length;
    expect(sent).toBeLessThan(200);
    bench.flush();
    expect(bench.sent()).toEqual([]);
    bench.now = instant(bench.now + 5);
    bench.ack([1, sent]);
    expect(bench.flush().sent().length).toBeGreaterThan(0);
    expect(full).toBeGreaterThan(0);
  });

  test('a session whose queue overflows, because nothing is acknowledged, ends as exhausted', () => {
    const bench = settled();
    let sent = 0;
    while (bench.connection.ending === undefined && sent < 10 * SEND_QUEUE_MAX) {
      for (let i = 0; i < 100; i++) bench.connection.send({ kind: 'run', run: new Uint8Array(1000) });
      sent += 100 * 1000;
      bench.flush();
    }
    expect(bench.connection.ending).toEqual({ why: 'silent', isWhole: false });
    expect(sent).toBeLessThan(3 * SEND_QUEUE_MAX);
    expect(bench.sent().at(-1)?.frames).toEqual([{ kind: 'close', code: 3, reason: 'exhausted' }]);
  });

  test('packet numbers are never used up: the session ends before', () => {
    const bench = new Bench({ firstPacketNumber: PACKET_NUMBER_MAX - 5 });
    for (let i = 0; i < 10; i++) {
      bench.connection.send(frameNumber(i));
      bench.flush();
    }
    const numbers = bench.sent().map(({ packetNumber }) => packetNumber);
    expect(numbers).toEqual(upTo(5).map((i) => PACKET_NUMBER_MAX - 5 + i));
    expect(bench.connection.ending).toEqual({ why: 'silent', isWhole: false });
  });
});

describe('acknowledging', () => {
  test('rides along with an answer of the same turn', () => {
    const bench = settled();
    bench.arrive([encodeFrame(frameNumber(1))]);
    bench.connection.send(hold(1));
    expect(bench.flush().kinds()).toEqual(['ack+hold']);
    expect(bench.pass(ACK_DELAY_MAX_MS).kinds()).toEqual([]);
  });

  test('goes alone after ACK_DELAY_MAX_MS, and not before', () => {
    const bench = settled();
    bench.arrive([encodeFrame(frameNumber(1))]);
    expect(bench.flush().kinds()).toEqual([]);
    expect(bench.connection.nextTimeout()).toBe(bench.now + ACK_DELAY_MAX_MS);
    expect(bench.pass(ACK_DELAY_MAX_MS - 0.1).kinds()).toEqual([]);
    expect(
      bench
        .pass(0.1)
        .sent()
        .map(({ frames }) => frames),
    ).toEqual([[{ kind: 'ack', delayUs: 1000 * ACK_DELAY_MAX_MS, ranges: [[0, 1]] }]]);
  });

  test('goes at once after two packets, once for all of a turn', () => {
    const bench = settled();
    for (let i = 0; i < 7; i++) bench.arrive([encodeFrame(frameNumber(i))]);
    expect(bench.flush().kinds()).toEqual(['ack']);
  });

  test('goes at once for a packet out of order, and for one behind a gap', () => {
    const bench = settled();
    bench.arrive([PING], 5);
    expect(bench.flush().kinds()).toEqual(['ack']);
    bench.arrive([PING], 3);
    expect(
      bench
        .flush()
        .sent()
        .map(({ frames }) => frames),
    ).toEqual([
      [
        {
          kind: 'ack',
          delayUs: 0,
          ranges: [
            [5, 5],
            [3, 3],
            [0, 0],
          ],
        },
      ],
    ]);
  });

  test('says no more of what the other side knows to be acknowledged', () => {
    const bench = settled();
    for (const packetNumber of [2, 4, 6]) bench.arrive([PING], packetNumber);
    bench.connection.send(frameNumber(1));
    expect(bench.flush().kinds()).toEqual(['ack+name']);
    bench.ack([1, 1]);
    bench.arrive([PING], 9);
    const [packet] = bench.flush().sent();
    expect(packet?.frames).toEqual([
      {
        kind: 'ack',
        delayUs: 0,
        ranges: [
          [9, 9],
          [6, 7],
        ],
      },
    ]);
  });

  test('acknowledgements and closes are not acknowledged', () => {
    const bench = settled();
    bench.connection.send(frameNumber(1));
    bench.flush().sent();
    for (let i = 0; i < 5; i++) bench.ack([1, 1]);
    expect(bench.pass(10).kinds()).toEqual([]);
  });

  test('frames of an unknown kind are skipped, and acknowledged', () => {
    const bench = settled();
    expect(bench.arrive([encode([99, 'what'])])).toBeUndefined();
    expect(bench.pass(ACK_DELAY_MAX_MS).kinds()).toEqual(['ack']);
  });
});

describe('what was lost', () => {
  test('is sent again under a new number, and the acknowledgement that waits goes with it', () => {
    const bench = settled();
    bench.connection.send(frameNumber(1));
    expect(bench.flush().sent()[0]?.packetNumber).toBe(1);
    const at = bench.connection.nextTimeout() ?? bench.now;
    bench.arrive([PING]);
    bench.flush();
    bench.now = at;
    bench.connection.onTimeout(at, bench.out);
    const again = bench.flush().sent();
    expect(again.map(({ frames }) => frames.map(({ kind }) => kind))).toEqual([['ack', 'name']]);
    expect(again[0]?.packetNumber).toBe(2);
  });

  test('is probed at times that double up to a second', () => {
    const bench = settled();
    bench.connection.send(frameNumber(1));
    bench.flush().sent();
    const gaps: number[] = [];
    for (let sentAt = bench.now; gaps.length < 14; ) {
      bench.pass((bench.connection.nextTimeout() ?? bench.now) - bench.now);
      if (bench.kinds().join() !== 'name') continue;
      gaps.push(bench.now - sentAt);
      sentAt = bench.now;
    }
    for (let i = 1; i < gaps.length; i++) expect(gaps[i]).toBeCloseTo(Math.min(2 * (gaps[i - 1] ?? 0), 1000));
    expect(gaps[0]).toBeLessThan(INITIAL_RTT_MS);
  });

  test('is probed without back-off again after a sign of life', () => {
    const bench = settled();
    bench.connection.send(frameNumber(1));
    bench.flush();
    for (let i = 0; i < 14; i++) bench.pass((bench.connection.nextTimeout() ?? 0) - bench.now);
    expect((bench.connection.nextTimeout() ?? 0) - bench.now).toBe(1000);
    bench.now = instant(bench.now + 500);
    bench.arrive([PING]);
    bench.pass(ACK_DELAY_MAX_MS);
    expect((bench.connection.nextTimeout() ?? 0) - bench.now).toBeLessThan(INITIAL_RTT_MS);
  });

  test('an unconfirmed initiator sends its confirmation with every probe, until the other is heard', () => {
    const bench = new Bench({ isInitiator: true });
    bench.flush();
    const confirmations = (): number =>
      bench.out.filter((output) => output.kind === 'transmit' && output.bytes.length === 99).length;
    for (const expected of [1, 2, 3]) {
      bench.pass((bench.connection.nextTimeout() ?? 0) - bench.now);
      expect(confirmations()).toBe(expected);
    }
    bench.arrive([PING]);
    expect(bench.connection.isUnconfirmed).toBe(false);
    for (let i = 0; i < 3; i++) bench.pass((bench.connection.nextTimeout() ?? 0) - bench.now);
    expect(confirmations()).toBe(3);
  });
});

describe('what breaks the protocol closes the session with code 2', () => {
  const fragment = (fields: Partial<Extract<Frame, { kind: 'fragment' }>>): Uint8Array =>
    encodeFrame({ kind: 'fragment', frameId: 1, offset: 0, total: 2000, bytes: new Uint8Array(500), ...fields });
  const cases: readonly (readonly [string, readonly Uint8Array[], number?])[] = [
    ['an ack of a number never sent', [encodeFrame({ kind: 'ack', delayUs: 0, ranges: [[0, 1_000_000]] })]],
    ['an ack with overlapping ranges', [encode([2, 0, 0, [0, 0, 0]])]],
    ['an ack with 500 ranges', [encode([2, 2000, 0, [0, ...upTo(499).flatMap(() => [0, 0])]])]],
    ['a frame with a wrong field', [encode([5, 'generation', 'name'])]],
    ['bytes that are no frame', [Uint8Array.of(0x81)]],
    ['a fragment beyond its total', [encode([4, 1, 1900, 2000, new Uint8Array(500)])]],
    ['a changed total', [fragment({}), fragment({ offset: 500, total: 2001 })]],
    ['a fragment with another content', [fragment({}), fragment({ bytes: new Uint8Array(600).fill(1) })]],
    ['a close in a fragment', [fragment({ total: CLOSE.length, bytes: CLOSE })]],
    ['a packet number beyond the last', [PING], PACKET_NUMBER_MAX + 1],
  ];
  test.each(cases.map(([what, frames, packetNumber]) => ({ what, frames, packetNumber })))(
    '$what',
    ({ frames, packetNumber }) => {
      const bench = settled();
      expect(bench.arrive(frames, packetNumber)).toBe('protocol-violation');
      expect(bench.connection.ending).toEqual({ why: 'violation', isWhole: true });
      const closes = bench.sent().flatMap((packet) => packet.frames);
      expect(closes.map((frame) => frame.kind === 'close' && frame.code)).toEqual([2, 2]);
      expect([bench.connection.nextTimeout(), bench.pass(20_000).sent()]).toEqual([undefined, []]);
    },
  );

  test('a jump of the packet number within its range is no more work than the next number', () => {
    const bench = settled();
    expect(bench.arrive([PING], PACKET_NUMBER_MAX)).toBeUndefined();
    expect(bench.arrive([PING], 1)).toBe('replayed');
    expect(bench.connection.ending).toBeUndefined();
  });
});

describe('reassembly without room', () => {
  test('drops the fragment and does not acknowledge its packet', () => {
    const bench = settled();
    const begin = (frameId: number): string | undefined =>
      bench.arrive(
        [encodeFrame({ kind: 'fragment', frameId, offset: 0, total: 16_000, bytes: new Uint8Array(500) })],
        frameId + 1,
      );
    const results = upTo(40).map(begin);
    const fullAt = results.indexOf('reassembly-full');
    expect(fullAt).toBeGreaterThan(5);
    expect(results.slice(fullAt).every((reason) => reason === 'reassembly-full')).toBe(true);
    expect(
      bench
        .flush()
        .sent()
        .map(({ frames }) => frames),
    ).toEqual([[{ kind: 'ack', delayUs: 0, ranges: [[0, fullAt]] }]]);
    expect(bench.connection.ending).toBeUndefined();
  });

  test('a frame that never becomes whole ends the session', () => {
    const bench = settled();
    bench.arrive([encodeFrame({ kind: 'fragment', frameId: 0, offset: 0, total: 16_000, bytes: new Uint8Array(500) })]);
    for (let i = 0; i < 20 && bench.connection.ending === undefined; i++) {
      bench.pass(1_000);
      bench.arrive([PING]);
      bench.flush();
    }
    expect(bench.connection.ending?.why).toBe('violation');
  });
});

describe('a close frame', () => {
  test.each([
    [0, { why: 'goodbye', isWhole: true }],
    [1, { why: 'goodbye', isWhole: false }],
    [2, { why: 'violation', isWhole: true }],
    [3, { why: 'silent', isWhole: false }],
    [4, { why: 'goodbye', isWhole: true, isRefusal: true }],
    [99, { why: 'goodbye', isWhole: true }],
  ])('with code %d ends the session without an answer', (code, ending) => {
    const bench = settled();
    bench.arrive([encodeFrame({ kind: 'close', code, reason: '' }), encodeFrame(frameNumber(1))]);
    expect(bench.connection.ending).toEqual(ending);
    expect(bench.flush().out.filter(({ kind }) => kind === 'frame')).toEqual([]);
    expect(bench.sent()).toEqual([]);
  });
});
