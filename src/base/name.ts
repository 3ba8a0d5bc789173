/** Names of people: a claim that is made harmless to show, and a skeleton by which look-alikes are found. */
import { cutTowers, dropHidden } from './invisible.ts';
import { NAME_LENGTH_MAX } from './limits.ts';

/** What is seen as nothing between words; the last is the empty Braille cell. */
const SPACES = /[\t-\r\x85\p{Z}\u2800]+/gu;

/**
 * A name fit to show: NFC, no control, bidi, zero-width (except inside emoji sequences) or lone surrogate, at most four
 * combining marks on a base, single spaces between words only, at most `NAME_LENGTH_MAX` code points. May come out empty.
 */
export const cleanName = (text: string): string => {
  const points = [...settle(text)];
  // A cut may leave half an emoji sequence or a space behind.
  return points.length <= NAME_LENGTH_MAX ? points.join('') : settle(points.slice(0, NAME_LENGTH_MAX).join(''));
};

const settle = (text: string): string => {
  const visible = dropHidden(text.replace(SPACES, ' ')).normalize('NFC');
  return cutTowers(visible).replace(SPACES, ' ').trim();
};

/**
 * What a name looks like: equal for names that a reader may take for each other. Compatibility forms, case, marks and the
 * common Cyrillic and Greek look-alikes are folded; so are i, l, 1 and |, o and 0 (after Unicode TR 39). Not for showing.
 */
export const nameSkeleton = (text: string): string => {
  const plain = dropHidden(text.replace(SPACES, ' ')).normalize('NFKD').replace(MARKS, '').trim();
  const latin = mapEach(plain, CAPITALS).toLowerCase().normalize('NFKD').replace(MARKS, '');
  return mapEach(latin, SMALL).replaceAll('rn', 'm').replaceAll('vv', 'w');
};

const MARKS = /\p{M}/gu;

const mapEach = (text: string, table: ReadonlyMap<string, string>): string => {
  let mapped = '';
  for (const point of text) mapped += table.get(point) ?? point;
  return mapped;
};

/** Two rows of look-alikes, code point under code point. */
const alike = (from: string, to: string): readonly (readonly [string, string])[] => {
  const targets = [...to];
  return [...from].map((point, i) => [point, targets[i] ?? point] as const);
};

/** Before folding case: capitals look like other letters than their small forms. Cyrillic, then Greek. */
const CAPITALS: ReadonlyMap<string, string> = new Map([
  ...alike('АВЕЅІЈКМНОРСТУХԌԚԜҮӀ', 'ABESIJKMHOPCTYXGQWYI'),
  ...alike('ΑΒΕΖΗΙΚΜΝΟΡΤΥΧϹϺ', 'ABEZHIKMNOPTYXCM'),
]);

/** After folding case. Cyrillic, Greek, Latin. */
const SMALL: ReadonlyMap<string, string> = new Map([
  ...alike('авеѕіјкмнорстухԁһԛԝԍүӏгѵ', 'abesljkmhopctyxdhqwgylrv'),
  ...alike('αβεικνορτυχγηωσϲϳ', 'abelkvoptuxynwocj'),
  ...alike('i1|0ıɩɑɡⅼǀ', 'lllollagll'),
  ['ß', 'ss'],
]);
