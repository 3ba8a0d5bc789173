// Many peers in one process: all meeting the one under measurement at PORT, or opened as told, to be found.
import { createInterface } from 'node:readline';
import { openPeer } from '../../dist/index.js';

const port = process.argv[2];
const peers = [];
const ON_LOOPBACK = { useDiscovery: false, interfaces: ['127.0.0.1'], peers: [`127.0.0.1:${port}`] };
createInterface({ input: process.stdin }).on('line', (line) => {
  const { count, options } = JSON.parse(line);
  void grow(count, options);
});
const grow = async (count, options = ON_LOOPBACK) => {
  while (peers.length < count) {
    const peer = await openPeer({ name: `crowd ${peers.length}`, isEphemeral: true, ...options });
    peers.push(peer);
    if (options !== ON_LOOPBACK) peer.join('lobby');
    else if (peer.peers.length === 0) await new Promise((resolve) => peer.on('joined', resolve));
  }
  process.stdout.write(`${JSON.stringify(options === ON_LOOPBACK ? { met: count } : { opened: count })}\n`);
};
process.on('SIGTERM', () => void Promise.all(peers.map((peer) => peer.close())).then(() => process.exit(0)));
