/** The first thing that runs. Says the version without loading anything; everything else is loaded when it is needed. */
import { readFileSync } from 'node:fs';

/** From package.json, two folders up from here in the source and in the bundle alike. */
const version = (): string => {
  const { version: text } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  };
  return text;
};

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) process.stdout.write(`${version()}\n`);
else {
  const { run } = await import('./program.ts');
  await run(args, version());
}
