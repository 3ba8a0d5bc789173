/** Runs the command as a process of its own, on the loopback interface only. Everything started ends with its test. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMMAND } from './built.ts';
import { Waiting } from './waiting.ts';

export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
type Line = Readonly<Record<string, unknown>>;

/** No settings of whoever runs the tests. */
const environment = (): NodeJS.ProcessEnv => {
  const { NODE_EXTRA_CA_CERTS: _slow, ...rest } = process.env;
  const foreign = Object.entries(rest).filter(([name]) => !name.startsWith('EARSHOT_'));
  return { ...Object.fromEntries(foreign), NO_COLOR: '1', EARSHOT_CONFIG: devNull };
};

const running = new Set<Running>();
const folders: string[] = [];

/** A folder that is removed after the test. */
export const freshHome = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-e2e-'));
  folders.push(folder);
  return folder;
};

/** Ends what a test has left. */
export const cleanUp = async (): Promise<void> => {
  await Promise.all([...running].map((process) => process.kill()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
};

export class Running {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<Ended>;
  #stdout = '';
  #stderr = '';
  readonly #waiting = new Waiting();
  #hasEnded = false;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.#child = spawn(process.execPath, [COMMAND, ...args], { env: { ...environment(), ...env }, stdio: 'pipe' });
    running.add(this);
    this.#child.stdin.on('error', () => undefined); // the command does not read its input
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#rouse();
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    this.#ended = new Promise((resolve) => {
      this.#child.on('close', (code) => {
        this.#hasEnded = true;
        running.delete(this);
        this.#rouse();
        resolve({ code, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  /** Of the process. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has written to standard error so far. */
  get stderr(): string {
    return this.#stderr;
  }

  /** The objects printed so far. */
  get lines(): readonly Line[] {
    return this.#stdout
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as Line);
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** The first object printed that has these fields. */
  async line(fields: Line): Promise<Line> {
    const find = (): Line | undefined =>
      this.lines.find((line) => Object.entries(fields).every(([name, value]) => line[name] === value));
    await this.until(() => find() !== undefined, `a line with ${JSON.stringify(fields)}`);
    return find() ?? {};
  }

  /** Waits for what is printed. */
  async until(isSo: () => boolean, what: string): Promise<void> {
    const lost = (): string => `no ${what} in: ${this.#stdout}
${this.#stderr}`;
    await this.#waiting.until(isSo, lost, () => this.#hasEnded);
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** The end of the input. */
  endInput(text = ''): void {
    this.#child.stdin.end(text);
  }

  /** Nobody reads its output any more. */
  cutOutput(): void {
    this.#child.stdout.destroy();
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  get ended(): Promise<Ended> {
    return this.#ended;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  #rouse(): void {
    this.#waiting.changed();
  }
}

/** Loopback, and nobody but who is named: other tests on this machine are not to be met. */
export const ALONE: readonly string[] = ['--interface', '127.0.0.1', '--no-discovery'];

export const start = (...args: readonly string[]): Running => new Running(args);

/** Runs to the end with an input. */
export const run = async (args: readonly string[], input = '', env: NodeJS.ProcessEnv = {}): Promise<Ended> => {
  const process = new Running(args, env);
  process.endInput(input);
  return process.ended;
};

/** Where a listener can be met, once it is ready. */
export const addressOf = async (listener: Running): Promise<string> =>
  `127.0.0.1:${String((await listener.line({ type: 'ready' })).port)}`;

/** The objects of an output. */
export const objects = (stdout: string): readonly Line[] =>
  stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
