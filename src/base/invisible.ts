/**
 * Code points that have no shape of their own: controls, bidi controls, zero-width ones, lone surrogates, noncharacters.
 * They are let through only where writing needs them: inside an emoji sequence (Unicode TR 51), as the variation of an
 * ideograph, and as the joiner between two letters of a script that joins.
 */

/** Cf without the prepended concatenation marks, which are seen (Unicode 15.0 §9.2). */
const FORMAT = '(?![\\u0600-\\u0605\\u06DD\\u070F\\u0890\\u0891\\u08E2\\u{110BD}\\u{110CD}])\\p{Cf}';
const HIDDEN = `${FORMAT}|[\\p{Cc}\\p{Zl}\\p{Zp}\\p{Surrogate}\\p{Default_Ignorable_Code_Point}\\p{Noncharacter_Code_Point}]`;

/** One pictograph with its skin tone or presentation; several joined by ZWJ; the tags of a regional flag; a keycap. */
const PICTOGRAPH = '\\p{Extended_Pictographic}(?:\\p{Emoji_Modifier}|[\\uFE0E\\uFE0F])?';
const TAGS = '[\\u{E0030}-\\u{E0039}\\u{E0061}-\\u{E007A}]{1,6}\\u{E007F}';
const EMOJI = `${PICTOGRAPH}(?:\\u200D${PICTOGRAPH})*(?:${TAGS})?|[0-9#*]\\uFE0F\\u20E3`;

const JOINING =
  'Arabic Syriac Mongolian Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Khmer Myanmar'
    .split(' ')
    .map((script) => `\\p{Script=${script}}`)
    .join('');
const JOINER = `(?<=[${JOINING}])[\\u200C\\u200D](?=(?!\\p{M})[${JOINING}])`;
const IDEOGRAPH = '\\p{Script=Han}[\\uFE00-\\uFE02\\u{E0100}-\\u{E01EF}]';

const ANY_HIDDEN = new RegExp(HIDDEN, 'u');
const IN_NAMES = new RegExp(`(${EMOJI})|${HIDDEN}`, 'gu');
const IN_TEXTS = new RegExp(`(${EMOJI}|${IDEOGRAPH}|${JOINER})|${HIDDEN}`, 'gu');
/** A tower: combining marks beyond this many on one base are cut. */
export const MARKS_MAX = 4;
const TOWER = new RegExp(`(?<=\\p{M}{${MARKS_MAX}})\\p{M}+`, 'gu');

/** `text` without anything hidden, except inside emoji sequences. */
export const dropHidden = (text: string): string =>
  ANY_HIDDEN.test(text) ? text.replace(IN_NAMES, (_, kept: string | undefined) => kept ?? '') : text;

/** `text` with `replace(found)` in place of each hidden code point that writing does not need there. */
export const replaceHidden = (text: string, replace: (found: string) => string): string =>
  ANY_HIDDEN.test(text) ? text.replace(IN_TEXTS, (found, kept: string | undefined) => kept ?? replace(found)) : text;

/** `text` with at most `MARKS_MAX` combining marks on each base. */
export const cutTowers = (text: string): string => text.replace(TOWER, '');
