// Builds dist/: the library as tsc emits it, and the command as one bundle that starts fast.
// --if-possible: does nothing when the build tools are not installed (npm ci --omit=dev of a published package).
import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

const tool = (name) => {
  try {
    return require.resolve(name);
  } catch {
    return undefined;
  }
};

const typescript = tool('typescript/package.json');
const esbuild = tool('esbuild');
if (typescript === undefined || esbuild === undefined) {
  if (process.argv.includes('--if-possible')) process.exit(0);
  console.error('build: typescript and esbuild are not installed; run: npm ci');
  process.exit(1);
}

try {
  execFileSync(process.execPath, [join(dirname(typescript), 'bin/tsc'), '-b'], { cwd: root, stdio: 'inherit' });
} catch {
  process.exit(1); // tsc has said why
}

rmSync(join(root, 'dist/bundle'), { recursive: true, force: true });
const { build } = await import(`file://${esbuild}`).then((module) => module.default ?? module);
await build({
  absWorkingDir: root,
  entryPoints: { earshot: 'src/cli/program/program.ts' },
  outdir: 'dist/bundle',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  minify: false,
  logLevel: 'warning',
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});
