import { expect, test } from '@jest/globals';
import { peerId } from '../../src/base/ids.ts';
import { HINTED_TARGETS_MAX, UNPROVEN_PEERS_MAX } from '../../src/base/limits.ts';
import { instant } from '../../src/base/time.ts';
import { Dialer } from '../../src/peer/dialer.ts';

const claim = (n: number) => ({
  address: { host: `10.0.${n >> 8}.${n & 255}`, port: 4000 },
  instance: `i${n}`,
  idHint: undefined,
});

test('those who were met keep no newcomer from being dialled, those who were not do up to the limit', () => {
  const dialer = new Dialer();
  const now = instant(1_000);
  for (let n = 0; n < UNPROVEN_PEERS_MAX; n++) {
    dialer.found(now, claim(n), []);
    dialer.onEstablished(
      now,
      peerId(Uint8Array.from({ length: 32 }, (_, i) => (i < 2 ? (n >> (8 * i)) & 255 : 1))),
      claim(n).address,
    );
  }
  for (let n = 0; n < UNPROVEN_PEERS_MAX; n++) expect(dialer.found(now, claim(1_000 + n), [])).toBeUndefined();
  expect(dialer.found(now, claim(5_000), [])).toBe('i1000');
});

test('nor do those who were met after a beacon keep out whoever sends the next one', () => {
  const dialer = new Dialer();
  const now = instant(1_000);
  const hint = (n: number) => dialer.hint(now, { address: claim(n).address, via: 'beacon', idHint: undefined }, []);
  for (let n = 0; n < 2 * HINTED_TARGETS_MAX; n++) {
    expect(hint(n)).toBe(true);
    dialer.onEstablished(now, peerId(new Uint8Array(32).fill(n & 255)), claim(n).address);
  }
  expect(hint(1_000)).toBe(true);
});
