/** What multicast-dns decoded, in the machine's words. */
import type multicastDns from 'multicast-dns';
import type { DnsMessage, DnsQuestion, DnsRecord } from '../../discovery/dns-message.ts';

type Packet = multicastDns.FullPacket;
type Question = NonNullable<Packet['questions']>[number];
type Answer = NonNullable<Packet['answers']>[number];

/** @returns undefined for an opcode or response code other than 0, which is to be ignored (RFC 6762 §18.3, §18.11). */
export const messageOf = (packet: Packet): DnsMessage | undefined => {
  const { opcode, rcode } = packet as Packet & { readonly opcode?: string; readonly rcode?: string };
  if (opcode !== 'QUERY' || rcode !== 'NOERROR') return undefined;
  return {
    isResponse: packet.type === 'response',
    isTruncated: (packet as Packet & { readonly flag_tc?: boolean }).flag_tc === true,
    questions: (packet.questions ?? []).flatMap(questionsOf),
    answers: (packet.answers ?? []).flatMap(recordsOf),
    authorities: (packet.authorities ?? []).flatMap(recordsOf),
    additionals: (packet.additionals ?? []).flatMap(recordsOf),
    id: packet.id ?? 0,
  };
};

const QUESTION_TYPES: ReadonlySet<string> = new Set(['PTR', 'SRV', 'TXT', 'A', 'AAAA', 'NSEC', 'ANY']);
const isQuestionType = (type: string): type is DnsQuestion['type'] => QUESTION_TYPES.has(type);

/** Classes IN and ANY; with the QU bit set the decoder knows them by number only (0x8001, 0x80ff). */
const CLASSES: ReadonlyMap<string, boolean> = new Map([
  ['IN', false],
  ['ANY', false],
  ['UNKNOWN_32769', true],
  ['UNKNOWN_33023', true],
]);

const questionsOf = (question: Question): readonly DnsQuestion[] => {
  const isUnicast = CLASSES.get(String(question.class ?? 'IN'));
  if (isUnicast === undefined) return [];
  const type: string = question.type;
  return [{ name: question.name, type: isQuestionType(type) ? type : 'other', isUnicast }];
};

const recordsOf = (answer: Answer): readonly DnsRecord[] => {
  if (answer.type === 'OPT' || (answer.class ?? 'IN') !== 'IN') return [];
  const flush = 'flush' in answer && answer.flush === true;
  return [{ name: answer.name, ttl: answer.ttl ?? 0, flush, data: dataOf(answer) }];
};

const dataOf = (answer: Answer): DnsRecord['data'] => {
  switch (answer.type) {
    case 'PTR':
      return { kind: 'PTR', target: answer.data };
    case 'SRV': {
      const { target, port, priority = 0, weight = 0 } = answer.data;
      return { kind: 'SRV', target, port, priority, weight };
    }
    case 'TXT':
      return { kind: 'TXT', strings: textsOf(answer.data) };
    case 'A':
      return { kind: 'A', address: answer.data };
    case 'AAAA':
      return { kind: 'AAAA', address: answer.data };
    case 'NSEC':
      return { kind: 'NSEC', next: answer.data.nextDomain, types: answer.data.rrtypes };
    default:
      return { kind: 'other', type: answer.type };
  }
};

/** Copies: the decoder's strings are views of the datagram. */
const textsOf = (data: unknown): readonly Uint8Array[] =>
  Array.isArray(data) ? data.filter((text) => text instanceof Uint8Array).map((text) => Uint8Array.from(text)) : [];
