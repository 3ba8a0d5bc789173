import { describe, expect, test } from '@jest/globals';
import { type RoomName, roomScope } from '../../../src/base/ids.ts';
import { wallTime } from '../../../src/base/time.ts';
import { chatWith } from '../../../src/cli/chat/chat.ts';
import { textLine } from '../../../src/cli/format/text.ts';
import { type Line, Lines } from '../../../src/cli/job/lines.ts';
import { Mailbox } from '../../../src/cli/job/mailbox.ts';
import type { StoredMessage } from '../../../src/cli/library.ts';
import type { Checkup } from '../../../src/platform/doctor/checkup.ts';
import { COMMAND_NAMES, COMMANDS, type CommandName, type LocalName } from '../../../src/ui/commands.ts';
import { plainPaint } from '../../../src/ui/paint.ts';
import { entryOf, type FakePeer, idOf, LOBBY, viewOf } from '../fake-peer.ts';
import { running } from '../running.ts';
import { settle } from '../virtual-clock.ts';

const stored = (text: string, author: string, more: Partial<StoredMessage> = {}): StoredMessage =>
  ({
    id: entryOf(text),
    scope: roomScope(LOBBY),
    author: idOf(author),
    authorName: author,
    sequence: 7,
    body: { kind: 'text', text },
    time: wallTime(60_000),
    receivedAt: wallTime(120_000),
    isDeleted: false,
    edits: [],
    reactions: [],
    ...more,
  }) as unknown as StoredMessage;

/** What a machine with nobody around it measures. */
const CHECKUP: Checkup = {
  interfaces: [{ name: 'eth0', addresses: ['192.0.2.1'], leftOut: undefined, hasJoined: true, hearsItself: true, mdnsHosts: [] }],
  mdnsFailure: undefined,
  mdnsSharedWith: [],
  beaconFailure: undefined,
  beaconHosts: [],
  takesUdp: true,
  earshotHosts: [],
  others: [],
  earshotsHere: 1,
  firewalls: [],
  peer: undefined,
};

/** A chat with bob and carol in the lobby, after something was said; what it shows is text. */
const chatting = async (prepare: (peer: FakePeer) => void = () => undefined, isInteractive = true) => {
  const typed = new Mailbox<Line>();
  const asked: unknown[] = [];
  let found: (checkup: Checkup) => void = () => undefined;
  const examine = (wanted: readonly string[], address: unknown): Promise<Checkup> => {
    asked.push([wanted, address]);
    return new Promise((resolve) => {
      found = resolve;
    });
  };
  const run = await running((context) => chatWith({ examine })(context, { room: LOBBY, isInteractive }), {
    input: new Lines(typed),
    prepare: (peer) => {
      peer.arrive(viewOf('bob', { rooms: [LOBBY, 'garden' as RoomName], away: 'lunch', clockSkewMs: 120_000, isPinned: true }));
      peer.arrive(viewOf('carol smith', { rooms: [LOBBY], state: 'idle', via: 'beacon' }));
      peer.past.push(stored('is there soup?', 'bob'), stored('there is', 'alice'));
      prepare(peer);
    },
  });
  await run.clock.advance(1_000);
  let number = 0;
  const type = async (...texts: readonly string[]): Promise<void> => {
    for (const text of texts) {
      number += 1;
      typed.push({ number, text, sizeBytes: Buffer.byteLength(text) });
    }
    await settle();
  };
  const style = { paint: plainPaint, offsetMinutes: () => 0, for: 'chat' } as const;
  const shown = (): string => run.records.map((record) => textLine(record, style) ?? '').join('');
  const find = async (checkup: Checkup): Promise<void> => {
    found(checkup);
    await settle();
  };
  return { ...run, type, shown, asked, find };
};
type Chat = Awaited<ReturnType<typeof chatting>>;

const says = (chat: Chat) => chat.peer.said.map(({ scope, text }) => [scope.kind === 'room' ? scope.room : scope.reader, text]);

/** Each command once, as a person types it, and what is to be seen of it. One that is missing here does not compile. */
const EVERY: Readonly<Record<Exclude<CommandName, LocalName>, (chat: Chat) => Promise<void>>> = {
  help: async (chat) => {
    await chat.type('/help', '/help /msg', '/help mgs');
    for (const name of COMMAND_NAMES) expect(chat.shown()).toContain(`/${name} `.trimEnd());
    expect(chat.shown()).toContain(`/msg WHO TEXT: ${COMMANDS.msg.does}`);
    expect(chat.shown()).toContain('There is no command /mgs. Did you mean /msg?');
  },
  join: async (chat) => {
    await chat.type('/join #Kitchen', 'soup', '/join');
    expect(says(chat)).toEqual([['kitchen', 'soup']]);
    expect(chat.shown()).toContain('Which room?');
  },
  leave: async (chat) => {
    await chat.type('/leave', '/leave', 'hello');
    expect(chat.shown()).toContain('You have left #lobby and are in no room');
    expect(chat.shown()).toContain('You are in no room.');
    expect(says(chat)).toEqual([]);
  },
  msg: async (chat) => {
    await chat.type('/msg "carol smith" psst', '/msg @bob hi', '/msg bob');
    expect(says(chat)).toEqual([
      [idOf('carol smith'), 'psst'],
      [idOf('bob'), 'hi'],
    ]);
    expect(chat.shown()).toContain('To whom, and what?');
    const away = await chatting((peer) => peer.known.push({ id: idOf('dave'), name: 'dave' }));
    await away.type('/msg dave when you are back', '/msg nobody hello');
    expect(says(away)).toEqual([[idOf('dave'), 'when you are back']]);
    expect(away.shown()).toContain('dave is not here; what you say waits for them.');
    await away.clock.advance(2_000);
    expect(away.shown()).toContain('"when you are back" is kept, and waits for dave');
    expect(away.shown()).toContain('nobody called "nobody" is here; see who is: /who');
  },
  query: async (chat) => {
    await chat.type('/query @bob', 'psst');
    expect(says(chat)).toEqual([[idOf('bob'), 'psst']]);
    const away = await chatting((peer) => peer.known.push({ id: idOf('dave'), name: 'dave' }));
    await away.type('/query dave', 'are you there?');
    expect(says(away)).toEqual([[idOf('dave'), 'are you there?']]);
  },
  reply: async (chat) => {
    await chat.type('/reply yes', `/reply ${entryOf('is there soup?').slice(0, 8)} no`, '/reply');
    expect(says(chat)).toEqual([
      ['lobby', 'yes'],
      ['lobby', 'no'],
    ]);
    expect(chat.shown()).toContain('Answer what?');
  },
  react: async (chat) => {
    const soup = entryOf('is there soup?');
    await chat.type('/react 👍', '/react', '/react :heart:', '/react :nosuch:');
    await import('gemoji').then(settle);
    expect(chat.peer.amendments).toEqual([`react ${soup} 👍`, `react ${soup} ❤️`]);
    expect(chat.shown()).toContain('With what?');
    expect(chat.shown()).toContain('there is no emoji :nosuch:');
  },
  edit: async (chat) => {
    await chat.type('/edit there was', `/edit ${entryOf('is there soup?').slice(0, 8)} no`);
    expect(chat.peer.amendments).toEqual([`edit ${entryOf('there is')} there was`]);
    expect(chat.shown()).toContain('That message is not yours.');
    expect(chat.shown()).toContain('Changed "there is".');
  },
  delete: async (chat) => {
    await chat.type('/delete');
    expect(chat.peer.amendments).toEqual([`delete ${entryOf('there is')}`]);
    expect(chat.shown()).toContain('Took "there is" back.');
  },
  info: async (chat) => {
    const bob = idOf('bob');
    chat.peer.past.push(
      stored('at one', 'alice', {
        edits: [{ text: 'at noon', time: wallTime(180_000) }],
        reactions: [{ emoji: '🎉', by: [bob, chat.peer.id] }],
      }),
    );
    const message = chat.peer.past.at(-1) as StoredMessage;
    chat.peer.waiting.push({ message, audience: [bob, idOf('carol smith')], holders: [bob] });
    await chat.type('/info', `/info ${entryOf('is there soup?')}`, '/info abcdef');
    expect(chat.shown()).toContain(
      [
        'alice: at one',
        `  id           ${entryOf('at one')}`,
        '  said         1970-01-01 00:01 in #lobby, number 7',
        '  kept         1970-01-01 00:02',
        '  before       at noon (until 1970-01-01 00:03)',
        '  🎉           bob, alice',
        '  delivered    to bob; waiting for carol smith',
        'bob: is there soup?',
      ].join('\n'),
    );
    expect(chat.shown()).toContain("no message's id begins with abcdef");
  },
  who: async (chat) => {
    await chat.type('/who', '/who kitchen', '/who no room');
    expect(chat.shown()).toMatch(/In #lobby besides you:\nbob .*away: lunch\ncarol smith .*beacon\nNobody is in #kitchen\.\n/);
    expect(chat.shown()).toContain('"no room" is no name of a room');
  },
  whois: async (chat) => {
    await chat.clock.advance(300_000);
    await chat.type('/whois bob', `/whois ${idOf('carol smith').slice(0, 6)}`, '/whois alice', '/whois nobody', '/whois');
    expect(chat.shown()).toContain(
      [
        'bob',
        `  fingerprint  print-${idOf('bob').slice(0, 4)}`,
        `  id           ${idOf('bob')}`,
        '  address      192.0.2.7:4321, found by mDNS',
        '  state        connected, round trip 0.4 ms, here for 5 min',
        '  away         lunch',
        '  in common    #lobby',
        '  also in      #garden',
        '  key          known: this name is tied to it',
        '  clock        2 min ahead of yours',
        'carol smith',
      ].join('\n'),
    );
    expect(chat.shown()).toMatch(/found by a broadcast\n.*idle.*\n.*\n {2}key {10}not known from before/);
    expect(chat.shown()).toContain('alice (you)\n  fingerprint  aaaa-bbbb-cccc-dddd');
    expect(chat.shown()).toContain('Nobody called "nobody" is here or known');
    expect(chat.shown()).toContain('Who? /whois bob');
  },
  peers: async (chat) => {
    await chat.type('/peers');
    expect(chat.shown()).toMatch(
      /\nbob {13}connected {6}0\.4 ms {2}192\.0\.2\.7:4321 {9}[0-9a-f]{12} {2}mdns {2}away: lunch\ncarol smith .*idle .*beacon\n/,
    );
    chat.peer.depart('bob');
    chat.peer.depart('carol smith');
    await chat.type('/peers');
    expect(chat.shown()).toContain('Nobody else is here; find out why: /doctor');
  },
  rooms: async (chat) => {
    await chat.type('/rooms');
    expect(chat.shown()).toContain('#garden  1 person\n#lobby  3 people (you are here)');
  },
  topic: async (chat) => {
    await chat.type('/topic', '/topic soup', '/topic', '/topic -');
    expect(chat.shown()).toMatch(
      /#lobby has no topic[\s\S]*alice set the topic: soup[\s\S]*#lobby: soup[\s\S]*took the topic away/,
    );
    await chat.type('/query bob', '/topic');
    expect(chat.shown()).toContain('Only a room has a topic; go to one: /join lobby');
  },
  history: async (chat) => {
    await chat.type('/history 1', '/history', '/history x');
    expect(chat.of('stored').map(({ message }) => message.text)).toEqual(['there is', 'is there soup?', 'there is']);
    expect(chat.shown()).toContain('How many?');
  },
  older: async (chat) => {
    await chat.type('/older');
    expect(chat.of('stored').map(({ message }) => message.text)).toEqual(['is there soup?', 'there is']);
  },
  search: async (chat) => {
    await chat.type('/search soup', '/search beans', '/search');
    expect(chat.of('stored').map(({ message }) => message.text)).toEqual(['is there soup?']);
    expect(chat.shown()).toMatch(/Nothing was said with beans\.\nFor what\?/);
  },
  queue: async (chat) => {
    const message = chat.peer.past.at(-1) as StoredMessage;
    chat.peer.waiting.push({ message, audience: [idOf('bob')], holders: [] });
    await chat.type('/queue', `/queue drop ${message.id.slice(0, 8)}`, '/queue', '/queue nonsense');
    expect(chat.shown()).toMatch(/there is — 0 of 1 have it; waiting for bob\ngiven up: .*there is\nNothing waits/);
    expect(chat.shown()).toContain('To give one up: /queue drop ID');
  },
  away: async (chat) => {
    await chat.type('/away lunch');
    expect(chat.peer.away).toBe('lunch');
  },
  back: async (chat) => {
    await chat.type('/back', '/away', '/back');
    expect(chat.peer.away).toBeUndefined();
    expect(chat.shown()).toMatch(/You are not away\.\n.*\nOthers see that you are back\./);
  },
  nick: async (chat) => {
    await chat.type('/nick', '/nick ada');
    expect(chat.peer.name).toBe('ada');
    expect(chat.shown()).toContain('Which name?');
  },
  me: async (chat) => {
    await chat.type('/me waves', '/me');
    expect(chat.peer.said.map(({ text, isAction }) => [text, isAction])).toEqual([['waves', true]]);
    expect(chat.shown()).toContain('What do you do?');
  },
  ignore: async (chat) => {
    await chat.type('/ignore', '/ignore @bob', '/ignore', '/ignore bob');
    expect(chat.shown()).toMatch(/Nobody is ignored\.\n.*hidden.*\nIgnored: bob \([0-9a-f]{12}\)\n.*shown again/);
  },
  notify: async (chat) => {
    await chat.type('/notify', '/notify all', '/notify none @bob', '/notify mentions "carol smith"', '/notify all garden');
    await chat.type(
      '/join garden',
      '/notify all garden',
      '/notify',
      '/notify default',
      '/notify #nope!',
      '/notify @nobody',
      '/notify of',
    );
    expect(
      chat
        .of('notice')
        .map(({ text }) => text)
        .filter((text) => !text.startsWith('You are')),
    ).toEqual([
      '#lobby tells what names you.\nChange it: /notify all, /notify mentions, /notify none, /notify default, /mute.',
      '#lobby tells everything.',
      '@bob tells nothing.',
      '@carol smith tells what names you.',
      expect.stringMatching(/^nobody called "garden" is known here; see who is here: \/who; a room that you are not in: #room$/),
      '#garden tells everything.',
      expect.stringMatching(
        /^#garden tells everything\.\nOthers: #lobby all, @(bob none|carol smith mentions), @.*\.\nChange it: .*$/,
      ),
      '#garden tells what names you.',
      expect.stringContaining('"#nope!" is no name of a room'),
      expect.stringContaining('nobody called "nobody"'),
      expect.stringContaining('levels are all, mentions, none, default'),
    ]);
  },
  mute: async (chat) => {
    await chat.type('/mute', '/mute', '/mute 8h', '/rooms', '/mute', '/mute 2d @bob', '/notify all @bob', '/mute 9d', '/mute 0m');
    expect(
      chat
        .of('notice')
        .map(({ text }) => text)
        .filter((text) => !text.startsWith('You are')),
    ).toEqual([
      '#lobby is muted; aloud again: /mute',
      '#lobby tells what names you.',
      '#lobby is muted for 8 h; aloud again: /mute',
      expect.stringContaining('#lobby  3 people (you are here) (muted)'),
      '#lobby tells what names you.',
      '@bob is muted for 2 d; aloud again: /mute',
      '@bob tells everything.',
      'For how long? /mute 30m, /mute 8h, /mute 2d: 7 d at most.',
      'For how long? /mute 30m, /mute 8h, /mute 2d: 7 d at most.',
    ]);
  },
  stats: async (chat) => {
    await chat.type('/stats');
    expect(chat.shown()).toContain('datagrams in: 3');
  },
  doctor: async (chat) => {
    await chat.type('/doctor', '/doctor', 'meanwhile');
    expect(says(chat)).toEqual([['lobby', 'meanwhile']]);
    expect(chat.shown()).toContain('The doctor is looking already');
    await chat.find(CHECKUP);
    expect(chat.shown()).toMatch(
      /with you {5}bob, carol smith\neth0 .*\n[\s\S]*you are with 2 people; no other host on this network runs earshot/,
    );
    await chat.type('/doctor bob');
    const whole = { sent: 3, arrived: 3, answered: 3 };
    const heard = { hearsOurMulticast: true, hearsOurBroadcast: true, isHeardByBroadcast: true, hearsOwnMulticast: true };
    const way = { small: whole, large: whole, oversized: whole, ...heard, takesUnasked: true, isRefusedElsewhere: false };
    const address = { host: '192.0.2.7', port: 4321 };
    const peer = { ...way, address, link: { name: 'eth0', isUsed: true }, isHeardByMulticast: true, isRefused: false };
    await chat.find({ ...CHECKUP, peer: { ...peer, sendFailure: undefined, isNeighbour: true, clockSkewMs: undefined } });
    expect(chat.shown()).toContain('the clock of bob is 2 minutes ahead');
    await chat.type('/doctor [fe80::1%eth0]:4455');
    await chat.find(CHECKUP);
    await chat.type('/doctor nobody', '/doctor a b:99', '/doctor 192.0.2.7');
    expect(chat.asked).toEqual([
      [[], undefined],
      [[], address],
      [[], { host: 'fe80::1%eth0', port: 4455 }],
    ]);
    expect(chat.shown()).toContain('nobody called "nobody" is here');
    expect(chat.shown()).toContain('Give HOST:PORT');
    expect(chat.shown()).toContain('An address needs its port');
  },
  quit: async (chat) => {
    await chat.type('/quit');
    expect(chat.code()).toBe(0);
  },
};

describe('a chat does', () => {
  test.each(Object.entries(EVERY))('/%s', async (_name, does) => {
    await does(await chatting());
  });

  test.each(COMMAND_NAMES.filter((name) => COMMANDS[name].isLocal === true))(
    '/%s where the keys are, so without keys it says so',
    async (name) => {
      const chat = await chatting(undefined, false);
      await chat.type(`/${name}`);
      expect(chat.shown()).toContain(`/${name} is for a chat at a terminal.`);
    },
  );

  test('/whois of a name that several have: each is shown, and that the name is not theirs alone', async () => {
    const chat = await chatting((peer) => {
      peer.arrive(viewOf('eve'));
      peer.arrive(viewOf('\u0435ve', { id: idOf('other eve') }));
    });
    await chat.type('/whois eve');
    expect(chat.of('whois').map(({ person }) => [person.id, person.namesakes])).toEqual([
      [idOf('eve'), [idOf('other eve')]],
      [idOf('other eve'), [idOf('eve')]],
    ]);
    expect(chat.shown()).toContain(`also that of ${idOf('eve').slice(0, 12)}`);
  });

  test('/whois and /info show nothing that a terminal obeys', async () => {
    const evil = '\u001b[2J\u202e\u0007';
    const chat = await chatting((peer) => {
      peer.arrive(viewOf('mallory', { away: evil, rooms: [LOBBY, `x${evil}` as RoomName] }));
      peer.past.push(
        stored(`hello ${evil}`, 'mallory', {
          reactions: [{ emoji: evil, by: [idOf('mallory')] }],
          edits: [{ text: evil, time: wallTime(1) }],
        }),
      );
    });
    await chat.type('/whois mallory', '/peers', `/info ${entryOf(`hello ${evil}`)}`);
    expect(chat.of('info').length).toBe(1);
    expect(chat.shown()).not.toMatch(/[\u001b\u202e\u0007]/);
  });

  test('a chat that hides says so at once, and the doctor does', async () => {
    const chat = await chatting((peer) => {
      peer.visibility = 'private';
    });
    const seen = 'private: only contacts, the people you wrote to, see you';
    expect(chat.shown()).toContain(`You are ${seen}.`);
    await chat.type('/doctor');
    await chat.find(CHECKUP);
    expect(chat.shown()).toContain(`you          ${seen}`);
  });

  test('/doctor that cannot measure says so, and can be asked again', async () => {
    const typed = new Mailbox<Line>();
    const examine = () => Promise.reject(new Error('out of breath'));
    const run = await running((context) => chatWith({ examine })(context, { room: LOBBY, isInteractive: true }), {
      input: new Lines(typed),
    });
    for (const number of [1, 2]) {
      typed.push({ number, text: '/doctor', sizeBytes: 7 });
      await settle();
    }
    expect(run.of('notice').filter(({ text }) => text.includes('out of breath')).length).toBe(2);
  });
});
