import {
  ANSWER_MS,
  type Bench,
  browses,
  check,
  knownLabels,
  LATE_MS,
  type Lane,
  question,
  REPEAT_MS,
  resource,
  response,
  stranger,
} from './bench.ts';
import { FLAG, type Name, TYPE } from './packet.ts';
import { SERVICE } from './target.ts';
import { type Heard, isQuery, MDNS } from './tester.ts';

const BROWSE = question(SERVICE, TYPE.PTR);
const queries = ({ tester }: Bench): readonly Heard[] => tester.heard.filter(browses);
const nextQuery = (bench: Bench, since: number): Promise<Heard> =>
  bench.tester.until('a question for the service', browses, since);
/** Starts it and waits for so many of its questions. */
const asked =
  (count: number) =>
  async (bench: Bench): Promise<void> => {
    await bench.start();
    await bench.tester.until(`question ${count}`, () => queries(bench).length >= count);
  };

/** Shorter than twice the time to the question after the next. */
const HALF_LIFE_S = 6;

export const series: Lane = {
  name: 'questions of a browser',
  needs: 'finds',
  prepare: asked(2),
  checks: [
    {
      section: '18.1',
      level: 'MUST',
      title: 'what nobody asked for is taken, whatever its id and its question section say',
      run: async (bench) => {
        await bench.tester.multicast(
          response(stranger('unsolicited', { host: bench.place.tester }), { id: 99, questions: [BROWSE] }),
        );
        await bench.target.found('unsolicited');
      },
    },
    {
      section: '7.1',
      level: 'MUST',
      title: 'its next question lists what it knows, with what is left of its life and without flush bit',
      run: async (bench) => {
        const { packet } = await nextQuery(bench, performance.now());
        const known = packet.answers.filter(({ rdata }) => rdata.kind === 'PTR' && rdata.target[0] === 'unsolicited');
        check(known.length === 1, 'it is not listed');
        check(
          known.every(({ ttl, isFlush }) => !isFlush && ttl <= 4500 && ttl > 4400),
          JSON.stringify(known),
        );
      },
    },
    {
      section: '7.1',
      level: 'MUST',
      title: 'what has less than half of its life left is not listed',
      run: async (bench) => {
        const at = await bench.tester.multicast(response(stranger('halflife', { host: bench.place.tester, ttl: HALF_LIFE_S })));
        await bench.target.found('halflife');
        const old = (one: Heard): boolean => browses(one) && one.after - at > (HALF_LIFE_S * 1_000) / 2 + LATE_MS;
        const query = await bench.tester.until('a question at that age', old, at);
        check(!knownLabels(query).includes('halflife'), `listed ${Math.round(query.at - at)} ms after it was said`);
      },
    },
    {
      section: '5.2',
      level: 'MUST',
      title: 'between its questions is a second, then at least twice the time of before',
      run: (bench) => {
        let gapMin = REPEAT_MS;
        const all = queries(bench).filter(({ packet }) => packet.questions.length > 0);
        check(all.length >= 3, `${all.length} questions`);
        all.forEach((heard, i) => {
          const before = all[i - 1];
          if (before === undefined) return;
          check(
            heard.at - before.after >= gapMin - LATE_MS,
            `${Math.round(heard.at - before.at)} ms, at least ${gapMin} expected`,
          );
          gapMin *= 2;
        });
      },
    },
    {
      section: '5.2',
      level: 'MUST',
      title: 'it asks from port 5353, to the group',
      run: (bench) =>
        check(
          queries(bench).every(({ port, via }) => port === MDNS.port && via === 'multicast'),
          'another port, or unicast',
        ),
    },
    {
      section: '18',
      level: 'MUST',
      title: 'its questions have no flag but TC',
      run: (bench) =>
        check(
          queries(bench).every(({ packet }) => (packet.flags & ~FLAG.truncated) === 0),
          'flags',
        ),
    },
    {
      section: '5.4',
      level: 'SHOULD',
      title: 'it welcomes unicast with its first question at most',
      run: (bench) =>
        check(
          queries(bench)
            .slice(1)
            .every(({ packet }) => packet.questions.every(({ isUnicast }) => !isUnicast)),
          'QU again',
        ),
    },
    {
      section: '7.3',
      level: 'SHOULD',
      title: 'another host’s equal question stands for its own',
      run: async (bench) => {
        const [before, last] = queries(bench).slice(-2);
        if (before === undefined || last === undefined) throw new Error('it did not ask twice');
        const gapMs = 2 * (last.at - before.at);
        await bench.tester.window(last.at, 0.75 * gapMs); // soon before its next
        const at = await bench.tester.multicast({ questions: [BROWSE] });
        const heard = await bench.tester.window(at, 0.5 * gapMs, browses);
        check(heard.length === 0, `it asks after ${heard.map((one) => Math.round(one.at - at)).join()} ms`);
      },
    },
  ],
};

const MANY = 60;
export const many: Lane = {
  name: 'a browser that knows many',
  needs: 'finds',
  prepare: async (bench) => {
    await asked(1)(bench);
    for (let i = 0; i < MANY; i++) {
      const target: Name = [`one-of-many-${String(i).padStart(14, '0')}`, ...SERVICE];
      await bench.tester.multicast(response([resource(SERVICE, 4500, { kind: 'PTR', target })]));
    }
  },
  checks: [
    {
      section: '7.2',
      level: 'MUST',
      title: 'what does not fit into a question follows at once in packets without questions; all but the last have the TC bit',
      run: async (bench) => {
        let since = performance.now();
        for (;;) {
          const query = await nextQuery(bench, since);
          since = query.at + 1;
          const rest = await bench.tester.window(query.at, ANSWER_MS, (one) => isQuery(one) && one.packet.questions.length === 0);
          const parts = [query, ...rest];
          const known = parts.reduce((sum, { packet }) => sum + packet.answers.length, 0);
          if (known < MANY && parts.length === 1) continue; // asked before all were read
          check(parts.length > 1 && known >= MANY, `${parts.length} packets, ${known} known answers`);
          const isTruncated = parts.map(({ packet }) => (packet.flags & FLAG.truncated) !== 0);
          check(
            isTruncated.every((is, i) => is === i < parts.length - 1),
            isTruncated.join(),
          );
          check(
            parts.every(({ bytes }) => bytes.length <= 1472),
            'larger than the link takes',
          );
          return;
        }
      },
    },
  ],
};

export const unanswered: Lane = {
  name: 'questions that stay unanswered',
  needs: 'finds',
  prepare: asked(1),
  checks: [
    {
      section: '10.5',
      level: 'SHOULD',
      title: 'who leaves two questions of others unanswered for ten seconds is given up',
      run: async (bench) => {
        const first = await bench.tester.multicast(response(stranger('silent', { host: bench.place.tester })));
        await bench.target.found('silent');
        await bench.tester.window(first, REPEAT_MS);
        const at = await bench.tester.multicast({ questions: [BROWSE] });
        await bench.tester.window(at, REPEAT_MS + LATE_MS);
        await bench.tester.multicast({ questions: [BROWSE] });
        await bench.target.gone('silent');
      },
    },
  ],
};

/** Its clock runs so much faster: four minutes in 12 s. */
const SPEED = 20;
const LIFE_S = 240;
export const refreshes: Lane = {
  name: 'a browser that keeps what it knows fresh',
  needs: 'finds',
  speed: SPEED,
  prepare: asked(2),
  checks: [
    {
      section: '5.2',
      level: 'SHOULD',
      title: 'it asks again at 80, 85, 90 and 95 % of a pointer’s life, and forgets it at its end',
      run: async (bench) => {
        const at = await bench.tester.multicast(response(stranger('aging', { host: bench.place.tester, ttl: LIFE_S })));
        await bench.target.found('aging');
        await bench.target.gone('aging');
        const goneAfter = ((performance.now() - at) * SPEED) / 1_000;
        const shares = queries(bench).map((query) => ((query.at - at) * SPEED) / (1_000 * LIFE_S));
        for (const share of [0.8, 0.85, 0.9, 0.95])
          check(
            shares.some((one) => one >= share - 0.005 && one < share + 0.05),
            `not asked at ${share}: ${shares.map((one) => one.toFixed(3)).join()}`,
          );
        check(goneAfter >= LIFE_S - 1, `gone after ${goneAfter} s`);
      },
    },
  ],
};
