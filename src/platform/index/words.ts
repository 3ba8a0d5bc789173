/**
 * Texts as words to search for. Words are runs of letters and digits without case and accents; scripts written without spaces
 * (Han, Hiragana, Katakana, Thai, Lao, Khmer, Myanmar) give every character and every pair of neighbours as a word.
 */

const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const WORD = /[\p{L}\p{N}]+/gu;
const MARKS = /\p{M}+/gu;
const ASCII = /^[\x00-\x7f]*$/;

/** Without case, width and accents. Kana keep their marks: か and が are different letters. */
export const fold = (text: string): string => {
  if (ASCII.test(text)) return text.toLowerCase();
  const folded = text.normalize('NFKC').toLowerCase();
  return folded
    .normalize('NFD')
    .replace(MARKS, (marks) => (/[\u3099\u309a]/.test(marks) ? marks : ''))
    .normalize('NFC');
};

/** The words of a text, in order. A run in an unspaced script counts as one word here. */
export const wordsOf = (text: string): readonly string[] => {
  const words: string[] = [];
  for (const [run] of fold(text).matchAll(WORD)) words.push(...splitScripts(run));
  return words;
};

/** What the index is given for a text, and asked for a word: never anything but letters and digits between spaces. */
export const indexed = (text: string): string => wordsOf(text).flatMap(gramsOf).join(' ');

/** A word as the index knows it: itself, or in an unspaced script its pairs (a lone character is itself). */
export const askedFor = (word: string): readonly string[] => {
  if (!UNSPACED.test(word)) return [word];
  const characters = [...word];
  return characters.length === 1 ? characters : pairsOf(characters);
};

const gramsOf = (word: string): readonly string[] => {
  if (!UNSPACED.test(word)) return [word];
  const characters = [...word];
  return [...characters, ...pairsOf(characters)];
};

const pairsOf = (characters: readonly string[]): readonly string[] =>
  characters.slice(1).map((character, i) => `${characters[i] ?? ''}${character}`);

/** Where a run of letters changes between spaced and unspaced scripts, it is two words. */
const splitScripts = (run: string): readonly string[] => {
  if (!UNSPACED.test(run)) return [run];
  const words: string[] = [];
  let wasUnspaced: boolean | undefined;
  for (const character of run) {
    const isUnspaced = UNSPACED.test(character) || (wasUnspaced === true && /[\u30fc\p{M}]/u.test(character));
    const last = words.at(-1);
    if (last !== undefined && isUnspaced === wasUnspaced) words[words.length - 1] = last + character;
    else words.push(character);
    wasUnspaced = isUnspaced;
  }
  return words;
};

export const isUnspaced = (word: string): boolean => UNSPACED.test(word);
