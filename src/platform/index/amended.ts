/** What became of a message: its edits, whether it was deleted, who reacted how. Only its author's edits and deletions count. */
import type { PeerId } from '../../base/ids.ts';
import { type WallTime, wallTime } from '../../base/time.ts';
import type { Database, Row } from './database.ts';
import { AMENDMENT, type TextAt } from './tables.ts';

export type Edit = { readonly text: string; readonly time: WallTime };
export type Reaction = { readonly emoji: string; readonly by: readonly PeerId[] };
export type Amendments = {
  /** What it says now, if it was edited. */
  readonly text: string | undefined;
  /** In order of time; the last is what it says now. */
  readonly edits: readonly Edit[];
  readonly isDeleted: boolean;
  readonly reactions: readonly Reaction[];
};

/** BOUNDED: amendments of one message that are looked at; later ones do not count. */
const AMENDMENTS_MAX = 1024;

export class Amended {
  readonly #textAt: TextAt;
  readonly #rows;

  constructor(database: Database, textAt: TextAt) {
    this.#textAt = textAt;
    this.#rows = database.prepare(
      'SELECT kind, p, key, time, emoji, is_on, ref, at FROM amendments JOIN people USING (p) WHERE of = ? ORDER BY time, a LIMIT ?',
    );
  }

  /** @param author its number in the tables. */
  of(id: Uint8Array, author: number): Amendments {
    const edits: Edit[] = [];
    const reactions = new Map<string, Map<PeerId, boolean>>();
    let isDeleted = false;
    for (const row of this.#rows.all(id, AMENDMENTS_MAX) as readonly Row[]) {
      if (row.kind === AMENDMENT.reaction) {
        const by = reactions.get(row.emoji as string) ?? new Map<PeerId, boolean>();
        reactions.set(row.emoji as string, by.set(row.key as PeerId, row.is_on === 1));
      } else if (row.p !== author) {
      } else if (row.kind === AMENDMENT.delete) {
        isDeleted = true;
      } else {
        const text = this.#textAt({ ref: row.ref as number, at: row.at as number });
        if (text !== undefined) edits.push({ text, time: wallTime(row.time as number) });
      }
    }
    return { text: isDeleted ? undefined : edits.at(-1)?.text, edits, isDeleted, reactions: shownReactions(reactions) };
  }
}

const shownReactions = (reactions: ReadonlyMap<string, ReadonlyMap<PeerId, boolean>>): readonly Reaction[] =>
  Array.from(reactions, ([emoji, signs]) => ({ emoji, by: [...signs].filter(([, isOn]) => isOn).map(([peer]) => peer) })).filter(
    ({ by }) => by.length > 0,
  );
