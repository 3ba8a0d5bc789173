/** What became of one's own words, said plainly. */
import { cleanName } from '../base/name.ts';
import { cleanText } from '../base/terminal-text.ts';
import type { Paint } from './paint.ts';

/** State of one own message. Names are raw. */
export type DeliveryShown = {
  /** The message, to say which one is meant. */
  readonly text: string;
  /** `#room` or `@person`. */
  readonly place: string;
  readonly holders: readonly string[];
  /** People who are there and do not hold it yet. */
  readonly waiting: readonly string[];
};

const SNIPPET_LENGTH = 24;
const NAMES_SHOWN = 5;

const snippet = (text: string): string => {
  const points = [...cleanText(text, { newlines: 'space' })];
  return points.length <= SNIPPET_LENGTH ? points.join('') : `${points.slice(0, SNIPPET_LENGTH).join('')}…`;
};

/** `bob, carol and 3 more`. */
export const nameList = (names: readonly string[], max = NAMES_SHOWN): string => {
  const shown = names.slice(0, max).map((name) => cleanName(name) || '?');
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
};

/** One line, without a line end. */
export const deliveryLine = (delivery: DeliveryShown, paint: Paint): string => {
  const what = `"${snippet(delivery.text)}"`;
  const { holders, waiting } = delivery;
  if (holders.length === 0 && waiting.length === 0) {
    const place = cleanText(delivery.place, { newlines: 'space' });
    const why = place.startsWith('@')
      ? `and waits for ${cleanName(place.slice(1)) || 'them'}`
      : `but nobody else is in ${place} to hear it`;
    return paint('warning', `  ${what} is kept, ${why}`);
  }
  if (waiting.length === 0) return paint('quiet', `  ${what} delivered to ${nameList(holders)}`);
  if (holders.length === 0) return paint('warning', `  ${what} not delivered yet; waiting for ${nameList(waiting)}`);
  return paint('warning', `  ${what} delivered to ${nameList(holders)}; waiting for ${nameList(waiting)}`);
};
