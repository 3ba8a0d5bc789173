// node talk.js HOME COUNT: a profile in which five people have said so much, in three rooms and in private. One JSON line at the end.
import { openPeer } from '../../dist/index.js';

const [home, count] = [process.argv[2], Number(process.argv[3])];
const LOOPBACK = { useDiscovery: false, interfaces: ['127.0.0.1'] };
const ROOMS = ['lobby', 'kitchen', 'builds'];
const NAMES = ['bob', 'carol', 'dave', 'eve'];
const WORDS = 'soup tea noon kitchen printer meeting lunch deploy build coffee train rain lamp chair window'.split(' ');
/** Said once in so many messages, the first time near the beginning. */
const RARE_EVERY = 25_000;
/** What nobody has but we, in the end. */
const LACKED = 10;
/** Said and not yet numbered and kept. */
const OUTSTANDING = 256;

const keeper = await openPeer({ name: 'ann', home, ...LOOPBACK });
const authors = [];
for (const name of NAMES)
  authors.push(await openPeer({ name, isEphemeral: true, peers: [`127.0.0.1:${keeper.port}`], ...LOOPBACK }));
for (const peer of [keeper, ...authors]) for (const room of ROOMS) peer.join(room);
for (const author of authors) if (author.peers.length === 0) await new Promise((resolve) => author.on('joined', resolve));

for (const author of authors) author.on('message', () => undefined); // who keeps nothing acknowledges what was taken

let heard = 0;
let onHeard = () => undefined;
const all = new Promise((resolve) => {
  onHeard = () => {
    if (heard === (count / 5) * 4) resolve();
  };
});
keeper.on('message', () => {
  heard += 1;
  onHeard();
});

const text = (at) => {
  const rare = at % RARE_EVERY === 7 ? ' xylophone' : '';
  return `${at}: ${WORDS[at % WORDS.length]} and ${WORDS[(at * 7 + 3) % WORDS.length]}, as was said in the ${WORDS[(at * 11) % WORDS.length]}${rare}`;
};
const talk = async (peer, each, isKeeper) => {
  const waiting = [];
  for (let at = 0; at < each; at++) {
    if (at >= OUTSTANDING) await waiting[at % OUTSTANDING];
    const isPrivate = !isKeeper && at % 10 === 9;
    waiting[at % OUTSTANDING] = isPrivate ? peer.tell(keeper.id, text(at)) : peer.say(ROOMS[at % ROOMS.length], text(at));
  }
  await Promise.all(waiting);
};
await Promise.all([talk(keeper, count / 5, true), ...authors.map((author) => talk(author, count / 5, false))]);
onHeard();
await all;
await keeper.history({ limit: 1 }); // it is indexed
await Promise.all(authors.map((author) => author.close()));
for (let at = 0; at < LACKED; at++)
  await keeper.say(ROOMS[at % ROOMS.length], `said when nobody was there, as was said in the ${at}`);
await keeper.close();
process.stdout.write(`${JSON.stringify({ filled: count })}\n`);
