/** A message as lines of text. No control character of the message survives. */
import { cleanName } from '../base/name.ts';
import { cleanText } from '../base/terminal-text.ts';
import { dayAndTime, timeOfDay } from './clock-face.ts';
import { nameInk, type Paint } from './paint.ts';
import { answerTo } from './quoted.ts';
import type { MessageShown, PersonShown } from './shown.ts';

export type MessageStyle = {
  readonly paint: Paint;
  /** Minutes that the wall clock is ahead of UTC. */
  readonly offsetMinutes: number;
  /** `fold`: one line, whatever the text. `keep`: further lines of the text follow, marked so that they cannot pass for messages. */
  readonly newlines: 'fold' | 'keep';
};

/** In front of every further line of a text: no line of a message begins like a message. */
const CONTINUED = '      | ';

/** A person's name, with the fingerprint where the name alone would not tell them apart. */
export const personLabel = (person: PersonShown, paint: Paint): string => {
  const name = paint(nameInk(person.id), quotedIfOdd(cleanName(person.name)) || person.id.slice(0, 12));
  return person.fingerprint === undefined
    ? name
    : `${name} ${paint('warning', `(${cleanText(person.fingerprint, { newlines: 'space' })})`)}`;
};

/** A name that could pass for another part of a line stands in quotes: `"bob: hi"`, `"* bob"`, `"12:34 #lobby"`. */
export const quotedIfOdd = (name: string): string => (/:|^[^\p{L}\p{N}]|^\d+\b/u.test(name) ? `"${name}"` : name);

/** `12:34 #lobby bob: hello`, without a line end. */
export const messageLine = (message: MessageShown, style: MessageStyle): string => {
  const { paint } = style;
  const time = timeText(message, style);
  const place = message.room === undefined ? '(direct)' : `#${cleanText(message.room, { newlines: 'space' })}`;
  const from = personLabel(message.from, paint);
  const text = textLines(message, style);
  const said = message.isAction ? `* ${from} ${text}` : `${from}${answersText(message, paint)}${text}`;
  return `${paint('quiet', time)} ${paint('place', place)} ${said}`;
};

/** Between who says it and what is said. */
const answersText = ({ replyTo, answers }: MessageShown, paint: Paint): string => {
  if (replyTo === undefined) return ': ';
  return answers === undefined ? `: ${paint('quiet', `[to ${replyTo.slice(0, 8)}]`)} ` : ` (${answerTo(answers, paint)}): `;
};

const timeText = ({ time, isLate, isPast }: MessageShown, { offsetMinutes }: MessageStyle): string => {
  if (isLate) return `${dayAndTime(time, offsetMinutes)} (late)`;
  return isPast === true ? dayAndTime(time, offsetMinutes) : timeOfDay(time, offsetMinutes);
};

/** What calls for us stands out. */
const textLines = ({ text, isMention }: MessageShown, { paint, newlines }: MessageStyle): string => {
  const inked = (line: string): string => (isMention === true && line !== '' ? paint('strong', line) : line);
  if (newlines === 'fold') return inked(cleanText(text, { newlines: 'space' }));
  return cleanText(text.replace(/\r\n?/g, '\n'), { newlines: 'keep' })
    .split('\n')
    .map(inked)
    .join(`\n${paint('quiet', CONTINUED)}`);
};
