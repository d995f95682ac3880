import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { HostFault, HostRuntime, Observed } from '../../../domain/ports/hosts.ts';
import { containerOf, memberName, podOf } from '../members.ts';
import type { Pod } from './pod.ts';

/** One instance as the inner runtime shows it: a pod's holder with its members, or anything else as it is. */
export type Sight = { readonly pod: Pod } | { readonly plain: Observed | undefined };

export const look = async (inner: HostRuntime, instance: string, orphans: readonly string[] = []): Promise<Either<HostFault, Sight>> => {
  const seen = await inner.inspect(instance)();
  if (E.isLeft(seen)) return seen;
  const holder = seen.right;
  const names = holder === undefined ? orphans : (holder.holds?.containers ?? []);
  if (names.length === 0) return E.right({ plain: holder });
  return E.map((pod: Pod): Sight => ({ pod }))(await lookAt(inner, instance, holder, names));
};

/** The containers of these names, whether there is a holder or not. */
export const lookAt = async (
  inner: HostRuntime,
  instance: string,
  holder: Observed | undefined,
  names: readonly string[],
): Promise<Either<HostFault, Pod>> => {
  const members = await Promise.all(
    names.map(async (name) => E.map((seen: Observed | undefined) => ({ name, seen }))(await inner.inspect(memberName(instance, name))())),
  );
  const all = rightsOf(members);
  return E.isLeft(all) ? all : confirmed(inner, { instance, holder, members: all.right });
};

/**
 * A holder is there before its members and goes after them. So one that is missing beside a member may only have been looked for too early, and
 * is missing in truth when it is not there afterwards either.
 */
const confirmed = async (inner: HostRuntime, pod: Pod): Promise<Either<HostFault, Pod>> => {
  if (pod.holder !== undefined || pod.members.every(({ seen }) => seen === undefined)) return E.right(pod);
  const holder = await inner.inspect(pod.instance)();
  return E.map((now: Observed | undefined): Pod => ({ ...pod, holder: now }))(holder);
};

/** All, or the first fault. */
export const rightsOf = <A>(results: readonly Either<HostFault, A>[]): Either<HostFault, readonly A[]> => {
  const rights: A[] = [];
  for (const result of results) {
    if (E.isLeft(result)) return result;
    rights.push(result.right);
  }
  return E.right(rights);
};

/** An inventory with the members put to their pods, in the order of the first of each. */
export const gather = (listed: readonly Observed[]): { readonly pods: readonly Pod[]; readonly plain: readonly Observed[] } => {
  const holders = new Map<string, Observed>();
  const members = new Map<string, Map<string, Observed>>();
  const plain: Observed[] = [];
  for (const seen of listed) {
    const pod = podOf(seen.instance);
    if (pod !== seen.instance) members.set(pod, (members.get(pod) ?? new Map()).set(containerOf(seen.instance), seen));
    else if (seen.holds !== undefined) holders.set(pod, seen);
    else plain.push(seen);
  }
  const pods = [...new Set([...holders.keys(), ...members.keys()])].map((instance): Pod => {
    const holder = holders.get(instance);
    const own = members.get(instance) ?? new Map<string, Observed>();
    // Without a holder nobody knows the spec's order.
    const names = holder?.holds?.containers ?? [...own.keys()].toSorted();
    return { instance, holder, members: names.map((name) => ({ name, seen: own.get(name) })) };
  });
  return { pods, plain };
};
