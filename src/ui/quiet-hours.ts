/** Hours of the day in which nothing is told aloud. Pure. */

/** Minutes since midnight, 0 to 1439; from `from`, and not any more at `to`, which may be on the next day. */
export type QuietHours = { readonly from: number; readonly to: number };

export const NEVER_QUIET = 'off';

const TIME = /^([01]?\d|2[0-3]):([0-5]\d)$/;

const minuteOf = (text: string): number | undefined => {
  const [, hours, minutes] = TIME.exec(text.trim()) ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
};

/** `22:00-07:00`; undefined for what is none. The two differ: a whole day is no hours. */
export const parseQuietHours = (text: string): QuietHours | undefined => {
  const [start = '', end = '', ...more] = text.split(/[-\u2013]/);
  const [from, to] = [minuteOf(start), minuteOf(end)];
  return from === undefined || to === undefined || from === to || more.length > 0 ? undefined : { from, to };
};

/** @param minute of the local day, 0 to 1439. */
export const isQuietAt = ({ from, to }: QuietHours, minute: number): boolean =>
  from < to ? minute >= from && minute < to : minute >= from || minute < to;

/** As `parseQuietHours` takes it, with two digits each. */
export const quietHoursText = ({ from, to }: QuietHours): string => `${clock(from)}-${clock(to)}`;

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
