import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { Millis } from '../../../domain/kernel/units.ts';
import type { ExecResult, HostFault, HostHint, HostRuntime, Observed } from '../../../domain/ports/hosts.ts';
import { callsTo, type SimulatedHost } from './calls.ts';
import { faultOf, spend } from './controls.ts';
import { linesOf } from './logLines.ts';
import type { Machine, Resident } from './machine.ts';
import { drawRate, drawSpan } from './profile.ts';
import { expanded, scriptOf } from './script.ts';

/** One connection to a simulated host. Answers at once, in the same turn, where the profile says 0 ms. */
export const runtimeOf = (host: SimulatedHost): HostRuntime => {
  const { machine, clock, profile, random } = host;
  const mine = new Set<(hint: HostHint) => void>();
  let closed = false;

  const { call, latencyOf, acknowledged } = callsTo(host, () => closed);
  const runningOr = (instance: string): Either<HostFault, Resident> => {
    const resident = machine.residents.get(instance);
    return resident?.observed.status === 'running'
      ? E.right(resident)
      : E.left({ _tag: 'Transient', message: `${instance} is not running` });
  };

  const run: HostRuntime['run'] = (spec) => () =>
    call<Observed>(0, () => {
      const { instance, image } = spec;
      machine.note('run', instance);
      const before = machine.residents.get(instance);
      if (before !== undefined && before.observed.status !== 'created') return acknowledged('run', E.right(before.observed));
      const armed = spend(host.faults().starts, ({ when }) => when(spec));
      if (armed !== undefined) return E.left(faultOf(armed.tag, spec));
      if (drawRate(profile.startFailRate, random)) return E.left(faultOf(profile.startFailTag, spec));
      if (before === undefined) {
        const holder = machine.portHolder(spec);
        if (holder !== undefined) return E.left({ _tag: 'PortTaken', port: holder.port, message: `held by ${holder.instance}` });
        if (spec.network.mode === 'join' && E.isLeft(runningOr(spec.network.instance)))
          return E.left({ _tag: 'StartRejected', message: `network: ${spec.network.instance}, which it joins, is not running` });
      }
      const resident = before ?? machine.create(spec);
      const pull = image !== undefined && (spec.forcePull || !host.images.has(image)) ? drawSpan(profile.pullMs, random) : 0;
      if (image !== undefined) host.images.add(image);
      if (host.faults().neverStarts || drawRate(profile.neverStartRate, random))
        return call(profile.startDeadlineMs, () => E.left({ _tag: 'Transient', message: 'the start did not end by its deadline' }));
      return starting(resident, pull + latencyOf(profile.startMs));
    });
  /** The start itself, which goes on when nobody waits for it any longer. */
  const starting = (resident: Resident, latency: Millis): Promise<Either<HostFault, Observed>> => {
    const { instance } = resident.observed;
    const isThere = (): boolean => machine.residents.get(instance) === resident;
    const started = (): Observed => (resident.observed.status === 'created' ? machine.start(resident) : resident.observed);
    if (latency <= profile.startDeadlineMs)
      return call(latency, () =>
        isThere() ? acknowledged('run', E.right(started())) : E.left({ _tag: 'Transient', message: 'removed before it was started' }),
      );
    const { boot } = host.link();
    clock.schedule(latency, () => {
      if (host.link().boot !== boot || !isThere()) return;
      started();
      host.hint({ type: 'Changed', instance }); // nobody waits for the answer any longer
    });
    return call(profile.startDeadlineMs, () => E.left({ _tag: 'Transient', message: 'the start did not end by its deadline' }));
  };

  const stop: HostRuntime['stop'] =
    (instance, { signal, killAt }) =>
    () =>
      call<Observed | undefined>(0, () => {
        machine.note('stop', instance);
        const resident = machine.residents.get(instance);
        if (resident === undefined) return acknowledged('stop', E.right(undefined));
        const ended = (exit: Parameters<Machine['end']>[1]) => () => acknowledged('stop', E.right(machine.end(resident, exit)));
        if (resident.observed.status !== 'running') return ended({ oom: false })();
        const killed = { signal: 'SIGKILL', oom: false } as const;
        const grace = Math.max(0, killAt - clock.now());
        const exit = host.faults().ignoresSignals ? undefined : machine.dyingOf(resident, signal);
        const latency = latencyOf(profile.stopMs);
        return exit === undefined || latency > grace ? call(grace, ended(killed)) : call(latency, ended(exit));
      });

  const exec: HostRuntime['exec'] =
    (instance, argv, { timeoutMs, env, signal }) =>
    () =>
      call<ExecResult>(latencyOf(profile.callMs), () => {
        const found = runningOr(instance);
        if (E.isLeft(found)) return found;
        const { lines, end } = scriptOf({ args: argv });
        const said = (stream: 'stdout' | 'stderr'): string =>
          lines.map((line) => (line.stream === stream ? `${expanded(line.text, { ...found.right.env, ...env })}\n` : '')).join('');
        const late = end === undefined || end.after > timeoutMs;
        return call(late ? timeoutMs : end.after, () => {
          if (late || signal?.aborted) return E.left({ _tag: 'Transient', message: `no end in ${timeoutMs} ms` });
          return E.right({ exitCode: end.exit.exitCode ?? 128, stdout: said('stdout'), stderr: said('stderr') });
        });
      });

  const asked =
    <A>(answer: () => Either<HostFault, A>): TaskEither<HostFault, A> =>
    () =>
      call(latencyOf(profile.callMs), answer);

  return {
    kind: 'simulated',
    ping: () => asked(() => E.right(undefined)),
    offer: () => asked(() => E.right(host.offer)),
    inventory: () => asked(() => E.right([...machine.residents.values()].map(({ observed }) => observed))),
    inspect: (instance) => asked(() => E.right(machine.residents.get(instance)?.observed)),
    observe: (onHint) => {
      const observer = (hint: HostHint): void => onHint(hint);
      mine.add(observer);
      host.observers.add(observer);
      return {
        close: () => {
          mine.delete(observer);
          host.observers.delete(observer);
        },
      };
    },
    run,
    stop,
    remove: (instance) => () =>
      call<void>(latencyOf(profile.callMs), () => {
        machine.note('remove', instance);
        if (machine.residents.get(instance)?.observed.status === 'running')
          return E.left({ _tag: 'Transient', message: `${instance} is still running` });
        machine.forget(instance);
        return acknowledged('remove', E.right(undefined));
      }),
    logs: async function* (instance, options) {
      const reached = await call(latencyOf(profile.callMs), () => E.right(machine.residents.get(instance)));
      if (E.isLeft(reached)) throw new Error(reached.left.message, { cause: reached.left });
      if (reached.right !== undefined) yield* linesOf(machine, clock, reached.right, options);
    },
    exec,
    stats: (instance) =>
      asked(() => {
        const found = runningOr(instance);
        if (E.isLeft(found)) return found;
        return E.right(machine.statsOf(found.right));
      }),
    close: async () => {
      closed = true;
      for (const observer of mine) host.observers.delete(observer);
      mine.clear();
    },
  };
};
