/** A program whose lines are waited for. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const DEADLINE_MS = 20_000;

/** Lines of a program, with a way to wait for one. Lines that came before the wait count. */
export class Program {
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  #taken = 0;
  #waiting: (() => void)[] = [];

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(command, args, {
      env: { ...process.env, NODE_EXTRA_CA_CERTS: '', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on('line', (line) => {
        this.#lines.push(line);
        for (const wake of this.#waiting.splice(0)) wake();
      });
    }
  }

  /** The next line that has all of `parts`; earlier lines are skipped for good. */
  async line(...parts: readonly string[]): Promise<string> {
    const end = Date.now() + DEADLINE_MS;
    for (;;) {
      while (this.#taken < this.#lines.length) {
        const line = this.#lines[this.#taken++] ?? '';
        if (parts.every((part) => line.includes(part))) return line;
      }
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`no line with ${parts.join(', ')} in:\n${this.#lines.join('\n')}`)),
          end - Date.now(),
        );
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** Lines so far. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async ended(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, 'exit');
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}
