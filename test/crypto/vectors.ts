/** Published test vectors: data that is not part of the package, in a folder beside the repository or in EARSHOT_VECTORS. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from '@jest/globals';

const FOLDER = process.env.EARSHOT_VECTORS ?? join(import.meta.dirname, '../../../shared/vectors');

/** Runs `body` on the parsed file, or shows as skipped, with the reason, where it is absent. */
export const describeVectors = <Data>(title: string, file: string, body: (data: Data) => void): void => {
  const path = join(FOLDER, file);
  if (existsSync(path)) {
    describe(title, () => body(JSON.parse(readFileSync(path, 'utf8'))));
    return;
  }
  const reason = `skipped: ${title}: ${path} is absent; EARSHOT_VECTORS names the folder of published vectors`;
  process.stderr.write(`${reason}\n`); // jest does not name the tests of a file that is skipped as a whole
  test.skip(reason, () => undefined);
};

/** A file of C2SP's wycheproof: groups with what their tests share. */
export type Wycheproof<Group, Test> = {
  readonly testGroups: readonly (Group & { readonly tests: readonly (Test & WycheproofTest)[] })[];
};
export type WycheproofTest = {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly result: 'valid' | 'invalid' | 'acceptable';
};
