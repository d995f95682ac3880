import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { Clock } from '../../../domain/kernel/ports.ts';
import type { Instant } from '../../../domain/kernel/units.ts';
import type { HostFault, HostRuntime } from '../../../domain/ports/hosts.ts';
import { memberName } from '../members.ts';
import { rightsOf } from './look.ts';
import { dueOf, isRunning, type Pod } from './pod.ts';

/** Where a pod says nothing of its own, ms; Mesos' default executor gives its tasks as much. */
const KILL_GRACE_MS = 3000;

/** How the others end when one container has failed. */
export const afterFailure = ({ holder }: Pod, clock: Pick<Clock, 'now'>): How => ({
  signal: 'SIGTERM',
  killAt: clock.now() + (holder?.holds?.killGraceMs ?? KILL_GRACE_MS),
});

type How = { readonly signal: string; readonly killAt: Instant };

/** Signals all containers at once; resolves when the last has ended. */
export const endMembers = async (inner: HostRuntime, { instance, members }: Pod, how: How): Promise<Either<HostFault, void>> => {
  const present = members.filter(({ seen }) => seen !== undefined && seen.status !== 'exited');
  const ends = await Promise.all(present.map(({ name }) => inner.stop(memberName(instance, name), how)()));
  return E.map(() => undefined)(rightsOf(ends));
};

/** Gives network and ports back. The holder keeps nothing that a grace could save. */
export const letGo = async (inner: HostRuntime, { instance, holder }: Pod): Promise<Either<HostFault, void>> =>
  isRunning(holder) ? E.map(() => undefined)(await inner.stop(instance, { signal: 'SIGKILL', killAt: 0 })()) : E.right(undefined);

export type Endings = {
  /** Does what is due about a pod that was looked at, unless that is being done. What fails is tried again at the next look. */
  settle(pod: Pod): void;
  /** Leaves a pod alone until the answer is called: one that is stopped in order has its own grace, however its first container ends. */
  leave(instance: string): () => void;
  /** Forgets all pods but these. */
  keepOnly(instances: ReadonlySet<string>): void;
  forget(instance: string): void;
};

/** What becomes of a pod by itself, looked after whenever it is looked at. Nobody has to have been there when a container ended. */
export const endingsOf = (inner: HostRuntime, clock: Pick<Clock, 'now'>): Endings => {
  const underWay = new Set<string>();
  const complete = new Set<string>();
  const left = new Map<string, number>();

  const end = async (pod: Pod): Promise<void> => {
    const due = dueOf(pod, complete.has(pod.instance));
    const ended = due === 'end the others' ? await endMembers(inner, pod, afterFailure(pod, clock)) : E.right(undefined);
    if (E.isRight(ended)) await letGo(inner, pod);
  };

  return {
    settle: (pod) => {
      const { instance, members } = pod;
      if (members.every(({ seen }) => seen !== undefined)) complete.add(instance);
      if (underWay.has(instance) || left.has(instance) || dueOf(pod, complete.has(instance)) === 'nothing') return;
      underWay.add(instance);
      void end(pod)
        .catch(() => undefined)
        .then(() => underWay.delete(instance));
    },
    leave: (instance) => {
      left.set(instance, (left.get(instance) ?? 0) + 1);
      return () => {
        const others = (left.get(instance) ?? 0) - 1;
        if (others > 0) left.set(instance, others);
        else left.delete(instance);
      };
    },
    keepOnly: (instances) => {
      for (const instance of complete) if (!instances.has(instance)) complete.delete(instance);
    },
    forget: (instance) => void complete.delete(instance),
  };
};
