/** Whose name it is: conflicts, probes and tie-breaks. */
import {
  answers,
  type Bench,
  check,
  fail,
  isMulticastResponse,
  LATE_MS,
  type Lane,
  question,
  records,
  resource,
  response,
  text,
} from './bench.ts';
import { isName, type Name, type Resource, TYPE, typeOf } from './packet.ts';
import { SERVICE } from './target.ts';
import { type Heard, isResponse } from './tester.ts';

/** The next probe, of those since a time. */
const probed = (bench: Bench, since: number, instance?: Name): Promise<Heard> =>
  bench.tester.until('a probe', (heard) => isProbeFor(heard, instance), since);
const isProbeFor = (heard: Heard, instance?: Name): boolean =>
  !isResponse(heard) &&
  heard.packet.authorities.some(({ name }) => (instance === undefined ? isName(name.slice(1), SERVICE) : isName(name, instance)));
const probesIn = (bench: Bench, from: number, to: number, instance: Name): readonly Heard[] =>
  bench.tester.heard.filter((heard) => heard.at >= from && heard.at <= to && isProbeFor(heard, instance));
const instanceIn = ({ packet }: Heard): Name =>
  packet.authorities.map(({ name }) => name).find((name) => isName(name.slice(1), SERVICE)) ?? fail('no instance in the probe');
const announces =
  (instance: Name) =>
  (heard: Heard): boolean =>
    isMulticastResponse(heard) && heard.packet.answers.some((record) => isName(record.name, instance) && record.ttl > 0);

/** Somebody else's service under a name. */
const claimed = (instance: Name, port = 1): Resource =>
  resource(instance, 120, { kind: 'SRV', port, target: ['other', 'local'] });
const PROBE_GAP_MS = 250;
const LOST_MS = 1_000;

/** Has the target ask whether its name is free. avahi asks at its start, who has a random name only when somebody else uses it. */
const contest = async (bench: Bench): Promise<{ readonly instance: Name; readonly first: Heard }> => {
  let since = performance.now();
  if (bench.kind === 'avahi') await bench.start();
  else {
    await bench.settle();
    since = await bench.tester.multicast(response([claimed(bench.own.instance)]));
  }
  const first = await probed(bench, since);
  return { instance: instanceIn(first), first };
};

/** What the checks of a lane look at. BOUNDED: one a lane. */
const seen = new WeakMap<Bench, { instance: Name; first: Heard; sentAt: number }>();
const about = (bench: Bench): { readonly instance: Name; readonly first: Heard; readonly sentAt: number } =>
  seen.get(bench) ?? fail('it did not come to a probe');
const contested = async (
  bench: Bench,
  authorities: (instance: Name, probe: Heard) => readonly Resource[] = () => [],
): Promise<void> => {
  const { instance, first } = await contest(bench);
  const proposed = authorities(instance, first);
  let sentAt = first.at;
  if (proposed.length > 0)
    sentAt = await bench.tester.multicast({ questions: [question(instance, TYPE.ANY)], authorities: proposed });
  seen.set(bench, { instance, first, sentAt });
};

export const uncontested: Lane = {
  name: 'a name that nobody defends',
  needs: 'program',
  prepare: (bench) => contested(bench),
  checks: [
    {
      section: '9',
      level: 'MUST',
      title: 'when another host says something else under its name, it probes for it',
      run: (bench) => check(about(bench).instance.length > 0, 'no probe'),
    },
    {
      section: '8.1',
      level: 'MUST',
      title: 'it probes for any type, and says in the authority section all that it will claim',
      run: (bench) => {
        const { first, instance } = about(bench);
        const own = first.packet.authorities;
        check(
          first.packet.questions.some(({ name, type }) => isName(name, instance) && type === TYPE.ANY),
          'another type',
        );
        check(
          [TYPE.SRV, TYPE.TXT].every((type) => own.some((record) => typeOf(record) === type && isName(record.name, instance))),
          'not all',
        );
      },
    },
    {
      section: '10.2',
      level: 'MUST',
      title: 'there without flush bits',
      run: (bench) =>
        check(
          about(bench).first.packet.authorities.every(({ isFlush }) => !isFlush),
          'flush bit',
        ),
    },
    {
      section: '8.1',
      level: 'SHOULD',
      title: 'the first probe welcomes unicast',
      run: (bench) =>
        check(
          about(bench).first.packet.questions.some(({ isUnicast }) => isUnicast),
          'QM',
        ),
    },
    {
      section: '8.1',
      level: 'MUST',
      title: 'it asks three times, 250 ms apart, and claims the name 250 ms after the third',
      run: async (bench) => {
        const { first, instance } = about(bench);
        const claim = await bench.tester.until('the claim', announces(instance), first.at);
        const probes = probesIn(bench, first.after, claim.at, instance);
        check(probes.length === 3, `${probes.length} probes`);
        [...probes, claim].forEach((heard, i, series) => {
          const before = series[i - 1];
          if (before !== undefined)
            check(heard.at - before.after >= PROBE_GAP_MS - LATE_MS, `${Math.round(heard.at - before.at)} ms`);
        });
      },
    },
    {
      section: '8.1',
      level: 'MUST',
      title: 'until then it says nothing under the name',
      run: (bench) => {
        const { first, instance } = about(bench);
        const claim = bench.tester.heard.find((heard) => heard.at > first.at && announces(instance)(heard));
        const third = probesIn(bench, first.after, claim?.at ?? 0, instance).at(2);
        const said = bench.tester.heard.filter(
          (heard) =>
            isResponse(heard) &&
            heard.at > first.at &&
            heard.at < (third?.at ?? 0) &&
            records(heard).some(({ name }) => isName(name, instance)),
        );
        check(third !== undefined && said.length === 0, `${said.length} responses`);
      },
    },
  ],
};

const tieBreak = (options: {
  readonly name: string;
  readonly authorities: (instance: Name, probe: Heard) => readonly Resource[];
  readonly checks: Lane['checks'];
}): Lane => ({
  name: options.name,
  needs: 'program',
  prepare: (bench) => contested(bench, options.authorities),
  checks: options.checks,
});

const goesOn = async (bench: Bench): Promise<void> => {
  const { instance, first } = about(bench);
  const claim = await bench.tester.until('the claim', announces(instance), first.at);
  const probes = probesIn(bench, first.after, claim.at, instance);
  check(probes.length === 3, `${probes.length} probes: it began again`);
};

export const tieBreaks: readonly Lane[] = [
  tieBreak({
    name: 'a tie-break lost',
    // type TXT is compared first; a first string of 255 bytes is later than any shorter one
    authorities: (instance) => [{ ...resource(instance, 4500, text('z'.repeat(255))), isFlush: false }],
    checks: [
      {
        section: '8.2',
        level: 'MUST',
        title: 'who loses it waits a second, and asks for the same name again',
        run: async (bench) => {
          const { instance, sentAt } = about(bench);
          const again = await probed(bench, sentAt + PROBE_GAP_MS / 2, instance);
          check(again.at - sentAt >= LOST_MS - LATE_MS, `asks after ${Math.round(again.at - sentAt)} ms`);
          await bench.tester.until('the claim', announces(instance), again.at);
        },
      },
    ],
  }),
  tieBreak({
    name: 'a tie-break won',
    authorities: (instance) => [{ ...resource(instance, 4500, text('')), isFlush: false }],
    checks: [{ section: '8.2', level: 'MUST', title: 'who wins it goes on', run: goesOn }],
  }),
  tieBreak({
    name: 'a tie',
    authorities: (_, { packet }) => packet.authorities,
    checks: [{ section: '8.2', level: 'MUST', title: 'the same records proposed by another host are no conflict', run: goesOn }],
  }),
];

export const renamed: Lane = {
  name: 'a name that somebody has',
  needs: 'program',
  prepare: async (bench) => {
    await contested(bench);
    const { instance } = about(bench);
    await bench.tester.multicast(response([claimed(instance)]));
  },
  checks: [
    {
      section: '8.1',
      level: 'MUST',
      title: 'who is told while it probes that the name is taken takes another one, probes for it and announces it',
      run: async (bench) => {
        const { instance, sentAt } = about(bench);
        const probe = await bench.tester.until(
          'a probe for another name',
          (heard) => isProbeFor(heard) && !isName(instanceIn(heard), instance),
          sentAt,
        );
        const other = instanceIn(probe);
        const claim = await bench.tester.until('the other name', announces(other), probe.at);
        check(probesIn(bench, probe.after, claim.at, other).length === 3, 'not three probes');
        const pointer = await bench.tester.until(
          'the other pointer',
          (heard) => answers(heard, resource(SERVICE, 0, { kind: 'PTR', target: other })),
          probe.at,
        );
        check(!pointer.packet.answers.some((record) => isName(record.name, instance)), 'the former name');
      },
    },
    {
      section: '9',
      level: 'MUST',
      title: 'and says nothing more under the former one',
      run: async (bench) => {
        const { instance } = about(bench);
        const at = await bench.ask([question(instance, TYPE.ANY)]);
        await bench.silence(
          at,
          'the former name',
          (heard) => isResponse(heard) && records(heard).some(({ name }) => isName(name, instance)),
        );
      },
    },
  ],
};

export const early: Lane = {
  name: 'an answer before the first probe',
  needs: 'program',
  checks: [
    {
      section: '8.1',
      level: 'MUST',
      title: 'what came before the first probe is ignored: the name is asked for all the same',
      run: async (bench) => {
        const { instance } = bench.own;
        // the first has it probe, after up to 250 ms; the second comes before that
        const at = await bench.tester.multicast(response([claimed(instance)]));
        await bench.tester.multicast(response([claimed(instance, 2)]));
        const first = await probed(bench, at);
        check(isName(instanceIn(first), instance), 'it asks for another name');
      },
    },
  ],
};

const CONFLICTS = 15;
const CONFLICTS_WITHIN_MS = 10_000;
const CALM_MS = 5_000;

export const manyConflicts: Lane = {
  name: 'one conflict after the other',
  needs: 'program',
  prepare: (bench) => contested(bench),
  checks: [
    {
      section: '8.1',
      level: 'MUST',
      title: 'after fifteen within ten seconds, five seconds pass before the next attempt',
      run: async (bench) => {
        let { first } = about(bench);
        const conflicts: number[] = [];
        const isOver = (): boolean => conflicts.length >= CONFLICTS + 3;
        while (!isOver()) {
          const at = await bench.tester.multicast(response([claimed(instanceIn(first))]));
          conflicts.push(at);
          const taken = instanceIn(first);
          const next = await bench.tester.until(
            'another name',
            (heard) => isProbeFor(heard) && !isName(instanceIn(heard), taken),
            at,
          );
          const hadMany = conflicts.length >= CONFLICTS && at - (conflicts.at(-CONFLICTS) ?? 0) <= CONFLICTS_WITHIN_MS;
          if (next.at - at >= CALM_MS - LATE_MS) return;
          check(!hadMany, `after ${conflicts.length} conflicts it asks again within ${Math.round(next.at - at)} ms`);
          first = next;
        }
        fail('it never came to fifteen within ten seconds');
      },
    },
  ],
};
