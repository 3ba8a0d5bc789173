/**
 * Entries: what one says, one item of a run (protocol.md §9).
 *
 * | kind | name     | fields after kind and delay in ms (u32)                                        |
 * |------|----------|--------------------------------------------------------------------------------|
 * | 1    | text     | text, 1–8192 bytes                                                              |
 * | 2    | action   | text, 1–8192 bytes                                                              |
 * | 3    | reply    | text, 1–8192 bytes; id of the message answered, bytes(16)                       |
 * | 4    | edit     | id of a message of the same author, bytes(16); its text from now on, 1–8192 bytes |
 * | 5    | delete   | id of a message of the same author, bytes(16)                                   |
 * | 6    | reaction | id of a message, bytes(16); text, 1–64 bytes; whether it is set, bool           |
 * | 7    | topic    | text, 0–512 bytes; in rooms only, empty for none                                |
 *
 * Unknown kinds have a delay and then what they like: they are kept and passed on, not shown.
 */
import { utf8 } from '../base/bytes.ts';
import { ApiMisuse } from '../base/errors.ts';
import { type EntryId, entryIdBytes, entryIdOf } from '../base/ids.ts';
import { REACTION_SIZE_MAX, TEXT_SIZE_MAX, TOPIC_SIZE_MAX } from '../base/limits.ts';
import { wellFormed } from '../base/well-formed.ts';
import { type CborValue, encode } from './cbor.ts';
import { isArray, isBoolean, isBytesOf, isText, isTextWithin, isU32, plainView, utf8Size } from './fields.ts';
import { ARRAY, headSize, TEXT, UINT, u32, writeHead } from './head.ts';
import { allocate } from './slab.ts';

/** A body that can be said; unknown ones only travel as they came. Ids are of messages in the same room or conversation. */
export type SayableBody =
  | { readonly kind: 'text'; readonly text: string; readonly replyTo?: EntryId }
  | { readonly kind: 'action'; readonly text: string }
  | { readonly kind: 'edit'; readonly of: EntryId; readonly text: string }
  | { readonly kind: 'delete'; readonly of: EntryId }
  | { readonly kind: 'reaction'; readonly of: EntryId; readonly emoji: string; readonly isOn: boolean }
  | { readonly kind: 'topic'; readonly text: string };
export type EntryBody = SayableBody | { readonly kind: 'unknown'; readonly code: number };
/** One entry with the bytes its hash is taken over. `delayMs` counts from the header's time. */
export type Entry = { readonly delayMs: number; readonly body: EntryBody; readonly bytes: Uint8Array };

const KIND = { text: 1, action: 2, reply: 3, edit: 4, delete: 5, reaction: 6, topic: 7 } as const;
const ENTRY_ID_SIZE = 16;

/**
 * One entry. Texts and actions are written by hand: they are what every message costs.
 * @param body texts within the sizes of the table above, else `ApiMisuse`; lone surrogates become U+FFFD.
 */
export const encodeEntry = (delayMs: number, body: SayableBody): Uint8Array => {
  switch (body.kind) {
    case 'text':
      if (body.replyTo === undefined) return encodeText(delayMs, KIND.text, body.text);
      return encode([KIND.reply, delayMs, sized(body.text, 1, TEXT_SIZE_MAX), entryIdBytes(body.replyTo)]);
    case 'action':
      return encodeText(delayMs, KIND.action, body.text);
    case 'edit':
      return encode([KIND.edit, delayMs, entryIdBytes(body.of), sized(body.text, 1, TEXT_SIZE_MAX)]);
    case 'delete':
      return encode([KIND.delete, delayMs, entryIdBytes(body.of)]);
    case 'reaction':
      return encode([KIND.reaction, delayMs, entryIdBytes(body.of), sized(body.emoji, 1, REACTION_SIZE_MAX), body.isOn]);
    case 'topic':
      return encode([KIND.topic, delayMs, sized(body.text, 0, TOPIC_SIZE_MAX)]);
    default:
      throw new ApiMisuse(`an entry cannot be a ${(body satisfies never as SayableBody).kind}`);
  }
};

const sized = (text: string, from: number, to: number): string => {
  const whole = wellFormed(text);
  const size = utf8Size(whole);
  if (size < from || size > to) throw new ApiMisuse(`this text has ${from} to ${to} bytes of UTF-8, got ${size}`);
  return whole;
};

const encodeText = (delayMs: number, code: number, text: string): Uint8Array => {
  const utf = isAscii(text) ? undefined : utf8(text);
  const length = utf === undefined ? text.length : utf.length;
  if (length < 1 || length > TEXT_SIZE_MAX) throw new ApiMisuse(`a text has 1 to ${TEXT_SIZE_MAX} bytes of UTF-8, got ${length}`);
  const entry = allocate(2 + headSize(u32(delayMs)) + headSize(length) + length);
  entry[0] = ARRAY | 3;
  entry[1] = code;
  const at = writeHead(entry, writeHead(entry, 2, UINT, delayMs), TEXT, length);
  if (utf === undefined) for (let i = 0; i < length; i++) entry[at + i] = text.charCodeAt(i);
  else entry.set(utf, at);
  return entry;
};

/** For short texts the loop is cheaper than the encoder. */
const ASCII_CHECKED_MAX = 512;
const isAscii = (text: string): boolean => {
  if (text.length > ASCII_CHECKED_MAX) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
};

/** An entry as received, `bytes` from `at` to `end`; undefined if it is none: a known kind has exactly its fields. */
export const entryOf = (value: CborValue, bytes: Uint8Array, at: number, end: number): Entry | undefined => {
  if (!isArray(value)) return undefined;
  const [code, delayMs] = value;
  if (!isU32(code) || !isU32(delayMs)) return undefined;
  const body = bodyOf(code, value);
  return body === undefined ? undefined : { delayMs, body, bytes: plainView(bytes, at, end) };
};

const bodyOf = (code: number, value: readonly CborValue[]): EntryBody | undefined => {
  const [, , first, second, third] = value;
  switch (code) {
    case KIND.text:
    case KIND.action:
      if (value.length !== 3 || !isTextOf(first, 1, TEXT_SIZE_MAX)) return undefined;
      return { kind: code === KIND.text ? 'text' : 'action', text: first };
    case KIND.reply:
      if (value.length !== 4 || !isTextOf(first, 1, TEXT_SIZE_MAX) || !isId(second)) return undefined;
      return { kind: 'text', text: first, replyTo: entryIdOf(second) };
    case KIND.edit:
      if (value.length !== 4 || !isId(first) || !isTextOf(second, 1, TEXT_SIZE_MAX)) return undefined;
      return { kind: 'edit', of: entryIdOf(first), text: second };
    case KIND.delete:
      return value.length === 3 && isId(first) ? { kind: 'delete', of: entryIdOf(first) } : undefined;
    case KIND.reaction:
      if (value.length !== 5 || !isId(first) || !isTextOf(second, 1, REACTION_SIZE_MAX) || !isBoolean(third)) return undefined;
      return { kind: 'reaction', of: entryIdOf(first), emoji: second, isOn: third };
    case KIND.topic:
      return value.length === 3 && isTextOf(first, 0, TOPIC_SIZE_MAX) ? { kind: 'topic', text: first } : undefined;
    default:
      return { kind: 'unknown', code };
  }
};

const isTextOf = (value: CborValue | undefined, from: number, to: number): value is string =>
  isText(value) && value.length >= from && isTextWithin(value, to);
const isId = (value: CborValue | undefined): value is Uint8Array => isBytesOf(value, ENTRY_ID_SIZE);
