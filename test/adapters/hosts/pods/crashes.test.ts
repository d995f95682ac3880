import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SimulatedClock, simulatedClock } from '../../../../src/adapters/clock/simulatedClock.ts';
import { withPods } from '../../../../src/adapters/hosts/pods/withPods.ts';
import { simulatedHosts } from '../../../../src/adapters/hosts/simulated/simulatedHosts.ts';
import type { ContainerSpec, HostRuntime, Observed, RunSpec } from '../../../../src/domain/ports/hosts.ts';
import { succeeded } from '../../../contracts/hostRuntime.contract.ts';
import { isLongRun } from '../../../support/machine.ts';
import { plainSpec } from '../simulated/spec.ts';

/**
 * Pods over a simulated host, with an engine that dies at any of its calls to the host, as often as it likes: nothing starts twice, what has
 * failed takes the others with it, and what is over leaves nothing behind.
 */

const OFFER = { cpus: 4, mem: 4096, disk: 10_000, gpus: 0, hostname: 'host-1', address: '10.0.0.1' };
const START = Date.UTC(2030, 0, 1);
const HOUR_MS = 3_600_000;

const SCRIPTS = ['serve', 'exit 0', 'exit 3', 'sleep 2; exit 0', 'sleep 2; exit 5', "trap '' TERM; serve"] as const;

const podOf = (scripts: readonly string[]): RunSpec => {
  const {
    instance,
    app,
    version,
    slot,
    network,
    containers: _,
    ...own
  } = plainSpec('pod', { ports: [{ protocol: 'tcp', hostPort: 31_000 }] });
  const containers = scripts.map((shell, index): ContainerSpec => {
    const { ports: _, killGraceMs: __, ...of } = own;
    return { ...of, name: `c${index}`, command: { shell } };
  });
  return { ...own, instance, app, version, slot, network, containers };
};

/** Hears nothing any more from its nth call to the host on; whether that call is done all the same is the other question. */
const mortal = (host: HostRuntime, calls: number, isDone: boolean): HostRuntime => {
  let left = calls;
  const never = <A>(): Promise<A> => new Promise<A>(() => {});
  const asked =
    <A>(ask: () => Promise<A>) =>
    (): Promise<A> => {
      if (--left > 0) return ask();
      if (left === 0 && isDone) void ask();
      return never();
    };
  return {
    ...host,
    inventory: () => asked(host.inventory()),
    inspect: (instance) => asked(host.inspect(instance)),
    run: (spec) => asked(host.run(spec)),
    stop: (instance, how) => asked(host.stop(instance, how)),
    remove: (instance) => asked(host.remove(instance)),
  };
};

const settled = <A>(clock: SimulatedClock, work: () => Promise<A>): Promise<A | 'unheard'> =>
  Promise.race([work(), clock.advanceSettling(clock.now() + 60_000).then(() => 'unheard' as const)]);

const looked = async (clock: SimulatedClock, host: HostRuntime): Promise<Observed | undefined> => {
  for (let looks = 0; looks < 5; looks++) {
    await host.inventory()();
    await clock.advanceSettling(clock.now() + HOUR_MS);
  }
  return succeeded(await host.inspect('pod')());
};

const life = fc.record({
  does: fc.constantFrom('run', 'look', 'stop'),
  calls: fc.integer({ min: 1, max: 14 }),
  isDone: fc.boolean(),
});

test('an engine that dies again and again starts no container twice, and the pod is a whole one or over', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.constantFrom(...SCRIPTS), { minLength: 1, maxLength: 3 }),
      fc.array(life, { maxLength: 5 }),
      fc.constantFrom(0, [5, 500] as const),
      async (scripts, lives, startMs) => {
        const clock = simulatedClock(START);
        const world = simulatedHosts({ seed: 1, clock, profile: { startMs } });
        const machine = world.host('node-1', OFFER);
        const spec = podOf(scripts);
        const wasStopped = lives.some(({ does }) => does === 'stop');
        for (const { does, calls, isDone } of lives) {
          const host = withPods(mortal(world.host('node-1', OFFER), calls, isDone), clock);
          const how = { signal: 'SIGTERM', killAt: clock.now() + 5000 };
          if (does === 'run') await settled(clock, host.run(spec));
          else if (does === 'stop') await settled(clock, host.stop('pod', how));
          else await settled(clock, host.inventory());
        }
        const last = withPods(world.host('node-1', OFFER), clock);
        const ran = await settled(clock, last.run(spec));
        expect(ran).toMatchObject({ _tag: 'Right' });
        const now = await looked(clock, last);

        const starts = machine.journal().flatMap(({ what, instance }) => (what === 'started' ? [instance] : []));
        expect(starts.filter((name, index) => starts.indexOf(name) !== index)).toEqual([]);
        const running = succeeded(await machine.inventory()()).filter(({ status }) => status === 'running');
        const isDoomed = scripts.some((script) => /exit [35]/.test(script)) || scripts.every((script) => /exit/.test(script));
        if (isDoomed) expect(now?.status).toBe('exited');
        else if (!wasStopped) expect(now?.status).toBe('running');
        if (now?.status === 'exited') expect(running).toEqual([]);
        if (now?.status === 'running') expect(now.containers?.every(({ id }) => id !== '')).toBe(true);

        await settled(clock, last.stop('pod', { signal: 'SIGTERM', killAt: 0 }));
        await settled(clock, last.remove('pod'));
        expect(succeeded(await machine.inventory()())).toEqual([]);
      },
    ),
    { numRuns: isLongRun ? 5000 : 400 },
  );
});
