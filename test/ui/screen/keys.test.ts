import { describe, expect, test } from '@jest/globals';
import { type ActionName, BINDINGS, keyLabel, keysText } from '../../../src/ui/screen/bindings.ts';
import { decodeKeys } from '../../../src/ui/screen/keys.ts';
import { Acting, ALICE, BOB, message, NOON, overview } from './acting.ts';

/** What xterm sends for a key. */
const BYTES: Readonly<Record<string, string>> = {
  enter: '\r',
  'M-enter': '\x1b\r',
  'C-j': '\n',
  left: '\x1b[D',
  right: '\x1b[C',
  up: '\x1b[A',
  down: '\x1bOB',
  'C-left': '\x1b[1;5D',
  'C-right': '\x1b[1;5C',
  'M-left': '\x1b[1;3D',
  'M-right': '\x1b[1;3C',
  home: '\x1b[H',
  end: '\x1b[F',
  'C-end': '\x1b[1;5F',
  backspace: '\x7f',
  'M-backspace': '\x1b\x7f',
  'C-h': '\b',
  delete: '\x1b[3~',
  'C-delete': '\x1b[3;5~',
  'C-_': '\x1f',
  tab: '\t',
  'S-tab': '\x1b[Z',
  'page-up': '\x1b[5~',
  'page-down': '\x1b[6~',
  f1: '\x1bOP',
  f2: '\x1bOQ',
  escape: '\x1b',
};
const bytesOf = (key: string): string => {
  const known = BYTES[key];
  if (known !== undefined) return known;
  const [, alt, control, letter = ''] = /^(M-)?(C-)?(.)$/.exec(key) ?? [];
  const char = control === undefined ? letter : String.fromCharCode(letter.charCodeAt(0) & 0x1f);
  return (alt === undefined ? '' : '\x1b') + char;
};

/** A screen with the cursor inside of `one two`, things typed before, and enough said to scroll. */
const ready = (): Acting => {
  const screen = new Acting(80, 10);
  for (let at = 0; at < 40; at++) screen.hear(`line ${at}`);
  screen.hear('soup', { room: 'kitchen' });
  screen.type('before\r');
  screen.type('one two\x1b[D\x1b[D');
  return screen;
};

/** What each action does to `one t|wo`. */
const EXPECTED: Readonly<Record<ActionName, (screen: Acting, press: () => void) => void>> = {
  send: (screen, press) => {
    press();
    expect([screen.lines.at(-1), screen.line]).toEqual(['one two', '']);
  },
  newline: (screen, press) => after(screen, press, 'one t\n|wo'),
  left: (screen, press) => after(screen, press, 'one |two'),
  right: (screen, press) => after(screen, press, 'one tw|o'),
  'word-left': (screen, press) => after(screen, press, 'one |two'),
  'word-right': (screen, press) => after(screen, press, 'one two|'),
  'line-start': (screen, press) => after(screen, press, '|one two'),
  'line-end': (screen, press) => after(screen, press, 'one two|'),
  up: (screen, press) => after(screen, press, 'before|'),
  down: (screen, press) => {
    screen.type('\x1b[A');
    after(screen, press, 'one two|');
  },
  'erase-left': (screen, press) => after(screen, press, 'one |wo'),
  'erase-right': (screen, press) => {
    after(screen, press, 'one t|o');
    screen.type('\x05\x15');
    press();
    expect(screen.effects.at(-1)?.kind).toBe(screen.effects.some(({ kind }) => kind === 'end') ? 'end' : 'line');
  },
  'kill-word-left': (screen, press) => after(screen, press, 'one |wo'),
  'kill-word-right': (screen, press) => after(screen, press, 'one t|'),
  'kill-line-end': (screen, press) => after(screen, press, 'one t|'),
  'kill-line-start': (screen, press) => after(screen, press, '|wo'),
  yank: (screen, press) => {
    screen.type('\x17\x01');
    after(screen, press, 't|one wo');
  },
  undo: (screen, press) => {
    screen.type('\x17');
    after(screen, press, 'one t|wo');
  },
  transpose: (screen, press) => after(screen, press, 'one wt|o'),
  complete: (screen, press) => {
    screen.type('\x05 @b');
    after(screen, press, 'one two @bob |');
  },
  'complete-back': (screen, press) => {
    screen.type('\x15\x0b#');
    press();
    expect(screen.line).toBe('#lobby ');
  },
  search: (screen, press) => {
    press();
    screen.type('bef\r');
    expect(screen.lines.at(-1)).toBe('before');
  },
  prefix: (screen, press) => {
    press();
    screen.type('\x05');
    expect(screen.effects.at(-1)).toEqual({ kind: 'edit', text: 'one two' });
  },
  'next-place': (screen, press) => goes(screen, press),
  'previous-place': (screen, press) => goes(screen, press),
  'unread-place': (screen, press) => goes(screen, press),
  'last-place': (screen, press) => {
    screen.type('\x1b1');
    press();
    expect(screen.lines.slice(-2)).toEqual(['/join kitchen', '/join lobby']);
    after(screen, () => undefined, 'one t|wo');
  },
  'page-up': (screen, press) => {
    press();
    expect(screen.text()).toContain('more below');
  },
  'page-down': (screen, press) => {
    screen.type('\x1b[5~');
    press();
    expect(screen.text()).not.toContain('more below');
  },
  bottom: (screen, press) => {
    screen.type('\x1b[5~\x1b[5~\x1b[5~');
    press();
    expect(screen.text()).not.toContain('more below');
  },
  sidebar: (screen, press) => {
    press();
    expect(screen.text()).not.toContain('│');
  },
  keys: (screen, press) => {
    press();
    expect(screen.text()).toMatch(/\n {2}Keys: [\s\S]* more below/);
    screen.type('\x1b>');
    expect(screen.text()).toContain('Ctrl-C: put the line away');
  },
  redraw: (screen, press) => effect(screen, press, 'redraw'),
  cancel: (screen, press) => {
    screen.type('\x12bef');
    press();
    screen.type('!');
    after(screen, () => undefined, 'one t!|wo');
  },
  suspend: (screen, press) => effect(screen, press, 'suspend'),
  interrupt: (screen, press) => {
    const text = screen.line;
    const before = screen.effects;
    press();
    expect([screen.line, screen.effects]).toEqual(['', before]);
    effect(screen, press, 'interrupt');
    screen.type('\x1b[A');
    expect(screen.line).toBe(text);
  },
};

const after = (screen: Acting, press: () => void, expected: string): void => {
  press();
  const { clusters, cursor } = screen.model.editor;
  expect([...clusters.slice(0, cursor), '|', ...clusters.slice(cursor)].join('')).toBe(expected);
};
const goes = (screen: Acting, press: () => void): void => {
  press();
  expect([screen.lines.at(-1), screen.line]).toEqual(['/join kitchen', '']);
};
const effect = (screen: Acting, press: () => void, kind: string): void => {
  press();
  expect(screen.effects.at(-1)).toEqual({ kind });
};

describe('every key', () => {
  const all = BINDINGS.flatMap(({ action, keys }) => keys.map((key) => [key, action] as const));
  test.each(all)('%s does %s', (key, action) => {
    const screen = ready();
    EXPECTED[action](screen, () => screen.type(bytesOf(key)));
  });

  test('is listed, and so are Alt-1 to Alt-9 and what follows Ctrl-X', () => {
    for (const { keys, does } of BINDINGS) expect(keysText()).toContain(`${keys.map(keyLabel).join(', ')}: ${does}`);
    expect(keysText()).toContain('Alt-1 to Alt-9');
    expect(keysText()).toContain('then Ctrl-E: write in $EDITOR');
  });
});

describe('bytes of a terminal', () => {
  test('may come in pieces', () => {
    const sent = 'a\x1b[1;5D\x1b[200~x\r\ny\x1b[201~é\x1b\r';
    const whole = decodeKeys(sent, true).keys;
    for (let cut = 0; cut <= sent.length; cut++) {
      const first = decodeKeys(sent.slice(0, cut), false);
      const second = decodeKeys(first.rest + sent.slice(cut), true);
      const keys = [...first.keys, ...second.keys].filter(({ kind }) => kind !== 'text');
      expect(keys).toEqual(whole.filter(({ kind }) => kind !== 'text'));
    }
  });

  test('that mean nothing here do nothing', () => {
    expect(decodeKeys('\x1b[?62;4c\x1b[1I\x1b[99~\x1b[', true)).toEqual({ keys: [], rest: '' });
  });

  test('that tell of the focus are no text, and change nothing that is shown', () => {
    const { keys } = decodeKeys('\x1b[I\x1b[O', true);
    expect(keys.map((one) => one.kind === 'key' && one.name)).toEqual(['focus', 'blur']);
    const screen = new Acting();
    const before = screen.model;
    screen.tell(...keys);
    expect(screen.model).toBe(before);
  });
});

describe('a paste', () => {
  const pasted = (text: string) => `\x1b[200~${text}\x1b[201~`;
  test('of one line is typed, whatever it holds', () => {
    const screen = new Acting();
    screen.type(pasted('say \x1b[31m\x03\x04 this\n'));
    expect([screen.line, screen.effects]).toEqual(['say ␛[31m␃␄ this', []]);
  });

  test.each([
    ['\r', 'one message', [], '/a\nb'],
    ['l', 'line by line, said and never done', ['//a', 'b'], ''],
    ['\x1b', 'not at all', [], ''],
    ['\x03', 'not at all', [], ''],
  ])('of two lines is asked about; %j: %s', (key, _what, lines, line) => {
    const screen = new Acting();
    screen.type(pasted('/a\r\nb\n'));
    expect(screen.text()).toContain('2 lines pasted');
    screen.type(key);
    expect([screen.lines, screen.line]).toEqual([lines, line]);
  });
});

describe('a paste too long for a message', () => {
  test('is not cut but refused, and says so', () => {
    const screen = new Acting();
    screen.type(`kept\x1b[200~${'x'.repeat(9_000)}\x1b[201~`);
    expect(screen.line).toBe('kept');
    expect(screen.text()).toContain('Not pasted');
  });
});

describe('places', () => {
  test('keep their drafts', () => {
    const screen = new Acting();
    screen.type('for the lobby\x0efor the kitchen\x0e');
    expect(screen.line).toBe('for the lobby');
    screen.type('\x10');
    expect(screen.line).toBe('for the kitchen');
  });

  test('are followed where the chat goes by itself, not where it only confirms an older wish', () => {
    const screen = new Acting();
    screen.type('\x1b1'); // kitchen, line 1
    screen.type('\x1b2'); // back to the lobby, line 2
    const prompt = (room: string) => ({ kind: 'prompt', place: { kind: 'room', room } }) as const;
    screen.tell({ kind: 'taken', line: 1 }, prompt('kitchen'));
    expect(screen.model.at).toBe('#lobby');
    screen.tell({ kind: 'taken', line: 2 }, prompt('garden'));
    expect(screen.model.at).toBe('#garden');
  });

  test('with one person are told to the chat by the whole id', () => {
    const screen = new Acting();
    const { room: _, ...direct } = message('psst', { to: 'a1'.repeat(32) });
    screen.tell({ kind: 'message', message: direct });
    expect(screen.effects).toEqual([]);
    screen.type('\x1ba');
    expect(screen.lines).toEqual([`/query ${BOB.id}`]);
  });

  test('ask the store for more at the top, once, and go on when it comes', () => {
    const screen = new Acting(80, 10);
    const said = Array.from({ length: 20 }, (_, at) => message(`line ${at}`, { time: NOON + at }));
    for (const one of said) screen.tell({ kind: 'message', message: one });
    for (let at = 0; at < 9; at++) screen.type('\x1b[5~');
    expect(screen.lines).toEqual([`/older ${said[0]?.id}`]);
    const older = { ...message('before', { time: NOON - 1 }), receivedAt: NOON, isDeleted: false, edits: [], reactions: [] };
    screen.tell({ kind: 'past', place: { kind: 'room', room: 'lobby' }, messages: [older], isStart: true });
    expect(screen.text()).toContain('bob: before');
  });

  test('stay where they are if whoever asked for more has gone down again meanwhile', () => {
    const screen = new Acting(80, 10);
    const said = Array.from({ length: 20 }, (_, at) => message(`line ${at}`, { time: NOON + at }));
    for (const one of said) screen.tell({ kind: 'message', message: one });
    for (let at = 0; at < 9; at++) screen.type('\x1b[5~');
    screen.type('\x1b[6~');
    const before = screen.text();
    const older = { ...message('before', { time: NOON - 1 }), receivedAt: NOON, isDeleted: false, edits: [], reactions: [] };
    screen.tell({ kind: 'past', place: { kind: 'room', room: 'lobby' }, messages: [older], isStart: true });
    expect(screen.text()).toBe(before);
  });
});

describe('Tab on a screen', () => {
  const asking = (line: string): Acting => {
    const screen = new Acting();
    screen.type(`${line}\t`);
    return screen;
  };

  test('asks for paths, and goes through what comes', () => {
    const screen = asking('see ./s');
    expect(screen.effects).toEqual([{ kind: 'paths', path: './s' }]);
    const names = ['./src/', './s one', './s\u001b[2J', './s"x'];
    screen.tell({ kind: 'paths', path: './s', names });
    expect(screen.line).toBe('see ./src/');
    screen.type('\t');
    expect(screen.line).toBe('see "./s one" ');
    expect(screen.text()).not.toContain('2J');
    screen.type('\t');
    expect(screen.line).toBe('see ./src/');
  });

  test('goes on in a folder that was the only one', () => {
    const screen = asking('see ./s');
    screen.tell({ kind: 'paths', path: './s', names: ['./src/'] });
    screen.type('\t');
    expect(screen.effects.at(-1)).toEqual({ kind: 'paths', path: './src/' });
    screen.type('\x15see "./my d');
    screen.type('\t');
    expect(screen.effects.at(-1)).toEqual({ kind: 'paths', path: './my d' });
    screen.tell({ kind: 'paths', path: './my d', names: ['./my dir/'] });
    expect(screen.line).toBe('see "./my dir/');
  });

  test.each([
    ['nothing is there', 'see ./s', { path: './s', names: [] }],
    ['it was typed on meanwhile', 'see ./sr', { path: './s', names: ['./src/'] }],
    ['only what cannot be typed is there', 'see ./s', { path: './s', names: ['./s\u0007'] }],
  ])('leaves the line as it is if %s', (_why, line, answer) => {
    const screen = asking(line);
    screen.tell({ kind: 'paths', ...answer });
    expect(screen.line).toBe(line);
  });

  test('names messages of the place, the newest first, and settings', () => {
    const screen = new Acting();
    screen.hear('one', { id: '11111111aaaa' });
    screen.hear('two', { id: '22222222bbbb' });
    screen.hear('elsewhere', { id: '33333333cccc', room: 'kitchen' });
    screen.type('/reply \t');
    expect(screen.line).toBe('/reply 22222222 ');
    screen.type('\t');
    expect(screen.line).toBe('/reply 11111111 ');
    screen.type('\x15/edit \t');
    expect(screen.line).toBe('/edit ');
    screen.model = { ...screen.model, settings: [{ key: 'typing', values: ['on', 'off'] }] };
    screen.type('\x15/set t\tof\t');
    expect(screen.line).toBe('/set typing off ');
  });
});

describe('commands of the screen', () => {
  test('clear, keys and set stay here', () => {
    const screen = new Acting();
    screen.hear('alice!');
    screen.type('/keys\r');
    expect(screen.text()).toContain('Keys:');
    screen.type('/clear\r');
    expect(screen.text()).not.toContain('alice!');
    screen.type('/set typing off\r/SET\r');
    expect(screen.effects.slice(-2)).toEqual([
      { kind: 'set', words: 'typing off' },
      { kind: 'set', words: '' },
    ]);
    expect(screen.lines).toEqual([]);
    screen.type('/info\r/set-typing\r/mute\r/notify all\r');
    expect(screen.lines).toEqual(['/info', '/set-typing', '/mute', '/notify all']);
  });
});

describe('what is told aloud on a screen', () => {
  test('is what the chat says, once for each message, and never history', () => {
    const screen = new Acting();
    const heard = message('hello alice', { isMention: true });
    screen.tell({ kind: 'message', message: heard, isAloud: true }, { kind: 'message', message: heard, isAloud: true });
    screen.hear('alice?', { isMention: true });
    screen.tell({ kind: 'message', message: message('before', { isPast: true }), isAloud: true });
    expect(screen.effects).toEqual([{ kind: 'notify', message: heard }]);
  });

  test('a muted place counts quietly: not below, and not before others for Alt-A', () => {
    const screen = new Acting(100, 12);
    screen.tell({
      kind: 'overview',
      overview: overview({ levels: { '#kitchen': 'none', '#lobby': 'all', [`@${BOB.id}`]: 'mentions' } }),
    });
    screen.hear('soup, alice', { room: 'kitchen', isMention: true });
    expect(screen.text()).toContain('1 #kitchen (muted) 1!');
    expect(screen.text()).toContain('2 #lobby (all)');
    expect(screen.text()).not.toContain('1:#kitchen');
    const { room: _, ...direct } = message('psst', { to: ALICE.id });
    screen.tell({ kind: 'message', message: direct });
    expect(screen.text()).toContain('3 @bob (mentions) 1!');
    expect(screen.text()).toContain('3:@bob 1!');
    screen.type('\x1ba');
    expect(screen.model.at).toBe(`@${BOB.id}`);
    screen.type('\x1ba');
    expect(screen.model.at).toBe('#kitchen');
  });
});
