/** Other processes for tests: a piece of TypeScript, bundled and run by node. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach } from '@jest/globals';
import { build } from 'esbuild';
import { temporaryFolder } from './temporary.ts';

const root = join(import.meta.dirname, '../..');

/** Bundles `code`, which may import from `/src/…` and `/test/…`. @returns the path of a script. */
export const bundle = async (code: string): Promise<string> => {
  const outfile = join(temporaryFolder(), 'child.mjs');
  await build({
    stdin: { contents: code.replaceAll(/'\/(src|test)\//g, `'${root}/$1/`), resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
  return outfile;
};

export type Child = {
  readonly process: ChildProcess;
  /** The next line it writes; undefined when it has ended. */
  line(): Promise<string | undefined>;
  /** Sends SIGKILL and waits for the end. */
  kill(): Promise<void>;
};

const running = new Set<ChildProcess>();

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});

/** Runs a bundled script; it is killed after the test at the latest. */
export const run = (script: string, ...args: readonly string[]): Child => {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  running.add(child);
  const ended = new Promise<void>((resolve) => child.on('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    line: async () => (await lines.next()).value,
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};
