import { describe, expect, test } from '@jest/globals';
import { LiveSettings } from '../../../src/cli/config/live-settings.ts';
import { notifySettings } from '../../../src/cli/config/notify-settings.ts';
import { type NoticeWay, noticeBytes, noticeWay } from '../../../src/cli/terminal/notice-bytes.ts';
import { LOOKING_MS, NOTICE_EVERY_MS, Notifier } from '../../../src/cli/terminal/notifier.ts';
import type { MessageShown } from '../../../src/ui/shown.ts';
import { VirtualClock } from '../virtual-clock.ts';

const BOB = { id: 'b0'.repeat(32), name: 'bob' };
let count = 0;
const said = (text: string, room = 'lobby'): MessageShown => {
  count += 1;
  return { id: `${count}`, room, from: BOB, sequence: count, text, time: 0, isAction: false, isLate: false };
};
const privately = (text: string): MessageShown => {
  const { room: _, ...direct } = said(text);
  return direct;
};

const notifying = (answers: readonly (Error | undefined)[] = []) => {
  const clock = new VirtualClock();
  const settings = new LiveSettings({ logLevel: 'warning', typed: [] });
  const written: string[] = [];
  const desktop: string[] = [];
  const told: string[] = [];
  const open = new Set<string>();
  const left = [...answers];
  let minute = 720;
  const notifier = new Notifier({
    clock,
    settings: () => notifySettings(settings.current),
    minute: () => minute,
    isOpen: (key) => open.has(key),
    write: (bytes) => written.push(bytes),
    way: { form: 'osc9', isWrapped: false },
    desktop: async ({ title, text }) => {
      desktop.push(`${title}|${text}`);
      const answer = left.shift();
      if (answer !== undefined) throw answer;
    },
    tell: (text) => told.push(text),
  });
  settings.onChange(() => notifier.onSettings());
  const at = (next: number): void => {
    minute = next;
  };
  return { clock, settings, notifier, written, desktop, told, open, at };
};

describe('what is told aloud', () => {
  test('rings and is a notice of the terminal, at once', () => {
    const run = notifying();
    run.notifier.onMessage(said('soup?'));
    expect([run.written, run.desktop]).toEqual([['\x07\x1b]9;earshot: bob in #lobby: soup?\x1b\\'], []]);
  });

  test('is one notice for all that follows soon, and then none', async () => {
    const run = notifying();
    for (const text of ['1', '2', '3']) run.notifier.onMessage(said(text));
    run.notifier.onMessage(privately('psst'));
    expect(run.written.length).toBe(1);
    await run.clock.advance(NOTICE_EVERY_MS - 1);
    expect(run.written.length).toBe(1);
    await run.clock.advance(1);
    expect(run.written.slice(1)).toEqual(['\x07\x1b]9;earshot: 2 messages in #lobby, 1 message from bob\x1b\\']);
    await run.clock.advance(10 * NOTICE_EVERY_MS);
    run.notifier.onMessage(said('4'));
    expect(run.written.slice(2)).toEqual(['\x07\x1b]9;earshot: bob in #lobby: 4\x1b\\']);
  });

  test('of a flood in many places is bounded', async () => {
    const run = notifying();
    for (let at = 0; at < 10_000; at++) run.notifier.onMessage(said('x', `room${at}`));
    await run.clock.advance(NOTICE_EVERY_MS);
    expect(run.written.length).toBe(2);
    expect(run.written[1]).toContain('1 message in #room1, 1 message in #room2, 1 message in #room3, 29 other places');
  });

  test.each([
    ['the terminal has the focus', (run: ReturnType<typeof notifying>) => run.notifier.onFocus(true), 0],
    ['it has not', (run: ReturnType<typeof notifying>) => run.notifier.onFocus(false), 1],
    ['it does not say, and nobody types', () => undefined, 1],
    ['it does not say, and somebody types', (run: ReturnType<typeof notifying>) => run.notifier.onKey(), 0],
    [
      'it has not, though somebody typed just before',
      (run: ReturnType<typeof notifying>) => {
        run.notifier.onKey();
        run.notifier.onFocus(false);
      },
      1,
    ],
  ] as const)('is not what is said where one looks: %s', (_why, prepare, notices) => {
    const run = notifying();
    run.open.add('#lobby');
    prepare(run);
    run.notifier.onMessage(said('here'));
    expect(run.written.length).toBe(notices);
    run.notifier.onMessage(said('there', 'kitchen'));
    run.notifier.close();
    expect(run.written.length).toBe(1);
  });

  test('is told again when nobody has typed for a while', async () => {
    const run = notifying();
    run.open.add('#lobby');
    run.notifier.onKey();
    await run.clock.advance(LOOKING_MS);
    run.notifier.onMessage(said('here'));
    expect(run.written.length).toBe(1);
  });

  test('is dropped where one has come to look meanwhile', async () => {
    const run = notifying();
    run.notifier.onFocus(true);
    for (const text of ['1', '2']) run.notifier.onMessage(said(text));
    run.open.add('#lobby');
    await run.clock.advance(NOTICE_EVERY_MS);
    expect(run.written.length).toBe(1);
  });

  test('keeps to the settings as they are at the moment', async () => {
    const run = notifying();
    /** What is written of a private message after these changes. */
    const told = async (...changes: readonly string[]): Promise<readonly string[]> => {
      await run.clock.advance(NOTICE_EVERY_MS);
      for (const change of changes) run.settings.set(change);
      const before = run.written.length;
      run.notifier.onMessage(privately('psst'));
      return run.written.slice(before);
    };
    expect(await told('notify.bell off')).toEqual(['\x1b]9;earshot: bob writes to you\x1b\\']);
    expect(await told('notify.private-text on')).toEqual(['\x1b]9;earshot: bob writes to you: psst\x1b\\']);
    expect(await told('notify.osc9 off')).toEqual([]);
    expect(await told('notify.bell on', 'notify.quiet 11:00-13:00')).toEqual([]);
    run.at(11 * 60 - 1);
    expect(await told()).toEqual(['\x07']);
    run.at(12 * 60);
    expect(await told('notify.quiet off')).toEqual(['\x07']);
    expect(run.desktop).toEqual([]);
    expect(await told('notify.desktop on')).toEqual(['\x07']);
    expect(run.desktop).toEqual(['bob writes to you|psst']);
  });

  test('on the desktop: why it fails is told once, and again after it worked or was set anew', async () => {
    const no = new Error('no');
    const run = notifying([no, no, undefined, no, no]);
    run.settings.set('notify.desktop on');
    for (let at = 0; at < 5; at++) {
      run.notifier.onMessage(said('x'));
      await run.clock.advance(NOTICE_EVERY_MS);
    }
    expect(run.desktop.length).toBe(5);
    expect(run.told).toEqual(['no notices on the desktop: no', 'no notices on the desktop: no']);
  });
});

describe('the bytes of a notice', () => {
  test.each<readonly [NodeJS.ProcessEnv, NoticeWay]>([
    [{ TERM: 'xterm-256color' }, { form: 'osc9', isWrapped: false }],
    [
      { TERM: 'xterm-256color', VTE_VERSION: '7000' },
      { form: 'osc777', isWrapped: false },
    ],
    [{ TERM: 'foot' }, { form: 'osc777', isWrapped: false }],
    [{ TERM: 'rxvt-unicode' }, { form: 'osc777', isWrapped: false }],
    [
      { TERM: 'tmux-256color', TMUX: '/tmp/x' },
      { form: 'osc9', isWrapped: true },
    ],
    [
      { TERM: 'screen', TMUX: '/tmp/x', VTE_VERSION: '7000' },
      { form: 'osc9', isWrapped: true },
    ],
    [{ TERM: 'screen.xterm' }, { form: undefined, isWrapped: false }],
    [{ TERM: 'linux' }, { form: undefined, isWrapped: false }],
    [{ TERM: 'dumb' }, { form: undefined, isWrapped: false }],
    [{}, { form: undefined, isWrapped: false }],
  ])('for %j', (env, way) => {
    expect(noticeWay(env)).toEqual(way);
  });

  // 9;4 is progress, 9;6 runs a macro in ConEmu; a `;` in a title of 777 would begin the text
  const notice = { title: '4;1;50 in #a;b', text: '6;x' };
  test.each<readonly [NoticeWay, string]>([
    [{ form: 'osc9', isWrapped: false }, '\x1b]9;earshot: 4;1;50 in #a;b: 6;x\x1b\\'],
    [{ form: 'osc777', isWrapped: false }, '\x1b]777;notify;earshot: 4,1,50 in #a,b;6;x\x1b\\'],
    [{ form: 'osc9', isWrapped: true }, '\x1bPtmux;\x1b\x1b]9;earshot: 4;1;50 in #a;b: 6;x\x1b\x1b\\\x1b\\'],
    [{ form: undefined, isWrapped: false }, ''],
  ])('never begin with what others wrote: %j', (way, bytes) => {
    expect(noticeBytes(notice, way)).toBe(bytes);
  });
});

describe('/set notify', () => {
  test.each(['notify', 'notify.', 'notify.*', 'NOTIFY'])('%s lists them all', (typed) => {
    const text = new LiveSettings({ logLevel: 'warning', typed: [] }).set(typed);
    expect(
      text
        .split('\n')
        .slice(1)
        .map((line) => line.split(' ')[0]),
    ).toEqual(['notify.bell', 'notify.osc9', 'notify.desktop', 'notify.quiet', 'notify.private-text']);
  });

  test.each([
    ['notify.bell off', 'notify.bell = off, until the end of this chat.'],
    ['notify.private_text on', 'notify.private-text = on, until the end of this chat.'],
    ['notify.quiet 22:00-7:00', 'notify.quiet = 22:00-07:00, until the end of this chat.'],
    ['notify.quiet 22-7', 'notify.quiet is not changed. Give two times of the day, 22:00-07:00, or off.'],
    ['notify.bel off', 'There is no setting notify.bel; did you mean notify.bell?'],
    ['notify off', 'There is no setting notify; did you mean notify.bell?'],
  ])('%s: %s', (typed, text) => {
    expect(new LiveSettings({ logLevel: 'warning', typed: [] }).set(typed)).toBe(text);
  });
});
