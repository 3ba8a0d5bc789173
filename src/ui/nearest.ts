/** The word that was probably meant. */

/** Edits (insert, delete, replace, swap of neighbours) further than this are no slip of the fingers. */
const DISTANCE_MAX = 3;

/** Optimal string alignment distance. */
const distance = (a: string, b: string): number => {
  const rows: number[][] = Array.from({ length: a.length + 1 }, (_, i) => [i, ...new Array<number>(b.length).fill(0)]);
  const at = (i: number, j: number): number => rows[i]?.[j] ?? j;
  for (let j = 0; j <= b.length; j++) rows[0]?.splice(j, 1, j);
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) best = Math.min(best, at(i - 2, j - 2) + 1);
      rows[i]?.splice(j, 1, best);
    }
  }
  return at(a.length, b.length);
};

/** The nearest of `words` to a mistyped one, or undefined if none is near. Words that begin with what was typed come first. */
export const nearest = (typed: string, words: readonly string[]): string | undefined => {
  if (typed.length === 0 || typed.length > 32) return undefined;
  const begun = words.find((word) => word.startsWith(typed));
  if (begun !== undefined) return begun;
  let best: string | undefined;
  let bestDistance = Math.min(DISTANCE_MAX, Math.ceil(typed.length / 2)) + 1;
  for (const word of words) {
    const away = distance(typed, word);
    if (away < bestDistance) {
      best = word;
      bestDistance = away;
    }
  }
  return best;
};
