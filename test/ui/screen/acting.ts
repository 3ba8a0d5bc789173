/** A screen in a test: events in, drawn text out. */

import { rowText } from '../../../src/ui/screen/cells.ts';
import type { Effect, Overview, ScreenEvent, Size } from '../../../src/ui/screen/event.ts';
import { decodeKeys } from '../../../src/ui/screen/keys.ts';
import { type Model, newModel } from '../../../src/ui/screen/model.ts';
import { update } from '../../../src/ui/screen/update.ts';
import { type View, view } from '../../../src/ui/screen/view.ts';
import type { MessageShown, PersonShown } from '../../../src/ui/shown.ts';

export const NOON = Date.UTC(2026, 0, 31, 12, 0);
export const ALICE: PersonShown = { id: 'a1'.repeat(32), name: 'alice' };
export const BOB: PersonShown = { id: 'b0'.repeat(32), name: 'bob' };
export const CAROL: PersonShown = { id: 'ca'.repeat(32), name: 'carol' };

export const overview = (more: Partial<Overview> = {}): Overview => ({
  self: ALICE,
  rooms: [
    { room: 'lobby', isJoined: true, unread: 0, mentions: 0, topic: 'soup at noon' },
    { room: 'kitchen', isJoined: true, unread: 0, mentions: 0 },
  ],
  people: [
    { ...BOB, state: 'connected', rooms: ['lobby', 'kitchen'] },
    { ...CAROL, state: 'idle', rooms: ['lobby'], away: 'lunch' },
  ],
  queued: 0,
  hasNetwork: true,
  isAway: false,
  ...more,
});

let count = 0;
export const message = (text: string, more: Partial<MessageShown> = {}): MessageShown => {
  count += 1;
  return {
    id: count.toString(16).padStart(32, '0'),
    room: 'lobby',
    from: BOB,
    sequence: count,
    text,
    time: NOON,
    isAction: false,
    isLate: false,
    ...more,
  };
};

export class Acting {
  model: Model;
  readonly effects: Effect[] = [];

  constructor(columns = 80, rows = 24) {
    this.model = newModel({ size: { columns, rows }, room: 'lobby', offsetMinutes: () => 0 });
    this.tell({ kind: 'overview', overview: overview() });
  }

  tell(...events: readonly ScreenEvent[]): void {
    for (const event of events) {
      const step = update(this.model, event);
      this.model = step.model;
      this.effects.push(...step.effects);
    }
  }

  /** Bytes as a terminal sends them. */
  type(bytes: string): void {
    this.tell(...decodeKeys(bytes, true).keys);
  }

  hear(text: string, more: Partial<MessageShown> = {}): void {
    this.tell({ kind: 'message', message: message(text, more) });
  }

  view(size: Size = this.model.size): View {
    return view(this.model, size);
  }

  /** The screen as text, without blanks at the ends of lines. */
  text(size?: Size): string {
    return this.view(size)
      .rows.map((row) => rowText(row).trimEnd())
      .join('\n');
  }

  /** What stands in the line being typed. */
  get line(): string {
    return this.model.editor.clusters.join('');
  }

  get lines(): readonly string[] {
    return this.effects.flatMap((effect) => (effect.kind === 'line' ? [effect.text] : []));
  }
}
