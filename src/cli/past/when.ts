/** Points in time as people type them. */

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** What may be typed, for help and errors. */
export const WHEN_HELP = '2h, 3d or 1w ago, 14:30, yesterday, 2026-01-31, 2026-01-31T12:00 or ISO 8601 with a zone';

/**
 * @param now milliseconds since 1970. @param isEnd the end of a day or minute is meant where only that is given.
 * @returns milliseconds since 1970; undefined if it is no time. Times without a zone are of the local one.
 */
export const parseWhen = (text: string, now: number, isEnd = false): number | undefined => {
  const typed = text.trim().toLowerCase();
  const ago = /^(\d{1,6})\s*([smhdw])(?:\s+ago)?$/.exec(typed);
  if (ago !== null) return now - Number(ago[1]) * (UNITS[ago[2] ?? ''] ?? 0);
  if (typed === 'now') return now;
  const today = new Date(now);
  const day = (back: number): Date => new Date(today.getFullYear(), today.getMonth(), today.getDate() - back);
  if (typed === 'today' || typed === 'yesterday') {
    const back = typed === 'today' ? 0 : 1;
    return isEnd ? day(back - 1).getTime() - 1 : day(back).getTime();
  }
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(typed);
  if (clock !== null) {
    const at = day(0).setHours(Number(clock[1]), Number(clock[2]));
    return isEnd ? at + 59_999 : at;
  }
  if (!/^\d{4}-\d{2}-\d{2}/.test(typed)) return undefined;
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(typed);
  const at = Date.parse(isDay ? `${typed}T00:00` : text.trim());
  if (Number.isNaN(at)) return undefined;
  if (!isEnd) return at;
  const date = new Date(at);
  if (isDay) return new Date(date.getFullYear(), date.getMonth(), date.getDate() + 1).getTime() - 1;
  return /t\d{2}:\d{2}$/.test(typed) ? at + 59_999 : at;
};
