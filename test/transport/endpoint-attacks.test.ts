import { describe, expect, test } from '@jest/globals';
import type { Address } from '../../src/base/address.ts';
import { HANDSHAKE_HALF_OPEN_MAX, HANDSHAKE_LIFETIME_MS, PROTOCOL_VERSION, REKEY_AFTER_MS } from '../../src/base/limits.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import {
  decodeDatagram,
  encodeConfirmation,
  encodeInitiation,
  encodeResponse,
  encodeRetry,
  encodeVersionNotice,
} from '../../src/wire/datagram.ts';
import { ascending, type Captured, frameNumber, Lan, type Node, numbersOf, upTo } from './lan.ts';

const MALLORY: Address = { host: '10.0.0.66', port: 666 };

const meeting = (seed: number): { lan: Lan; a: Node; b: Node } => {
  const lan = new Lan(seed);
  const [a, b] = [lan.add(), lan.add()];
  lan.isCapturing = true;
  lan.dial(a, b);
  lan.run(10);
  return { lan, a, b };
};
/** Frames of both, and what was told about sessions. */
const seen = (...nodes: readonly Node[]): unknown =>
  nodes.map((node) => [numbersOf(node), [...node.history], [...node.failures]]);
/** The session still carries frames both ways. */
const expectTalk = (lan: Lan, a: Node, b: Node, number: number): void => {
  lan.send(a, b, frameNumber(number));
  lan.send(b, a, frameNumber(number));
  lan.run(1_000);
  expect([numbersOf(a).at(-1), numbersOf(b).at(-1)]).toEqual([number, number]);
};
const initiation = (lan: Lan, token = new Uint8Array(0)): Uint8Array =>
  encodeInitiation({ sourceId: Math.floor(lan.random() * 2 ** 32), token, noise: lan.entropy(32) });

describe('replay', () => {
  test('of every captured datagram, in and out of the window, across a re-key and a restart, delivers nothing twice', () => {
    const { lan, a, b } = meeting(1);
    const chat = (from: number): void => {
      for (const i of upTo(30)) {
        lan.send(a, b, frameNumber(from + i));
        lan.send(b, a, frameNumber(from + i));
        lan.run(5);
      }
    };
    chat(0);
    lan.run(REKEY_AFTER_MS);
    chat(30);
    lan.run(15_000);
    const replayAll = (x: Node, y: Node): void => {
      const datagrams: readonly Captured[] = [...lan.captured];
      const before = seen(x, y);
      for (const { from, to, bytes } of datagrams) lan.inject(from, to.host === x.address.host ? x : y, bytes);
      // and the other way round: everything reflected to its sender
      for (const { from, to, bytes } of datagrams) lan.inject(to, from.host === x.address.host ? x : y, bytes);
      lan.run(HANDSHAKE_LIFETIME_MS + 1_000);
      expect(seen(x, y)).toEqual(before);
      expect([x, y].map((node) => node.endpoint.counts().halfOpen)).toEqual([0, 0]);
    };
    replayAll(a, b);
    expectTalk(lan, a, b, 100);
    lan.remove(b);
    const reborn = lan.add({ identity: b.identity, host: b.address.host });
    lan.dial(reborn, a);
    lan.run(100);
    replayAll(a, reborn);
    expectTalk(lan, a, reborn, 101);
    expect(ascending(numbersOf(a)).length).toBe(numbersOf(a).length);
  });

  test('of an initiation costs at most one answer, and none while its session stands', () => {
    const { lan, a, b } = meeting(2);
    const [first] = lan.captured;
    expect(lan.inject(a.address, b, first?.bytes ?? new Uint8Array())).toEqual([
      { kind: 'dropped', reason: 'unexpected-handshake' },
    ]);
    lan.act(b, (endpoint, now, out) => endpoint.closeAll(now, 0, '', out));
    const answers = upTo(5).map(() => lan.inject(a.address, b, first?.bytes ?? new Uint8Array()));
    // the same response every time: no new key, no new agreement
    expect(answers.map((out) => out.map(({ kind }) => kind))).toEqual(upTo(5).map(() => ['transmit']));
    expect(new Set(answers.map((out) => JSON.stringify(out))).size).toBe(1);
    expect(b.endpoint.counts().halfOpen).toBe(1);
    expect(lan.inject(MALLORY, b, first?.bytes ?? new Uint8Array())).toEqual([
      { kind: 'dropped', reason: 'unexpected-handshake' },
    ]);
  });
});

describe('what nobody signed', () => {
  test('a flipped bit anywhere in a sealed datagram is dropped, and the datagram itself still accepted', () => {
    const { lan, a, b } = meeting(3);
    lan.passes = () => false;
    lan.captured.length = 0;
    lan.send(a, b, frameNumber(7));
    const bytes = lan.captured.at(-1)?.bytes ?? new Uint8Array();
    for (const at of upTo(bytes.length * 8)) {
      const flipped = bytes.slice();
      flipped[at >>> 3] = (flipped[at >>> 3] ?? 0) ^ (1 << (at & 7));
      const out = lan.inject(a.address, b, flipped);
      expect(out.map(({ kind }) => kind)).toEqual(['dropped']);
    }
    expect(numbersOf(b)).toEqual([]);
    lan.inject(a.address, b, bytes);
    expect(numbersOf(b)).toEqual([7]);
    lan.passes = () => true;
    expectTalk(lan, a, b, 8);
  });

  test('a handshake with flipped bits comes to the same end as one without', () => {
    const lan = new Lan(4);
    const [a, b] = [lan.add(), lan.add()];
    lan.isCapturing = true;
    lan.dial(a, b);
    // everything on its way comes a little earlier in a damaged form
    let done = 0;
    for (let step = 0; step < 40; step++) {
      for (const { from, to, bytes } of lan.captured.slice(done)) {
        const flipped = bytes.slice();
        const at = Math.floor(lan.random() * bytes.length * 8);
        flipped[at >>> 3] = (flipped[at >>> 3] ?? 0) ^ (1 << (at & 7));
        lan.inject(from, to.host === a.address.host ? a : b, flipped);
      }
      done = lan.captured.length;
      lan.run(0.2);
    }
    lan.run(2_000);
    expect([a.history, b.history, a.failures]).toEqual([['established'], ['established'], []]);
    expectTalk(lan, a, b, 1);
  });

  test('forged retries, responses, confirmations, closes and version notices change nothing, also with the right connection ids', () => {
    const lan = new Lan(5);
    const [a, b] = [lan.add(), lan.add()];
    lan.isCapturing = true;
    lan.dial(a, b);
    const first = decodeDatagram(lan.captured[0]?.bytes ?? new Uint8Array());
    const sourceId = first.ok && first.value.kind === 'initiation' ? first.value.sourceId : 0;
    for (const destinationId of [sourceId, 12345]) {
      for (const from of [MALLORY, b.address]) {
        for (let i = 0; i < 20; i++) {
          lan.inject(from, a, encodeRetry({ destinationId, token: lan.entropy(32) }));
          lan.inject(from, a, encodeResponse({ destinationId, sourceId: 9, noise: lan.entropy(300) }));
          lan.inject(from, a, encodeConfirmation({ destinationId, noise: lan.entropy(200) }));
          lan.inject(from, a, encodeVersionNotice({ destinationId, versions: [77] }));
        }
      }
    }
    // 4 initiations: the first, and one for each of three retries
    expect(a.datagramsOut).toBe(4);
    lan.run(500);
    expect([a.history, b.history, a.failures]).toEqual([['established'], ['established'], []]);
    const session = lan.captured
      .map(({ bytes }) => decodeDatagram(bytes))
      .flatMap((d) => (d.ok && d.value.kind === 'sealed' ? [d.value.connectionId] : []));
    for (const destinationId of new Set(session)) {
      for (const node of [a, b]) {
        lan.inject(MALLORY, node, encodeRetry({ destinationId, token: lan.entropy(32) }));
        lan.inject(MALLORY, node, encodeResponse({ destinationId, sourceId: 9, noise: lan.entropy(300) }));
        lan.inject(MALLORY, node, encodeConfirmation({ destinationId, noise: lan.entropy(200) }));
        lan.inject(MALLORY, node, encodeVersionNotice({ destinationId, versions: [77] }));
      }
    }
    expectTalk(lan, a, b, 1);
    expect([a.history, b.history, a.failures]).toEqual([['established'], ['established'], []]);
  });

  test.each([
    ['newer', [77]],
    ['older', [0]],
  ])('a peer of %s versions only is reported as such, but not before a true answer had its time', (why, versions) => {
    const lan = new Lan(6);
    const a = lan.add();
    lan.isCapturing = true;
    lan.dial(a, { host: '10.0.0.9', port: 1 });
    const first = decodeDatagram(lan.captured[0]?.bytes ?? new Uint8Array());
    const destinationId = first.ok && first.value.kind === 'initiation' ? first.value.sourceId : 0;
    lan.inject({ host: '10.0.0.9', port: 1 }, a, encodeVersionNotice({ destinationId, versions }));
    expect(a.failures).toEqual([]);
    lan.run(1_000);
    expect(a.failures.map((failure) => failure.why)).toEqual([why]);
  });

  test('an initiation of another version is answered with ours, in fewer bytes', () => {
    const lan = new Lan(7);
    const a = lan.add();
    const bytes = encodeInitiation({ version: 2, sourceId: 5, token: new Uint8Array(0), noise: lan.entropy(32) });
    expect(lan.inject(MALLORY, a, bytes)).toEqual([
      { kind: 'transmit', to: MALLORY, bytes: encodeVersionNotice({ destinationId: 5, versions: [PROTOCOL_VERSION] }) },
      { kind: 'dropped', reason: 'version-mismatch' },
    ]);
  });

  test('nobody unproven gets more bytes than it sent, whatever it sends', () => {
    const { lan, a, b } = meeting(8);
    const samples = [...lan.captured.map(({ bytes }) => bytes), ...upTo(300).map(() => initiation(lan))];
    for (const bytes of samples) {
      for (const cut of [bytes, bytes.slice(0, bytes.length >>> 1), lan.entropy(bytes.length)]) {
        for (const node of [a, b]) {
          const out = lan.inject(MALLORY, node, cut);
          const sent = out.reduce((sum, output) => sum + (output.kind === 'transmit' ? output.bytes.length : 0), 0);
          expect(sent).toBeLessThanOrEqual(cut.length);
        }
      }
    }
  });
});

describe('a flood of initiations', () => {
  const sourceOf = (kind: string, i: number): Address =>
    kind === 'one source' ? MALLORY : { host: `10.${1 + (i >>> 16)}.${(i >>> 8) & 255}.${i & 255}`, port: 1000 + (i % 60_000) };

  test.each(['one source', '10,000 sources'])('from %s keeps half-open ones bounded and lets a neighbour in', (kind) => {
    const lan = new Lan(9);
    const [a, b, late] = [lan.add(), lan.add(), lan.add()];
    lan.dial(a, b);
    lan.run(100);
    let [bytesIn, bytesOut, retries, halfOpenMax] = [0, 0, 0, 0];
    for (let i = 0; i < 10_000; i++) {
      if (i === 5_000) lan.dial(late, a);
      if (i % 500 === 0) lan.send(b, a, frameNumber(i));
      const bytes = initiation(lan);
      bytesIn += bytes.length;
      for (const output of lan.inject(sourceOf(kind, i), a, bytes)) {
        if (output.kind !== 'transmit') continue;
        const answer = decodeDatagram(output.bytes);
        if (answer.ok && answer.value.kind === 'retry') retries += 1;
        bytesOut += output.to.host === b.address.host ? 0 : output.bytes.length;
      }
      halfOpenMax = Math.max(halfOpenMax, a.endpoint.counts().halfOpen);
      lan.run(0.2);
    }
    expect(halfOpenMax).toBeLessThanOrEqual(HANDSHAKE_HALF_OPEN_MAX);
    expect(retries).toBeGreaterThan(9_000);
    expect(bytesOut).toBeLessThan(bytesIn);
    expect(late.history).toEqual(['established']);
    expect(numbersOf(a)).toEqual(upTo(20).map((i) => i * 500));
    expect([a.history, b.history]).toEqual([['established', 'established'], ['established']]);
    expect(a.endpoint.counts().sources).toBeLessThanOrEqual(2048);
    lan.run(HANDSHAKE_LIFETIME_MS + 100);
    expect(a.endpoint.counts().halfOpen).toBe(0);
  });

  test('with proven addresses makes the oldest half-open ones give way', () => {
    const lan = new Lan(10);
    const [a, late] = [lan.add(), lan.add()];
    let evicted = 0;
    for (let i = 0; i < 700; i++) {
      const from: Address = { host: `10.9.${i >>> 8}.${i & 255}`, port: 4000 };
      const [asked] = lan.inject(from, a, initiationOf(i, new Uint8Array(0)));
      const answer = asked?.kind === 'transmit' ? decodeDatagram(asked.bytes) : undefined;
      if (answer?.ok && answer.value.kind === 'retry') {
        const out = lan.inject(from, a, initiationOf(i, answer.value.token.slice()));
        if (out.some((output) => output.kind === 'dropped' && output.reason === 'half-open-full')) evicted += 1;
      }
      expect(a.endpoint.counts().halfOpen).toBeLessThanOrEqual(HANDSHAKE_HALF_OPEN_MAX);
      lan.run(2);
    }
    expect(evicted).toBeGreaterThan(0);
    lan.dial(late, a);
    lan.run(2_000);
    expect(late.history).toEqual(['established']);
  });
  const initiationOf = (i: number, token: Uint8Array): Uint8Array =>
    encodeInitiation({
      sourceId: i,
      token,
      noise: Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? i & 255 : at === 1 ? i >>> 8 : 9)),
    });
});

describe('who is on the other side', () => {
  test('nobody talks to itself: a dial to our own address fails as such', () => {
    const lan = new Lan(11);
    const a = lan.add();
    lan.dial(a, a);
    lan.run(3_000);
    expect(a.failures.map(({ why }) => why)).toEqual(['ourselves']);
    expect([a.history, a.endpoint.counts().connections]).toEqual([[], 0]);
    expect(a.dropped('own-datagram')).toBeGreaterThan(0);
  });

  test('our own initiation, reflected from elsewhere, is not answered and does not end the dial', () => {
    const lan = new Lan(17);
    const [a, b] = [lan.add(), lan.add()];
    lan.isCapturing = true;
    lan.dial(a, b);
    const own = lan.captured[0]?.bytes ?? new Uint8Array();
    for (const from of [MALLORY, b.address])
      expect(lan.inject(from, a, own)).toEqual([{ kind: 'dropped', reason: 'own-datagram' }]);
    lan.run(3_000);
    expect([a.history, a.failures]).toEqual([['established'], []]);
  });

  test('another process with our identity is no peer, and is told of, from either side', () => {
    const lan = new Lan(12);
    const a = lan.add();
    const twin = lan.add({ identity: a.identity });
    lan.dial(a, twin);
    lan.run(100);
    expect(a.failures.map(({ why }) => why)).toEqual(['own-key-elsewhere']);
    expect([a.history, twin.history]).toEqual([[], []]);
  });

  test('of two processes with one identity the later one is heard, and the earlier one turned away', () => {
    const lan = new Lan(14);
    const [bob, a] = [lan.add(), lan.add()];
    const twin = lan.add({ identity: a.identity });
    for (const who of [a, twin, a, a, twin]) {
      lan.dial(who, bob);
      lan.run(500);
    }
    expect(bob.history.filter((what) => what === 'ended restarted')).toHaveLength(1);
    expect(bob.history.filter((what) => what === 'twin').length).toBeGreaterThanOrEqual(2);
  });

  test('a certificate by another key is refused, by whoever sees it', () => {
    const lan = new Lan(13);
    const honest = lan.add();
    const forged = { ...lan.identity(), certificate: lan.identity().certificate };
    const liar = lan.add({ identity: forged });
    lan.dial(honest, liar);
    lan.run(100);
    expect(honest.failures.map(({ why }) => why)).toEqual(['bad-certificate']);
    lan.dial(liar, honest);
    lan.run(100);
    expect(honest.dropped('bad-certificate')).toBe(2);
    expect(honest.history).toEqual([]);
    // and the liar is told
    expect(liar.failures.map(({ why }) => why)).toEqual(['refused']);
    expect(liar.endpoint.counts().connections).toBe(0);
  });

  test('a certificate with a lower serial than the one known is refused, the same or a higher one is not', () => {
    const lan = new Lan(14);
    const [old, same] = [lan.add({ serial: 4 }), lan.add({ serial: 5 })];
    const honest = lan.add({ knownSerial: () => 5 });
    lan.dial(honest, old);
    lan.run(100);
    lan.dial(old, honest);
    lan.dial(honest, same);
    lan.run(100);
    expect(honest.failures.map(({ why }) => why)).toEqual(['bad-certificate']);
    expect(honest.dropped('superseded-certificate')).toBe(2);
    expect(honest.established.map(({ peer }) => peer)).toEqual([same.id]);
  });

  test.each([
    ['zero', '00'.repeat(32)],
    ['one', `01${'00'.repeat(31)}`],
    ['order 8', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'],
    ['p − 1', `ec${'ff'.repeat(30)}7f`],
  ])('a low-order ephemeral key (%s) is dropped', (_, point) => {
    const lan = new Lan(15, {}, nodeSuite);
    const a = lan.add();
    const noise = Uint8Array.from(point.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
    const bytes = encodeInitiation({ sourceId: 5, token: new Uint8Array(0), noise });
    expect(lan.inject(MALLORY, a, bytes)).toEqual([{ kind: 'dropped', reason: 'bad-handshake' }]);
    expect(a.endpoint.counts().halfOpen).toBe(0);
  });

  test('nobody there: the dial fails after HANDSHAKE_LIFETIME_MS, with a dozen datagrams sent', () => {
    const lan = new Lan(16);
    const a = lan.add();
    lan.dial(a, MALLORY);
    lan.run(HANDSHAKE_LIFETIME_MS - 1);
    expect(a.failures).toEqual([]);
    lan.run(2);
    expect(a.failures.map(({ to, why }) => ({ to, why }))).toEqual([{ to: MALLORY, why: 'no-answer' }]);
    expect(a.datagramsOut).toBeLessThanOrEqual(14);
    expect(a.endpoint.nextTimeout()).toBeUndefined();
  });
});
