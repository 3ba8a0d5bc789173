/** Records of a chat as events of its screen. */
import { plainPaint } from '../../ui/paint.ts';
import type { ScreenEvent } from '../../ui/screen/event.ts';
import type { OutputRecord } from '../format/record.ts';
import { type TextStyle, textLine } from '../format/text.ts';

/** Undefined for what is not shown. @param now milliseconds since 1970. */
export const screenEvent = (record: OutputRecord, style: TextStyle, now: number): ScreenEvent | undefined => {
  switch (record.kind) {
    case 'message':
    case 'past':
    case 'said':
    case 'held':
    case 'overview':
    case 'amendment':
    case 'taken':
      return record;
    case 'prompt': {
      const { room, to } = record;
      if (to !== undefined) return { kind: 'prompt', place: { kind: 'person', id: to.id, name: to.name } };
      return { kind: 'prompt', ...(room === undefined ? {} : { place: { kind: 'room', room } }) };
    }
    case 'peer-event':
      if (record.event === 'changed') return undefined;
      return { kind: 'presence', name: record.peer.name, isHere: record.event === 'joined', time: now };
    case 'typing': {
      const { person, room, isTyping } = record;
      return { kind: 'typing', id: person.id, name: person.name, isTyping, ...(room === undefined ? {} : { room }) };
    }
    case 'notice':
      if (record.isSeen === true) return undefined;
      return { kind: 'note', text: record.text, look: record.isWarning === true ? 'warning' : 'quiet', time: now };
    case 'error':
      return { kind: 'note', text: record.text, look: 'warning', time: now };
    default: {
      const text = textLine(record, { ...style, paint: plainPaint })?.replace(/\n$/, '');
      return text === undefined ? undefined : { kind: 'note', text, look: 'quiet', time: now };
    }
  }
};
