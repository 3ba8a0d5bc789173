import { describe, expect, test } from '@jest/globals';
import {
  HANDSHAKE_BURST_PER_SOURCE,
  HANDSHAKE_RATE_PER_SOURCE,
  HANDSHAKE_RATE_TOTAL,
  RETRY_THRESHOLD,
  RETRY_TOKEN_LIFETIME_MS,
} from '../../src/base/limits.ts';
import { instant } from '../../src/base/time.ts';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import { Admission, type Stranger } from '../../src/transport/admission.ts';
import { upTo } from './lan.ts';

const EMPTY = new Uint8Array(0);
const stranger = (host: string, token: Uint8Array = EMPTY, sourceId = 7): Stranger => ({
  from: { host, port: 4000 },
  sourceId,
  token,
});
const admission = (secret = 1): Admission => new Admission(nodeSuite, new Uint8Array(32).fill(secret));
const count = (verdicts: readonly string[], verdict: string): number => verdicts.filter((other) => other === verdict).length;

describe('strangers', () => {
  test('may take part at once while little is going on, in a burst of HANDSHAKE_BURST_PER_SOURCE a host, whatever the port', () => {
    const door = admission();
    const verdicts = upTo(20).map((port) => door.judge(instant(0), { ...stranger('a'), from: { host: 'a', port } }, 0));
    expect(count(verdicts, 'accept')).toBe(HANDSHAKE_BURST_PER_SOURCE);
    expect(count(verdicts, 'ask-retry')).toBe(20 - HANDSHAKE_BURST_PER_SOURCE);
    expect(door.judge(instant(0), stranger('b'), 0)).toBe('accept');
  });

  test('are asked for a token once RETRY_THRESHOLD handshakes are half-open', () => {
    const door = admission();
    expect(door.judge(instant(0), stranger('a'), RETRY_THRESHOLD - 1)).toBe('accept');
    expect(door.judge(instant(0), stranger('a'), RETRY_THRESHOLD)).toBe('ask-retry');
  });

  test('with a token that is theirs take part, at their own rate', () => {
    const door = admission();
    const token = door.retryToken(instant(0), stranger('a'));
    const verdicts = upTo(10_000).map((ms) => door.judge(instant(ms / 10), stranger('a', token), 200));
    expect(count(verdicts, 'accept')).toBe(HANDSHAKE_BURST_PER_SOURCE + HANDSHAKE_RATE_PER_SOURCE - 1);
    expect(count(verdicts, 'rate-limited')).toBe(10_000 - count(verdicts, 'accept'));
  });

  test('who spoof the address of another use up nothing that the other needs', () => {
    const door = admission();
    for (const ms of upTo(5_000)) door.judge(instant(ms), stranger('victim', EMPTY, ms), ms % 2 === 0 ? 0 : 100);
    const now = instant(5_000);
    expect(door.judge(now, stranger('victim', door.retryToken(now, stranger('victim'))), 100)).toBe('accept');
  });

  test('all together never get more than HANDSHAKE_RATE_TOTAL a second beyond the first', () => {
    const door = admission();
    let accepted = 0;
    for (const i of upTo(20_000)) {
      const now = instant(i / 10);
      const who = stranger(`host ${i}`);
      if (door.judge(now, { ...who, token: door.retryToken(now, who) }, 0) === 'accept') accepted += 1;
    }
    expect(accepted).toBeLessThanOrEqual(HANDSHAKE_RATE_TOTAL * 3);
    expect(accepted).toBeGreaterThan(HANDSHAKE_RATE_TOTAL * 2.9);
  });

  test('without a token leave half of the total to those with one', () => {
    const door = admission();
    const verdicts = upTo(1_000).map((i) => door.judge(instant(0), stranger(`host ${i}`), 0));
    expect(count(verdicts, 'accept')).toBe(HANDSHAKE_RATE_TOTAL / 2 + 1);
  });

  test('are remembered in bounded numbers', () => {
    const door = admission();
    for (const i of upTo(5_000)) {
      const now = instant(i);
      const who = stranger(`host ${i}`);
      door.judge(now, who, 0);
      door.judge(now, { ...who, token: door.retryToken(now, who) }, 0);
      expect(door.sourceCount).toBeLessThanOrEqual(2 * 1024);
    }
  });
});

describe('a retry token', () => {
  const verdict = (token: Uint8Array, now: number, changes: Partial<Stranger> = {}, door = admission()): string =>
    door.judge(instant(now), { ...stranger('a', token), ...changes }, 100);
  const token = admission().retryToken(instant(2_000), stranger('a'));

  test('is good for half to all of RETRY_TOKEN_LIFETIME_MS', () => {
    expect(verdict(token, 2_000)).toBe('accept');
    expect(verdict(token, 2_000 + RETRY_TOKEN_LIFETIME_MS / 2)).toBe('accept');
    expect(verdict(token, 2_000 + RETRY_TOKEN_LIFETIME_MS)).toBe('ask-retry');
  });

  test('is of use to its address, connection id and issuer only', () => {
    expect(verdict(token, 2_000, { from: { host: 'a', port: 4001 } })).toBe('ask-retry');
    expect(verdict(token, 2_000, { from: { host: 'b', port: 4000 } })).toBe('ask-retry');
    expect(verdict(token, 2_000, { sourceId: 8 })).toBe('ask-retry');
    expect(verdict(token, 2_000, {}, admission(2))).toBe('ask-retry');
    expect(
      verdict(
        token.map((byte, i) => (i === 31 ? byte ^ 1 : byte)),
        2_000,
      ),
    ).toBe('ask-retry');
  });
});
