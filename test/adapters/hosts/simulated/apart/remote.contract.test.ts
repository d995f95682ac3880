import { join } from 'node:path';
import { systemClock } from '../../../../../src/adapters/clock/systemClock.ts';
import { openRemoteHost } from '../../../../../src/adapters/hosts/simulated/apart/remoteHost.ts';
import { serveHosts } from '../../../../../src/adapters/hosts/simulated/apart/server.ts';
import type { SimulationProfile } from '../../../../../src/adapters/hosts/simulated/profile.ts';
import { simulatedHosts } from '../../../../../src/adapters/hosts/simulated/simulatedHosts.ts';
import { seededIds } from '../../../../../src/adapters/ids/seededIds.ts';
import type { HostRuntime } from '../../../../../src/domain/ports/hosts.ts';
import { describeHostRuntime, type HostHarness, shellCommand } from '../../../../contracts/hostRuntime.contract.ts';
import { describePods } from '../../../../contracts/pods.contract.ts';
import { temporaryFolder } from '../../../../support/temporaryFolder.ts';
import { plainSpec } from '../spec.ts';

const OFFER = { cpus: 4, mem: 4096, disk: 10_000, gpus: 0, hostname: 'host-1', address: '10.0.0.1' };
const MISSING = '/no/such/program';
const ids = seededIds(1);

const open = async (address: string, profile: Partial<SimulationProfile>) => {
  const clock = systemClock();
  const hosts = simulatedHosts({ seed: 1, clock, profile });
  const controls = hosts.host('node-1', OFFER);
  controls.startFails('CommandNotFound', {
    times: Number.POSITIVE_INFINITY,
    when: ({ command }) => 'args' in command && command.args?.[0] === MISSING,
  });
  const server = await serveHosts({ address, hosts });
  const connections: HostRuntime[] = [];
  const connect = async () => {
    const host = await openRemoteHost(server.address, 'node-1', OFFER, clock);
    connections.push(host);
    return host;
  };
  return {
    host: await connect(),
    reopen: connect,
    makeSpec: (overrides: Parameters<typeof plainSpec>[1]) => plainSpec(ids.next(), overrides),
    freePort: async () => 31_000,
    cleanup: async () => {
      controls.reboot();
      await Promise.all(connections.map((host) => host.close()));
      await server.close();
    },
  };
};

const harness = (name: string, address: () => string, profile: Partial<SimulationProfile>): HostHarness => ({
  name,
  open: () => open(address(), profile),
  behave: (behaviour) => (behaviour.does === 'exhaustMemory' ? { command: { shell: 'exhaust-memory' } } : shellCommand(behaviour)),
  skips: { takenPort: 'nobody but the instances themselves listens on a simulated host' },
});

const UNIX = (): string => `unix:${join(temporaryFolder(), 'hosts.sock')}`;
const LATE = { startMs: [5, 15], stopMs: [5, 15], pullMs: [5, 15], callMs: [1, 5] } as const;

describeHostRuntime(harness('a simulated host behind a unix socket, instant,', UNIX, {}));
describeHostRuntime(harness('a simulated host behind a TCP port, with latencies,', () => 'tcp://127.0.0.1:0', LATE));
describePods({
  name: 'simulated hosts behind a unix socket',
  tool: (applet) => applet,
  mountPath: 'data',
  behave: shellCommand,
  skips: { execution: 'a simulated container executes nothing' },
  open: () => open(UNIX(), {}),
});
