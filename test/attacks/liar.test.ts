import { describe, expect, test } from '@jest/globals';
import { directScope, type LogId, logId, type RoomName, roomScope } from '../../src/base/ids.ts';
import { encodeEntry } from '../../src/wire/entry.ts';
import { encodeFrame, type Frame, type FrameScope } from '../../src/wire/frame.ts';
import { AttackedWorld, heapUsed } from './attacked-world.ts';
import { type Liar, LOBBY } from './liar.ts';

const SEED = 660;
const U32 = 2 ** 32 - 1;
const MB = 2 ** 20;
/** What a session, its statistics and the honest talk itself may leave behind. */
const HEAP_MARGIN = 6 * MB;

const room = (text: string): RoomName => text as RoomName;
const logOf = (number: number): LogId => logId(Uint8Array.of(9, 9, 9, 9, number >>> 24, number >>> 16, number >>> 8, number));

const start = (scope: FrameScope, log: LogId, after: number, last: number): Frame => ({ kind: 'start', scope, log, after, last });

type Attack = (liar: Liar, round: number, attacked: AttackedWorld) => void;

/** What an authenticated peer does in each round of the others' talk. */
const ATTACKS: readonly (readonly [string, Attack])[] = [
  [
    'numbers 2^31 ahead, and the last there is',
    (liar, round) => {
      liar.send({ kind: 'run', run: liar.run({ first: 2 ** 31 + 3 * round }) });
      liar.send({ kind: 'run', run: liar.run({ first: U32, log: logOf(round) }) });
      liar.send({ kind: 'run', run: liar.run({ first: U32, previous: 0, log: logOf(1000 + round) }) });
    },
  ],
  [
    'more islands of numbers than are remembered, from the top down',
    (liar, round) => {
      for (let i = 0; i < 20; i++) liar.send({ kind: 'run', run: liar.run({ first: U32 - 10 * (20 * round + i) }) });
    },
  ],
  [
    'runs for rooms nobody is in, for other readers, and of us',
    (liar, round, { ann, bob }) => {
      liar.send({ kind: 'run', run: liar.run({ first: round + 1, scope: roomScope(room(`nowhere${round}`)) }) });
      liar.send({ kind: 'run', run: liar.run({ first: round + 1, scope: directScope(bob.id) }) });
      liar.send({ kind: 'run', run: liar.run({ first: round + 1, author: ann.id, log: ann.log }), author: ann.id });
    },
  ],
  [
    'runs in the name of another, under his log',
    (liar, round, { bob }) => {
      const author = bob.id;
      liar.send({ kind: 'run', run: liar.run({ first: round + 1, author, log: bob.log, text: 'I owe you' }), author });
      liar.send({ kind: 'run', run: liar.run({ first: 100_000 + round, author, log: bob.log }), author });
      liar.send({ kind: 'run', run: liar.run({ first: round + 1, author, log: bob.log, scope: directScope(liar.id) }), author });
    },
  ],
  [
    'two meanings for one number, and runs that overlap',
    (liar, round) => {
      const entries = Array.from({ length: 8 }, (_, i) => encodeEntry(0, { kind: 'text', text: `${round} ${i}` }));
      liar.send({ kind: 'run', run: liar.run({ first: round * 4 + 1, entries, previous: Math.max(0, round * 4 - 3) }) });
      liar.send({ kind: 'run', run: liar.run({ first: round * 4 + 1, text: 'something else' }) });
    },
  ],
  [
    'a direct run sealed to nobody, and one that is no CBOR inside',
    (liar, round, { ann }) => {
      const scope = directScope(ann.id);
      liar.send({ kind: 'run', run: liar.run({ first: 2 * round + 1, scope, sealKey: liar.identity.dh.publicKey }) });
      liar.send({ kind: 'run', run: liar.run({ first: 2 * round + 2, scope, entries: [Uint8Array.of(0x80)] }) });
    },
  ],
  [
    'starts with every after, in every scope and log',
    (liar, round, { ann, bob }) => {
      for (const after of [0, 1, U32, 2 ** 31]) {
        for (const log of [liar.log, ann.log, bob.log, logOf(round * 10)]) {
          for (const last of [0, after, U32]) liar.send(start(LOBBY, log, after, last), start(null, log, after, last));
        }
        liar.send(start(room(`r${round}`), liar.log, after, U32));
      }
    },
  ],
  [
    'holds for what was never said, wants for everything',
    (liar, _, { ann, bob }) => {
      for (const log of [ann.log, bob.log, liar.log]) {
        for (const scope of [LOBBY, null, room('elsewhere')]) {
          liar.send(
            { kind: 'hold', scope, log, upTo: U32, isStored: true },
            { kind: 'hold', scope, log, upTo: 0, isStored: false },
          );
          liar.send({ kind: 'want', scope, log, from: 1, to: U32 }, { kind: 'want', scope, log, from: U32, to: U32 });
        }
      }
    },
  ],
  [
    'names and rooms that change all the time, and generations that go back',
    (liar, round) => {
      const frames: Frame[] = [];
      for (let i = 0; i < 40; i++) {
        const generation = round * 100 + i;
        const rooms = Array.from({ length: 64 }, (_, r) => room(i % 2 === 0 ? `x${r}` : r === 0 ? 'lobby' : `y${r}`));
        frames.push(
          { kind: 'name', generation, name: `\u202e${generation}\u0000` },
          { kind: 'name', generation: 1, name: 'Ann' },
        );
        frames.push({ kind: 'rooms', generation, rooms }, { kind: 'rooms', generation: 0, rooms: [] });
      }
      liar.send(...frames);
    },
  ],
  [
    'ten thousand runs a second',
    (liar, round) => {
      const frames = Array.from({ length: 200 }, (_, i) => {
        const first = round * 200 + i + 1;
        return encodeFrame({ kind: 'run', run: liar.run({ first, text: 'x' }) });
      });
      liar.sendEncoded(frames);
    },
  ],
  [
    'first fragments of frames that never end',
    (liar, round) => {
      for (let i = 0; i < 50; i++) {
        const frameId = round * 50 + i;
        liar.send({ kind: 'fragment', frameId, offset: 0, total: 16_384, bytes: new Uint8Array(128).fill(i) });
      }
    },
  ],
  [
    'fragments with a frame of fragments in them, and frame ids far apart',
    (liar, round) => {
      const inner = encodeFrame({ kind: 'fragment', frameId: 1, offset: 0, total: 4000, bytes: new Uint8Array(900) });
      liar.send({ kind: 'fragment', frameId: round * 3, offset: 0, total: inner.length, bytes: inner });
      liar.send({ kind: 'fragment', frameId: U32 - round, offset: 0, total: 16_384, bytes: new Uint8Array(700) });
    },
  ],
  [
    'packet numbers that jump',
    (liar, round) => {
      liar.packet([encodeFrame({ kind: 'run', run: liar.run({ first: round + 1 }) })], 1000 + round * 5_000_000);
    },
  ],
  [
    'acknowledgements of what was never sent, and a session opened again each time',
    (liar, _, { ann }) => {
      liar.send({ kind: 'ack', delayUs: U32, ranges: [[0, 1_000_000]] });
      liar.open(ann.address, 'restarted');
    },
  ],
  [
    'a flood of sessions of one identity, each with a room and a name',
    (liar, round, { ann }) => {
      liar.open(ann.address);
      liar.send({ kind: 'rooms', generation: round + 2, rooms: [LOBBY] }, { kind: 'name', generation: round, name: 'Bob' });
    },
  ],
];

describe(`an authenticated peer that lies, seed ${SEED}`, () => {
  test.each(ATTACKS)('with %s leaves others undisturbed, and memory bounded', (_, attack) => {
    const attacked = new AttackedWorld(SEED);
    const liar = attacked.liar(attacked.ann);
    attacked.talkWhile(20, () => undefined);
    const before = heapUsed();
    attacked.talkWhile(150, (round) => attack(liar, round, attacked));
    attacked.world.run(3_000);
    const { heard, said } = attacked.conversation();
    expect(heard).toEqual(said);
    // two meanings for one number are told of, once each
    const forked = [attacked.ann, attacked.bob].flatMap((peer) => peer.seen('warning').filter(({ code }) => code === 'forked'));
    expect(forked.length).toBeLessThanOrEqual(2);
    expect(attacked.disturbances().length).toBe(forked.length);
    // what the simulated disk and the recorded events hold is the test's own
    attacked.ann.events.length = 0;
    attacked.bob.events.length = 0;
    const stored = attacked.ann.disk.records
      .concat(attacked.bob.disk.records)
      .reduce((sum, record) => sum + record.length + 200, 0);
    expect(heapUsed() - before - stored).toBeLessThan(HEAP_MARGIN);
    expect(attacked.ann.peer.people(attacked.world.time(0)).find(({ id }) => id === attacked.bob.id)?.state).toBe('connected');
  });
});
