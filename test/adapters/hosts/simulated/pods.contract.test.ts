import { systemClock } from '../../../../src/adapters/clock/systemClock.ts';
import type { SimulatedControls } from '../../../../src/adapters/hosts/simulated/controls.ts';
import type { SimulationProfile } from '../../../../src/adapters/hosts/simulated/profile.ts';
import { simulatedHosts } from '../../../../src/adapters/hosts/simulated/simulatedHosts.ts';
import { seededIds } from '../../../../src/adapters/ids/seededIds.ts';
import type { HostRuntime } from '../../../../src/domain/ports/hosts.ts';
import { shellCommand } from '../../../contracts/hostRuntime.contract.ts';
import { describePods } from '../../../contracts/pods.contract.ts';
import { plainSpec } from './spec.ts';

const OFFER = { cpus: 4, mem: 4096, disk: 10_000, gpus: 0, hostname: 'host-1', address: '10.0.0.1' };
const MISSING = '/no/such/program';
const ids = seededIds(1);

const describeSimulated = (name: string, profile: Partial<SimulationProfile>): void =>
  describePods({
    name,
    tool: (applet) => applet,
    mountPath: 'data',
    behave: shellCommand,
    skips: { execution: 'a simulated container executes nothing' },
    open: async () => {
      const hosts = simulatedHosts({ seed: 1, clock: systemClock(), profile });
      const connections: (HostRuntime & SimulatedControls)[] = [];
      const connect = () => {
        const host = hosts.host('node-1', OFFER);
        connections.push(host);
        return host;
      };
      const host = connect();
      host.startFails('CommandNotFound', {
        times: Number.POSITIVE_INFINITY,
        when: ({ command }) => 'args' in command && command.args?.[0] === MISSING,
      });
      return {
        host,
        reopen: async () => connect(),
        makeSpec: (overrides) => plainSpec(ids.next(), overrides),
        freePort: async () => 31_000,
        cleanup: async () => {
          host.reboot();
          await Promise.all(connections.map((each) => each.close()));
        },
      };
    },
  });

describeSimulated('simulated hosts, instant', {});
describeSimulated('simulated hosts, with latencies', { startMs: [5, 15], stopMs: [5, 15], pullMs: [5, 15], callMs: [1, 5] });
