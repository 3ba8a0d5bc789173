/**
 * A look at the bytes of a packet before the decoder of multicast-dns gets them. That decoder makes room for as many records as
 * 12 bytes declare, and a text for every label it meets: 9000 bytes of pointers to one long name keep it busy for 40 ms and
 * more. The scan allocates nothing and gives up early.
 */

/** No mDNS packet is larger (RFC 6762 §17). */
const SIZE_MAX = 9000;
const HEADER_SIZE = 12;
const QUESTION_SIZE_MIN = 5;
const RECORD_SIZE_MIN = 11;
/** Work a packet may cause, in labels read; an honest packet of 1472 bytes needs some 800, one of 9000 some 4000. */
const WORK_MAX = 6000;
/** A name has at most 127 labels; what holds names of types that mDNS has no use for is charged for two such. */
const FOREIGN_WORK = 256;
const A = 1;
const NULL = 10;
const PTR = 12;
const HINFO = 13;
const TXT = 16;
const AAAA = 28;
const SRV = 33;
const OPT = 41;
const NSEC = 47;

/**
 * Whether bytes are worth decoding: whole, not larger than mDNS allows, names well-formed and without much repetition. An NSEC that
 * makes no sense becomes a record of a type that nobody reads, as it must not spoil the rest (RFC 6762 §6.1).
 */
export const isPlausible = (bytes: Uint8Array): boolean => {
  if (bytes.length < HEADER_SIZE || bytes.length > SIZE_MAX) return false;
  const questions = number16(bytes, 4);
  const records = number16(bytes, 6) + number16(bytes, 8) + number16(bytes, 10);
  if (HEADER_SIZE + questions * QUESTION_SIZE_MIN + records * RECORD_SIZE_MIN > bytes.length) return false;
  const scan = new Scan(bytes);
  for (let i = 0; i < questions; i++) if (!scan.question()) return false;
  for (let i = 0; i < records; i++) if (!scan.record()) return false;
  return true;
};

const number16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

class Scan {
  readonly #bytes: Uint8Array;
  #at = HEADER_SIZE;
  #work = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  question(): boolean {
    return this.#name() && this.#skip(4);
  }

  record(): boolean {
    if (!this.#name() || this.#at + 10 > this.#bytes.length) return false;
    const type = number16(this.#bytes, this.#at);
    const size = number16(this.#bytes, this.#at + 8);
    const start = this.#at + 10;
    if (start + size > this.#bytes.length) return false;
    this.#at = start + (type === SRV ? 6 : 0);
    if (type === NSEC && !this.#isNsec(start + size)) {
      this.#bytes.set([NULL >> 8, NULL], start - 10);
      this.#at = start + size;
      this.#work += workOf(type, size);
      return this.#work <= WORK_MAX;
    }
    if ((type === PTR || type === SRV) && !this.#name()) return false;
    this.#at = start + size;
    this.#work += workOf(type, size);
    return this.#work <= WORK_MAX;
  }

  /** A name and blocks of 1 to 32 bytes, to the end and not beyond (RFC 4034 §4.1.2). */
  #isNsec(end: number): boolean {
    if (!this.#name() || this.#at > end) return false;
    while (this.#at < end) {
      const size = this.#bytes[this.#at + 1] ?? 0;
      if (size === 0 || size > 32) return false;
      this.#at += 2 + size;
    }
    return this.#at === end;
  }

  #skip(size: number): boolean {
    this.#at += size;
    return this.#at <= this.#bytes.length;
  }

  /** Past a name; pointers only go back (RFC 1035 §4.1.4), so there is no loop. */
  #name(): boolean {
    let at = this.#at;
    let end = -1;
    let limit = at;
    for (;;) {
      if (at >= this.#bytes.length || ++this.#work > WORK_MAX) return false;
      const length = this.#bytes[at] ?? 0;
      if (length === 0) break;
      if ((length & 0xc0) === 0) {
        at += 1 + length;
        continue;
      }
      const target = number16(this.#bytes, at) & 0x3fff;
      if ((length & 0xc0) !== 0xc0 || target >= limit) return false;
      if (end < 0) end = at + 2;
      limit = target;
      at = target;
    }
    this.#at = end < 0 ? at + 1 : end;
    return this.#at <= this.#bytes.length;
  }
}

/** What is in the data beside names: strings of a TXT, bits of an NSEC, options. */
const workOf = (type: number, size: number): number => {
  switch (type) {
    case A:
    case AAAA:
    case PTR:
    case SRV:
      return 0;
    case NSEC:
      return size * 4;
    case TXT:
    case OPT:
    case HINFO:
      return size >> 2;
    default:
      return FOREIGN_WORK;
  }
};
