import { expect, jest, test } from '@jest/globals';
import { bundle, run } from '../platform/child.ts';
import type { SoakResult } from './soak.ts';

/** How many worlds, and from which on; `npm run soak` sets them. */
const SEEDS = Number(process.env.SOAK_SEEDS ?? 20);
const FROM = Number(process.env.SOAK_FROM ?? 1);

jest.setTimeout(24 * 3_600_000);

/** In a process of its own: three times as fast as within a test. */
const SCRIPT = `
  import { soak } from '/test/chat/soak.ts';
  console.log(JSON.stringify(soak(Number(process.argv[2]), { peers: 50, minutes: 60 })));
`;

/** Two at a time. */
const pairs = Array.from({ length: Math.ceil(SEEDS / 2) }, (_, n) => [FROM + 2 * n, FROM + 2 * n + 1].slice(0, SEEDS - 2 * n));

test.each(pairs.map((seeds) => [seeds.join(' and '), seeds] as const))(
  'an hour of fifty peers leaves everybody with the same, seeds %s',
  async (_, seeds) => {
    const script = await bundle(SCRIPT);
    const lines = await Promise.all(seeds.map((seed) => run(script, String(seed)).line()));
    for (const line of lines) {
      const { said, held, doubled, reused } = JSON.parse(line ?? '') as SoakResult;
      expect(said).toBeGreaterThan(300);
      expect(held.filter((count) => count !== said)).toEqual([]);
      expect({ doubled, reused }).toEqual({ doubled: 0, reused: 0 });
    }
  },
);
