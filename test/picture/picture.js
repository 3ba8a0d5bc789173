/**
 * Draws picture.svg and writes transcript.txt beside this file, from a real run: three chats on the loopback interface, each on a
 * terminal of its own. Needs Linux's `script`. Run it with: npm run picture
 */
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { svgOf } from './svg.js';
import { Terminal } from './terminal.js';

const COMMAND = fileURLToPath(new URL('../../bin/earshot.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'earshot-picture-'));
const terminals = [];

const freePort = async () => {
  const socket = createSocket('udp4');
  await new Promise((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
};

/** Nothing but the loopback interface, and nothing of whoever runs this. */
const environment = (home, more) => ({
  ...{ PATH: process.env.PATH, HOME: folder, USER: 'root', LANG: 'C.UTF-8', TERM: 'xterm-256color', TZ: process.env.TZ ?? 'UTC' },
  ...{ EARSHOT_CONFIG: devNull, EARSHOT_HOME: join(folder, home), EARSHOT_INTERFACE: '127.0.0.1', EARSHOT_DISCOVERY: '0' },
  ...more,
});

const chat = (home, size, more) => {
  const terminal = new Terminal({ command: `${process.execPath} ${COMMAND}`, ...size, env: environment(home, more) });
  terminals.push(terminal);
  return terminal;
};

const LINES = { columns: 80, rows: 40 };

const run = async () => {
  const port = String(await freePort());
  const bobPort = String(await freePort());
  const here = { EARSHOT_LINEAR: '1', EARSHOT_PEERS: `127.0.0.1:${port},127.0.0.1:${bobPort}` };
  const ann = chat('ann', { columns: 80, rows: 20 }, { EARSHOT_NAME: 'Ann', EARSHOT_PORT: port });
  await ann.until(/You are Ann/);
  const bob = chat('bob', LINES, { ...here, EARSHOT_PORT: bobPort, EARSHOT_PEERS: `127.0.0.1:${port}` });
  await bob.until(/What shall others call you\?/);
  await bob.say('Bob', /You are Bob/);
  await bob.until(/Ann is here/);
  await ann.say('is this thing on?', /is this thing on\?/, bob);
  await bob.say('it is! soup at noon?', /delivered to Ann/);
  await ann.until(/soup at noon/);
  const cat = chat('cat', LINES, { ...here, EARSHOT_NAME: 'Cat' });
  await cat.until(/Ann is here/);
  await ann.until(/Cat/);
  await bob.until(/Cat is here/);
  await ann.say('/react 👍', /👍/);
  await ann.say('/topic lunch at noon', /lunch at noon/, cat);
  await cat.say('@Ann count me in', /delivered to (Ann|Bob), (Ann|Bob)/);
  await bob.until(/count me in/);
  await ann.say('then we are three 🍜', /three 🍜/, cat);
  await ann.until(/three 🍜 ✓/);
  await bob.until(/three 🍜/);
  await bob.say('/msg Ann I bring the bread', /delivered to Ann/);
  await ann.until(/@Bob/);
  ann.type('see you in the kitch');
  await ann.until(/the kitch/);
  writeFileSync(new URL('picture.svg', import.meta.url), svgOf(ann, 'A chat of three people in the room lobby'));
  await bob.say('/quit', /\/quit/);
  const said = bob.text.replace(/\n+$/, '').replaceAll(/ +$/gm, '');
  writeFileSync(new URL('transcript.txt', import.meta.url), `$ earshot --linear\n${said}\n$\n`);
};

try {
  await run();
} finally {
  for (const terminal of terminals) terminal.kill();
  rmSync(folder, { recursive: true, force: true });
}
