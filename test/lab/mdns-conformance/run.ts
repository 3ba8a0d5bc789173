/** One lane against one target, on the tester's host: a line of JSON for each check. Arguments: kind, lane, place as JSON. */
import { Bench } from './bench.ts';
import { LANES } from './lanes.ts';
import type { Place, TargetKind } from './target.ts';

const [kind, name, place] = process.argv.slice(2) as [TargetKind, string, string];
const lane = LANES.find((each) => each.name === name);
if (lane === undefined) throw new Error(`no lane is called ${name}`);
const bench = new Bench(kind, JSON.parse(place) as Place, lane.speed);
const say = (title: string, problem: string | undefined): void => {
  process.stdout.write(`${JSON.stringify({ title, problem })}\n`);
};
const told = (error: unknown): string => (error instanceof Error ? error.message : String(error));

await bench.tester.open();
let unprepared: string | undefined;
try {
  await (lane.prepare ?? ((one) => one.settle()))(bench);
} catch (error) {
  unprepared = `before the checks: ${told(error)}`;
}
for (const { title, run } of lane.checks) {
  try {
    if (unprepared !== undefined) throw new Error(unprepared);
    await run(bench);
    say(title, undefined);
  } catch (error) {
    say(title, told(error));
  }
}
await bench.close();
