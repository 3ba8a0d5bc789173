import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Lab, missingForLab } from './mdns-lab.ts';
import type { Program } from './program.ts';

const TIMEOUT_MS = 60_000;
const missing = missingForLab();
const missingAvahi = missing ?? missingForLab('avahi-daemon', 'avahi-browse', 'dbus-daemon');
const named = (title: string, reason: string | undefined): string =>
  reason === undefined ? title : `${title} (skipped: ${reason})`;

// jest names skipped tests only when asked to be verbose
if (missingAvahi !== undefined) process.stderr.write(`skipped in test/lab/mdns: ${missingAvahi}\n`);

let lab: Lab | undefined;
const built = (): Lab => {
  if (lab === undefined) throw new Error('the lab is not built');
  return lab;
};
beforeEach(() => {
  if (missing === undefined) lab = new Lab();
});
afterEach(async () => {
  await lab?.close();
  lab = undefined;
}, TIMEOUT_MS);

const labelOf = async (host: Program): Promise<string> => {
  const { label } = JSON.parse(await host.line('"ready"')) as { readonly label: string };
  return label;
};

describe('two hosts on one cable, without a router', () => {
  (missing === undefined ? test : test.skip)(
    named('they find each other, and goodbye is heard', missing),
    async () => {
      const ann = built().start('a', 4001);
      const bob = built().start('b', 4002);
      await ann.line('"found"', '"10.99.0.2"', '4002', '"eth0"');
      await bob.line('"found"', '"10.99.0.1"', '4001', '"eth0"');
      ann.endInput();
      await ann.line('"closed"', '"failed":0');
      await bob.line('"gone"');
    },
    TIMEOUT_MS,
  );

  (missing === undefined ? test : test.skip)(
    named('after the interfaces were taken away and made anew they hear each other again', missing),
    async () => {
      const ann = built().start('a', 4001);
      const bob = built().start('b', 4002);
      await ann.line('"found"');
      await bob.line('"found"');
      built().pullOut();
      await ann.line('"gone"');
      await bob.line('"gone"');
      built().plugIn();
      await ann.line('"found"', '"10.99.0.2"');
      await bob.line('"found"', '"10.99.0.1"');
    },
    TIMEOUT_MS,
  );

  (missing === undefined ? test : test.skip)(
    named('interfaces made anew between two looks, with the same addresses, are joined again', missing),
    async () => {
      const ann = built().start('a', 4001);
      const bob = built().start('b', 4002);
      await ann.line('"found"');
      await bob.line('"found"');
      built().pullOut();
      built().plugIn();
      const newcomer = built().start('b', 4003);
      await newcomer.line('"found"', '4001');
      await ann.line('"found"', '4003');
      expect(
        [...ann.lines, ...bob.lines].filter((line) => line.includes('"gone"') || line.includes('"rejoined"')).length,
      ).toBeGreaterThan(0);
    },
    TIMEOUT_MS,
  );
});

describe('beside avahi', () => {
  (missingAvahi === undefined ? test : test.skip)(
    named('avahi-browse lists the service resolved, and goodbye removes it', missingAvahi),
    async () => {
      const browse = await built().startAvahi();
      const ann = built().start('a', 4455);
      const label = await labelOf(ann);
      const resolved = await browse('-rp', '-t', '_earshot._udp').line('=;', label);
      const [, , protocol, instance, type, domain, host, address, port, ...text] = resolved.split(';');
      expect([protocol, instance, type, domain, host, address, port]).toEqual([
        'IPv4',
        label,
        '_earshot._udp',
        'local',
        `${label}.local`,
        '10.99.0.1',
        '4455',
      ]);
      expect(text.join(';').split(' ').sort()).toEqual(['"id=0123456789abcdef"', '"txtvers=1"', '"v=1"']);
      const watching = browse('-rp', '_earshot._udp');
      await watching.line('=;', label);
      ann.endInput();
      await watching.line('-;', label);
    },
    TIMEOUT_MS,
  );

  (missingAvahi === undefined ? test : test.skip)(
    named('our type is in the list of types, and avahi on our host does not lose its own traffic', missingAvahi),
    async () => {
      const browse = await built().startAvahi();
      const beside = built().start('b', 4456); // on avahi's own host, sharing its port
      const label = await labelOf(beside);
      const ann = built().start('a', 4455);
      const annLabel = await labelOf(ann);
      await beside.line('"found"', '"10.99.0.1"');
      await ann.line('"found"', '"10.99.0.2"');
      await browse('-p', '-a').line('+;', '_earshot._udp');
      const watching = browse('-rp', '_earshot._udp');
      await watching.line('=;', label);
      expect(watching.lines.some((line) => line.includes(annLabel)) || (await watching.line(annLabel)) !== '').toBe(true);
    },
    TIMEOUT_MS,
  );
});
