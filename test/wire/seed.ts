/** Random tests take their seed from EARSHOT_SEED; fast-check prints the one it used when a property fails. */
export const seed = process.env.EARSHOT_SEED === undefined ? Date.now() % 0x7fff_ffff : Number(process.env.EARSHOT_SEED);

/** Parameters of `fc.assert`. */
export const runs = (numRuns: number): { readonly seed: number; readonly numRuns: number } => ({ seed, numRuns });
/** For the title of a random suite. */
export const seedNote = `(EARSHOT_SEED=${seed})`;
