import { systemClock } from '../../../../src/adapters/clock/systemClock.ts';
import type { SimulatedControls } from '../../../../src/adapters/hosts/simulated/controls.ts';
import type { SimulationProfile } from '../../../../src/adapters/hosts/simulated/profile.ts';
import { simulatedHosts } from '../../../../src/adapters/hosts/simulated/simulatedHosts.ts';
import { seededIds } from '../../../../src/adapters/ids/seededIds.ts';
import type { HostRuntime } from '../../../../src/domain/ports/hosts.ts';
import { describeHostRuntime, type HostHarness, shellCommand } from '../../../contracts/hostRuntime.contract.ts';
import { plainSpec } from './spec.ts';

const OFFER = { cpus: 4, mem: 4096, disk: 10_000, gpus: 0, hostname: 'host-1', address: '10.0.0.1' };
const ids = seededIds(1);

/** The suite reads the real clock, so the hosts live by it too. */
const harness = (name: string, profile: Partial<SimulationProfile>): HostHarness => {
  let controls: SimulatedControls;
  return {
    name,
    open: async () => {
      const hosts = simulatedHosts({ seed: 1, clock: systemClock(), profile });
      const open: HostRuntime[] = [];
      const connect = () => {
        const host = hosts.host('node-1', OFFER);
        controls = host;
        open.push(host);
        return host;
      };
      return {
        host: connect(),
        reopen: async () => connect(),
        makeSpec: (overrides) => plainSpec(ids.next(), overrides),
        cleanup: async () => {
          controls.reboot();
          await Promise.all(open.map((host) => host.close()));
        },
      };
    },
    behave: (behaviour) => {
      if (behaviour.does === 'exhaustMemory') return { command: { shell: 'exhaust-memory' } };
      if (behaviour.does === 'missing') controls.startFails('CommandNotFound');
      return shellCommand(behaviour);
    },
    skips: { takenPort: 'nobody but the instances themselves listens on a simulated host' },
  };
};

describeHostRuntime(harness('the simulated host, instant,', {}));
describeHostRuntime(harness('the simulated host, with latencies,', { startMs: [5, 15], stopMs: [5, 15], pullMs: [5, 15], callMs: [1, 5] }));
