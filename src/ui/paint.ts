/** Colour as a capability that is handed in: nothing here knows a terminal or an escape code. */

/** What a piece of text is, not how it looks. */
export type Ink = 'name' | 'place' | 'quiet' | 'warning' | 'strong';
/** Gives text its look, or returns it as it is. */
export type Paint = (ink: Ink, text: string) => string;
/** No colour. */
export const plainPaint: Paint = (_ink, text) => text;
