// A command on a pseudo-terminal (script of util-linux), its screen drawn by a terminal emulator, and what its process costs.
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import xterm from '@xterm/headless';
import { environment } from './processes.js';

const DEADLINE_MS = 60_000;
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Why there is no such terminal here; undefined if there is. */
export const whyNoTerminal = () => {
  try {
    return /util-linux/.test(execFileSync('script', ['--version'], { encoding: 'utf8' }))
      ? undefined
      : 'script is not of util-linux';
  } catch {
    return 'there is no script';
  }
};

export class Terminal {
  #wake = () => undefined;
  #child;

  /** @param args of Node. `netns`: the network namespace to run it in. */
  constructor(args, { netns, columns = 80, rows = 24 } = {}) {
    this.screen = new xterm.Terminal({ cols: columns, rows, scrollback: 0, allowProposedApi: true });
    const command = [
      'script',
      '-qfc',
      `stty cols ${columns} rows ${rows}; exec ${[process.execPath, ...args].join(' ')}`,
      '/dev/null',
    ];
    const [program, ...rest] = netns === undefined ? command : ['ip', 'netns', 'exec', netns, ...command];
    const { NO_COLOR: _, ...env } = environment;
    this.startedAt = performance.now();
    this.#child = spawn(program, rest, { env: { ...env, TERM: 'xterm-256color', EARSHOT_CONFIG: '/dev/null' } });
    running.add(this.#child);
    this.exited = new Promise((resolve) => {
      this.#child.on('exit', () => {
        running.delete(this.#child);
        resolve();
      });
    });
    this.#child.stdout.on('data', (bytes) => {
      const at = performance.now();
      this.screen.write(bytes, () => {
        this.changedAt = at;
        this.#wake();
      });
    });
  }

  /** The process on the terminal: what `script` has started, which its shell has become. */
  get pid() {
    const children = (pid) => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
    return children(this.#child.pid)[0];
  }

  /** What is on the screen, line by line. */
  get text() {
    const { active } = this.screen.buffer;
    const lines = Array.from({ length: this.screen.rows }, (_, y) =>
      active.getLine(active.viewportY + y)?.translateToString(true),
    );
    return lines.join('\n');
  }

  type(text) {
    this.#child.stdin.write(text);
  }

  /** Waits until something is on the screen. @returns when the bytes came that made it so, as `performance.now()` has it. */
  async until(isSo) {
    const deadline = performance.now() + DEADLINE_MS;
    while (!isSo(this.text)) {
      if (performance.now() > deadline) throw new Error(`it did not come; there is:\n${this.text}`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, 1_000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.changedAt;
  }

  /** Milliseconds from typing to seeing. */
  async timeOf(keys, isSo) {
    const before = performance.now();
    this.type(keys);
    return (await this.until(isSo)) - before;
  }

  async end() {
    this.#child.kill('SIGKILL');
    await this.exited;
    this.screen.dispose();
  }
}

/** Seconds that all threads of a process have run. To the nanosecond where the system counts them so, else in hundredths. */
export const cpuSeconds = (pid) => {
  const ofThread = (thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e9;
  try {
    return readdirSync(`/proc/${pid}/task`).reduce((sum, thread) => sum + ofThread(thread), 0);
  } catch {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }
};
