/** Colour as a capability that is handed in: nothing here knows a terminal or an escape code. */

/** Names are told apart by ten colours. */
export type NameInk = `name${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`;
export const NAME_INKS = 10;
/** What a piece of text is, not how it looks. */
export type Ink = NameInk | 'place' | 'quiet' | 'warning' | 'strong';
/** Gives text its look, or returns it as it is. */
export type Paint = (ink: Ink, text: string) => string;
/** No colour. */
export const plainPaint: Paint = (_ink, text) => text;

/** The same for the same person, whatever the name. */
export const nameInk = (id: string): NameInk => {
  let sum = 7;
  for (let at = 0; at < id.length; at++) sum = (sum * 31 + id.charCodeAt(at)) >>> 0;
  return `name${(sum % NAME_INKS) as 0}`;
};
