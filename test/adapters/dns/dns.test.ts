import { execFileSync } from 'node:child_process';
import * as packet from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { streamOf } from '../../../src/domain/kernel/ids.ts';
import { loopbackOf } from '../../../src/domain/network/vipAddress.ts';
import { submit, until } from '../../support/world.ts';
import { dnsWorld, lines, question, sendTcp, sendUdp } from './dnsWorld.ts';

const web = {
  id: '/shop/web',
  cmd: 'serve',
  cpus: 0.01,
  mem: 1,
  portDefinitions: [{ port: 0, protocol: 'tcp', name: 'http', labels: { VIP_0: '/shop/web:80' } }],
};

const hasDig = (() => {
  try {
    execFileSync('dig', ['-v'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('an app with a ready instance', () => {
  test('has its names in each domain, with 127.0.0.1 for its virtual address unless told otherwise', async () => {
    const { node, app, ask } = await dnsWorld();
    await node('n1', '10.0.0.1');
    await app(web);
    for (const name of [
      'web.shop.wharf',
      'web.shop.marathon.mesos',
      'web-shop.marathon.mesos',
      'web-shop.marathon.slave.mesos',
      'web-shop.marathon.mesos.thisdcos.directory',
      'web-shop.marathon.agentip.dcos.thisdcos.directory',
      'web-shop.marathon.containerip.dcos.thisdcos.directory',
      'web-shop.marathon.autoip.dcos.thisdcos.directory',
      'web-shop.marathon.autoip.dcos.thisdcos.global',
    ]) {
      const { rcode, answers, flags } = (await ask(name)) as packet.DecodedPacket & { rcode: string; flags: number };
      expect([name, rcode, (flags & packet.AUTHORITATIVE_ANSWER) !== 0]).toEqual([name, 'NOERROR', true]);
      expect(answers?.map((each) => [each.name, each.type, 'data' in each && each.data])).toHaveLength(1);
      expect(answers?.[0]?.name).toBe(name);
    }
    for (const name of ['shopweb.marathon.l4lb.thisdcos.directory', 'shopweb.marathon.dclb.thisdcos.global'])
      expect(lines((await ask(name)).answers)).toEqual([`${name} A ${loopbackOf('shopweb')}`]);
    expect(lines((await ask('leader.mesos')).answers)).toEqual(['leader.mesos A 10.0.0.9']);
    expect(lines((await ask('master.dcos.thisdcos.directory')).answers)).toEqual(['master.dcos.thisdcos.directory A 10.0.0.9']);
    expect(lines((await ask('slave.mesos')).answers)).toEqual(['slave.mesos A 10.0.0.1']);
    expect(lines((await ask('web.shop.wharf', 'TXT')).answers)).toEqual(['web.shop.wharf TXT app=/shop/web']);
  });

  test('has its ports as SRV, with the addresses of the targets beside them, and the targets can be asked for', async () => {
    const { node, app, ask, world } = await dnsWorld();
    await node('n1', '10.0.0.1');
    await app({ ...web, instances: 2 });
    const ports = world.engine.views.instances.ofApp('/shop/web').flatMap(({ hostPorts }) => hostPorts);
    for (const name of [
      '_http._tcp.web.shop.wharf',
      '_web-shop._tcp.marathon.mesos',
      '_http._web-shop._tcp.marathon.mesos',
      '_web.shop._tcp.marathon.mesos',
      '_web-shop._udp.marathon.slave.mesos',
    ]) {
      const { answers = [], additionals = [] } = await ask(name, 'SRV');
      const data = answers.map((each) => (each as packet.SrvAnswer).data);
      expect([name, data.map(({ port }) => port).sort()]).toEqual([name, ports.toSorted()]);
      const targets = data.map(({ target }) => target).sort();
      expect(additionals.map((each) => each.name).sort()).toEqual(targets);
      for (const target of targets) expect((await ask(target)).answers).toHaveLength(1);
    }
  });

  test('is gone at once when it drains, and its name with it', async () => {
    const { node, app, ask, world } = await dnsWorld();
    await node('n1', '10.0.0.1');
    await app(web);
    const [before] = (await ask('_http._tcp.web.shop.wharf', 'SRV')).answers ?? [];
    const own = (before as packet.SrvAnswer | undefined)?.data.target ?? '';
    expect((await ask(own)).answers).toHaveLength(1);
    const [row] = world.engine.views.instances.ofApp('/shop/web');
    const stop = { type: 'StopInstance', reason: 'test', signal: 'SIGTERM', drainMs: 60_000, graceMs: 0 };
    await submit(world, streamOf('instance', row?.id ?? ''), stop as never);
    await until(world, () => world.engine.views.instances.get(row?.id ?? '')?.state === 'draining', 'it drains');
    expect((await ask(own)) as unknown).toMatchObject({ rcode: 'NXDOMAIN', answers: [] });
    const left = (await ask('_http._tcp.web.shop.wharf', 'SRV')).answers ?? [];
    expect(left.map((each) => (each as packet.SrvAnswer).data.target)).not.toContain(own);
  });

  test('follows its node to another address', async () => {
    const { node, app, ask, world } = await dnsWorld();
    await node('n1', '10.0.0.1');
    await app(web);
    expect(lines((await ask('web.shop.wharf')).answers)).toEqual(['web.shop.wharf A 10.0.0.1']);
    const { offer, warnings } = world.engine.views.nodes.get('n1') ?? {};
    await submit(world, streamOf('node', 'n1'), {
      type: 'ReportNodeOffer',
      offer: { ...offer, address: '10.0.0.2' },
      warnings: warnings ?? [],
    } as never);
    await until(world, () => world.engine.views.nodes.get('n1')?.offer.address === '10.0.0.2', 'the node moves');
    expect(lines((await ask('web.shop.wharf')).answers)).toEqual(['web.shop.wharf A 10.0.0.2']);
  });

  test('is at the address that was configured for the balancer', async () => {
    const { node, app, ask } = await dnsWorld({ vip: ['10.8.8.8'] });
    await node('n1', '10.0.0.1');
    await app(web);
    const name = 'shopweb.marathon.l4lb.thisdcos.directory';
    expect(lines((await ask(name)).answers)).toEqual([`${name} A 10.8.8.8`]);
  });

  test('is at the address that the balancer has for its name', async () => {
    const { node, app, ask } = await dnsWorld({ vipAddress: (name) => (name === 'shopweb' ? ['10.9.9.9', 'fd00::9'] : []) });
    await node('n1', '10.0.0.1');
    await app(web);
    const name = 'shopweb.marathon.l4lb.thisdcos.directory';
    expect(lines((await ask(name)).answers)).toEqual([`${name} A 10.9.9.9`]);
    expect(lines((await ask(name, 'AAAA')).answers)).toEqual([`${name} AAAA fd00::9`]);
  });
});

describe('an answer', () => {
  test('keeps the case of the question', async () => {
    const { node, app, ask } = await dnsWorld();
    await node('n1', '10.0.0.1');
    await app(web);
    const { questions, answers } = await ask('wEb.ShOp.WhArF');
    expect([questions?.[0]?.name, answers?.[0]?.name]).toEqual(['wEb.ShOp.WhArF', 'wEb.ShOp.WhArF']);
    expect((await ask('WEB.shop.wharf')).answers?.[0]?.name).toBe('WEB.shop.wharf');
  });

  test('tells a name without such records from a name that is not there, with the zone beside both', async () => {
    const { node, app, ask } = await dnsWorld();
    await node('n1', '10.0.0.1');
    await app(web);
    const told = async (name: string, type?: string) => {
      const { rcode, answers, authorities } = (await ask(name, type)) as packet.DecodedPacket & { rcode: string };
      return [rcode, answers?.length, authorities?.map((each) => `${each.name} ${each.type}`).join()];
    };
    expect(await told('web.shop.wharf', 'AAAA')).toEqual(['NOERROR', 0, 'wharf SOA']);
    expect(await told('web.shop.wharf', 'MX')).toEqual(['NOERROR', 0, 'wharf SOA']);
    for (const step of ['shop.wharf', '_tcp.web.shop.wharf', 'wharf', '_tcp.mesos'])
      expect([step, ...(await told(step))]).toEqual([step, 'NOERROR', 0, expect.stringMatching(/SOA$/)]);
    for (const none of ['none.wharf', 'x.web.shop.wharf', 'none.marathon.mesos', 'web.marathon.mesos', 'a.b.thisdcos.directory'])
      expect([none, ...(await told(none))]).toEqual([none, 'NXDOMAIN', 0, expect.stringMatching(/SOA$/)]);
    const soa = await ask('mesos', 'SOA');
    expect([soa.answers?.[0]?.name, (soa.answers?.[0] as packet.SoaAnswer | undefined)?.data.mname]).toEqual(['mesos', 'ns1.mesos']);
  });

  test('that is too long is cut and said to be, to the size the client takes; over TCP it is whole', async () => {
    const { node, app, ask, at } = await dnsWorld();
    for (let nth = 1; nth <= 60; nth++) await node(`n${nth}`, `10.0.1.${nth}`);
    await app({ ...web, instances: 60, constraints: [['hostname', 'UNIQUE']] });
    const small = await sendUdp(at, question('web.shop.wharf'));
    expect(small.length).toBeLessThanOrEqual(512);
    expect([packet.decode(small).flag_tc, packet.decode(small).answers?.length]).toEqual([true, 30]);
    const opt = { type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0, options: [] } as unknown as packet.Answer;
    const large = await ask('web.shop.wharf', 'A', { additionals: [opt] });
    expect([large.flag_tc, large.answers?.length]).toEqual([false, 60]);
    expect(large.additionals?.map(({ type }) => type)).toEqual(['OPT']);
    const services = await sendUdp(at, question('_http._tcp.web.shop.wharf', 'SRV', { additionals: [opt] }));
    expect(services.length).toBeLessThanOrEqual(1_232);
    expect(packet.decode(services).flag_tc).toBe(true);
    const [whole] = await sendTcp(
      at,
      [packet.streamEncode({ type: 'query', id: 9, questions: [{ name: '_http._tcp.web.shop.wharf', type: 'SRV' }] })],
      1,
    );
    const { answers, additionals, flag_tc } = packet.decode(whole as Buffer);
    expect([flag_tc, answers?.length, additionals?.length]).toEqual([false, 60, 60]);
    expect(additionals?.map((each) => each.name).sort()).toEqual(answers?.map((each) => (each as packet.SrvAnswer).data.target).sort());
  });

  test.skipIf(!hasDig)('is understood by dig, without a warning', async () => {
    const { node, app, at } = await dnsWorld();
    await node('n1', '10.0.0.1');
    await app({ ...web, instances: 3 });
    const dig = (...args: string[]) => {
      const child = execFileAsync('dig', ['@127.0.0.1', '-p', String(at.port), '+time=2', '+tries=1', ...args]);
      return child;
    };
    const srv = await dig('_http._tcp.web.shop.wharf', 'SRV');
    expect(srv).toMatch(/status: NOERROR/);
    expect(srv).toMatch(/flags: qr aa rd ra; QUERY: 1, ANSWER: 3, AUTHORITY: 0, ADDITIONAL: 4/);
    expect(srv).not.toMatch(/WARNING|malformed/i);
    expect(await dig('+tcp', '+short', 'web.shop.wharf')).toBe('10.0.0.1\n');
    expect(await dig('none.wharf')).toMatch(/status: NXDOMAIN[\s\S]*AUTHORITY: 1[\s\S]*wharf\.\s+5\s+IN\s+SOA\s+ns1\.wharf\./);
    expect(await dig('+edns=5', '+noednsneg', 'web.shop.wharf')).toMatch(/status: BADVERS/);
    expect(await dig('example.org')).toMatch(/status: REFUSED/);
    expect(await dig('wharf', 'AXFR')).toMatch(/Transfer failed/);
  });
});

const execFileAsync = async (file: string, args: readonly string[]): Promise<string> => {
  const { execFile } = await import('node:child_process');
  return new Promise((resolve) => execFile(file, [...args], (_, stdout) => resolve(stdout)));
};
