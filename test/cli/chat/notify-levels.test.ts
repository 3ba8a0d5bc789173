import { describe, expect, test } from '@jest/globals';
import { directScope, type RoomName, roomScope } from '../../../src/base/ids.ts';
import { NotifyLevels } from '../../../src/cli/chat/notify-levels.ts';
import { PlacePreferences } from '../../../src/platform/place-preferences.ts';
import { idOf } from '../fake-peer.ts';
import { VirtualClock } from '../virtual-clock.ts';

const HOUR = 3_600_000;
const LOBBY = roomScope('lobby' as RoomName);
const BOB = directScope(idOf('bob'));

const levelsOf = (kept: Readonly<Record<string, string>> = {}) => {
  const clock = new VirtualClock();
  const preferences = new PlacePreferences(kept, () => undefined);
  const levels = new NotifyLevels({ preferences, clock, wall: () => 1_000_000 + clock.now() });
  return { clock, preferences, levels };
};

describe('what places tell', () => {
  test('is muted until the time is over, and told then', async () => {
    const { clock, levels } = levelsOf();
    levels.set(LOBBY, { level: 'all' });
    let changes = 0;
    levels.onChange(() => {
      changes += 1;
    });
    levels.mute(LOBBY, 2 * HOUR);
    levels.mute(BOB, HOUR);
    expect([levels.level(LOBBY), levels.level(BOB), changes]).toEqual(['none', 'none', 2]);
    await clock.advance(HOUR - 1);
    expect([levels.level(BOB), changes, levels.mutedForMs(levels.choice(BOB))]).toEqual(['none', 2, 1]);
    await clock.advance(1);
    expect([levels.level(LOBBY), levels.level(BOB), changes]).toEqual(['none', 'all', 3]);
    await clock.advance(HOUR);
    expect([levels.level(LOBBY), changes]).toEqual(['all', 4]);
    await clock.advance(24 * HOUR);
    expect(changes).toBe(4);
  });

  test('goes on being muted after a restart, for the time that is left', async () => {
    const { clock, levels } = levelsOf({ '#lobby': `mentions muted ${1_000_000 + HOUR}`, '#kitchen': 'default muted 5' });
    expect(levels.unusual().map(({ key, level }) => [key, level])).toEqual([['#lobby', 'none']]);
    await clock.advance(HOUR);
    expect(levels.unusual()).toEqual([]);
    levels.close();
  });

  test.each([
    [undefined, 'mentions'],
    ['all', 'all'],
    ['none', 'mentions'],
  ] as const)('with %s before it was muted is %s after it', (level, after) => {
    const { levels } = levelsOf(level === undefined ? {} : { '#lobby': level });
    levels.mute(LOBBY, undefined);
    expect([levels.level(LOBBY), levels.mutedForMs(levels.choice(LOBBY))]).toEqual(['none', Number.POSITIVE_INFINITY]);
    levels.unmute(LOBBY);
    expect(levels.level(LOBBY)).toBe(after);
  });

  test('is in force and told of even if it cannot be kept', () => {
    const preferences = new PlacePreferences({}, () => {
      throw new Error('disk full');
    });
    const levels = new NotifyLevels({ preferences, clock: new VirtualClock(), wall: () => 0 });
    let changes = 0;
    levels.onChange(() => {
      changes += 1;
    });
    expect(() => levels.set(LOBBY, { level: 'none' })).toThrow('disk full');
    expect([levels.level(LOBBY), changes]).toEqual(['none', 1]);
  });
});
