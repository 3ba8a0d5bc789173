/**
 * What `earshot doctor` asks a running peer, and what that reports (protocol.md §12.6): which datagrams of ours reached it, and by
 * which ways. Without a session, as it is for networks on which none comes about; nothing in it is secret, or proves anything.
 *
 *     question  [8, version u32, body bytes(19 or 31), padding bytes]      as large as the datagram that is tried
 *     report    [9, version u32, body bytes(20), padding bytes]            never larger than its question
 *
 * | body of a question | bytes   | body of a report            | bytes |
 * |--------------------|---------|-----------------------------|-------|
 * | nonce              | 8       | nonce                       | 8     |
 * | number             | 2       | number                      | 2     |
 * | way of the report  | 1       | 1: hears multicast, else 0  | 1     |
 * | port for it, or 0  | 2       | seconds since 1970          | 4     |
 * | port asked         | 2       | heard, of each kind         | 5 × 1 |
 * | address asked      | 4 or 16 |                             |       |
 *
 * By multicast both travel as an mDNS question for `<body in hex>._question._earshot._udp.local` (`._report.`), type TXT, which
 * other programs ignore. Numbers are big-endian.
 */
import { concat, EMPTY, fromHex, toHex } from '../base/bytes.ts';
import { type Decoded, decoded, refused } from '../base/decoded.ts';
import { DATAGRAM_SIZE_MAX, INQUIRY_SIZE_MAX, INQUIRY_SIZE_MIN, PROTOCOL_VERSION } from '../base/limits.ts';
import { decode, encode } from './cbor.ts';
import { isArray, isBytes, isU32 } from './fields.ts';
import { ARRAY, headSize } from './head.ts';

/** How a report is to come: back to whoever asked, or to everybody on that link. */
export const REPORT_WAYS = ['unicast', 'multicast', 'broadcast'] as const;
export type ReportWay = (typeof REPORT_WAYS)[number];

/** What kinds of questions are told apart by their way and, the unicast ones, by their size (`kindOfSize`). */
export const HEARD_KINDS = ['small', 'full', 'oversized', 'multicast', 'broadcast'] as const;
export type HeardKind = (typeof HEARD_KINDS)[number];
/** How many questions with the nonce arrived, of each kind; 255 stands for all above, too. */
export type HeardCounts = Readonly<Record<HeardKind, number>>;

export type Question = {
  /** 8 bytes drawn by whoever asks: without them no report is believed. */
  readonly nonce: Uint8Array;
  /** u16; comes back in the report. */
  readonly number: number;
  readonly way: ReportWay;
  /** Port that a unicast report goes to, on the host that asked; 0: where the question came from. */
  readonly answerPort: number;
  /** Who is meant: of the others nobody reports what is multicast or broadcast. Bytes of an IPv4 or IPv6 address. */
  readonly address: Uint8Array;
  readonly port: number;
};
export type Report = {
  readonly nonce: Uint8Array;
  readonly number: number;
  /** Multicast is heard there at all, if only its own. */
  readonly hearsMulticast: boolean;
  /** Since 1970, by the clock there. */
  readonly seconds: number;
  readonly heard: HeardCounts;
};

const QUESTION = 8;
const REPORT = 9;
const NONCE_SIZE = 8;
const REPORT_SIZE = 20;
const COUNT_MAX = 255;
/** Unicast questions up to this are `small`. */
const SMALL_SIZE_MAX = 512;

export const kindOfSize = (sizeBytes: number): 'small' | 'full' | 'oversized' => {
  if (sizeBytes <= SMALL_SIZE_MAX) return 'small';
  return sizeBytes <= DATAGRAM_SIZE_MAX ? 'full' : 'oversized';
};

/** Whether a datagram says that it is a question: nothing more is known of it. */
export const isQuestion = (bytes: Uint8Array): boolean => bytes[0] === (ARRAY | 4) && bytes[1] === QUESTION;

/** @param sizeBytes what it is padded to, `INQUIRY_SIZE_MIN` to `INQUIRY_SIZE_MAX`; one byte less where CBOR has no such length. */
export const encodeQuestion = (question: Question, sizeBytes: number): Uint8Array =>
  padded(QUESTION, questionBody(question), sizeBytes);

/** @param sizeBytes at most that of the question. */
export const encodeReport = (report: Report, sizeBytes: number): Uint8Array => padded(REPORT, reportBody(report), sizeBytes);

const padded = (kind: number, body: Uint8Array, sizeBytes: number): Uint8Array => {
  const room = sizeBytes - (encode([kind, PROTOCOL_VERSION, body, EMPTY]).length - 1);
  return encode([kind, PROTOCOL_VERSION, body, new Uint8Array(room - headSize(room - 1))]);
};

/** Byte fields are views of `bytes`. */
export const decodeQuestion = (bytes: Uint8Array): Decoded<Question> => {
  const body = bodyOf(QUESTION, bytes);
  if (!body.ok) return body;
  const question = questionOf(body.value);
  return question === undefined ? refused('malformed-datagram') : decoded(question);
};

/** Byte fields are views of `bytes`. */
export const decodeReport = (bytes: Uint8Array): Decoded<Report> => {
  const body = bodyOf(REPORT, bytes);
  if (!body.ok) return body;
  const report = reportOf(body.value);
  return report === undefined ? refused('malformed-datagram') : decoded(report);
};

const bodyOf = (wanted: number, bytes: Uint8Array): Decoded<Uint8Array> => {
  if (bytes.length > INQUIRY_SIZE_MAX) return refused('malformed-datagram');
  const item = decode(bytes);
  if (!item.ok) return item;
  if (!isArray(item.value)) return refused('malformed-datagram');
  const [kind, version, body, padding] = item.value;
  if (kind !== wanted || !isU32(version)) return refused('unknown-datagram');
  if (version !== PROTOCOL_VERSION) return refused('version-mismatch');
  if (item.value.length !== 4 || !isBytes(body) || !isBytes(padding)) return refused('malformed-datagram');
  return bytes.length < INQUIRY_SIZE_MIN ? refused('malformed-datagram') : decoded(body);
};

const NAMES = { question: '._question._earshot._udp.local', report: '._report._earshot._udp.local' } as const;

export const questionName = (question: Question): string => toHex(questionBody(question)) + NAMES.question;
export const reportName = (report: Report): string => toHex(reportBody(report)) + NAMES.report;

/** The question that a name in an mDNS question is; undefined if it is none. */
export const questionInName = (name: string): Question | undefined => {
  const body = bodyInName(name, NAMES.question);
  return body && questionOf(body);
};
export const reportInName = (name: string): Report | undefined => {
  const body = bodyInName(name, NAMES.report);
  return body && reportOf(body);
};

const bodyInName = (name: string, ending: string): Uint8Array | undefined => {
  const hex = name.slice(0, -ending.length);
  if (name.slice(-ending.length).toLowerCase() !== ending || !/^(?:[0-9a-f]{2}){1,31}$/i.test(hex)) return undefined;
  return fromHex(hex);
};

const questionBody = ({ nonce, number, way, answerPort, address, port }: Question): Uint8Array => {
  const numbers = new Uint8Array(7);
  const view = new DataView(numbers.buffer);
  view.setUint16(0, number);
  numbers[2] = REPORT_WAYS.indexOf(way);
  view.setUint16(3, answerPort);
  view.setUint16(5, port);
  return concat(nonce, numbers, address);
};

const questionOf = (body: Uint8Array): Question | undefined => {
  if (body.length !== 19 && body.length !== 31) return undefined;
  const view = new DataView(body.buffer, body.byteOffset);
  const way = REPORT_WAYS[view.getUint8(10)];
  if (way === undefined) return undefined;
  return {
    nonce: body.subarray(0, NONCE_SIZE),
    number: view.getUint16(8),
    way,
    answerPort: view.getUint16(11),
    port: view.getUint16(13),
    address: body.subarray(15),
  };
};

const reportBody = ({ nonce, number, hearsMulticast, seconds, heard }: Report): Uint8Array => {
  const body = new Uint8Array(REPORT_SIZE);
  const view = new DataView(body.buffer);
  body.set(nonce, 0);
  view.setUint16(8, number);
  body[10] = hearsMulticast ? 1 : 0;
  view.setUint32(11, seconds);
  for (const [i, kind] of HEARD_KINDS.entries()) body[15 + i] = Math.min(COUNT_MAX, heard[kind]);
  return body;
};

const reportOf = (body: Uint8Array): Report | undefined => {
  if (body.length !== REPORT_SIZE || (body[10] ?? 2) > 1) return undefined;
  const view = new DataView(body.buffer, body.byteOffset);
  const [small = 0, full = 0, oversized = 0, multicast = 0, broadcast = 0] = body.subarray(15);
  return {
    nonce: body.subarray(0, NONCE_SIZE),
    number: view.getUint16(8),
    hearsMulticast: body[10] === 1,
    seconds: view.getUint32(11),
    heard: { small, full, oversized, multicast, broadcast },
  };
};
