/** What a settled responder answers, and what it leaves unsaid. */
import {
  ANSWER_MS,
  answers,
  type Bench,
  check,
  isMulticastResponse,
  LATE_MS,
  type Lane,
  question,
  REPEAT_MS,
  resource,
  response,
  says,
  stranger,
} from './bench.ts';
import { FLAG, type Name, TYPE, typeOf } from './packet.ts';
import { META, SERVICE } from './target.ts';
import { type Heard, isResponse, MDNS } from './tester.ts';

const BROWSE = question(SERVICE, TYPE.PTR);
const upper = (name: Name): Name => name.map((label) => label.toUpperCase());
const saysPointer = ({ own }: Bench) => {
  const { pointer } = own;
  return (heard: Heard): boolean => isResponse(heard) && answers(heard, pointer);
};

export const asked: Lane = {
  name: 'questions',
  needs: 'program',
  checks: [
    {
      section: '6',
      level: 'MUST',
      title: 'a question for the service is answered to the group, from port 5353',
      run: async (bench) => {
        const heard = await bench.answer(await bench.ask([BROWSE]), 'the pointer', bench.own.pointer);
        check(heard.via === 'multicast' && heard.port === MDNS.port, `${heard.via} from ${heard.port}`);
      },
    },
    {
      section: '6',
      level: 'SHOULD',
      title: 'an answer that others may give too waits 20 to 120 ms',
      run: async (bench) => {
        const waits: number[] = [];
        for (let i = 0; i < 3; i++) {
          const at = await bench.ask([BROWSE]);
          waits.push((await bench.answer(at, 'the pointer', bench.own.pointer)).at - at);
        }
        check(Math.min(...waits) >= 20 && Math.min(...waits) <= 120 + LATE_MS, waits.map(Math.round).join(', '));
      },
    },
    {
      section: '6',
      level: 'SHOULD',
      title: 'an answer that only the target can give does not wait',
      run: async (bench) => {
        const { own } = bench;
        const waits: number[] = [];
        for (const record of [own.service, own.text, ...own.addresses.slice(0, 1), own.service]) {
          const at = await bench.ask([question(record.name, typeOf(record))]);
          waits.push((await bench.answer(at, 'the record', record)).at - at);
        }
        check(Math.min(...waits) < 20, waits.map(Math.round).join(', ')); // one that waited as the others do would not be so fast
      },
    },
    {
      section: '63:12.1',
      level: 'SHOULD',
      title: 'with the pointer come service, text and address',
      run: async (bench) => {
        const { own } = bench;
        const heard = await bench.answer(await bench.ask([BROWSE]), 'the pointer', own.pointer);
        for (const record of [own.service, own.text, ...own.addresses])
          check(says(heard, record), `not ${JSON.stringify(record)}`);
      },
    },
    {
      section: '63:12.2',
      level: 'SHOULD',
      title: 'with the service come the addresses',
      run: async (bench) => {
        const { own } = bench;
        const heard = await bench.answer(await bench.ask([question(own.instance, TYPE.SRV)]), 'the service', own.service);
        for (const record of own.addresses) check(says(heard, record), 'no address');
      },
    },
    {
      section: '7.1',
      level: 'MUST',
      title: 'what the asker knows, with half of its life left, is not said',
      run: async (bench) => {
        const { pointer } = bench.own;
        const at = await bench.ask([BROWSE], { answers: [{ ...pointer, ttl: Math.ceil(pointer.ttl / 2) }] });
        await bench.silence(at, 'the pointer', saysPointer(bench));
      },
    },
    {
      section: '7.1',
      level: 'MUST',
      title: 'what the asker knows with less than that is said',
      run: async (bench) => {
        const { pointer } = bench.own;
        const at = await bench.ask([BROWSE], { answers: [{ ...pointer, ttl: Math.floor(pointer.ttl / 2) - 1 }] });
        await bench.answer(at, 'the pointer', pointer);
      },
    },
    {
      section: '7.2',
      level: 'SHOULD',
      title: 'a truncated question waits 400 to 500 ms for more known answers',
      run: async (bench) => {
        const at = await bench.ask([BROWSE], { flags: FLAG.truncated });
        const heard = await bench.answer(at, 'the pointer', bench.own.pointer);
        check(heard.at - at >= 400, `after ${Math.round(heard.at - at)} ms`);
      },
    },
    {
      section: '7.2',
      level: 'MUST',
      title: 'known answers that follow in another packet count',
      run: async (bench) => {
        const { pointer } = bench.own;
        const at = await bench.ask([BROWSE], { flags: FLAG.truncated });
        await bench.tester.multicast({ answers: [pointer] });
        await bench.silence(at, 'the pointer', saysPointer(bench));
      },
    },
    {
      section: '6',
      level: 'MUST',
      title: 'nothing is multicast twice within a second, however often it is asked for',
      run: async (bench) => {
        const { service } = bench.own;
        await bench.ask([question(service.name, TYPE.SRV)]);
        const first = await bench.answer(performance.now() - ANSWER_MS, 'the service', service);
        for (let i = 0; i < 3; i++) await bench.tester.multicast({ questions: [question(service.name, TYPE.SRV)] });
        const again = await bench.tester.window(
          first.at + 1,
          REPEAT_MS,
          (heard) => isMulticastResponse(heard) && says(heard, service),
        );
        check(
          again.every(({ at }) => at - first.after >= REPEAT_MS - LATE_MS),
          again.map(({ at }) => Math.round(at - first.at)).join(),
        );
      },
    },
    {
      section: '8.1',
      level: 'MUST',
      title: 'a probe for its name is answered sooner than that',
      run: async (bench) => {
        const { service, instance } = bench.own;
        await bench.ask([question(instance, TYPE.SRV)]);
        const first = await bench.answer(performance.now() - ANSWER_MS, 'the service', service);
        await bench.tester.window(first.at, 250 + LATE_MS); // a defence may be repeated after 250 ms (§6)
        const mine = resource(instance, 120, { kind: 'SRV', port: 1, target: ['other', 'local'] }, false);
        const at = await bench.tester.multicast({ questions: [question(instance, TYPE.ANY)], authorities: [mine] });
        const heard = await bench.answer(at, 'the service', service);
        check(heard.at - first.at < REPEAT_MS, `after ${Math.round(heard.at - first.at)} ms`);
      },
    },
    {
      section: '8.1',
      level: 'SHOULD',
      title: 'a probe that welcomes unicast is answered so at once',
      run: async (bench) => {
        const { service, instance } = bench.own;
        const mine = resource(instance, 120, { kind: 'SRV', port: 1, target: ['other', 'local'] }, false);
        const at = await bench.ask([question(instance, TYPE.ANY, { isUnicast: true })], { authorities: [mine] });
        const heard = await bench.answer(at, 'the service', service);
        check(heard.via === 'unicast' || heard.at - at < 250, `${heard.via} after ${Math.round(heard.at - at)} ms`);
      },
    },
    {
      section: '7.4',
      level: 'SHOULD',
      title: 'what another host answers first is not said again',
      run: async (bench) => {
        const { pointer } = bench.own;
        const at = await bench.ask([BROWSE]);
        await bench.tester.multicast(response([pointer]));
        await bench.silence(at, 'the pointer', saysPointer(bench));
      },
    },
    {
      section: '6',
      level: 'MUST',
      title: 'of others nothing is said, though it was heard',
      run: async (bench) => {
        const other = stranger('somebody', { host: bench.place.tester });
        await bench.tester.multicast(response(other));
        const at = await bench.ask([BROWSE, ...other.map(({ name, rdata }) => question(name, TYPE[rdata.kind as 'A']))]);
        await bench.answer(at, 'the pointer', bench.own.pointer);
        await bench.silence(at, 'the other', (heard) => isResponse(heard) && other.some((record) => says(heard, record)));
      },
    },
    {
      section: '63:9',
      level: 'SHOULD',
      title: 'its type is in the list of types',
      run: async (bench) => {
        const at = await bench.ask([question(META, TYPE.PTR)]);
        await bench.answer(at, 'the type', resource(META, 4500, { kind: 'PTR', target: SERVICE }));
      },
    },
    {
      section: '6.5',
      level: 'MUST',
      title: 'asked for any type, all records of the name are said',
      run: async (bench) => {
        const { instance, service, text } = bench.own;
        const at = await bench.ask([question(instance, TYPE.ANY)]);
        await bench.answer(at, 'service and text', service, text);
      },
    },
    {
      section: '16',
      level: 'MUST',
      title: 'capital letters make no other name, neither in questions nor in known answers',
      run: async (bench) => {
        const { pointer, instance } = bench.own;
        await bench.answer(await bench.ask([question(upper(SERVICE), TYPE.PTR)]), 'the pointer', pointer);
        const known = resource(upper(SERVICE), 4500, { kind: 'PTR', target: upper(instance) });
        await bench.silence(await bench.ask([BROWSE], { answers: [known] }), 'the pointer', saysPointer(bench));
      },
    },
    {
      section: '6.3',
      level: 'MUST',
      title: 'of several questions in one packet each is answered',
      run: async (bench) => {
        const { own } = bench;
        const at = await bench.ask([BROWSE, question(own.instance, TYPE.TXT), question(own.host, TYPE.A)]);
        for (const record of [own.pointer, own.text, ...own.addresses])
          await bench.tester.until('each', (heard) => isResponse(heard) && says(heard, record), at);
      },
    },
    {
      section: '6.4',
      level: 'SHOULD',
      title: 'their answers come in one packet',
      run: async (bench) => {
        const { own } = bench;
        const at = await bench.ask([BROWSE, question(META, TYPE.PTR)]);
        await bench.answer(at, 'both', own.pointer, resource(META, 4500, { kind: 'PTR', target: SERVICE }));
      },
    },
    {
      section: '18.1',
      level: 'MUST',
      title: 'the answer to a question with an id has id 0, and repeats no question',
      run: async (bench) => {
        const at = await bench.ask([BROWSE], { id: 4242 });
        const { packet } = await bench.answer(at, 'the pointer', bench.own.pointer);
        check(packet.id === 0 && packet.questions.length === 0, `id ${packet.id}, ${packet.questions.length} questions`);
      },
    },
  ],
};
