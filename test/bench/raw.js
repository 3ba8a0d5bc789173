// The baseline: raw dgram, one message a datagram, nothing encrypted, signed, ordered or stored. One role a process.
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

const [role, address] = process.argv.slice(2);
const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024, sendBufferSize: 4 * 1024 * 1024 });
const cpu = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
const commands = createInterface({ input: process.stdin });

if (role === 'receive') {
  let received = 0;
  let first = 0n;
  let last = 0n;
  let cpuBefore = 0;
  socket.on('message', () => {
    last = process.hrtime.bigint();
    if (received === 0) {
      first = last;
      cpuBefore = cpu();
    }
    received += 1;
  });
  commands.on('line', () => {
    print({ received, seconds: Number(last - first) / 1e9, cpuUs: cpu() - cpuBefore });
    received = 0;
  });
}
if (role === 'echo') socket.on('message', (message, from) => socket.send(message, from.port, from.address));

const blast = (port, to, count) => {
  const message = Buffer.alloc(100, 'x');
  const cpuBefore = cpu();
  let sent = 0;
  let done = 0;
  const more = () => {
    while (sent < count && sent - done < 64) {
      sent += 1;
      socket.send(message, port, to, onSent);
    }
  };
  const onSent = () => {
    done += 1;
    if (done === count) print({ sent, cpuUs: cpu() - cpuBefore });
    else more();
  };
  more();
};

const pingPong = (port, to, count) => {
  const message = Buffer.alloc(100, 'x');
  const times = [];
  let sentAt = 0n;
  const ping = () => {
    sentAt = process.hrtime.bigint();
    socket.send(message, port, to);
  };
  socket.on('message', () => {
    times.push(Number(process.hrtime.bigint() - sentAt) / 1e6);
    if (times.length < count) setImmediate(ping);
    else print({ times });
  });
  ping();
};

if (role === 'send') {
  commands.on('line', (line) => {
    const { port, to, count, what } = JSON.parse(line);
    if (what === 'echo') pingPong(port, to, count);
    else blast(port, to, count);
  });
}
socket.bind(0, address, () => print({ port: socket.address().port }));
