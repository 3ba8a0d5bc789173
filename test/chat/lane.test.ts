import { describe, expect, test } from '@jest/globals';
import { EMPTY } from '../../src/base/bytes.ts';
import { type PeerId, roomScope } from '../../src/base/ids.ts';
import { instant } from '../../src/base/time.ts';
import type { OwnRun } from '../../src/chat/compose.ts';
import { Lane } from '../../src/chat/lane.ts';
import { OwnLog } from '../../src/chat/own-log.ts';
import { LOBBY } from './chat-world.ts';

const composed = (log: OwnLog, first: number): OwnRun => {
  const bytes = Uint8Array.of(first);
  const run = { log, first, count: 1, previous: first - 1, time: { ms: 0, counter: 0 }, sayings: [], ids: [], bytes };
  const whole: OwnRun = { ...run, plain: undefined, hash: EMPTY };
  log.onComposed(whole);
  return whole;
};
const keep = (log: OwnLog, run: OwnRun): void => {
  log.cached.set(log.onKept(run, run.first) ?? -1, run.bytes);
};

describe('a lane', () => {
  test('sends nothing before the first receipt, then what its peer lacks, never what was before its met point', () => {
    const log = new OwnLog(roomScope(LOBBY), false);
    const runs = [1, 2, 3, 4].map((first) => composed(log, first));
    const lane = new Lane(instant(0), 'p' as PeerId, log, { after: 2, last: 0 });
    expect(lane.step()).toEqual({ kind: 'blocked' });
    expect(lane.onHold(instant(1), 0, true)).toBe(false); // the store has kept none of them yet
    expect(lane.step()).toEqual({ kind: 'idle' });
    for (const run of runs) keep(log, run);
    expect(lane.step()).toEqual({ kind: 'run', bytes: Uint8Array.of(3) });
    expect(lane.step()).toEqual({ kind: 'run', bytes: Uint8Array.of(4) });
    expect(lane.step()).toEqual({ kind: 'idle' });
    expect(lane.onHold(instant(2), 99, false)).toBe(true);
    expect([lane.held, lane.isStored]).toEqual([4, false]);
    expect(lane.onHold(instant(3), 4, true)).toBe(true);
    expect(lane.onHold(instant(4), 3, false)).toBe(false); // overtaken on its way
    expect([lane.held, lane.isStored]).toEqual([4, true]);
  });

  test('tells of lost runs in one word, once all before them is held', () => {
    const log = new OwnLog(roomScope(LOBBY), true);
    const lane = new Lane(instant(0), 'p' as PeerId, log, { after: 0, last: 0 });
    for (const first of [1, 2, 3, 4]) keep(log, composed(log, first));
    log.index.markLost(1);
    log.index.markLost(2);
    expect(lane.step()).toEqual({ kind: 'run', bytes: Uint8Array.of(1) });
    expect(lane.step()).toEqual({ kind: 'blocked' });
    lane.onHold(instant(1), 1, true);
    expect(lane.step()).toEqual({ kind: 'start', after: 3 });
    expect(lane.step()).toEqual({ kind: 'run', bytes: Uint8Array.of(4) });
    log.cached.delete(3);
    lane.onWant(instant(2), 4, 4);
    expect(lane.step()).toEqual({ kind: 'load', at: 3 });
  });
});
