/**
 * Who learns that we are here. open: everybody on the link. private: only contacts, the people we wrote to ourselves, are answered;
 * others hear that some earshot is there, not whose. stealth: nothing is said or answered at all until we dial.
 */
export const VISIBILITIES = ['open', 'private', 'stealth'] as const;
export type Visibility = (typeof VISIBILITIES)[number];
