/** Folders that go away after each test. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';

const made: string[] = [];

afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new empty folder (0700). */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-test-'));
  made.push(folder);
  return folder;
};
