/** Lanes of checks as tests: hosts for each, the tester started on one of them, and the score. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { bundle } from '../bundle.ts';
import { Lab, titled } from '../hosts.ts';
import type { Check, Lane } from './bench.ts';
import type { Place, TargetKind } from './target.ts';

/** Of all lanes together. */
const DEADLINE_MS = 180_000;
/** Pairs of hosts at one time: the machine must not be what makes anybody late. */
const AT_ONCE = 6;
const TESTER = 1;
const TARGET = 2;

/** What is under test as a whole. */
export type Subject = 'earshot' | 'avahi';
type Result = { readonly title: string; readonly problem?: string };
type Results = Map<Check, string | undefined>;

/** All checks of a lane, on two hosts of their own. @param built where the tester's programs are. */
const runLane = async (kind: TargetKind, lane: Lane, built: string): Promise<readonly Result[]> => {
  const lab = new Lab(2);
  try {
    for (const host of [TESTER, TARGET]) lab.exec(host, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6');
    lab.addCable(TESTER, TARGET);
    // an address beyond the link, from which what is sent arrives all the same, and to which an answer would go
    lab.ip(TESTER, 'addr', 'add', '10.200.0.1/32', 'dev', 'eth0');
    lab.ip(TARGET, 'route', 'add', '10.200.0.0/24', 'dev', 'eth0');
    const place: Place = {
      namespace: lab.namespace(TARGET),
      target: lab.address(TARGET),
      tester: lab.address(TESTER),
      root: process.cwd(),
      folder: lab.folder,
      machine: join(built, 'mdns-host.mjs'),
    };
    const command = [process.execPath, join(built, 'mdns-conformance', 'run.mjs'), kind, lane.name, JSON.stringify(place)];
    const child = lab.spawn(TESTER, command);
    let [stdout, stderr] = ['', ''];
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
    });
    await new Promise((resolve) => child.on('close', resolve));
    const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
    const results = lines.map((line) => JSON.parse(line) as Result);
    return lane.checks.map(
      ({ title }) => results.find((result) => result.title === title) ?? { title, problem: `not run: ${stderr}` },
    );
  } finally {
    await lab.remove();
  }
};

const kindFor = (target: Subject, { needs }: Lane): TargetKind =>
  target === 'earshot' && needs === 'finds' ? 'machine' : target;

/** All lanes of a target, a few at a time. */
const conform = async (target: Subject, lanes: readonly Lane[], built: string, results: Results): Promise<void> => {
  const waiting = [...lanes];
  const work = async (): Promise<void> => {
    for (let lane = waiting.shift(); lane !== undefined; lane = waiting.shift()) {
      for (const [i, { problem }] of (await runLane(kindFor(target, lane), lane, built)).entries()) {
        const check = lane.checks[i];
        if (check !== undefined) results.set(check, problem);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
};

/** `earshot 60/62: MUST 41/41, SHOULD 19/21`, and each that failed. */
const score = (target: string, all: readonly Check[], results: Results): string => {
  const of = (checks: readonly Check[]): string =>
    `${checks.filter((check) => results.has(check) && results.get(check) === undefined).length}/${checks.length}`;
  const failed = all
    .filter((check) => results.get(check) !== undefined)
    .map((check) => `  ${check.level} §${check.section} ${check.title}: ${results.get(check)}`);
  const byLevel = ['MUST', 'SHOULD'].map((level) => `${level} ${of(all.filter((check) => check.level === level))}`);
  return [`${target} ${of(all)}: ${byLevel.join(', ')}`, ...failed, ''].join('\n');
};

/** The checks of these lanes as tests. @param known titles of what the target is known not to do, and why. */
export const suiteOf = (
  target: Subject,
  lanes: readonly Lane[],
  problem: string | undefined,
  known: ReadonlyMap<string, string>,
): void => {
  const all = lanes.flatMap(({ checks }) => checks);
  (problem === undefined ? describe : describe.skip)(titled(`${target} under RFC 6762 and RFC 6763`, problem), () => {
    const results: Results = new Map();
    let lab: Lab;
    beforeAll(async () => {
      lab = new Lab(0); // for its folder
      bundle(lab.folder, 'test/lab/mdns-conformance/run.ts', 'test/lab/mdns-host.ts');
      await conform(target, lanes, lab.folder, results);
      process.stdout.write(score(target, all, results));
    }, DEADLINE_MS);
    afterAll(() => lab?.remove());

    for (const check of all) {
      const reason = known.get(check.title);
      const title = `§${check.section} ${check.level}: ${check.title}`;
      if (reason !== undefined) test.skip(`${title} (skipped: ${reason})`, () => undefined);
      else test(title, () => expect(results.get(check)).toBeUndefined());
    }
  });
};
