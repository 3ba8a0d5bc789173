/**
 * The ranges of an ack frame on the wire (RFC 9000 §19.3.1, as an array): [first length−1, (gap−1, length−1)…], counted
 * downwards from the largest. A gap is the count of numbers missing between two ranges, at least 1.
 */
import { ApiMisuse } from '../base/errors.ts';
import { ACK_RANGES_MAX } from '../base/limits.ts';
import type { CborValue } from './cbor.ts';
import { isU32 } from './fields.ts';

/** Inclusive [smallest, largest], descending, not touching. */
export type AckRanges = readonly (readonly [number, number])[];

/** Throws `ApiMisuse` on no ranges, more than `ACK_RANGES_MAX`, or ranges that touch, overlap, ascend or are empty. */
export const encodeAckRanges = (ranges: AckRanges): { readonly largest: number; readonly lengths: readonly number[] } => {
  const first = ranges[0];
  if (first === undefined || ranges.length > ACK_RANGES_MAX) throw new ApiMisuse(`an ack has 1 to ${ACK_RANGES_MAX} ranges`);
  const lengths: number[] = [];
  let above: number | undefined;
  for (const [smallest, largest] of ranges) {
    if (smallest > largest || smallest < 0) throw new ApiMisuse(`an ack range is empty: ${smallest} to ${largest}`);
    if (above !== undefined) {
      if (largest > above - 2) throw new ApiMisuse('ack ranges descend and do not touch');
      lengths.push(above - largest - 2);
    }
    lengths.push(largest - smallest);
    above = smallest;
  }
  return { largest: first[1], lengths };
};

/** The ranges, or undefined if there are too many, half a pair, or one that would go below zero. */
export const decodeAckRanges = (largest: number, lengths: readonly CborValue[]): AckRanges | undefined => {
  if (lengths.length % 2 === 0 || lengths.length > 2 * ACK_RANGES_MAX - 1) return undefined;
  const ranges: (readonly [number, number])[] = [];
  let top = largest;
  for (let i = 0; i < lengths.length; i += 2) {
    const length = lengths[i];
    const gap = i === 0 ? undefined : lengths[i - 1];
    if (!isU32(length) || (i > 0 && !isU32(gap))) return undefined;
    const below = ranges[ranges.length - 1];
    if (below !== undefined && isU32(gap)) top = below[0] - gap - 2;
    if (top - length < 0) return undefined;
    ranges.push([top - length, top]);
  }
  return ranges;
};
