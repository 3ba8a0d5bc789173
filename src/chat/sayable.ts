/** What may be said: texts of the right size, topics in rooms. */
import type { Scope } from '../base/ids.ts';
import { REACTION_SIZE_MAX, TEXT_SIZE_MAX, TOPIC_SIZE_MAX } from '../base/limits.ts';
import { wellFormed } from '../base/well-formed.ts';
import { utf8Size } from '../wire/fields.ts';
import type { RefusedReason, SpokenBody } from './event.ts';

export type Sayable =
  | { readonly ok: true; readonly body: SpokenBody }
  | { readonly ok: false; readonly why: RefusedReason; readonly detail: string };

/** @returns the body as it goes into an entry, its texts well-formed; or why it cannot be said in `scope`. */
export const sayable = (scope: Scope, body: SpokenBody): Sayable => {
  switch (body.kind) {
    case 'text':
    case 'action':
    case 'edit': {
      const text = wellFormed(body.text);
      return sizeFault(text, 1, TEXT_SIZE_MAX, 'a text') ?? { ok: true, body: { ...body, text } };
    }
    case 'delete':
      return { ok: true, body };
    case 'reaction': {
      const emoji = wellFormed(body.emoji);
      return sizeFault(emoji, 1, REACTION_SIZE_MAX, 'a reaction') ?? { ok: true, body: { ...body, emoji } };
    }
    case 'topic': {
      if (scope.kind !== 'room') return { ok: false, why: 'not-a-room', detail: 'only a room has a topic' };
      const text = wellFormed(body.text);
      return sizeFault(text, 0, TOPIC_SIZE_MAX, 'a topic') ?? { ok: true, body: { ...body, text } };
    }
    default:
      body satisfies never;
      throw new TypeError('not a body');
  }
};

const sizeFault = (
  text: string,
  from: number,
  to: number,
  what: string,
): Extract<Sayable, { readonly ok: false }> | undefined => {
  if (text.length < from) return { ok: false, why: 'empty', detail: 'there is no text' };
  if (text.length * 3 <= to || utf8Size(text) <= to) return undefined;
  return { ok: false, why: 'too-long', detail: `${what} has at most ${to} bytes of UTF-8` };
};
