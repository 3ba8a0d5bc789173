/** What is told aloud of what was said: a title and a text, clean. Pure. */
import { cleanText } from '../base/terminal-text.ts';
import { nameOf } from './screen/entry-rows.ts';
import { type PlaceKey, placeLabel } from './screen/place.ts';
import { cutTo } from './screen/width.ts';
import type { MessageShown, PersonShown } from './shown.ts';

/** No control character, no line break in either. `text` may be empty. */
export type Notice = { readonly title: string; readonly text: string };

/** What was said in one place since something was told last. */
export type Unheard = { readonly count: number; readonly last: MessageShown };

/** BOUNDED: columns of what was said, and places named. */
export const TEXT_MAX = 120;
const PLACES_MAX = 3;

export type NoticeOptions = {
  /** What was said to us alone may stand there: other people may see the screen, and a desktop keeps its notices. */
  readonly hasPrivateText: boolean;
};

/** Of one message what it says; of several how many there are, and where. Undefined: of none. */
export const noticeOf = (unheard: readonly Unheard[], options: NoticeOptions): Notice | undefined => {
  const [first, ...others] = unheard;
  if (first === undefined) return undefined;
  if (others.length === 0 && first.count === 1) return single(first.last, options);
  const named = unheard.slice(0, PLACES_MAX).map(countText);
  const rest = unheard.length > PLACES_MAX ? [`${unheard.length - PLACES_MAX} other places`] : [];
  return { title: [...named, ...rest].join(', '), text: '' };
};

const single = (message: MessageShown, { hasPrivateText }: NoticeOptions): Notice => {
  const who = whoOf(message.from);
  const said = cutTo(cleanText(message.text, { newlines: 'space' }), TEXT_MAX);
  const text = message.isAction ? `* ${who} ${said}` : said;
  if (message.room === undefined) return { title: `${who} writes to you`, text: hasPrivateText ? text : '' };
  return { title: `${who} in ${placeLabel({ kind: 'room', room: message.room })}`, text };
};

/** With the fingerprint where the name is not theirs alone. */
const whoOf = (from: PersonShown): string =>
  from.fingerprint === undefined ? nameOf(from) : `${nameOf(from)} (${cleanText(from.fingerprint, { newlines: 'space' })})`;

const countText = ({ count, last }: Unheard): string => {
  const messages = count === 1 ? '1 message' : `${count} messages`;
  if (last.room === undefined) return `${messages} from ${whoOf(last.from)}`;
  return `${messages} in ${placeLabel({ kind: 'room', room: last.room })}`;
};

/** Where a message of others belongs. */
export const keyOf = ({ room, from }: MessageShown): PlaceKey => (room === undefined ? `@${from.id}` : `#${room}`);
