import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { Clock } from '../../../domain/kernel/ports.ts';
import type { HostFault, HostRuntime, Observed, RunSpec } from '../../../domain/ports/hosts.ts';
import { memberSpecs } from '../members.ts';
import { afterFailure, type Endings, endMembers, letGo } from './ending.ts';
import { lookAt } from './look.ts';
import { hasFailed, observedOf, type Pod } from './pod.ts';

export type Starts = {
  run(spec: RunSpec): Promise<Either<HostFault, Observed>>;
  /** What is being started of it gets no further: it is to be stopped. */
  cancel(instance: string): void;
};

type Run = { isCancelled: boolean };

/**
 * Starts a pod at most once: the holder, then one container after the other, each by the inner runtime's own promise of one start. Whoever
 * finds a pod half-started goes on where it stands, unless something of it has ended badly or its holder has: then it is over.
 */
export const startsOf = (inner: HostRuntime, clock: Pick<Clock, 'now'>, endings: Endings): Starts => {
  const runs = new Map<string, Set<Run>>();

  const run = async (spec: RunSpec, current: Run): Promise<Either<HostFault, Observed>> => {
    const { instance } = spec;
    const specs = memberSpecs(spec);
    const names = (spec.containers ?? []).map(({ name }) => name);
    const seen = await inner.inspect(instance)();
    if (E.isLeft(seen)) return seen;
    const looked = await lookAt(inner, instance, seen.right, names);
    if (E.isLeft(looked)) return looked;
    const before = looked.right;
    const { holder } = before;
    const isBegun = before.members.some(({ seen }) => seen !== undefined);
    if (holder?.status === 'exited' || (holder === undefined && isBegun) || before.members.some(({ seen }) => hasFailed(seen)))
      return shown(before);

    const holding = holder?.status === 'running' ? E.right(holder) : await inner.run(spec)();
    if (E.isLeft(holding)) return holding;
    let pod: Pod = { ...before, holder: holding.right };
    for (const [index, member] of specs.entries()) {
      const there = pod.members[index]?.seen;
      if (there !== undefined && there.status !== 'created') continue;
      if (current.isCancelled) return E.left({ _tag: 'Transient', message: `${instance} was stopped while it was being started` });
      const started = await inner.run(member)();
      if (E.isLeft(started)) return E.left(await givenUp(pod, started.left));
      pod = { ...pod, members: pod.members.map((each, at) => (at === index ? { ...each, seen: started.right } : each)) };
      if (hasFailed(started.right)) break;
    }
    return shown(pod);
  };

  const shown = (pod: Pod): Either<HostFault, Observed> => {
    endings.settle(pod);
    return E.right(observedOf(pod));
  };

  /** One container cannot be started. Where none has run nothing stays; where one has, what is left shows that it did, so that it never does again. */
  const givenUp = async (pod: Pod, fault: HostFault): Promise<HostFault> => {
    if (fault._tag === 'Transient' || fault._tag === 'HostUnreachable') return fault;
    const ended = await endMembers(inner, pod, afterFailure(pod, clock));
    if (E.isRight(ended)) await letGo(inner, pod);
    if (pod.members.every(({ seen }) => seen === undefined)) await inner.remove(pod.instance)();
    return fault;
  };

  return {
    run: async (spec) => {
      const current: Run = { isCancelled: false };
      const ofPod = runs.get(spec.instance) ?? new Set();
      runs.set(spec.instance, ofPod.add(current));
      try {
        return await run(spec, current);
      } finally {
        ofPod.delete(current);
        if (ofPod.size === 0) runs.delete(spec.instance);
      }
    },
    cancel: (instance) => {
      for (const each of runs.get(instance) ?? []) each.isCancelled = true;
    },
  };
};
