/** Whatever is typed, said or sent to a screen, at random. */
import { noticeOf } from '../../../src/ui/notice.ts';
import { BINDINGS } from '../../../src/ui/screen/bindings.ts';
import type { ScreenEvent } from '../../../src/ui/screen/event.ts';
import { update } from '../../../src/ui/screen/update.ts';
import { Acting, ALICE, BOB, CAROL, message, NOON, overview } from './acting.ts';

const CONTROL =
  /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udfff](?<![\ud800-\udbff][\udc00-\udfff])(?![\udc00-\udfff])/;

/** Within an emoji sequence, a joiner and a presentation belong. */
const EMOJI = /\p{Extended_Pictographic}(?:\uFE0F|\u200D|\p{Emoji_Modifier})*/gu;

const HOSTILE: readonly string[] = [
  '\u001b[31mred\u001b[0m',
  '\u001b]0;title\u0007',
  '\u009b2J\u009d52;c;x\u009c',
  'hidden\rshown\b\b',
  'a\u202egnp.exe\u202c',
  'z\u200be\u200dr\u200co\ufeff',
  'one\ntwo\r\nthree\u2028four\u0085five\u000bsix',
  `tower${'\u0301'.repeat(50)}`,
  '👨‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 1️⃣ ❤️ ❤',
  '漢字'.repeat(90),
  'https://example.org/\u001b[2Jx https://x.y',
  '```\n\tcode\n```',
  '\ud800 lone \udc00',
  'ﷺ'.repeat(9),
  'x'.repeat(3_000),
  '',
  ' ',
  'alice',
  '\u0301\u0301',
  ':smile: :thumbsup:',
];

/** mulberry32: the same numbers for the same seed. */
const chance = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
};

/**
 * `steps` random keys, resizes, pastes and hostile messages: no throw, no control byte, the cursor inside.
 * @returns how many entries there were in the end.
 * @throws Error naming the step that broke one of these, and its event.
 */
export const fuzz = (seed: number, steps: number): number => {
  const below = chance(seed);
  const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const keys = BINDINGS.flatMap((binding) => binding.keys).filter((key) => key !== 'enter' || below(2) === 0);
  const text = (): string => pick(HOSTILE);
  const person = () => pick([ALICE, BOB, CAROL, { id: `${below(300)}`.padStart(64, '0'), name: text() }]);
  const screen = new Acting();
  const harmless = new Set<string>();
  const event = (): ScreenEvent => {
    const where = pick([{ room: 'lobby' }, { room: 'kitchen' }, { to: ALICE.id }, { room: text().slice(0, 30) || 'x' }]);
    switch (below(17)) {
      case 16:
        return { kind: 'focus', hasFocus: below(2) === 0 };
      case 0:
        return {
          kind: 'resize',
          size: { columns: pick([1, 2, 5, 40, 80, 200, below(250)]), rows: pick([1, 2, 3, 10, 24, 50, below(80)]) },
        };
      case 1:
        return { kind: 'paste', text: text() + pick(['', '\n', text()]) };
      case 2:
      case 3: {
        const { room: _, ...bare } = message(text(), {
          from: person(),
          isAction: below(5) === 0,
          isLate: below(9) === 0,
          time: NOON + below(1e9),
        });
        const answers = screen.model.logs.flatMap((log) =>
          log.entries.flatMap((one) => (one.kind === 'message' ? [one.message.id] : [])),
        );
        return {
          kind: 'message',
          ...(below(2) === 0 ? { isAloud: true } : {}),
          message: {
            ...bare,
            ...where,
            ...(below(4) === 0 ? { isMention: true } : {}),
            ...(answers.length > 0 && below(3) === 0 ? { replyTo: pick(answers) } : {}),
          },
        };
      }
      case 4: {
        const said = { ...message(text(), { from: ALICE }) };
        return { kind: 'said', message: said, audience: below(4) };
      }
      case 5: {
        const ids = screen.model.logs.flatMap((log) =>
          log.entries.flatMap((one) => (one.kind === 'message' ? [one.message] : [])),
        );
        const of = ids.length === 0 ? message('x') : pick(ids);
        const base = { id: `${below(1e6)}`, ...where, from: person(), time: NOON, isLate: false, of: of.id };
        const amendment = pick([
          { ...base, what: 'edit', text: text() },
          { ...base, what: 'delete' },
          { ...base, what: 'reaction', emoji: text().slice(0, 8), isOn: below(2) === 0 },
          { ...base, what: 'topic', text: text() },
        ] as const);
        return { kind: 'amendment', amendment };
      }
      case 6: {
        const people = Array.from({ length: below(40) }, () => ({
          ...person(),
          state: pick(['connected', 'idle', 'unreachable'] as const),
          rooms: ['lobby'],
          ...(below(3) === 0 ? { away: text() } : {}),
          ...(below(3) === 0 ? { fingerprint: text() } : {}),
        }));
        const rooms = [
          ...overview().rooms,
          { room: text().slice(0, 9), isJoined: below(2) === 0, unread: below(3), mentions: 0, topic: text() },
        ];
        return {
          kind: 'overview',
          overview: overview({
            people,
            rooms,
            levels: pick([{}, { '#lobby': 'none' }, { '#kitchen': 'all' }] as const),
            self: { ...ALICE, name: pick(['alice', text()]) },
          }),
        };
      }
      case 7:
        return pick<ScreenEvent>([
          { kind: 'presence', name: text(), isHere: below(2) === 0, time: NOON },
          { kind: 'note', text: text(), look: 'quiet', time: NOON + below(1e10) },
          { kind: 'typing', ...person(), room: 'lobby', isTyping: below(3) > 0 },
          { kind: 'held', id: text(), holders: [text()], audience: 3 },
          { kind: 'prompt', place: { kind: 'person', ...person() } },
          { kind: 'taken', line: below(200) },
          { kind: 'edited', text: text() },
          { kind: 'paths', path: './', names: ['./a/', `./${text()}`] },
          {
            kind: 'emoji',
            names: new Map([
              ['smile', '😄'],
              ['thumbsup', '👍'],
            ]),
          },
          { kind: 'past', place: { kind: 'room', room: 'lobby' }, messages: [], isStart: below(2) === 0 },
        ]);
      case 8:
      case 9:
      case 10:
        return {
          kind: 'text',
          text: pick([
            'a',
            '/',
            '#',
            '@b',
            ':sm',
            ' ',
            '漢',
            '👨‍👩‍👧',
            '/keys',
            '/info ',
            '/clear',
            '/set ',
            '/edit ',
            ' ./',
            '/help',
            text(),
          ]),
        };
      default:
        return { kind: 'key', name: pick([...keys, 'M-1', 'M-9', 'enter', 'nonsense']) };
    }
  };
  for (let step = 0; step < steps; step++) {
    const next = event();
    const { model, effects } = update(screen.model, next);
    screen.model = model;
    const { columns, rows } = model.size;
    const { rows: drawn, cursor } = screen.view();
    const fault = (what: string): string => `step ${step}, ${JSON.stringify(next)}: ${what}`;
    if (drawn.length !== rows) throw new Error(fault(`${drawn.length} rows of ${rows}`));
    for (const row of drawn) {
      if (row.length !== columns) throw new Error(fault(`${row.length} columns of ${columns}`));
      for (const { text: cell, link } of row) {
        if (!harmless.has(cell) && CONTROL.test(cell.replace(EMOJI, '')))
          throw new Error(fault(`control in ${JSON.stringify(cell)}`));
        harmless.add(cell);
        if (link !== undefined && !/^https?:\/\/[!-~]+$/.test(link)) throw new Error(fault(`link ${JSON.stringify(link)}`));
      }
    }
    if (cursor.row < 0 || cursor.row >= rows || cursor.column < 0 || cursor.column >= columns)
      throw new Error(fault('cursor outside'));
    for (const effect of effects) {
      if (effect.kind !== 'notify') continue;
      const notice = noticeOf([{ count: 1, last: effect.message }], { hasPrivateText: true });
      if (notice === undefined || CONTROL.test(`${notice.title}${notice.text}`.replace(EMOJI, '')))
        throw new Error(fault('control in a notice'));
    }
  }
  return screen.model.nextEntry;
};
