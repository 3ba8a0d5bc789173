/** Of what a room or a conversation tells aloud: bells and notices. Pure. */

/** Everything that is said; what names us; nothing. */
export const LEVELS = ['all', 'mentions', 'none'] as const;
export type Level = (typeof LEVELS)[number];

export type PlaceKind = 'room' | 'person';

/** Of places for which nothing was chosen. */
export const STANDARD_LEVEL: Readonly<Record<PlaceKind, Level>> = { room: 'mentions', person: 'all' };

/** What was chosen for a place. */
export type Choice = {
  /** Absent: as places of its kind are. */
  readonly level?: Level;
  /** Nothing before this is told, milliseconds since 1970; Infinity: until it is taken back. Absent: not muted. */
  readonly mutedUntil?: number;
};

/** What a mute may last at most: a week. */
export const MUTE_MAX_MS = 7 * 24 * 3_600_000;

const STANDARD = 'default';

export const isLevel = (text: string): text is Level => LEVELS.some((level) => level === text);

/** A choice as it is kept; undefined if nothing is chosen. `parseChoice` reads it. */
export const choiceText = ({ level, mutedUntil }: Choice): string | undefined => {
  if (mutedUntil === undefined) return level;
  return `${level ?? STANDARD} muted${Number.isFinite(mutedUntil) ? ` ${mutedUntil}` : ''}`;
};

/** Total: what is no choice chooses nothing. */
export const parseChoice = (text: string | undefined): Choice => {
  const [, level = '', muted, until] = /^(\w+)( muted(?: (\d{1,15}))?)?$/.exec(text ?? '') ?? [];
  if (!isLevel(level) && level !== STANDARD) return {};
  return {
    ...(isLevel(level) ? { level } : {}),
    ...(muted === undefined ? {} : { mutedUntil: until === undefined ? Number.POSITIVE_INFINITY : Number(until) }),
  };
};

/** @param now milliseconds since 1970. */
export const isMuted = ({ mutedUntil }: Choice, now: number): boolean => mutedUntil !== undefined && now < mutedUntil;

/** What is in force at a time. */
export const levelAt = (choice: Choice, kind: PlaceKind, now: number): Level =>
  isMuted(choice, now) ? 'none' : (choice.level ?? STANDARD_LEVEL[kind]);

export type Heard = {
  readonly kind: PlaceKind;
  /** It names us. */
  readonly isMention: boolean;
  /** It was said while we were away. */
  readonly isLate: boolean;
};

/** Whether something that others say is told. What was said in a room before is history; what was said to us waited for us. */
export const isAloud = (level: Level, { kind, isMention, isLate }: Heard): boolean => {
  if (level === 'none' || (isLate && kind === 'room')) return false;
  return level === 'all' || isMention;
};

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30m`, `8h`, `2d` in milliseconds; undefined for what is none, or is more than MUTE_MAX_MS. */
export const parseMuteTime = (text: string): number | undefined => {
  const [, count, unit = ''] = /^(\d{1,5})([mhd])$/i.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  return ms > 0 && ms <= MUTE_MAX_MS ? ms : undefined;
};

/** A time in words, to the minute: `8 h`, `1 d 4 h`, `5 min`. */
export const timeText = (ms: number): string => {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  const [days, hours] = [Math.floor(minutes / 1_440), Math.floor((minutes % 1_440) / 60)];
  const parts = [
    [days, 'd'],
    [hours, 'h'],
    [days > 0 ? 0 : minutes % 60, 'min'],
  ] as const;
  return parts.flatMap(([count, unit]) => (count === 0 ? [] : [`${count} ${unit}`])).join(' ');
};
