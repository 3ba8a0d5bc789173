import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { ReadStream, WriteStream } from 'node:tty';
import { afterEach, describe, expect, test } from '@jest/globals';
import { LiveSettings } from '../../../src/cli/config/live-settings.ts';
import { SETTINGS } from '../../../src/cli/config/settings.ts';
import { attentionOf } from '../../../src/cli/terminal/attention.ts';
import { Keyboard } from '../../../src/cli/terminal/keyboard.ts';
import { notifierOf } from '../../../src/cli/terminal/notifier.ts';
import { pathsFrom } from '../../../src/cli/terminal/paths.ts';
import { LINE_KEYS, lineKeysText } from '../../../src/ui/line-keys.ts';
import { keyLabel } from '../../../src/ui/screen/bindings.ts';
import { settle, VirtualClock } from '../virtual-clock.ts';

const cleanup: (() => void)[] = [];
afterEach(() => {
  for (const undo of cleanup.splice(0)) undo();
});

/** A chat line by line on a terminal that the test types at. */
const typing = () => {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input }) as unknown as ReadStream & PassThrough;
  const printed: string[] = [];
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 }) as unknown as WriteStream & PassThrough;
  let onPrinted = (): void => undefined;
  output.on('data', (piece) => {
    printed.push(String(piece));
    onPrinted();
  });
  const settings = new LiveSettings({ logLevel: 'warning', typed: [] });
  const clock = new VirtualClock();
  let interrupts = 0;
  const keyboard = new Keyboard({
    input,
    output,
    onInterrupt: () => {
      interrupts += 1;
    },
    chat: {
      settings,
      attentionTo: attentionOf(settings, clock),
      notifier: notifierOf(settings, clock, { isOpen: () => true, write: () => undefined, tell: () => undefined }),
      hasPastes: true,
    },
  });
  cleanup.push(() => keyboard.close());
  keyboard.prompt('#lobby', ['bob', 'carol smith', '#kitchen', '#lobby']);
  const lines: string[] = [];
  let hasEnded = false;
  void (async () => {
    for await (const { text, sign } of keyboard.lines) lines.push(sign === undefined ? text : `(${sign})`);
    hasEnded = true;
  })();
  const type = async (...bytes: readonly (string | Buffer)[]): Promise<void> => {
    for (const piece of bytes) {
      input.write(piece);
      await settle();
    }
  };
  return {
    keyboard,
    type,
    clock,
    settings,
    output: () => printed.join(''),
    /** Until enough was printed; the test's own deadline ends the wait. */
    until: (isSo: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        onPrinted = () => {
          if (isSo()) resolve();
        };
        onPrinted();
      }),
    said: () => lines.filter((line) => !line.startsWith('(')),
    signs: () => lines.filter((line) => line.startsWith('(')),
    interrupts: () => interrupts,
    hasEnded: () => hasEnded,
  };
};

/** What a terminal sends for each key of the list. */
const BYTES: Readonly<Record<string, string>> = {
  enter: '\r',
  tab: '\t',
  up: '\x1b[A',
  down: '\x1b[B',
  left: '\x1b[D',
  right: '\x1b[C',
  'C-left': '\x1b[1;5D',
  'C-right': '\x1b[1;5C',
  'M-b': '\x1bb',
  'M-f': '\x1bf',
  'M-d': '\x1bd',
  home: '\x1b[H',
  end: '\x1b[F',
  backspace: '\x7f',
  delete: '\x1b[3~',
};
const bytesOf = (key: string): string => {
  const letter = /^C-([a-z])$/.exec(key)?.[1];
  const bytes = BYTES[key] ?? (letter === undefined ? undefined : String.fromCharCode(letter.charCodeAt(0) & 0x1f));
  if (bytes === undefined) throw new Error(`what does a terminal send for ${key}?`);
  return bytes;
};

/** By what a key is said to do: keys before it, what is typed after it, and the line that is said then. The cursor is in `one t|wo`. */
const EXPECTED: Readonly<Record<string, string | ((run: ReturnType<typeof typing>, bytes: string) => Promise<void>)>> = {
  'say the line': async (run, bytes) => {
    await run.type(bytes);
    expect(run.said()).toEqual(['before', 'one two']);
  },
  'complete a name, #room, /command, :emoji or path; twice: show all': async (run, bytes) => {
    await run.type('\x05 @bo', bytes, '\r');
    expect(run.said().at(-1)).toBe('one two @bob ');
  },
  'what was typed before and begins with what stands there': async (run, bytes) => {
    await run.type('\x15\x0b', 'be', bytes, '\r');
    expect(run.said().at(-1)).toBe('before');
  },
  'what was typed after and begins so': async (run, bytes) => {
    await run.type('\r', 'third\r', '\x10', '\x10', '\x10', '\x01', bytes, '!\r');
    expect(run.said().at(-1)).toBe('one two!');
  },
  'what was typed before': 'before!',
  'what was typed after': async (run, bytes) => {
    await run.type('\r', 'third\r', '\x10', '\x10', bytes, '!\r');
    expect(run.said().at(-1)).toBe('third!');
  },
  'one to the left': 'one !two',
  'one to the right': 'one tw!o',
  'a word to the left': 'one !two',
  'a word to the right': 'one two!',
  'to the start of the line': '!one two',
  'to the end of the line': 'one two!',
  'delete to the left': 'one !wo',
  'delete to the right; Ctrl-D on an empty line ends the chat': 'one t!o',
  'delete the word before': 'one !wo',
  'delete the word after': 'one t!',
  'cut to the start of the line': '!wo',
  'cut to the end of the line': 'one t!',
  'insert what was cut': async (run, bytes) => {
    await run.type('\x0b', '\x01', bytes, '\r');
    expect(run.said().at(-1)).toBe('woone t');
  },
  'clear the screen': async (run, bytes) => {
    const before = run.output().length;
    await run.type(bytes);
    expect(run.output().slice(before)).toMatch(/^\x1b\[1;1H\x1b\[0J/);
  },
  'back to the shell; fg returns': async () => undefined, // it would stop the test: seen in test/e2e
  'put the line away (Ctrl-Y brings it back); on an empty line end': async (run, bytes) => {
    await run.type(bytes);
    expect(run.interrupts()).toBe(0);
    await run.type('\x19', '\r');
    expect(run.said()).toEqual(['before', 'one two']);
    await run.type(bytes);
    expect(run.interrupts()).toBe(1);
  },
};

describe('every key of a chat line by line', () => {
  const all = LINE_KEYS.flatMap(({ keys, does }) => keys.map((key) => [keyLabel(key), key, does] as const));
  test.each(all)('%s (%s): %s', async (_label, key, does) => {
    const expected = EXPECTED[does];
    if (expected === undefined) throw new Error('no test says what it does');
    const run = typing();
    await run.type('before\r', 'one two', '\x1b[D', '\x1b[D');
    if (typeof expected !== 'string') return expected(run, bytesOf(key));
    await run.type(bytesOf(key), '!', '\r');
    expect(run.said().at(-1)).toBe(expected);
  });

  test('is listed by /keys, and Ctrl-D on an empty line ends', async () => {
    const run = typing();
    await run.type('/keys\r');
    for (const { keys, does } of LINE_KEYS) expect(run.output()).toContain(`${keys.map(keyLabel).join(', ')}: ${does}`);
    expect(run.output()).toContain(lineKeysText());
    await run.type('\x04');
    expect(run.hasEnded()).toBe(true);
  });
});

describe('a keyboard', () => {
  test('does what only a terminal can, and gives the chat the rest', async () => {
    const run = typing();
    const before = run.output().length;
    await run.type('/clear\r');
    expect(run.output().slice(before)).toContain('\x1b[1;1H\x1b[0J');
    await run.type('/set typing off\r', '/mute\r', '/who\r', '//set\r');
    expect(run.settings.current.typing).toBe(false);
    expect(run.output()).toContain('typing = off, until the end of this chat.');
    expect(run.said()).toEqual(['/mute', '/who', '//set']);
  });

  test('tells who writes and who is gone', async () => {
    const run = typing();
    await run.type('hi', '\r', 'x', '\x7f', '/who\r');
    await run.clock.advance(20 * 60_000);
    await run.type('y');
    expect(run.signs()).toEqual(['(typing)', '(typing)', '(stopped)', '(idle)', '(active)', '(typing)']);
  });

  test('completes arguments of commands, ids of what was shown, settings and emoji', async () => {
    const run = typing();
    run.keyboard.sawMessage('0a1b2c3d'.repeat(4));
    for (const line of ['/msg ca', '/join k', '/info 0a', '/react tad']) await run.type(line, '\t', '\r');
    expect(run.said()).toEqual(['/msg "carol smith" ', '/join kitchen ', '/info 0a1b2c3d ', '/react 🎉 ']);
    await run.type('/set ty', '\t', 'of', '\t', '\r');
    expect(run.output()).toContain('typing = off, until');
  });

  test('of several emoji their names are completed and listed, and no half of a picture', async () => {
    const run = typing();
    await run.type('fine :thu', '\t', 'u', '\t', '\r', '/react :thumbsd', '\t', '\r', '/react :heart_', '\t', '\t');
    expect(run.said()).toEqual(['fine 👍', '/react 👎 ']);
    expect(run.output()).toContain('fine :thumbs');
    await run.until(() => run.output().includes(':heart_eyes_cat:'));
    expect(run.output()).not.toMatch(/\ufffd|[\ud800-\udbff](?![\udc00-\udfff])/);
  });

  test('completes paths, and prints no control character of a file name', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'earshot-'));
    cleanup.push(() => rmSync(folder, { recursive: true }));
    for (const name of ['evil\u001b[31m', 'evil\nline', 'plain', 'with space']) writeFileSync(join(folder, name), '');
    const run = typing();
    await run.type(`see ${folder}/`, '\t', '\t');
    await run.until(() => run.output().includes(`${folder}/plain`));
    expect(run.output()).not.toMatch(/evil/);
    await run.type('\x15', '\x0c', `see ${folder}/p`, '\t');
    await run.until(() => run.output().includes(`see ${folder}/plain`));
    await run.type('\r', `see ${folder}/w`, '\t');
    await run.until(() => run.output().includes(`"${folder}/with space" `));
  });
});

const pasted = (text: string): string => `\x1b[200~${text}\x1b[201~`;

describe('a paste line by line', () => {
  test('is told from keys until the end, however the chat ends, and while it is stopped', async () => {
    const run = typing();
    expect(run.output()).toContain('\x1b[?2004h');
    expect(run.output()).not.toContain('\x1b[?2004l');
    run.keyboard.close();
    await settle();
    expect(run.output().split('\x1b[?2004l')).toHaveLength(2);
    const other = typing();
    await other.type('\x04');
    expect(other.output()).toContain('\x1b[?2004l');
  });

  test('of one line goes where the cursor is, and is not said by the line end that was copied with it', async () => {
    const run = typing();
    await run.type('ab', '\x1b[D', pasted('1\t\x03\x1b[31m2\n'));
    expect([run.said(), run.interrupts()]).toEqual([[], 0]);
    await run.type('\r');
    expect(run.said()).toEqual(['a1    ␃␛[31m2b']);
  });

  test.each([
    ['\r', 'as one message', ['see //a\nb']],
    ['m', 'as one message', ['see //a\nb']],
    ['l', 'as 2 messages', ['see //a', 'b']],
    ['n', 'Not pasted', ['see ']],
    ['\x1b', 'Not pasted', ['see ']],
    ['\x03', 'Not pasted', ['see ']],
  ])('of two lines is asked about: %j: %s', async (key, what, said) => {
    const run = typing();
    await run.type('see ', pasted('//a\r\nb\n'));
    expect(run.output()).toContain('2 lines pasted: Enter says them as one message, l line by line, n not at all.\n');
    expect(run.said()).toEqual([]);
    await run.type(key);
    expect(run.output()).toContain(what);
    expect(run.interrupts()).toBe(0);
    if (said[0] === 'see ') await run.type('\r');
    else await run.type('next\r');
    expect(run.said()).toEqual(said[0] === 'see ' ? said : [...said, 'next']);
  });

  test('is said and never done, and empty lines of it are not said', async () => {
    const run = typing();
    await run.type(pasted('/quit\n\n/leave\n'), 'l', pasted('/quit\nnow'), 'm');
    expect(run.said()).toEqual(['//quit', '//leave', '//quit\nnow']);
  });

  test('comes whole however its bytes are cut, and what is typed after it is typed', async () => {
    const run = typing();
    const bytes = Buffer.from(`${pasted('é\nö')}l`);
    await run.type('x\x1b[', ...[...bytes.subarray(2)].map((byte) => Buffer.from([byte])));
    expect(run.said()).toEqual(['xé', 'ö']);
    const other = typing();
    await other.type('x\x1b[2', '00~1\n', '2\x1b[20', '1~', 'l');
    expect(other.said()).toEqual(['x1', '2']);
  });

  test('waits for its answer: another key repeats the question', async () => {
    const run = typing();
    await run.type(pasted('1\n2'), 'x');
    expect(run.output().split('2 lines pasted')).toHaveLength(3);
    await run.type('l');
    expect(run.said()).toEqual(['1', '2']);
  });

  test('too long for one message may still be said line by line; one that is far too long is not taken', async () => {
    const run = typing();
    await run.type(pasted(`${'x'.repeat(8_000)}\n${'y'.repeat(8_000)}`), 'm');
    expect(run.output()).toContain('not said: that has 16001 bytes');
    await run.type('l');
    expect(run.said().map((line) => line.length)).toEqual([8_000, 8_000]);
    await run.type('\x1b[200~', 'x\n'.repeat(600_000), '\x1b[201~', 'on\r');
    expect(run.output()).toContain('not pasted: it has more than 1048576 characters');
    expect(run.said().at(-1)).toBe('on');
  });
});

describe('paths', () => {
  test('are what a folder holds, sorted, folders with a slash, hidden ones only if asked for', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'earshot-'));
    cleanup.push(() => rmSync(folder, { recursive: true }));
    for (const name of ['b.txt', 'a.txt', '.hidden', 'evil\u001b[2J']) writeFileSync(join(folder, name), '');
    mkdirSync(join(folder, 'a dir'));
    symlinkSync(join(folder, 'a dir'), join(folder, 'a link'));
    symlinkSync('/nowhere/at/all', join(folder, 'a lost link'));
    expect(await pathsFrom(`${folder}/a`)).toEqual(
      ['a dir/', 'a link/', 'a lost link', 'a.txt'].map((name) => `${folder}/${name}`),
    );
    expect(await pathsFrom(`${folder}/.`)).toEqual([`${folder}/.hidden`]);
    expect((await pathsFrom(`${folder}/`)).length).toBe(6);
    expect(await pathsFrom(`${folder}/none/`)).toEqual([]);
    expect(await pathsFrom(`${folder}/a.txt/`)).toEqual([]);
  });

  test('may begin at home, and beside us', async () => {
    expect(await pathsFrom('./package.j')).toEqual(['./package.json']);
    for (const path of await pathsFrom('~/')) expect(path.startsWith('~/')).toBe(true);
    expect(homedir()).not.toBe('');
  });

  test('of a folder with very many names are a hundred', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'earshot-'));
    cleanup.push(() => rmSync(folder, { recursive: true }));
    for (let at = 0; at < 150; at++) writeFileSync(join(folder, `f${at}`), '');
    expect((await pathsFrom(`${folder}/`)).length).toBe(100);
  });
});

describe('/set', () => {
  const settings = () => new LiveSettings({ logLevel: 'warning', typed: [], name: 'Ann' });

  test.each(SETTINGS.map(({ key }) => key))('shows %s, and changes it or says what to do instead', (key) => {
    const live = settings();
    const setting = SETTINGS.find((one) => one.key === key);
    if (setting === undefined) throw new Error('no setting');
    expect(live.set(key)).toContain(`${key} = `);
    expect(live.set(key)).toContain(setting.about);
    const before = live.current;
    if (setting.fixed === undefined) {
      expect(live.set('')).toContain(setting.about);
      expect(live.words.map((one) => one.key)).toContain(key);
    } else {
      expect(live.set(`${key} x`)).toBe(`${key} stays as it is while earshot runs: ${setting.fixed}.`);
      expect(live.current).toBe(before);
      expect(live.set('')).not.toContain(setting.about);
    }
  });

  test('takes values as the environment does, and tells whoever looks', () => {
    const live = settings();
    let changes = 0;
    live.onChange(() => {
      changes += 1;
    });
    expect(live.set('typing OFF')).toContain('not changed');
    expect(live.set('typing off')).toBe('typing = off, until the end of this chat.');
    expect(live.set('Away_After 5')).toBe('away-after = 5, until the end of this chat.');
    expect(live.set('away-after -1')).toContain('Give whole minutes');
    expect(live.current).toMatchObject({ typing: false, awayAfter: 5, name: 'Ann' });
    expect(changes).toBe(2);
    expect(live.words).toContainEqual({ key: 'typing', values: ['on', 'off'] });
  });

  test('of an unknown key suggests the nearest, and shows nothing that a terminal obeys', () => {
    expect(settings().set('tying off')).toBe('There is no setting tying; did you mean typing?');
    expect(settings().set('\u001b[2Jxyz')).not.toContain('\u001b');
  });
});
