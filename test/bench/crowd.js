// Many peers in one process, all meeting the one under measurement.
import { createInterface } from 'node:readline';
import { openPeer } from '../../dist/index.js';

const port = process.argv[2];
const peers = [];
createInterface({ input: process.stdin }).on('line', (line) => {
  const { count } = JSON.parse(line);
  void grow(count);
});
const grow = async (count) => {
  while (peers.length < count) {
    const peer = await openPeer({
      name: `crowd ${peers.length}`,
      isEphemeral: true,
      useDiscovery: false,
      interfaces: ['127.0.0.1'],
      peers: [`127.0.0.1:${port}`],
    });
    peers.push(peer);
    if (peer.peers.length === 0) await new Promise((resolve) => peer.on('joined', resolve));
  }
  process.stdout.write(`${JSON.stringify({ met: count })}\n`);
};
process.on('SIGTERM', () => void Promise.all(peers.map((peer) => peer.close())).then(() => process.exit(0)));
