/** Questions that are odd or broken, or that are not asked at all. */
import { answers, type Bench, check, fail, hasName, type Lane, question, records, resource, says } from './bench.ts';
import { encode, FLAG, isName, keyOf, type Name, type Resource, TYPE, typeOf } from './packet.ts';
import { SERVICE } from './target.ts';
import { type Heard, isResponse } from './tester.ts';

const BROWSE = question(SERVICE, TYPE.PTR);
const saysPointer = ({ own }: Bench) => {
  const { pointer } = own;
  return (heard: Heard): boolean => isResponse(heard) && answers(heard, pointer);
};

const header = (...numbers: readonly number[]): Buffer =>
  Buffer.concat(numbers.map((value) => Buffer.from([(value >> 8) & 255, value & 255])));
const label = (name: string): Buffer => Buffer.concat([Buffer.from([name.length]), Buffer.from(name)]);

/** What no decoder may stumble over. */
const malformed = (): readonly Buffer[] => {
  const whole = encode({ questions: [BROWSE], answers: [resource(SERVICE, 9, { kind: 'PTR', target: ['x', ...SERVICE] })] });
  return [
    ...Array.from({ length: whole.length }, (_, end) => whole.subarray(0, end)),
    Buffer.concat([header(0, 0, 1, 0, 0, 0, 0xc00c, TYPE.PTR, 1)]), // a name that points at itself
    Buffer.concat([header(0, 0, 1, 0, 0, 0, 0xc00e, 0xc00c, TYPE.PTR, 1)]), // two that point at each other
    Buffer.concat([header(0, 0, 1, 0, 0, 0, 0xffff, TYPE.PTR, 1)]), // beyond the end
    Buffer.concat([header(0, 0, 1, 0, 0, 0), Buffer.from([0x80, 1, 0]), header(TYPE.PTR, 1)]), // neither length nor pointer
    header(0, 0, 0xffff, 0xffff, 0xffff, 0xffff), // counts of what is not there
    Buffer.concat([
      header(0, FLAG.response, 0, 1, 0, 0),
      label('x'),
      Buffer.from([0]),
      header(TYPE.TXT, 1, 0, 9, 4),
      Buffer.from([200, 1, 2, 3]),
    ]),
    Buffer.concat([
      header(0, FLAG.response, 0, 1, 0, 0),
      label('x'),
      Buffer.from([0]),
      header(TYPE.A, 1, 0, 9, 2),
      Buffer.from([10, 0]),
    ]),
    Buffer.concat([
      header(0, FLAG.response, 0, 1, 0, 0),
      label('x'),
      Buffer.from([0]),
      header(TYPE.NSEC, 1, 0, 9, 4),
      Buffer.from([0, 0, 255, 1]),
    ]),
    Buffer.concat([
      header(0, FLAG.response, 0, 1, 0, 0),
      label('x'),
      Buffer.from([0]),
      header(TYPE.SRV, 1, 0, 9, 3),
      Buffer.from([0, 0, 0]),
    ]),
    Buffer.alloc(9000, 0xc0),
  ];
};

/** A question, and a known answer whose names are pointers to the question's (§18.14). */
const compressedKnown = (instance: Name): Buffer => {
  const browse = encode({ questions: [BROWSE] });
  const target = Buffer.concat([label(instance[0] ?? ''), header(0xc00c)]);
  return Buffer.concat([
    header(0, 0, 1, 1, 0, 0),
    browse.subarray(12),
    header(0xc00c, TYPE.PTR, 1, 0, 4500, target.length),
    target,
  ]);
};

export const odd: Lane = {
  name: 'odd and broken questions',
  needs: 'program',
  checks: [
    {
      section: '6.1',
      level: 'MUST',
      title: 'asked for a type that its name does not have, it says so',
      run: async (bench) => {
        const { instance } = bench.own;
        const at = await bench.ask([question(instance, TYPE.AAAA)]);
        await bench.tester.until('an NSEC', (heard) => isResponse(heard) && negative(heard, instance) !== undefined, at);
      },
    },
    {
      section: '6.1',
      level: 'MUST',
      title: 'this names its types and not itself, in block 0, with its own name as the next',
      run: async (bench) => {
        const { host } = bench.own;
        const at = await bench.ask([question(host, TYPE.TXT)]);
        const heard = await bench.tester.until('an NSEC', (one) => isResponse(one) && negative(one, host) !== undefined, at);
        const rdata = negative(heard, host)?.rdata;
        if (rdata?.kind !== 'NSEC') return fail('no NSEC');
        check(
          isName(rdata.next, host) && rdata.blocks.join() === '0',
          `next ${keyOf(rdata.next)}, blocks ${rdata.blocks.join()}`,
        );
        check(
          rdata.types.includes(TYPE.A) && !rdata.types.some((type) => type === TYPE.TXT || type === TYPE.NSEC),
          rdata.types.join(),
        );
      },
    },
    {
      section: '6.2',
      level: 'SHOULD',
      title: 'with its IPv4 addresses comes that it has no IPv6 address',
      run: async (bench) => {
        const { host, addresses } = bench.own;
        const heard = await bench.answer(await bench.ask([question(host, TYPE.A)]), 'the addresses', ...addresses);
        check(
          negative(heard, host) !== undefined || records(heard).some((record) => typeOf(record) === TYPE.AAAA),
          'neither AAAA nor NSEC',
        );
      },
    },
    {
      section: '5.4',
      level: 'SHOULD',
      title: 'a question that welcomes unicast is answered so, if all heard it lately',
      run: async (bench) => {
        const at = await bench.ask([question(SERVICE, TYPE.PTR, { isUnicast: true })]);
        const heard = await bench.answer(at, 'the pointer', bench.own.pointer);
        check(heard.via === 'unicast', heard.via);
      },
    },
    {
      section: '11',
      level: 'SHOULD',
      title: 'one from a host that is not on the link is answered to all, if at all',
      run: async (bench) => {
        const at = await bench.ask([question(SERVICE, TYPE.PTR, { isUnicast: true })], {}, { host: OFF_LINK });
        await bench.silence(at, 'unicast', ({ via }) => via === 'unicast');
      },
    },
    {
      section: '5.5',
      level: 'SHOULD',
      title: 'a question sent to it alone is answered',
      run: async (bench) => {
        await bench.rest();
        await bench.answer(await bench.tester.unicast({ questions: [BROWSE] }), 'the pointer', bench.own.pointer);
      },
    },
    {
      section: '5.5',
      level: 'SHOULD',
      title: 'one sent to it alone from beyond the link is not',
      run: async (bench) => {
        await bench.rest();
        const at = await bench.tester.unicast({ questions: [BROWSE] }, { host: OFF_LINK });
        await bench.silence(at, 'an answer', saysPointer(bench));
      },
    },
    {
      section: '6.7',
      level: 'MUST',
      title: 'a question from another port is answered there, with its id and itself repeated, and no flush bits',
      run: async (bench) => {
        const { service, instance } = bench.own;
        const at = await bench.ask([question(instance, TYPE.SRV)], { id: 777 }, { port: 40_001 });
        const heard = await bench.answer(at, 'the service', service);
        const { packet, via } = heard;
        check(via === 'unicast' && packet.id === 777, `${via}, id ${packet.id}`);
        check(
          packet.questions.length === 1 && packet.questions.every(({ name }) => isName(name, instance)),
          'the question is not repeated',
        );
        check(
          records(heard).every(({ isFlush }) => !isFlush),
          'flush bit',
        );
      },
    },
    {
      section: '6.7',
      level: 'SHOULD',
      title: 'what it is told lives at most 10 s',
      run: async (bench) => {
        const at = await bench.ask([BROWSE], { id: 778 }, { port: 40_001 });
        const heard = await bench.answer(at, 'the pointer', bench.own.pointer);
        check(
          records(heard).every(({ ttl }) => ttl <= 10),
          records(heard)
            .map(({ ttl }) => ttl)
            .join(),
        );
      },
    },
    {
      section: '18.14',
      level: 'MUST',
      title: 'it is told the target of a service without compression, in at most 512 bytes',
      run: async (bench) => {
        const { service, instance } = bench.own;
        const at = await bench.ask([question(instance, TYPE.SRV)], { id: 779 }, { port: 40_001 });
        const heard = await bench.answer(at, 'the service', service);
        const services = records(heard).flatMap(({ rdata }) => (rdata.kind === 'SRV' ? [rdata.isCompressed] : []));
        check(services.length > 0 && services.every((isPointer) => isPointer === false), 'compressed');
        check(heard.bytes.length <= 512, `${heard.bytes.length} bytes`);
      },
    },
    ...[
      ['18.3', 'an opcode other than 0', 0x0800],
      ['18.11', 'an rcode other than 0', 0x0003],
    ].map(([section, what, flags]) => ({
      section: String(section),
      level: 'MUST' as const,
      title: `a packet with ${what} is ignored`,
      run: async (bench: Bench) => {
        const at = await bench.ask([BROWSE], { flags: Number(flags) });
        await bench.silence(at, 'an answer', saysPointer(bench));
      },
    })),
    {
      section: '18.14',
      level: 'MUST',
      title: 'compressed names are understood, in questions and in the data of known answers',
      run: async (bench) => {
        const { instance, pointer, text } = bench.own;
        await bench.rest();
        const at = await bench.tester.multicast(compressedKnown(instance));
        await bench.silence(at, 'the pointer', saysPointer(bench));
        const second = Buffer.concat([label(instance[0] ?? ''), header(0xc00c, TYPE.TXT, 1)]);
        const both = Buffer.concat([header(0, 0, 2, 0, 0, 0), encode({ questions: [BROWSE] }).subarray(12), second]);
        await bench.rest();
        const sentAt = await bench.tester.multicast(both);
        for (const record of [pointer, text])
          await bench.tester.until('both', (heard) => isResponse(heard) && says(heard, record), sentAt);
      },
    },
    {
      section: '6',
      level: 'MUST',
      title: 'a question for what it is not authoritative for stays unanswered',
      run: async (bench) => {
        const at = await bench.ask([question(['somebody', 'local'], TYPE.A), question(['_other', '_tcp', 'local'], TYPE.PTR)]);
        await bench.silence(
          at,
          'an answer',
          (heard) => isResponse(heard) && (hasName(heard, ['somebody', 'local']) || heard.packet.answers.length > 0),
        );
      },
    },
    {
      section: '18.1',
      level: 'MUST',
      title: 'broken packets are survived',
      run: async (bench) => {
        for (const bytes of malformed()) await bench.tester.multicast(bytes);
        await bench.rest(); // some of them ask
        await bench.answer(await bench.ask([BROWSE]), 'the pointer', bench.own.pointer);
      },
    },
    {
      section: '6.1',
      level: 'MUST',
      title: 'a record that makes no sense does not spoil the rest of its packet',
      run: async (bench) => {
        const { pointer } = bench.own;
        const nonsense = resource(['x', 'local'], 9, { kind: 'raw', type: TYPE.NSEC, bytes: Buffer.from([1, 0x79, 0, 0, 33]) });
        const at = await bench.ask([BROWSE], { answers: [nonsense, pointer] });
        await bench.silence(at, 'the pointer', saysPointer(bench)); // known: the packet was read
      },
    },
  ],
};

/** An address of the tester that shares no prefix with the target. */
export const OFF_LINK = '10.200.0.1';
/** "There is nothing of other types under this name." */
const negative = ({ packet }: Heard, name: Name): Resource | undefined =>
  [...packet.answers, ...packet.additionals].find((record) => typeOf(record) === TYPE.NSEC && isName(record.name, name));

export const quiet: Lane = {
  name: 'a quiet link',
  needs: 'program',
  checks: [
    {
      section: '8.3',
      level: 'MUST',
      title: 'nothing is announced because a minute passes',
      run: async (bench) => {
        const heard = await bench.tester.window(performance.now(), QUIET_MS, isResponse);
        check(heard.length === 0, `${heard.length} responses nobody asked for`);
      },
    },
    {
      section: '5.4',
      level: 'SHOULD',
      title: 'unicast is answered to all if they have not heard it for a quarter of its life',
      run: async (bench) => {
        const { service, instance } = bench.own;
        const at = await bench.tester.multicast({ questions: [question(instance, TYPE.SRV, { isUnicast: true })] });
        const heard = await bench.answer(at, 'the service', service);
        check(heard.via === 'multicast', heard.via);
      },
    },
  ],
};
/** A minute, and more than a quarter of the 120 s that a service lives. */
const QUIET_MS = 60_500;
