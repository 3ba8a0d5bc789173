/** Published vectors: beside the repository, or where EARSHOT_VECTORS points. Tests without them are skipped and say so. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from '@jest/globals';

const folder = process.env.EARSHOT_VECTORS ?? join(process.cwd(), '..', 'shared', 'vectors');

/** A test over the parsed JSON of a vector file; skipped, with the reason in its title, where the file is absent. */
export const testVectors = (title: string, file: string, check: (content: unknown) => void): void => {
  const path = join(folder, file);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    test.skip(`${title} (skipped: cannot read ${path}: ${String(error)})`, () => undefined);
    return;
  }
  test(title, () => check(JSON.parse(text)));
};
