/** What a responder says when it starts and when it goes. */
import { execFileSync } from 'node:child_process';
import {
  answers,
  type Bench,
  check,
  isMulticastResponse,
  LATE_MS,
  type Lane,
  question,
  REPEAT_MS,
  records,
  resource,
  response,
} from './bench.ts';
import { FLAG, isCompressed, isName, type Resource, TYPE, typeOf } from './packet.ts';
import { SERVICE } from './target.ts';
import { type Heard, isResponse, MDNS } from './tester.ts';

const responses = ({ tester }: Bench): readonly Heard[] => tester.heard.filter(isResponse);
/** When a record was announced. */
const announced = (bench: Bench, wanted: Resource): readonly Heard[] =>
  responses(bench).filter((heard) => heard.via === 'multicast' && answers(heard, wanted));
const all = ({ own }: Bench): readonly Resource[] => [own.pointer, own.service, own.text, ...own.addresses];
const eachRecord = (bench: Bench, test: (record: Resource) => boolean, what: string): void => {
  for (const heard of responses(bench))
    for (const record of records(heard)) check(test(record), `${what}: ${JSON.stringify(record)}`);
};
const nft = (...args: readonly string[]): string => execFileSync('nft', args, { encoding: 'utf8' });
const SECOND_ADDRESS = '10.97.0.12';

export const start: Lane = {
  name: 'start and end',
  needs: 'program',
  prepare: async (bench) => {
    bench.ip('addr', 'add', `${SECOND_ADDRESS}/24`, 'dev', 'eth0'); // and eth1, which is another link, has one of its own
    nft('add table inet ttl; add counter inet ttl other; add chain inet ttl in { type filter hook input priority 0; }');
    nft(`add rule inet ttl in ip saddr ${bench.place.target} udp sport 5353 ip ttl != 255 counter name other`);
    await bench.settle();
  },
  checks: [
    {
      section: '8.1',
      level: 'MUST',
      title: 'a name that others might have is probed for before it is announced; one of 128 random bits need not be',
      run: ({ own, tester }) => {
        const isRandom = /^[a-z2-7]{26}$/.test(own.instance[0] ?? '');
        const first = tester.heard.findIndex((heard) => isResponse(heard) && answers(heard, own.service));
        const probes = tester.heard
          .slice(0, first)
          .filter(({ packet }) => packet.authorities.some(({ name }) => isName(name, own.instance)));
        check(isRandom || probes.length >= 3, `${probes.length} probes for ${own.instance[0]}`);
      },
    },
    {
      section: '8.3',
      level: 'MUST',
      title: 'pointer, service, text and addresses are all announced',
      run: (bench) => {
        for (const record of all(bench)) check(announced(bench, record).length > 0, `never announced: ${JSON.stringify(record)}`);
      },
    },
    {
      section: '8.3',
      level: 'MUST',
      title: 'everything is announced at least twice',
      run: (bench) => {
        for (const record of all(bench)) check(announced(bench, record).length >= 2, `once only: ${JSON.stringify(record)}`);
      },
    },
    {
      section: '8.3',
      level: 'MUST',
      title: 'announcements are a second or more apart, and no gap is shorter than twice the one before',
      run: (bench) => {
        for (const record of all(bench)) {
          let gapMin = REPEAT_MS;
          announced(bench, record).forEach((heard, i, series) => {
            const before = series[i - 1];
            if (before === undefined) return;
            check(
              heard.at - before.after >= gapMin - LATE_MS,
              `${Math.round(heard.at - before.at)} ms, at least ${gapMin} expected`,
            );
            gapMin *= 2;
          });
        }
      },
    },
    {
      section: '18',
      level: 'MUST',
      title: 'responses have id 0, QR and AA, and no other flag, opcode or rcode',
      run: (bench) => {
        for (const { packet } of responses(bench))
          check(
            packet.id === 0 && packet.flags === (FLAG.response | FLAG.authoritative),
            `id ${packet.id} flags ${packet.flags.toString(16)}`,
          );
      },
    },
    {
      section: '6',
      level: 'MUST',
      title: 'responses hold no questions',
      run: (bench) =>
        check(
          responses(bench).every(({ packet }) => packet.questions.length === 0),
          'a question in a response',
        ),
    },
    {
      section: '6',
      level: 'MUST',
      title: 'what is said comes from port 5353 and goes to the group',
      run: (bench) =>
        check(
          bench.tester.heard.every(({ port, via }) => port === MDNS.port && via === 'multicast'),
          'another port, or unicast',
        ),
    },
    {
      section: '11',
      level: 'SHOULD',
      title: 'it all has an IP TTL of 255',
      run: () => {
        const [, packets = ''] = /packets (\d+)/.exec(nft('list', 'counter', 'inet', 'ttl', 'other')) ?? [];
        check(packets === '0', `${packets} packets with another one`);
      },
    },
    {
      section: '18',
      level: 'MUST',
      title: 'every packet is well-formed to its last byte',
      run: ({ tester }) => check(tester.broken.length === 0, tester.broken.join('; ')),
    },
    {
      section: '17',
      level: 'MUST',
      title: 'no packet is larger than the link takes',
      run: ({ tester }) =>
        check(
          tester.heard.every(({ bytes }) => bytes.length <= 1472),
          'more than 1472 bytes',
        ),
    },
    {
      section: '18.14',
      level: 'SHOULD',
      title: 'names are compressed',
      run: (bench) =>
        check(
          responses(bench).some(({ bytes }) => isCompressed(bytes)),
          'not one pointer',
        ),
    },
    {
      section: '10.2',
      level: 'MUST',
      title: 'what only the target may say has the flush bit',
      run: (bench) => eachRecord(bench, (record) => typeOf(record) === TYPE.PTR || record.isFlush, 'no flush bit'),
    },
    {
      section: '10.2',
      level: 'MUST',
      title: 'what others may say too never has it',
      run: (bench) => eachRecord(bench, (record) => !isName(record.name, SERVICE) || !record.isFlush, 'flush bit'),
    },
    {
      section: '10',
      level: 'SHOULD',
      title: 'what names a host lives 120 s, anything else 75 minutes',
      run: (bench) => {
        const { own } = bench;
        check(
          [own.service, ...own.addresses].every(({ ttl }) => ttl === 120),
          'SRV or address',
        );
        check(
          [own.pointer, own.text].every(({ ttl }) => ttl === 4500),
          `PTR ${own.pointer.ttl}, TXT ${own.text.ttl}`,
        );
      },
    },
    {
      section: '6.2',
      level: 'MUST',
      title: 'the addresses are all those of the interface, and none of another one',
      run: (bench) => {
        const addresses = bench.own.addresses.map(({ rdata }) => (rdata.kind === 'A' ? rdata.address : '')).sort();
        check(addresses.join() === [SECOND_ADDRESS, bench.place.target].sort().join(), addresses.join());
      },
    },
    {
      section: '10.2',
      level: 'MUST',
      title: 'of a set with the flush bit all is said, though the asker knows a part',
      run: async (bench) => {
        const { host, addresses } = bench.own;
        const [known] = addresses.map((address) => ({ ...address, isFlush: false }));
        const at = await bench.ask([question(host, TYPE.A)], { answers: known === undefined ? [] : [known] });
        const heard = await bench.tester.until(
          'an address',
          (one) => isResponse(one) && addresses.some((address) => answers(one, address)),
          at,
        );
        check(
          addresses.every((address) => answers(heard, address)),
          'a part of the addresses',
        );
      },
    },
    {
      section: '63:4.1.1',
      level: 'MUST',
      title: 'the instance is one label of 1 to 63 bytes without control characters',
      run: ({ own }) => {
        const [label = '', ...rest] = own.instance;
        const size = Buffer.byteLength(label);
        check(
          isName(rest, SERVICE) && size >= 1 && size <= 63 && [...label].every((char) => char >= ' ' && char !== '\u007f'),
          label,
        );
      },
    },
    {
      section: '63:6',
      level: 'MUST',
      title: 'the text is key=value strings: printable, none empty, no key twice, 1300 bytes in all',
      run: ({ own }) => {
        const strings = own.text.rdata.kind === 'TXT' ? own.text.rdata.strings.map(String) : [];
        const keys = strings.map((each) => each.split('=')[0]?.toLowerCase() ?? '');
        check(strings.length > 0 && keys.every((key) => /^[ -<>-~]+$/.test(key)), strings.join());
        check(new Set(keys).size === keys.length && strings.join('').length <= 1300, strings.join());
      },
    },
    {
      section: '63:6.7',
      level: 'SHOULD',
      title: 'its first string is txtvers',
      run: ({ own }) =>
        check(own.text.rdata.kind === 'TXT' && String(own.text.rdata.strings[0]).startsWith('txtvers='), 'another one'),
    },
    {
      section: '6.6',
      level: 'MUST',
      title: 'when another host says the same with less than half of its life left, it is said again in full',
      run: async (bench) => {
        await bench.rest();
        const { service } = bench.own;
        const at = await bench.tester.multicast(response([{ ...service, ttl: 10 }]));
        const heard = await bench.answer(at, 'the service', service);
        check(
          heard.packet.answers.some(({ ttl, name }) => isName(name, service.name) && ttl === service.ttl),
          'with another TTL',
        );
      },
    },
    {
      section: '9',
      level: 'MUST',
      title: 'another host that says the same is no conflict',
      run: async (bench) => {
        await bench.rest();
        const { service, instance } = bench.own;
        const at = await bench.tester.multicast(response([service]));
        const heard = await bench.tester.window(at, REPEAT_MS);
        check(!heard.some((one) => bench.isProbe(one, instance)), 'it probes');
        await bench.ask([question(SERVICE, TYPE.PTR)]);
        await bench.answer(at, 'the same name', resource(SERVICE, 0, bench.own.pointer.rdata));
        check(isName(bench.own.instance, instance), 'it has another name');
      },
    },
    {
      section: '10.1',
      level: 'SHOULD',
      title: 'who ends says goodbye: TTL 0 for its pointer, with the same data',
      run: async (bench) => {
        const { pointer } = bench.own;
        const at = performance.now();
        await bench.target.stop();
        await bench.tester.until(
          'a goodbye',
          (heard) => isMulticastResponse(heard) && answers(heard, pointer) && heard.packet.answers.every(({ ttl }) => ttl === 0),
          at,
        );
      },
    },
  ],
};
