/** Times as text. All times are milliseconds since 1970. */

/** The largest time that has a date (ECMA-262 §21.4.1.1). */
const TIME_MAX = 8.64e15;

const dateOf = (time: number): Date => new Date(Math.max(-TIME_MAX, Math.min(TIME_MAX, Number.isNaN(time) ? 0 : time)));
const twoDigits = (value: number): string => String(value).padStart(2, '0');

/** ISO 8601 in UTC with milliseconds: `2026-01-31T12:34:56.789Z`. Times beyond the calendar are shown as its end. */
export const isoTime = (time: number): string => dateOf(time).toISOString();

/** `12:34` on a wall clock `offsetMinutes` ahead of UTC. */
export const timeOfDay = (time: number, offsetMinutes: number): string => {
  const date = dateOf(time + offsetMinutes * 60_000);
  return `${twoDigits(date.getUTCHours())}:${twoDigits(date.getUTCMinutes())}`;
};

/** `2026-01-31 12:34` on a wall clock `offsetMinutes` ahead of UTC. */
export const dayAndTime = (time: number, offsetMinutes: number): string => {
  const date = dateOf(time + offsetMinutes * 60_000);
  return `${date.toISOString().slice(0, 10)} ${timeOfDay(time, offsetMinutes)}`;
};
