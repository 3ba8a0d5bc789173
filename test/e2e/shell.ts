/** A shell on a pseudo-terminal, seen by a terminal emulator. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { devNull } from 'node:os';
import { expect } from '@jest/globals';
import xterm from '@xterm/headless';
import { whyNotBuilt } from './built.ts';
import { Waiting } from './waiting.ts';

/** A pseudo-terminal comes from `script` of util-linux. */
export const whyNoTerminal = (): string | undefined => {
  if (whyNotBuilt !== undefined) return whyNotBuilt;
  try {
    return /util-linux/.test(execFileSync('script', ['--version'], { encoding: 'utf8' }))
      ? undefined
      : 'script is not util-linux';
  } catch {
    return 'there is no script';
  }
};

/** Of a bash that has read no file: `bash-5.2$`. */
export const PROMPT = /bash-[\d.]+[$#]$/;

/** A shell on a terminal that a test sees and types on. */
export class Shell {
  readonly screen = new xterm.Terminal({ cols: 80, rows: 24, allowProposedApi: true });
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Waiting();

  /** @param command what runs on the terminal. */
  constructor(environment: NodeJS.ProcessEnv, command = 'bash --norc --noediting -i') {
    const { NODE_EXTRA_CA_CERTS: _slow, EARSHOT_HOME: _own, EARSHOT_LINEAR: _linear, ...rest } = process.env;
    const env = { ...rest, TERM: 'xterm-256color', EARSHOT_CONFIG: devNull, ...environment };
    this.#child = spawn('script', ['-qfc', `stty cols 80 rows 24; exec ${command}`, '/dev/null'], { env });
    this.#child.stdout.on('data', (bytes: Buffer) => {
      this.screen.write(bytes, () => {
        this.#waiting.changed();
      });
    });
    shells.add(this);
  }

  /** Of `script`. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  type(text: string): void {
    this.#child.stdin.write(text);
  }

  /** What is on the screen, line by line. */
  get text(): string {
    const { active } = this.screen.buffer;
    return Array.from(
      { length: this.screen.rows },
      (_, y) => active.getLine(active.viewportY + y)?.translateToString(true) ?? '',
    ).join('\n');
  }

  get isAlternate(): boolean {
    return this.screen.buffer.active.type === 'alternate';
  }

  async until(isSo: () => boolean, what: string): Promise<void> {
    await this.#waiting.until(
      isSo,
      () => `no ${what} in:
${this.text}`,
    );
  }

  /** Waits until the shell answers again, with the terminal as it was: it echoes and wraps, and shows the shell's own screen. */
  async isBack(): Promise<void> {
    await this.until(() => !this.isAlternate && PROMPT.test(this.text.trimEnd()), 'shell');
    const { bracketedPasteMode, wraparoundMode, sendFocusMode } = this.screen.modes;
    const modes = { bracketedPasteMode, wraparoundMode, sendFocusMode };
    expect(modes).toEqual({ bracketedPasteMode: false, wraparoundMode: true, sendFocusMode: false });
    this.type('stty -a | tr ";" "\\n" | grep -c -e "-echo " -e "-icanon"; echo back\r');
    await this.until(() => /^0\nback$/m.test(this.text), 'cooked terminal');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
    this.screen.dispose();
  }
}

const shells = new Set<Shell>();

/** Ends what a test has left. */
export const killShells = (): void => {
  for (const shell of shells) shell.kill();
  shells.clear();
};
