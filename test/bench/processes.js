// Starting the processes of a benchmark, talking to them by lines of JSON, and ending them by their own ids.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const DEADLINE_MS = 120_000;
const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export const here = (file) => fileURLToPath(new URL(file, import.meta.url));
export const environment = { ...process.env, NODE_EXTRA_CA_CERTS: undefined, NO_COLOR: '1' };
delete environment.NODE_EXTRA_CA_CERTS;

/** A child that prints one JSON object a line. `netns`: the network namespace to run it in. `deadlineMs`: how long it may be silent. */
export class Child {
  #waiting = [];
  #lines = [];
  #ended = false;
  #deadlineMs;

  constructor(args, { netns, env, deadlineMs = DEADLINE_MS } = {}) {
    this.#deadlineMs = deadlineMs;
    const command = netns === undefined ? [process.execPath, ...args] : ['ip', 'netns', 'exec', netns, process.execPath, ...args];
    this.startedAt = process.hrtime.bigint();
    this.process = spawn(command[0], command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'], env: { ...environment, ...env } });
    running.add(this.process);
    let rest = '';
    this.process.stdout.setEncoding('utf8').on('data', (chunk) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#take({ ...JSON.parse(line), at: process.hrtime.bigint() });
    });
    this.exited = new Promise((resolve) => {
      this.process.on('exit', (code) => {
        running.delete(this.process);
        this.#ended = true;
        for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${args.join(' ')} ended with ${code}`));
        resolve(code);
      });
    });
  }

  /** The next line that `is` accepts; earlier ones are passed over. */
  async line(is) {
    for (;;) {
      const next = this.#lines.shift() ?? (await this.#next());
      if (is(next)) return next;
    }
  }

  tell(command) {
    this.process.stdin.write(`${JSON.stringify(command)}\n`);
  }

  async end(signal = 'SIGTERM') {
    if (!this.#ended) this.process.kill(signal);
    await this.exited;
  }

  #next() {
    if (this.#ended) return Promise.reject(new Error('the process has ended'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`nothing from ${this.process.spawnargs.join(' ')} for ${this.#deadlineMs / 1000} s`)),
        this.#deadlineMs,
      );
      const settled = (settle) => (value) => {
        clearTimeout(timer);
        settle(value);
      };
      this.#waiting.push({ resolve: settled(resolve), reject: settled(reject) });
    });
  }

  #take(line) {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#lines.push(line);
    else waiting.resolve(line);
  }
}

export const median = (values) => quantile(values, 0.5);
export const quantile = (values, q) => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
};
