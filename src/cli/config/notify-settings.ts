/** How what is told aloud is told, as the settings say. */
import { InvalidArgumentError } from 'commander';
import { NEVER_QUIET, parseQuietHours, type QuietHours, quietHoursText } from '../../ui/quiet-hours.ts';
import type { CommonOptions } from '../program/options.ts';

export type NotifySettings = {
  readonly hasBell: boolean;
  /** A notice of the terminal. */
  readonly hasOsc9: boolean;
  readonly hasDesktop: boolean;
  /** Undefined: never. */
  readonly quiet: QuietHours | undefined;
  readonly hasPrivateText: boolean;
};

/** Of what the settings are now: ask each time. */
export const notifySettings = (current: CommonOptions): NotifySettings => ({
  hasBell: current.notifyBell !== false,
  hasOsc9: current.notifyOsc9 !== false,
  hasDesktop: current.notifyDesktop === true,
  quiet: parseQuietHours(current.notifyQuiet ?? NEVER_QUIET),
  hasPrivateText: current.notifyPrivateText === true,
});

/** `22:00-07:00` or `off`, in its one form. @throws InvalidArgumentError */
export const parseQuiet = (text: string): string => {
  if (text.trim().toLowerCase() === NEVER_QUIET) return NEVER_QUIET;
  const hours = parseQuietHours(text);
  if (hours === undefined) throw new InvalidArgumentError(`Give two times of the day, 22:00-07:00, or ${NEVER_QUIET}.`);
  return quietHoursText(hours);
};
