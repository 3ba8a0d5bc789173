import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { devNull } from 'node:os';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { COMMAND, whyNotBuilt } from './built.ts';
import { ALONE, addressOf, cleanUp, freshHome, start } from './command.ts';
import { Waiting } from './waiting.ts';

jest.setTimeout(60_000);

const whyNoTmux = (): string | undefined => {
  if (whyNotBuilt !== undefined) return whyNotBuilt;
  try {
    execFileSync('tmux', ['-V'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'there is no tmux';
  }
};
const why = whyNoTmux();
const suite = why === undefined ? describe : describe.skip;

/** A shell in a tmux of its own; a client in control mode tells whenever something was drawn. */
class Pane {
  static #count = 0;
  readonly #server = `earshot-${process.pid}-${Pane.#count++}`;
  readonly #client: ChildProcess;
  readonly #waiting = new Waiting();

  constructor(columns: number, rows: number) {
    const size = ['-x', String(columns), '-y', String(rows)];
    const sized = ['set', '-g', 'window-size', 'manual'];
    this.#tmux('-f', devNull, 'new-session', '-d', ...size, 'bash --norc --noediting', ';', ...sized);
    this.#tmux('resize-window', ...size);
    this.#client = spawn('tmux', ['-L', this.#server, '-C', 'attach'], { env: environment, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#client.stdout?.on('data', () => this.#waiting.changed());
  }

  type(...keys: readonly string[]): void {
    this.#tmux('send-keys', ...keys);
  }

  say(text: string): void {
    this.#tmux('send-keys', '-l', '--', text);
    this.type('Enter');
  }

  /** What is drawn, line by line. */
  get lines(): readonly string[] {
    return this.#tmux('capture-pane', '-p').replace(/\n$/, '').split('\n');
  }

  get text(): string {
    return this.lines.join('\n');
  }

  /** Of tmux: `cursor_x`, `alternate_on` and so on. */
  tell(name: string): number {
    return Number(this.#tmux('display-message', '-p', `#{${name}}`));
  }

  until(isSo: () => boolean, what: string): Promise<void> {
    return this.#waiting.until(isSo, () => `no ${what} in:\n${this.text}`);
  }

  end(): void {
    this.#client.kill();
    this.#tmux('kill-server');
  }

  #tmux(...args: readonly string[]): string {
    return execFileSync('tmux', ['-L', this.#server, ...args], { env: environment, encoding: 'utf8' });
  }
}

const environment: NodeJS.ProcessEnv = (({ NODE_EXTRA_CA_CERTS: _, TMUX: __, EARSHOT_HOME: ___, ...rest }) => ({
  ...rest,
  LC_ALL: 'C.UTF-8',
  EARSHOT_CONFIG: devNull,
}))(process.env);

const panes: Pane[] = [];
afterEach(async () => {
  for (const pane of panes.splice(0)) pane.end();
  await cleanUp();
});

suite(`a chat within tmux${why === undefined ? '' : ` (skipped: ${why})`}`, () => {
  test.each([
    [80, 24],
    [40, 10],
    [200, 50],
  ])('is drawn at %d columns and %d rows, and gives the pane back', async (columns, rows) => {
    const listener = start(...ALONE, '--ephemeral', '--name', 'carol', 'listen', '--json');
    const pane = new Pane(columns, rows);
    panes.push(pane);
    const home = ['--home', freshHome(), '--name', 'ann', '--peer', await addressOf(listener)];
    pane.say(`clear; node ${[COMMAND, ...ALONE, ...home].join(' ')} chat; echo "code $?"`);
    await pane.until(() => pane.tell('alternate_on') === 1 && pane.text.includes('· 1 here'), 'chat');
    pane.say('漢字 and soup');
    await pane.until(() => /ann: 漢字 and soup ✓/.test(pane.text), 'message that arrived');
    pane.type('-l', '日本 x');
    pane.type('Left');
    await pane.until(() => pane.lines.at(-1) === '#lobby> 日本 x', 'line of input');
    const { lines } = pane;
    expect(lines.length).toBe(rows);
    expect(lines[0]).toBe(' #lobby');
    expect(lines.at(-2)?.startsWith(' ann · 1 here')).toBe(true);
    expect(lines.some((line) => /│ carol$/.test(line))).toBe(columns >= 64);
    expect([pane.tell('cursor_x'), pane.tell('cursor_y')]).toEqual(['#lobby> 日本 '.length + 2, rows - 1]);
    pane.type('End', 'C-u');
    pane.say('/quit');
    await pane.until(() => pane.tell('alternate_on') === 0 && /^code 0$/m.test(pane.text), 'shell');
    expect(pane.text).not.toContain('#lobby>');
  });
});
