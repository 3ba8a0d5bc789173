/** Records as lines for people. Nothing of a name or text reaches the output uncleaned. */
import { cleanName } from '../../base/name.ts';
import { cleanText } from '../../base/terminal-text.ts';
import { deliveryLine } from '../../ui/delivery-line.ts';
import { messageLine } from '../../ui/message-line.ts';
import type { Paint } from '../../ui/paint.ts';
import { amendmentLine, awayLine, queuedLine, storedLine } from '../../ui/past-line.ts';
import { peerEventLine, peerLine } from '../../ui/peer-line.ts';
import { infoLines, whoisLines } from '../../ui/whois-lines.ts';
import type { OutputRecord, SummaryRecord } from './record.ts';
import { statusLines } from './status-text.ts';

export type TextStyle = {
  readonly paint: Paint;
  /** Minutes that the wall clock is ahead of UTC at a time. */
  readonly offsetMinutes: (time: number) => number;
  /** `chat`: changes of who is here are told, texts keep their lines. `plain`: results only, one line each. */
  readonly for: 'chat' | 'watch' | 'plain';
};

/** The line or lines of a record with the line end; undefined for what has no place in the output. */
export const textLine = (record: OutputRecord, style: TextStyle): string | undefined => {
  const line = lineOf(record, style);
  return line === undefined ? undefined : `${line}\n`;
};

/** An error as the one line for stderr. */
export const errorLine = (text: string): string => `earshot: ${cleanText(text, { newlines: 'space' })}\n`;

const lineOf = (record: OutputRecord, style: TextStyle): string | undefined => {
  const { paint } = style;
  switch (record.kind) {
    case 'message': {
      const newlines = style.for === 'chat' ? 'keep' : 'fold';
      return messageLine(record.message, { paint, offsetMinutes: style.offsetMinutes(record.message.time), newlines });
    }
    case 'peer-event':
      return style.for === 'plain' ? undefined : peerEventLine(record.event, record.peer, paint, style.for === 'watch');
    case 'peer':
      return peerLine(record.peer, paint);
    case 'summary':
      return record.sent === 0 ? undefined : summaryLine(record);
    case 'identity':
      return `name         ${cleanName(record.name)}\nid           ${record.id}\nfingerprint  ${record.fingerprint}`;
    case 'whois':
      return whoisLines(record.person, paint);
    case 'info':
      return infoLines(record, paint, style.offsetMinutes);
    case 'own':
      return deliveryLine(record.delivery, paint);
    case 'notice':
      return paint(record.isWarning === true ? 'warning' : 'quiet', cleanText(record.text, { newlines: 'keep' }));
    case 'stored':
      return storedLine(record.message, paint, style.offsetMinutes);
    case 'amendment':
      return style.for === 'plain' ? undefined : amendmentLine(record.amendment, paint, style.offsetMinutes);
    case 'away':
      return style.for === 'chat' ? awayLine(record.person, record.text, paint) : undefined;
    case 'queued':
      return queuedLine(record.message, record.holders.length, record.waiting, paint, style.offsetMinutes);
    case 'forgotten':
      return `forgotten: ${record.messages === 1 ? '1 message' : `${record.messages} messages`} (${cleanText(record.place, { newlines: 'space' })})`;
    case 'pruned':
      return paint('quiet', `${record.count} messages before these were let go of: 30 days and 100,000 a room are kept`);
    case 'dropped':
      return `given up: ${storedLine(record.message, paint, style.offsetMinutes)}`;
    case 'status':
      return statusLines(record, paint);
    case 'ready':
    case 'typing':
    case 'sent':
    case 'delivered':
    case 'prompt':
    case 'taken':
    case 'past':
    case 'said':
    case 'held':
    case 'overview':
    case 'names':
    case 'error':
      return undefined;
    default:
      return record satisfies never;
  }
};

const summaryLine = ({ sent, delivered, peers, queued }: SummaryRecord): string => {
  if (delivered === 0 && queued === undefined) return `sent ${sent}`;
  const people = peers === 1 ? '1 person' : `${peers} people`;
  const rest = queued === true && sent > delivered ? `; ${sent - delivered} queued in the profile` : '';
  return `sent ${sent}, delivered ${delivered} (${people})${rest}`;
};
