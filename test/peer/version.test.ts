import { expect, test } from '@jest/globals';
import { nodeSuite } from '../../src/crypto/primitives/node-suite.ts';
import { decodeDatagram, encodeVersionNotice } from '../../src/wire/datagram.ts';
import { World } from '../sim/world.ts';

const ELSEWHERE = { host: '10.0.9.9', port: 1 };

test.each([
  ['theirs is too old', [0]],
  ['this one is too old', [7, 8]],
])('the user is told once that %s', (told, versions) => {
  const world = new World({ seed: 7, suite: nodeSuite });
  const ann = world.add({ name: 'Ann' });
  world.tap = (_, to, bytes) => {
    const datagram = decodeDatagram(bytes);
    if (to.host !== ELSEWHERE.host || !datagram.ok || datagram.value.kind !== 'initiation') return;
    const notice = encodeVersionNotice({ destinationId: datagram.value.sourceId, versions });
    ann.receive({ kind: 'datagram', from: ELSEWHERE, bytes: notice });
  };
  ann.receive({ kind: 'dial', to: ELSEWHERE, via: 'static' });
  world.run(60_000);
  expect(ann.seen('dial-failed').length).toBeGreaterThan(1);
  expect(ann.seen('warning')).toEqual([
    {
      kind: 'warning',
      code: 'version',
      text: expect.stringContaining(`10.0.9.9:1 speaks another version of the protocol: ${told}`),
    },
  ]);
});
