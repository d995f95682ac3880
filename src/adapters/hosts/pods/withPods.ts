import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { Clock } from '../../../domain/kernel/ports.ts';
import type { Instant } from '../../../domain/kernel/units.ts';
import type { HostFault, HostHint, HostRuntime, Observed } from '../../../domain/ports/hosts.ts';
import { memberName, podOf } from '../members.ts';
import { endingsOf, endMembers, letGo } from './ending.ts';
import { gather, look, rightsOf, type Sight } from './look.ts';
import { isRunning, observedOf, type Pod } from './pod.ts';
import { startsOf } from './starting.ts';
import { execIn, logsOf, statsOf } from './streams.ts';

/** A start that was under way when the stop came may have brought one more container up; so often it is looked again. */
const LOOKS_MAX = 3;

/**
 * Any host runtime, and pods on it. An instance without containers goes through untouched; a pod becomes a holder and a member per container
 * (`../members.ts`), is folded into one again wherever it is seen, and keeps the port's promises as one.
 */
export const withPods = (inner: HostRuntime, clock: Pick<Clock, 'now'>): HostRuntime => {
  const endings = endingsOf(inner, clock);
  const starts = startsOf(inner, clock, endings);
  /** Pods whose holder somebody took away, as the last inventory showed them: their containers' names. */
  let orphans = new Map<string, readonly string[]>();

  const seen = (instance: string): Promise<Either<HostFault, Sight>> => look(inner, instance, orphans.get(instance));
  const shown = (pod: Pod): Observed => {
    endings.settle(pod);
    return observedOf(pod);
  };

  /** A list is no moment: the holder may have come while it was being made. */
  const again = async (pod: Pod): Promise<Either<HostFault, Pod>> => {
    if (pod.holder !== undefined) return E.right(pod);
    const names = pod.members.map(({ name }) => name);
    return E.map((sight: Sight) => ('pod' in sight ? sight.pod : pod))(await look(inner, pod.instance, names));
  };

  const inventory = async (): Promise<Either<HostFault, readonly Observed[]>> => {
    const listed = await inner.inventory()();
    if (E.isLeft(listed)) return listed;
    const { pods: gathered, plain } = gather(listed.right);
    const looked = rightsOf(await Promise.all(gathered.map((pod) => again(pod))));
    if (E.isLeft(looked)) return looked;
    const pods = looked.right;
    endings.keepOnly(new Set(pods.map(({ instance }) => instance)));
    orphans = new Map(pods.flatMap(({ instance, holder, members }) => (holder ? [] : [[instance, members.map(({ name }) => name)]])));
    return E.right(pods.length === 0 ? listed.right : [...plain, ...pods.map(shown)]);
  };

  const inspect = async (instance: string): Promise<Either<HostFault, Observed | undefined>> =>
    E.map((sight: Sight) => ('pod' in sight ? shown(sight.pod) : sight.plain))(await seen(instance));

  const stop = async (instance: string, how: How): Promise<Either<HostFault, Observed | undefined>> => {
    starts.cancel(instance);
    const returned = endings.leave(instance);
    try {
      return await ended(instance, how);
    } finally {
      returned();
    }
  };

  const ended = async (instance: string, how: How): Promise<Either<HostFault, Observed | undefined>> => {
    for (let looks = 1; ; looks++) {
      const sight = await seen(instance);
      if (E.isLeft(sight)) return sight;
      if (!('pod' in sight.right)) return inner.stop(instance, how)();
      const { pod } = sight.right;
      const isOver = !isRunning(pod.holder) && !pod.members.some(({ seen }) => isRunning(seen));
      if (isOver && pod.holder?.status !== 'created') return E.right(observedOf(pod));
      if (looks > LOOKS_MAX) return E.left({ _tag: 'Transient', message: `${instance} does not end` });
      const stopped = await endMembers(inner, pod, how);
      if (E.isLeft(stopped)) return stopped;
      // One that was only created never held anything: the inner runtime knows what becomes of such.
      if (pod.holder?.status === 'created') return inner.stop(instance, how)();
      const released = await letGo(inner, pod);
      if (E.isLeft(released)) return released;
    }
  };

  const remove = async (instance: string): Promise<Either<HostFault, void>> => {
    const sight = await seen(instance);
    if (E.isLeft(sight)) return sight;
    if (!('pod' in sight.right)) return inner.remove(instance)();
    const { pod } = sight.right;
    // The holder last: as long as it is there, all that is left can be found.
    const removed = await Promise.all(pod.members.map(({ name }) => inner.remove(memberName(instance, name))()));
    const all = rightsOf(removed);
    if (E.isLeft(all)) return all;
    const released = await letGo(inner, pod);
    if (E.isLeft(released)) return released;
    endings.forget(instance);
    orphans.delete(instance);
    return inner.remove(instance)();
  };

  return {
    kind: inner.kind,
    ping: inner.ping,
    offer: inner.offer,
    inventory: () => inventory,
    inspect: (instance) => () => inspect(instance),
    observe: (onHint) => inner.observe((hint) => onHint(ofPod(hint))),
    run: (spec) => (spec.containers === undefined ? inner.run(spec) : () => starts.run(spec)),
    stop: (instance, how) => () => stop(instance, how),
    remove: (instance) => () => remove(instance),
    logs: (instance, options) => logsOf(inner, instance, options),
    exec: (instance, argv, options) => () => execIn(inner, instance, argv, options),
    stats: (instance, options) => () => statsOf(inner, instance, options),
    // What is being ended goes on with the next engine that looks.
    close: inner.close,
  };
};

type How = { readonly signal: string; readonly killAt: Instant };

const ofPod = (hint: HostHint): HostHint => ('instance' in hint ? { ...hint, instance: podOf(hint.instance) } : hint);
