import { either as E } from 'fp-ts';
import { podOf } from '../adapters/hosts/members.ts';
import type { InstanceFact } from '../domain/instance/instance.facts.ts';
import { FAILURES } from '../domain/instance/instance.states.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Millis } from '../domain/kernel/units.ts';
import type { HostFault, HostRuntime } from '../domain/ports/hosts.ts';
import type { Lives } from '../history/whatIf/lives.ts';
import { SERVES } from './fork.ts';

/** What failed on one node need not fail on another. */
const OF_THE_NODE: ReadonlySet<string> = new Set(['PortTaken', 'StartRejected']);

/**
 * A simulated host that starts and stops as the record tells: as long as it took then, and failing where it failed. Commands are not
 * understood here: whatever ends by itself does so by the record.
 */
export const playedHost = (node: string, inner: HostRuntime, lives: Lives, clock: Clock): HostRuntime => {
  const after = (ms: Millis): Promise<void> => (ms <= 0 ? Promise.resolve() : new Promise((resolve) => clock.schedule(ms, resolve)));
  return {
    ...inner,
    run: (spec) => async () => {
      const { instance, app, version } = spec;
      const silent = { ...spec, command: SERVES };
      // A container of a pod starts with its pod.
      if (podOf(instance) !== instance) return inner.run(silent)();
      const life = lives.of(instance, app, version);
      const seen = await inner.inspect(instance)();
      // Started before, or out of reach: nothing is waited for.
      if (E.isLeft(seen) || (seen.right !== undefined && seen.right.status !== 'created')) return inner.run(silent)();
      await after(life.startMs ?? 0);
      const { failure } = life;
      if (failure !== undefined && FAILURES.has(failure.type) && (!OF_THE_NODE.has(failure.type) || life.node === node))
        return E.left(faultOf(failure));
      return inner.run(silent)();
    },
    stop: (instance, how) => async () => {
      const life = lives.recorded(podOf(instance));
      await after(Math.min(life?.stopMs ?? 0, Math.max(0, how.killAt - clock.now())));
      return inner.stop(instance, how)();
    },
  };
};

/** A recorded failure of a start, as a host tells it. */
const faultOf = (fact: InstanceFact): HostFault => {
  const { type, ...data } = fact;
  return type === 'ContainerExited' || type === 'ContainerVanished'
    ? { _tag: 'StartRejected', message: 'it ended before it had started' }
    : ({ _tag: type, ...data } as unknown as HostFault);
};
