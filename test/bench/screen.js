// node test/bench/screen.js [SECONDS] [MESSAGES A SECOND]: the screen alone on a pseudo-terminal (script of util-linux), fed messages while
// somebody types. Tells CPU of one core, key to echo, pictures a second and resident memory.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { median, quantile } from './processes.js';

const SELF = fileURLToPath(import.meta.url);
const TICK_MS = 10;
const KEY_EVERY_MS = 50;

const feed = async (seconds, perSecond, file) => {
  const { Screen } = await import('../../dist/cli/terminal/screen.js');
  const { LiveSettings } = await import('../../dist/cli/config/live-settings.js');
  const { stdin, stdout } = process;
  const echoes = [];
  let pictures = 0;
  let pressedAt;
  const write = stdout.write.bind(stdout);
  stdout.write = (bytes, ...more) => {
    pictures += 1;
    const result = write(bytes, ...more);
    if (pressedAt !== undefined) echoes.push(performance.now() - pressedAt);
    pressedAt = undefined;
    return result;
  };
  const screen = new Screen({
    input: stdin,
    output: stdout,
    room: 'lobby',
    settings: new LiveSettings({ logLevel: 'warning', typed: [] }),
    onInterrupt: () => process.exit(1),
  });
  const before = process.cpuUsage();
  const start = performance.now();
  let told = 0;
  let keys = 0;
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      const passed = performance.now() - start;
      for (; told < (passed / 1000) * perSecond; told++) {
        const id = told.toString(16).padStart(32, '0');
        const from = { id: `${told % 20}`.padStart(64, '0'), name: `person ${told % 20}` };
        const text = `message ${told}: the quick brown fox jumps over the lazy dog, see https://example.org/${told} 你好`;
        screen.show({
          kind: 'message',
          message: { id, room: 'lobby', from, sequence: told, text, time: Date.now(), isAction: false, isLate: false },
        });
      }
      if (passed > keys * KEY_EVERY_MS && pressedAt === undefined) {
        keys += 1;
        pressedAt = performance.now();
        stdin.emit('data', 'x');
      }
      if (passed < seconds * 1000) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  const wall = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  const cpu = (user + system) / 1e6 / wall;
  const rss = Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
  screen.close();
  writeFileSync(file, JSON.stringify({ told, cpu, echoes, pictures: pictures / wall, rss }));
  process.exit(0);
};

const onTerminal = (command, env = {}) =>
  spawnSync('script', ['-qfc', `stty cols 80 rows 24; ${command}`, '/dev/null'], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: undefined, TERM: 'xterm-256color', ...env },
    timeout: 60_000,
  });

/** @returns what it took: CPU of one core (1: all of it), milliseconds from key to echo, pictures a second, RSS in MB. */
export const screenAlone = ({ seconds, perSecond }) => {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-bench-'));
  const file = join(folder, 'result.json');
  try {
    onTerminal(`${process.execPath} ${SELF} --feed ${seconds} ${perSecond} ${file}`);
    const { echoes, ...taken } = JSON.parse(readFileSync(file, 'utf8'));
    return { ...taken, keys: echoes.length, p50: median(echoes), p99: quantile(echoes, 0.99) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const measure = (seconds, perSecond) => {
  const { told, cpu, keys, p50, p99, pictures, rss } = screenAlone({ seconds, perSecond });
  console.log(`${told} messages in ${seconds} s, ${pictures.toFixed(0)} pictures a second`);
  console.log(`CPU of one core        ${(cpu * 100).toFixed(1)} %  (bar 25)`);
  console.log(`key to echo            ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms of ${keys}  (bar 16)`);
  console.log(`resident memory        ${rss.toFixed(0)} MB  (bar 90)`);
};

if (process.argv[1] === SELF) {
  const [first, ...rest] = process.argv.slice(2);
  if (first === '--feed') await feed(Number(rest[0]), Number(rest[1]), rest[2]);
  else measure(Number(first ?? 10), Number(rest[0] ?? 1000));
}
