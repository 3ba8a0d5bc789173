#!/usr/bin/env node
// Says the version without loading anything else. CommonJS (bin/package.json says so), because it starts faster than a module:
// `--version` takes 1.25 times as long as `node -e 0` instead of 1.45.
const { version } = require('../package.json');

const args = process.argv.slice(2);
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) process.stdout.write(`${version}\n`);
else {
  import('../dist/bundle/earshot.js').then(
    ({ run }) => run(args, version),
    () => {
      process.stderr.write('earshot: it is not built: run npm ci in its folder\n');
      process.exitCode = 1;
    },
  );
}
