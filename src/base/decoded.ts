import type { DropReason } from './drop-reason.ts';

/** What decoding gives: a value, or why not. Decoding never throws. */
export type Decoded<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: DropReason };

export const decoded = <T>(value: T): Decoded<T> => ({ ok: true, value });
export const refused = (reason: DropReason): { readonly ok: false; readonly reason: DropReason } => ({ ok: false, reason });
