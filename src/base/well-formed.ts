/** Texts that UTF-8 can hold. */

/** Of the engines that run this, all have it (ECMAScript 2024); the compiler's library is a year older. */
declare global {
  interface String {
    toWellFormed(): string;
  }
}

/** Lone surrogates become U+FFFD, as they would in UTF-8. */
export const wellFormed = (text: string): string => text.toWellFormed();
