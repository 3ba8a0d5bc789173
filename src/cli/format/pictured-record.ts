/** Records with pictures for the names of emoji that people wrote, as a screen shows them. */
import { pictured } from '../../ui/screen/markup.ts';
import type { QuotedShown } from '../../ui/shown.ts';
import type { OutputRecord } from './record.ts';

export type EmojiNames = ReadonlyMap<string, string>;

const MAY_NAME = /:[a-z0-9_+-]{1,40}:/;

let names: Promise<EmojiNames> | undefined;
/** Loaded when the first text may name one: it takes 30 ms, and most chats need none for a while. */
const emojiNames = (): Promise<EmojiNames> => {
  names ??= import('gemoji').then(({ nameToEmoji }) => new Map(Object.entries(nameToEmoji)));
  return names;
};

/** @returns the record itself if there is nothing to show; else a promise: what follows it has to wait. */
export const picturedRecord = (record: OutputRecord): OutputRecord | Promise<OutputRecord> =>
  textsOf(record).some((text) => MAY_NAME.test(text)) ? emojiNames().then((emoji) => shown(record, emoji)) : record;

const textsOf = (record: OutputRecord): readonly string[] => {
  switch (record.kind) {
    case 'message':
    case 'stored':
      return [record.message.text, record.message.answers?.text ?? ''];
    case 'amendment':
      return [record.amendment.what === 'edit' ? record.amendment.text : '', record.amendment.about?.text ?? ''];
    default:
      return [];
  }
};

const shown = (record: OutputRecord, emoji: EmojiNames): OutputRecord => {
  const quoted = (one: QuotedShown): QuotedShown => ({ ...one, text: pictured(one.text, emoji) });
  switch (record.kind) {
    case 'message': {
      const { message } = record;
      const answers = message.answers === undefined ? {} : { answers: quoted(message.answers) };
      return { ...record, message: { ...message, text: pictured(message.text, emoji), ...answers } };
    }
    case 'stored': {
      const { message } = record;
      return { ...record, message: { ...message, text: pictured(message.text, emoji) } };
    }
    case 'amendment': {
      const { amendment } = record;
      const about = amendment.about === undefined ? {} : { about: quoted(amendment.about) };
      const after = amendment.what === 'edit' ? { ...amendment, text: pictured(amendment.text, emoji) } : amendment;
      return { ...record, amendment: { ...after, ...about } };
    }
    default:
      return record;
  }
};
