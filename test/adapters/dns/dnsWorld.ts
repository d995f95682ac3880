import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import * as packet from 'dns-packet';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/systemClock.ts';
import type { Endpoint } from '../../../src/adapters/dns/addresses.ts';
import { type Dns, type DnsOptions, startDns } from '../../../src/adapters/dns/dns.ts';
import { streamOf } from '../../../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../../../src/domain/node/node.commands.ts';
import { memoryLog } from '../../support/memoryLog.ts';
import { createWorld, deploy, submit, until, type World } from '../../support/world.ts';

export type DnsWorld = {
  readonly world: World;
  readonly dns: Dns;
  readonly at: Endpoint;
  readonly faults: unknown[];
  node(id: string, address: string): Promise<void>;
  /** Deployed, and as many ready as it wants. */
  app(definition: Readonly<Record<string, unknown>> & { readonly id: string; readonly instances?: number }): Promise<void>;
  ask(name: string, type?: string, more?: Partial<packet.Packet>): Promise<packet.DecodedPacket>;
};

/** The whole engine on simulated hosts, and a DNS server on a real port of loopback. */
export const dnsWorld = async (
  options: Partial<DnsOptions> & { vipAddress?: (name: string) => readonly string[] } = {},
): Promise<DnsWorld> => {
  const world = await createWorld({ log: memoryLog(), clock: systemClock() });
  onTestFinished(() => world.engine.stop());
  const faults: unknown[] = [];
  const { vipAddress, ...dnsOptions } = options;
  const dns = await startDns(
    { listen: [{ host: '127.0.0.1', port: 0 }], upstream: [], ...dnsOptions },
    {
      views: world.engine.views,
      leader: () => ({ host: '10.0.0.9', port: 8080 }),
      onFault: (error) => faults.push(error),
      ...(vipAddress !== undefined && { vipAddress }),
    },
  );
  onTestFinished(() => dns.close());
  const at = dns.bound[0] as Endpoint;
  return {
    world,
    dns,
    at,
    faults,
    node: async (id, address) => {
      await submit(world, streamOf('node', id), {
        type: 'RegisterNode',
        endpoint: { kind: 'simulated', seed: 1 },
        offer: { hostname: id, address, cpus: 64, mem: 65_536, disk: 10_000, gpus: 0, portRanges: [[31_000, 31_999]] },
        attributes: {},
        roles: ['*'],
        warnings: [],
      } as NodeCommand);
      await until(world, () => world.engine.views.nodes.get(id)?.state === 'attached.answering.ready', `${id} answers`);
    },
    app: async (definition) => {
      await deploy(world, definition);
      const wanted = definition.instances ?? 1;
      const ready = () => Object.values(world.engine.views.instances.tallies(definition.id)).reduce((sum, tally) => sum + tally.ready, 0);
      await until(world, () => ready() === wanted && world.engine.views.deployments.running().length === 0, `${definition.id} is ready`);
    },
    ask: async (name, type = 'A', more = {}) => packet.decode(await sendUdp(at, question(name, type, more))),
  };
};

export const question = (name: string, type = 'A', more: Partial<packet.Packet> = {}): Buffer =>
  packet.encode({ type: 'query', id: 7, flags: packet.RECURSION_DESIRED, questions: [{ name, type: type as 'A' }], ...more });

export const sendUdp = async ({ host, port }: Endpoint, message: Buffer): Promise<Buffer> => {
  const socket = createSocket('udp4');
  try {
    socket.send(message, port, host);
    const [answer] = await once(socket, 'message');
    return answer;
  } finally {
    socket.close();
  }
};

/** Sends bytes as they are, and resolves with the messages once so many came. */
export const sendTcp = async (at: Endpoint, bytes: readonly Buffer[], count: number): Promise<readonly Buffer[]> => {
  const socket = connect(at);
  await once(socket, 'connect');
  const answers: Buffer[] = [];
  let rest = Buffer.alloc(0);
  for (const piece of bytes) {
    socket.write(piece);
    await new Promise((resolve) => setImmediate(resolve));
  }
  for await (const piece of socket) {
    rest = Buffer.concat([rest, piece]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      answers.push(rest.subarray(2, 2 + rest.readUInt16BE(0)));
      rest = rest.subarray(2 + rest.readUInt16BE(0));
    }
    if (answers.length >= count) break;
  }
  socket.destroy();
  return answers;
};

/** Records as lines that are easy to compare, in order. */
export const lines = (records: readonly packet.Answer[] = []): readonly string[] =>
  records
    .filter(({ type }) => type !== 'OPT')
    .map((record) => {
      const data = (record as { data: unknown }).data;
      const text = record.type === 'SRV' ? `${(data as packet.SrvData).target}:${(data as packet.SrvData).port}` : String(data);
      return `${record.name} ${record.type} ${text}`;
    })
    .sort();
