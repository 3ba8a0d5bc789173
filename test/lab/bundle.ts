/** Programs of the lab, for hosts on which there is no jest. */
import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** Each becomes `FOLDER/…/NAME.mjs`, its path as it is in test/lab. */
export const bundle = (folder: string, ...entries: readonly string[]): void => {
  buildSync({
    entryPoints: entries.map((entry) => join(process.cwd(), entry)),
    outbase: join(process.cwd(), 'test/lab'),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
};
