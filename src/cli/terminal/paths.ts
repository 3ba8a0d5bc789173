/** What Tab may make of a path: what a folder holds. */
import { opendir, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** BOUNDED: names of a folder that are looked at, and given. */
const LOOKED_AT_MAX = 10_000;
const GIVEN_MAX = 100;

/** The paths that begin so, sorted, as they were begun (`~/`, relative); a folder with a slash at its end. Names are as the disk has them: raw. */
export const pathsFrom = async (begun: string): Promise<readonly string[]> => {
  const slash = begun.lastIndexOf('/') + 1;
  const [head, start] = [begun.slice(0, slash), begun.slice(slash)];
  const folder = resolve(head.startsWith('~/') ? join(homedir(), head.slice(2)) : dirname(`${head}x`));
  const found: string[] = [];
  try {
    let looked = 0;
    for await (const entry of await opendir(folder)) {
      looked += 1;
      if (looked > LOOKED_AT_MAX) break;
      if (!entry.name.startsWith(start) || (entry.name.startsWith('.') && !start.startsWith('.'))) continue;
      const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await leadsToFolder(join(folder, entry.name))));
      found.push(`${head}${entry.name}${isFolder ? '/' : ''}`);
    }
  } catch {
    return []; // no such folder, or not for us to look into: nothing to complete
  }
  return found.sort().slice(0, GIVEN_MAX);
};

const leadsToFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (one) => one.isDirectory(),
    () => false, // it leads nowhere
  );
