/** The long run of test/chat/soak.test.ts: a thousand worlds, or `npm run soak -- COUNT [FROM]`. */
import { spawnSync } from 'node:child_process';

const [count = '1000', from = '1'] = process.argv.slice(2);
const args = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', 'test/chat/soak'];
const env = { ...process.env, SOAK_SEEDS: count, SOAK_FROM: from };
process.exit(spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1);
