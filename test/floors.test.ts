import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

/** Below platform; node:crypto lives in crypto/primitives. Imports upward and Node's types are refused by the compiler. */
const CORE = ['base', 'wire', 'crypto', 'transport', 'discovery', 'chat', 'peer'];
const IMPURE = /\bDate\b|\bMath\.random\b|\bperformance\b|\bIntl\.DateTimeFormat\b|\bWeakRef\b/;

const sourcesOf = (floor: string): readonly string[] => {
  const folder = fileURLToPath(new URL(`../src/${floor}`, import.meta.url));
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.startsWith('primitives'))
    .map((file) => join(folder, file));
};
const code = (source: string): string => source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');

test.each(CORE)('the floor %s asks nobody but its inputs for time or chance', (floor) => {
  const files = sourcesOf(floor);
  expect(files.length).toBeGreaterThan(4);
  expect(files.filter((file) => IMPURE.test(code(readFileSync(file, 'utf8'))))).toEqual([]);
});
