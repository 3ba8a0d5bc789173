/** Random delays and labels from the core's one source of chance. */
import type { Entropy } from '../crypto/suite.ts';

/** Uniform in [low, high). */
export const uniform = (entropy: Entropy, low: number, high: number): number => {
  let number = 0;
  for (const byte of entropy(4)) number = number * 256 + byte;
  return low + (high - low) * (number / 2 ** 32);
};

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';
/** Characters of a label: 130 bits in base32. */
export const LABEL_LENGTH = 26;

/** A label that nobody else has: 26 characters of base32, no dots. */
export const randomLabel = (entropy: Entropy): string => {
  let label = '';
  for (const byte of entropy(LABEL_LENGTH)) label += ALPHABET[byte & 31];
  return label;
};
