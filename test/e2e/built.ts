/** The command as it is shipped: built before the first test that needs it, if it is older than its source. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const BUNDLE = join(ROOT, 'dist/bundle/earshot.js');
/** Held while somebody builds: test files run in several processes. */
const LOCK = join(ROOT, 'dist/.building');
/** A build takes seconds; a lock older than this is left over. */
const BUILD_MAX_MS = 120_000;

/** The file to run. */
export const COMMAND = join(ROOT, 'bin/earshot.js');

const newest = (folder: string): number => {
  let latest = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.name.endsWith('.ts'))
      latest = Math.max(latest, statSync(join(entry.parentPath, entry.name)).mtimeMs);
  }
  return latest;
};

const isFresh = (): boolean => (statSync(BUNDLE, { throwIfNoEntry: false })?.mtimeMs ?? 0) >= newest(join(ROOT, 'src'));

/** Waits without giving way: this runs while tests are being collected. */
const pause = (ms: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
};

const takeLock = (): void => {
  mkdirSync(dirname(LOCK), { recursive: true });
  for (;;) {
    try {
      mkdirSync(LOCK);
      return;
    } catch {
      const since = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs; // somebody else builds
      if (since !== undefined && Date.now() - since > BUILD_MAX_MS) rmdirSync(LOCK);
      else pause(100);
    }
  }
};

const build = (): string | undefined => {
  takeLock();
  try {
    if (!isFresh()) execFileSync(process.execPath, [join(ROOT, 'bin/build.mjs')], { cwd: ROOT, stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `the command cannot be built: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`;
  } finally {
    rmdirSync(LOCK);
  }
};

/** Why the command cannot be tested here; undefined if it can. */
export const whyNotBuilt: string | undefined = isFresh() ? undefined : build();
