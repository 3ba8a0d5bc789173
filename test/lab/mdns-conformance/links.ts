/** What a responder does when its link changes. */
import { answers, type Bench, check, isMulticastResponse, type Lane, resource } from './bench.ts';

const NEW_ADDRESS = '10.97.0.13';

export const links: Lane = {
  name: 'changing links',
  needs: 'program',
  prepare: async (bench) => {
    bench.ip('link', 'del', 'eth1');
    await bench.settle();
  },
  checks: [
    {
      section: '8.4',
      level: 'MUST',
      title: 'a further address is announced, with those that stay',
      run: async (bench) => {
        const { host, addresses } = bench.own;
        const at = performance.now();
        bench.ip('addr', 'add', `${NEW_ADDRESS}/24`, 'dev', 'eth0');
        const added = resource(host, 120, { kind: 'A', address: NEW_ADDRESS });
        const heard = await bench.tester.until('the address', (one) => isMulticastResponse(one) && answers(one, added), at);
        check(
          addresses.every((address) => answers(heard, address)),
          'the other is not said',
        );
      },
    },
    {
      section: '8.3',
      level: 'MUST',
      title: 'a link that comes up again is announced on',
      run: async (bench: Bench) => {
        const { pointer, service } = bench.own;
        bench.ip('link', 'set', 'eth0', 'down');
        await bench.target.offline();
        const at = performance.now();
        bench.ip('link', 'set', 'eth0', 'up');
        await bench.tester.until('both', (one) => isMulticastResponse(one) && answers(one, pointer), at);
        await bench.tester.until('both', (one) => isMulticastResponse(one) && answers(one, service), at);
      },
    },
  ],
};
