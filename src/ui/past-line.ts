/** What was said before, what changed it and what waits, as lines. No control character of a text or name survives. */
import { cleanName } from '../base/name.ts';
import { cleanText } from '../base/terminal-text.ts';
import { dayAndTime, timeOfDay } from './clock-face.ts';
import { nameList } from './delivery-line.ts';
import { personLabel } from './message-line.ts';
import type { Paint } from './paint.ts';
import { quotedWords, wordsOf } from './quoted.ts';
import type { AmendmentShown, PersonShown, StoredShown } from './shown.ts';

type Offset = (time: number) => number;

/** Digits of an id that people see, and may type. */
export const SHORT_ID = 8;
const short = (id: string): string => id.slice(0, SHORT_ID);
const placeOf = ({ room }: { readonly room?: string }): string => (room === undefined ? '(direct)' : `#${oneLine(room)}`);
const oneLine = (text: string): string => cleanText(text, { newlines: 'space' });

/** `1a2b3c4d 2026-01-31 12:34 #lobby bob: hello (edited) [👍 2]` */
export const storedLine = (message: StoredShown, paint: Paint, offset: Offset): string => {
  const { id, from, isAction, isDeleted, edits, reactions, replyTo, time } = message;
  const head = `${paint('quiet', short(id))} ${paint('quiet', dayAndTime(time, offset(time)))} ${paint('place', placeOf(message))}`;
  const text = isDeleted ? paint('quiet', '(deleted)') : oneLine(message.text);
  const answers = replyTo === undefined ? '' : paint('quiet', `[to ${short(replyTo)}] `);
  const said = isAction ? `* ${personLabel(from, paint)} ${text}` : `${personLabel(from, paint)}: ${answers}${text}`;
  const edited = edits.length > 0 && !isDeleted ? paint('quiet', ' (edited)') : '';
  const signs = reactions.map(({ emoji, by }) => ` [${oneLine(emoji)} ${by.length}]`).join('');
  return `${head} ${said}${edited}${signs}`;
};

/** `1a2b3c4d 2026-01-31 12:34 #lobby: hello — 2 of 3 have it, waiting for bob` */
export const queuedLine = (
  message: StoredShown,
  holders: number,
  waiting: readonly PersonShown[],
  paint: Paint,
  offset: Offset,
): string => {
  const { id, time, text } = message;
  const head = `${paint('quiet', short(id))} ${paint('quiet', dayAndTime(time, offset(time)))} ${paint('place', placeOf(message))}`;
  const names = nameList(waiting.map((person) => person.name || person.id.slice(0, 12)));
  return `${head} ${oneLine(text)} ${paint('warning', `— ${holders} of ${holders + waiting.length} have it; waiting for ${names}`)}`;
};

/** `12:34 #lobby bob edited: …` */
export const amendmentLine = (amendment: AmendmentShown, paint: Paint, offset: Offset): string => {
  const { from, time } = amendment;
  const head = `${paint('quiet', timeOfDay(time, offset(time)))} ${paint('place', placeOf(amendment))} ${personLabel(from, paint)}`;
  const { about } = amendment;
  switch (amendment.what) {
    case 'edit': {
      const which = about === undefined ? short(amendment.of) : quotedWords(about.text);
      return `${head} ${paint('quiet', `changed ${which} to:`)} ${oneLine(amendment.text)}`;
    }
    case 'delete':
      return `${head} ${paint('quiet', `deleted ${about === undefined ? short(amendment.of) : quotedWords(about.text)}`)}`;
    case 'reaction': {
      const which = about === undefined ? paint('quiet', short(amendment.of)) : wordsOf(about, paint);
      const does = amendment.isOn ? 'reacted' : 'no longer reacts';
      return `${head} ${paint('quiet', does)} ${oneLine(amendment.emoji)} ${paint('quiet', 'to')} ${which}`;
    }
    case 'topic':
      return amendment.text === ''
        ? `${head} ${paint('quiet', 'took the topic away')}`
        : `${head} ${paint('quiet', 'set the topic:')} ${oneLine(amendment.text)}`;
    default:
      return amendment satisfies never;
  }
};

/** `~ bob is away: lunch` */
export const awayLine = (person: PersonShown, text: string | undefined, paint: Paint): string => {
  const name = cleanName(person.name) || person.id.slice(0, 12);
  if (text === undefined) return paint('quiet', `~ ${name} is back`);
  return paint('quiet', text === '' ? `~ ${name} is away` : `~ ${name} is away: ${oneLine(text)}`);
};
