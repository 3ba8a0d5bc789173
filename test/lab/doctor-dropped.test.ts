import { expect, test } from '@jest/globals';
import { earshotOn, endAll, isReady } from './earshot-on.ts';
import { illSuite } from './ill-lab.ts';

illSuite('earshot doctor where datagrams are lost', (there) => {
  test('incoming UDP dropped here', async () => {
    const ill = there();
    ill.drop(1, 'input', 'meta l4proto udp');
    expect(await ill.visit(ill.at)).toMatchObject({ code: 12, found: { cause: 'inbound-dropped-here' } });
  });

  test('incoming UDP dropped here, but for what this machine sends itself, and but for multicast', async () => {
    const ill = there();
    ill.drop(1, 'input', 'iifname eth0 meta l4proto udp');
    expect(await ill.visit(ill.at)).toMatchObject({ code: 12, found: { cause: 'inbound-dropped-here' } });
    ill.heal(1);
    ill.drop(1, 'input', 'iifname eth0 meta l4proto udp ip daddr != 224.0.0.0/4');
    expect(await ill.visit(ill.at)).toMatchObject({
      code: 12,
      found: { text: expect.stringContaining('gets what you send and answers') },
    });
  });

  test('incoming UDP dropped here but for port 5353: told with nobody in particular, by name and by address', async () => {
    const ill = there();
    ill.drop(1, 'input', 'iifname eth0 meta l4proto udp udp dport != 5353');
    const advice = expect.stringMatching(/nftables.* port 5353, and earshot's own port/);
    for (const who of [[], ['bob'], [ill.at]]) {
      expect(await ill.visit(...who)).toMatchObject({
        code: 12,
        found: { cause: 'inbound-dropped-here', takesUdp: true, advice },
      });
    }
  });

  test('incoming UDP dropped there but for port 5353: told with nobody in particular, and by name', async () => {
    const ill = there();
    ill.drop(2, 'input', 'iifname eth0 meta l4proto udp udp dport != 5353');
    expect(await ill.visit()).toMatchObject({ code: 16, found: { cause: 'inbound-dropped-there' } });
    expect(await ill.visit('bob')).toMatchObject({
      code: 16,
      found: { text: expect.stringMatching(/^nobody called "bob" was found/) },
    });
  });

  test('with nobody in particular, who hides is not asked: that nothing comes back says nothing', async () => {
    const ill = there();
    await endAll(ill.bob);
    const eve = earshotOn(ill.lab, 2, ['listen', '--json', '--name', 'eve', '--private']);
    await eve.until(isReady);
    const { code, found } = await ill.visit();
    expect([code, found.others, found.earshotHosts]).toEqual([0, [], expect.arrayContaining([ill.lab.address(2)])]);
    await endAll(eve);
  });

  test('a firewall here that takes answers alone is told of, and is no illness', async () => {
    const ill = there();
    ill.lab.exec(1, 'nft', 'add table inet ill; add chain inet ill c { type filter hook input priority 0; }');
    ill.lab.exec(1, 'nft', 'add rule inet ill c iifname eth0 ip daddr != 224.0.0.0/4 meta l4proto udp ct state new drop');
    const { code, found } = await ill.visit(ill.at);
    expect([code, found.peer]).toEqual([0, expect.objectContaining({ takesUnasked: false, isHeardByBroadcast: false })]);
  });

  test('of a hundred datagrams many lost on the way there', async () => {
    const ill = there();
    ill.lab.exec(2, 'nft', 'add table inet ill; add chain inet ill c { type filter hook input priority 0; }');
    ill.lab.exec(2, 'nft', 'add rule inet ill c meta l4proto udp numgen inc mod 4 == 0 drop');
    const { code, found } = await ill.visit(ill.at);
    expect([code, found.text]).toEqual([
      29,
      expect.stringMatching(/of 100 datagrams .* 2\d are lost on the way there and 0 on the way back/),
    ]);
  });

  test('incoming UDP dropped there, mDNS apart; and all of it: a beacon of theirs tells that it is there', async () => {
    const ill = there();
    ill.drop(2, 'input', 'meta l4proto udp udp dport != 5353');
    expect(await ill.visit(ill.at)).toMatchObject({ code: 16, found: { cause: 'inbound-dropped-there' } });
    ill.drop(2, 'input', 'meta l4proto udp');
    expect(await ill.visit(ill.at)).toMatchObject({
      code: 16,
      found: { cause: 'inbound-dropped-there', text: expect.stringContaining('is heard, but nothing comes back') },
    });
  });

  test('multicast dropped on the way; ours alone; theirs alone', async () => {
    const ill = there();
    const both = ['ip daddr 224.0.0.0/4', 'ip6 daddr ff00::/8 meta l4proto udp'];
    ill.drop(2, 'output', ...both);
    expect(await ill.visit(ill.at)).toMatchObject({ code: 22, found: { cause: 'multicast-not-heard' } });
    ill.heal(2);
    ill.drop(2, 'input', ...both);
    expect(await ill.visit(ill.at)).toMatchObject({ code: 23, found: { cause: 'multicast-not-reaching' } });
  });

  test('a black hole for large datagrams', async () => {
    const ill = there();
    ill.drop(2, 'input', 'meta l4proto udp meta length > 1000');
    expect(await ill.visit(ill.at)).toMatchObject({ code: 19, found: { cause: 'large-datagrams-lost' } });
  });
});
