/** What the numbers in the tables mean. */
import { type EntryId, entryIdOf } from '../../base/ids.ts';
import type { Row } from './database.ts';

/** Where an entry's body is: in a record of the store, at this place of its run. */
export type Place = { readonly ref: number; readonly at: number };
/** Reads a message's or an edit's text back; undefined if it is gone. */
export type TextAt = (place: Place) => string | undefined;

export const STATE = { plain: 0, edited: 1, deleted: 2 } as const;
export const AMENDMENT = { edit: 1, delete: 2, reaction: 3 } as const;

export const idOf = (row: Row): EntryId => entryIdOf(row.id as Uint8Array);
