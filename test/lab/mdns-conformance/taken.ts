/** What a browser takes from what it hears, and what it does not. */

import {
  ANSWER_MS,
  type Bench,
  browses,
  check,
  LATE_MS,
  type Lane,
  question,
  REPEAT_MS,
  resource,
  response,
  stranger,
} from './bench.ts';
import { OFF_LINK } from './odd.ts';
import { encode, FLAG, type Resource, TYPE } from './packet.ts';
import { SERVICE } from './target.ts';
import type { Heard } from './tester.ts';

const BROWSE = question(SERVICE, TYPE.PTR);
const queries = ({ tester }: Bench): readonly Heard[] => tester.heard.filter(browses);
const pointer = (records: readonly Resource[]): Resource => records[0] as Resource;
/** Starts it and waits for so many of its questions. */
const asked =
  (count: number) =>
  async (bench: Bench): Promise<void> => {
    await bench.start();
    await bench.tester.until(`question ${count}`, () => queries(bench).length >= count);
  };

const later = async (bench: Bench, label: string, more: string): Promise<void> => void (await bench.target.found(label, more));

export const heard: Lane = {
  name: 'what a browser takes',
  needs: 'finds',
  prepare: async (bench) => {
    bench.ip('link', 'del', 'eth1'); // with two interfaces nobody can say by which one came what is from neither
    await asked(1)(bench);
  },
  checks: [
    {
      section: '6',
      level: 'MUST',
      title: 'a response from another port than 5353 is ignored',
      run: async (bench) => {
        await bench.tester.multicast(response(stranger('wrongport', { host: bench.place.tester })), { port: 40_002 });
        await notTaken(bench, 'wrongport');
      },
    },
    {
      section: '7.1',
      level: 'MUST',
      title: 'what others list as known is not taken',
      run: async (bench) => {
        await bench.tester.multicast({ questions: [BROWSE], answers: stranger('hearsay', { host: bench.place.tester }) });
        await notTaken(bench, 'hearsay');
      },
    },
    {
      section: '6',
      level: 'MUST',
      title: 'a response by unicast that it did not ask for is ignored',
      run: async (bench) => {
        await bench.tester.unicast(response(stranger('unicast', { host: bench.place.tester })));
        await notTaken(bench, 'unicast');
      },
    },
    {
      section: '11',
      level: 'MUST',
      title: 'a response by unicast from beyond the link is ignored',
      run: async (bench) => {
        await bench.tester.unicast(response(stranger('beyond', { host: OFF_LINK })), { host: OFF_LINK });
        await notTaken(bench, 'beyond');
      },
    },
    {
      section: '11',
      level: 'MUST',
      title: 'a response to the group is taken, whatever the address of who sends it',
      run: async (bench) => {
        await bench.tester.multicast(response(stranger('overlaid', { host: OFF_LINK })), { host: OFF_LINK });
        await bench.target.found('overlaid');
      },
    },
    {
      section: '18.14',
      level: 'MUST',
      title: 'compressed names in the data of pointer and service are understood',
      run: async (bench) => {
        await bench.tester.multicast(compressed('pressed', bench.place.tester));
        await later(bench, 'pressed', bench.place.tester);
      },
    },
    {
      section: '18.3',
      level: 'MUST',
      title: 'responses with another opcode or rcode are ignored',
      run: async (bench) => {
        for (const [i, flags] of [0x0800, 0x0003].entries())
          await bench.tester.multicast(
            response(stranger(`code${i}`, { host: bench.place.tester }), { flags: FLAG.response | flags }),
          );
        await notTaken(bench, 'code0', 'code1');
      },
    },
    {
      section: '10.2',
      level: 'MUST',
      title: 'what is said with the flush bit replaces what was said before',
      run: async (bench) => {
        const before = stranger('moving', { host: bench.place.tester, port: 1001 });
        const sentAt = await bench.tester.multicast(response(before));
        await later(bench, 'moving', '1001');
        await bench.tester.window(sentAt, REPEAT_MS + LATE_MS); // older than a second
        await bench.tester.multicast(response(stranger('moving', { host: bench.place.tester, port: 1002 })));
        await later(bench, 'moving', '1002');
      },
    },
    {
      section: '10.2',
      level: 'MUST',
      title: 'what came in two packets within a second stays, though both have the flush bit',
      run: async (bench) => {
        const said = stranger('twoaddresses', { host: bench.place.tester });
        const other = resource(['twoaddresses', 'local'], 120, { kind: 'A', address: OTHER });
        await bench.tester.multicast(response(said));
        await bench.tester.multicast(response([other]));
        await later(bench, 'twoaddresses', bench.place.tester);
        if (bench.kind !== 'avahi') await later(bench, 'twoaddresses', OTHER); // avahi-browse shows one address of a host
      },
    },
    {
      section: '10.1',
      level: 'SHOULD',
      title: 'a goodbye takes effect after a second',
      run: async (bench) => {
        const said = stranger('leaving', { host: bench.place.tester });
        await bench.tester.multicast(response(said));
        await bench.target.found('leaving');
        const at = await bench.tester.multicast(response([{ ...pointer(said), ttl: 0 }]));
        await bench.target.gone('leaving');
        check(performance.now() - at >= REPEAT_MS - LATE_MS, `after ${Math.round(performance.now() - at)} ms`);
      },
    },
    {
      section: '10.1',
      level: 'SHOULD',
      title: 'until then the goodbye can be taken back',
      run: async (bench) => {
        const said = stranger('staying', { host: bench.place.tester });
        await bench.tester.multicast(response(said));
        await bench.target.found('staying');
        const at = await bench.tester.multicast(response([{ ...pointer(said), ttl: 0 }]));
        await bench.tester.multicast(response([pointer(said)]));
        await bench.tester.window(at, REPEAT_MS + ANSWER_MS);
        check(!bench.target.hasSaid('"gone"', 'staying'), 'it is gone');
      },
    },
    {
      section: '10',
      level: 'MUST',
      title: 'what is not said again is forgotten when its life is over, and not before',
      run: async (bench) => {
        const at = await bench.tester.multicast(response(stranger('shortlived', { host: bench.place.tester, ttl: 3 })));
        await bench.target.found('shortlived');
        await bench.target.gone('shortlived');
        check(performance.now() - at >= 3_000 - LATE_MS, `after ${Math.round(performance.now() - at)} ms`);
      },
    },
  ],
};

/** A second address on the link, of a host that is not there. */
const OTHER = '10.97.0.77';

/** A further announcement proves that what came before it was read. */
const notTaken = async (bench: Bench, ...labels: readonly string[]): Promise<void> => {
  const marker = `after${labels[0]}`;
  await bench.tester.multicast(response(stranger(marker, { host: bench.place.tester })));
  await bench.target.found(marker);
  for (const label of labels) check(!bench.target.hasSaid('"found"', `"${label}"`), `${label} is taken`);
};

/** An announcement whose names point at each other. */
const compressed = (label: string, host: string): Buffer => {
  const u16 = (value: number): Buffer => Buffer.from([(value >> 8) & 255, value & 255]);
  const part = (name: string): Buffer => Buffer.concat([Buffer.from([name.length]), Buffer.from(name)]);
  const service = encode({ questions: [BROWSE] }).subarray(12, -4); // `_earshot._udp.local`, at 12
  const record = (name: Buffer, type: number, data: Buffer): Buffer =>
    Buffer.concat([name, u16(type), u16(1), u16(0), u16(120), u16(data.length), data]);
  const localAt = 12 + part(SERVICE[0]).length + part(SERVICE[1]).length;
  const first = record(service, TYPE.PTR, Buffer.concat([part(label), u16(0xc00c)]));
  const instanceAt = 12 + first.length - part(label).length - 2;
  const hostName = Buffer.concat([part(label), u16(0xc000 | localAt)]);
  const second = record(u16(0xc000 | instanceAt), TYPE.SRV, Buffer.concat([u16(0), u16(0), u16(9), hostName]));
  const hostAt = 12 + first.length + second.length - hostName.length;
  const third = record(u16(0xc000 | hostAt), TYPE.A, Buffer.from(host.split('.').map(Number)));
  const text = record(u16(0xc000 | instanceAt), TYPE.TXT, Buffer.from([9, ...Buffer.from('txtvers=1')]));
  return Buffer.concat([
    u16(0),
    u16(FLAG.response | FLAG.authoritative),
    u16(0),
    u16(4),
    u16(0),
    u16(0),
    first,
    second,
    third,
    text,
  ]);
};
