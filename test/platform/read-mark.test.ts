import { expect, test } from '@jest/globals';
import { type RoomName, roomScope } from '../../src/base/ids.ts';
import { openPeer } from '../../src/platform/open-peer.ts';
import { temporaryFolder } from './temporary.ts';

test('what was marked as read is no damage at the next start: nothing is counted as discarded', async () => {
  const home = temporaryFolder();
  const open = () => openPeer({ home, name: 'ann', interfaces: ['127.0.0.1'], useDiscovery: false });
  const first = await open();
  const { id } = await first.say('lobby', 'hello');
  first.markRead(roomScope('lobby' as RoomName));
  first.markRead(roomScope('lobby' as RoomName), id);
  await first.close();
  const second = await open();
  const { drops } = second.stats();
  await second.close();
  expect(drops).toEqual({});
});
