/** A command on a pseudo-terminal (`script` of util-linux), seen by a terminal emulator that knows how wide emoji are. */
import { spawn } from 'node:child_process';
import xterm from '@xterm/headless';
import { eastAsianWidth } from 'get-east-asian-width';

const DEADLINE_MS = 30_000;

/** As xterm packs what it knows of a character: bits 1–2 the width, bit 0 whether it joins the one before. */
const widths = {
  version: 'east-asian',
  wcwidth: (point) => (/^\p{M}|^\u200d/u.test(String.fromCodePoint(point)) ? 0 : eastAsianWidth(point)),
  charProperties(point, before) {
    const own = this.wcwidth(point);
    const widthBefore = (before >> 1) & 3;
    const joins = own === 0 && widthBefore > 0;
    return ((joins ? widthBefore : own) << 1) | (joins ? 1 : 0);
  },
};

export class Terminal {
  #child;
  #wake = [];

  constructor({ command, columns, rows, env }) {
    this.screen = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    this.screen.unicode.register(widths);
    this.screen.unicode.activeVersion = widths.version;
    this.#child = spawn('script', ['-qfc', `stty cols ${columns} rows ${rows}; exec ${command}`, '/dev/null'], { env });
    this.#child.stdout.on('data', (bytes) => {
      this.screen.write(bytes, () => {
        for (const wake of this.#wake.splice(0)) wake();
      });
    });
  }

  /** The rows on the screen. */
  get lines() {
    const { active } = this.screen.buffer;
    return Array.from({ length: this.screen.rows }, (_, y) => active.getLine(active.viewportY + y));
  }

  get text() {
    return this.lines.map((line) => line?.translateToString(true) ?? '').join('\n');
  }

  type(text) {
    this.#child.stdin.write(text);
  }

  /** Types a line and waits for what it does. */
  async say(text, seen, where = this) {
    this.type(`${text}\r`);
    await where.until(seen);
  }

  async until(seen) {
    const deadline = Date.now() + DEADLINE_MS;
    while (!seen.test(this.text)) {
      if (Date.now() > deadline) throw new Error(`no ${seen} in:\n${this.text}`);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, 100);
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  kill() {
    this.#child.kill('SIGKILL');
    this.screen.dispose();
  }
}
