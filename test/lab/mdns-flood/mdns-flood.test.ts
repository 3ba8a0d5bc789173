import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { bundle } from '../bundle.ts';
import { earshotOn, endAll, isJoined, isMessage, isReady, type Running, textsOf } from '../earshot-on.ts';
import { Lab, labProblem, titled } from '../hosts.ts';

jest.setTimeout(120_000);
const suite = labProblem === undefined ? describe : describe.skip;

const FAKES = 10_000;
/** More than what 4096 records, 500 targets and their dials take; what a leak of 10,000 instances would exceed. */
const GROWTH_MAX_MB = 96;
const SOURCES = Array.from({ length: 180 }, (_, i) => `10.97.0.${50 + i}`);

const residentMb = ({ pid }: Running): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
/** User and system time so far; the clock of /proc ticks 100 times a second. */
const cpuSeconds = ({ pid }: Running): number => {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

suite(titled('a host that announces 10,000 people who are not there'), () => {
  let lab: Lab;
  beforeAll(() => {
    lab = new Lab(4);
    bundle(lab.folder, 'test/lab/mdns-flood/flood.ts');
    for (const source of SOURCES) lab.ip(3, 'addr', 'add', `${source}/24`, 'dev', 'eth0');
  });
  afterEach(() => lab?.killAll());
  afterAll(() => lab?.remove());

  test('a conversation goes on whole, a newcomer is met meanwhile, and memory stays bounded', async () => {
    const bob = earshotOn(lab, 2, ['listen', '--json', '--name', 'bob']);
    await bob.until(isReady);
    const ann = earshotOn(lab, 1, ['chat', '--name', 'ann']);
    await bob.until(isJoined('ann'));
    const [memoryBefore, cpuBefore, startedAt] = [residentMb(bob), cpuSeconds(bob), performance.now()];

    const texts: string[] = [];
    const delays: number[] = [];
    const say = async (): Promise<void> => {
      const text = `line ${texts.length}`;
      const saidAt = performance.now();
      texts.push(text);
      ann.write(`${text}\n`);
      await bob.until(isMessage(text));
      delays.push(performance.now() - saidAt);
    };
    const shownDelays = (): string => {
      const sorted = delays.splice(0).sort((a, b) => a - b);
      return `median ${sorted[sorted.length >> 1]?.toFixed(1)}, most ${sorted.at(-1)?.toFixed(1)}`;
    };
    for (let i = 0; i < 50; i++) await say();
    const delaysBefore = shownDelays();
    const flood = lab.spawn(3, [process.execPath, join(lab.folder, 'mdns-flood', 'flood.mjs'), lab.address(3), ...SOURCES]);
    if (flood.stdout === null) throw new Error('the flood has no output');
    let newcomer: Running | undefined;
    let isMet = false;
    let memoryMost = memoryBefore;
    let count = 0;
    for await (const line of createInterface({ input: flood.stdout })) {
      const said = JSON.parse(line) as { readonly count: number; readonly isEnd?: true };
      count = said.count;
      if (said.isEnd === true) break;
      void say();
      memoryMost = Math.max(memoryMost, residentMb(bob));
      if (newcomer === undefined && count >= FAKES / 2) {
        newcomer = earshotOn(lab, 4, ['listen', '--json', '--name', 'newcomer']);
        const both = [bob.until(isJoined('newcomer')), newcomer.until(isJoined('bob'))];
        void Promise.all(both).then(() => {
          isMet = true;
        });
      }
      if (isMet && count >= FAKES) flood.stdin?.end();
    }
    const [seconds, cpu] = [(performance.now() - startedAt) / 1_000, cpuSeconds(bob) - cpuBefore];
    expect([isMet, count >= FAKES]).toEqual([true, true]);
    await bob.until(isMessage(texts.at(-1) ?? ''));
    expect(textsOf(bob)).toEqual(texts);
    expect(bob.lines.filter((line) => line.type === 'peer' && line.event === 'left')).toEqual([]);
    const figures = {
      fakes: count,
      seconds: seconds.toFixed(1),
      cpuPercent: Math.round((100 * cpu) / seconds),
      memoryMb: `${memoryBefore.toFixed(0)} → ${memoryMost.toFixed(0)}`,
      messages: texts.length,
      delayMs: `${delaysBefore} → ${shownDelays()}`,
    };
    process.stdout.write(`flooded: ${JSON.stringify(figures)}\n`);
    expect(memoryMost - memoryBefore).toBeLessThan(GROWTH_MAX_MB);
    await endAll(...(newcomer === undefined ? [] : [newcomer]), bob, ann);
  });
});
