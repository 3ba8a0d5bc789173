import { describe, expect, test } from '@jest/globals';
import { type Problem, Problems } from '../../src/platform/problems.ts';

describe('problems', () => {
  test('what happens before somebody listens is told once they do, what happens later at once', async () => {
    const problems = new Problems();
    const told: Problem[] = [];
    problems.tellTo((problem) => told.push(problem));
    problems.ofDisk('damaged');
    problems.ofNetwork('one interface is deaf');
    problems.ofFinding('nobody can be found');
    problems.begin();
    expect(told).toEqual([]);
    await new Promise<void>((resolve) => {
      setTimeout(resolve, 0);
    });
    problems.ofDisk('full');
    expect(told).toEqual([
      { code: 'not-stored', text: 'damaged' },
      { code: 'no-network', text: 'nobody can be found' },
      { code: 'not-stored', text: 'full' },
    ]);
    expect(problems.list()).toEqual(['damaged', 'one interface is deaf', 'nobody can be found', 'full']);
  });
});
