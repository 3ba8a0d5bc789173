/** Announces people who are not there, from many addresses of its host, until its input ends. Says how many so far. */
import { createSocket, type Socket } from 'node:dgram';
import { resource, response, stranger } from '../mdns-conformance/bench.ts';
import { encode } from '../mdns-conformance/packet.ts';
import { SERVICE } from '../mdns-conformance/target.ts';
import { MDNS } from '../mdns-conformance/tester.ts';

const [own = '', ...sources] = process.argv.slice(2);
/** Bursts of so many, so often: 2,000 a second. */
const BURST = 20;
const EVERY_MS = 10;
const SAY_EVERY = 200;
const ALL_MAX = 200_000;

const socketAt = (address: string): Promise<Socket> =>
  new Promise((resolve) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    socket.bind({ port: MDNS.port, address }, () => {
      socket.setMulticastInterface(own);
      socket.setMulticastLoopback(false);
      socket.setMulticastTTL(255);
      resolve(socket);
    });
  });

const sockets = await Promise.all(sources.map(socketAt));
let count = 0;
const one = (): void => {
  const source = sources[count % sources.length] ?? own;
  const label = `fake-${count}`;
  // every third names another host than itself, every tenth has a text of a kilobyte
  const host = count % 3 === 0 ? (sources[(count * 7) % sources.length] ?? own) : source;
  const records = [...stranger(label, { host, port: 1 + (count % 60_000) })];
  if (count % 10 === 0)
    records.push(
      resource([label, ...SERVICE], 4500, { kind: 'TXT', strings: Array.from({ length: 4 }, () => Buffer.alloc(250, 'a=')) }),
    );
  sockets[count % sockets.length]?.send(encode(response(records)), MDNS.port, MDNS.group);
  count += 1;
};
const flooding = setInterval(() => {
  for (let i = 0; i < BURST; i++) {
    one();
    if (count % SAY_EVERY === 0) process.stdout.write(`${JSON.stringify({ count })}\n`);
  }
  if (count >= ALL_MAX) end();
}, EVERY_MS);
const end = (): void => {
  clearInterval(flooding);
  for (const socket of sockets) socket.close();
  process.stdin.destroy();
  process.stdout.write(`${JSON.stringify({ count, isEnd: true })}\n`);
};
process.stdin.resume();
process.stdin.once('end', end);
