import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { ExecOptions, ExecResult, HostFault, HostRuntime, HostStats, LogLine, LogOptions } from '../../../domain/ports/hosts.ts';
import { memberName } from '../members.ts';
import { look } from './look.ts';
import { inOrder, merged } from './merge.ts';
import { isRunning, type Pod } from './pod.ts';

/** Output, commands and use of a pod's containers, one by its name or what stands for all. */

const rejected = (message: string): Either<HostFault, never> => E.left({ _tag: 'StartRejected', message });

/** The pod, or undefined for an instance that is none. Left: a container asked for by a name that it has not. */
const podWith = async (
  inner: HostRuntime,
  instance: string,
  container: string | undefined,
): Promise<Either<HostFault, Pod | undefined>> => {
  const sight = await look(inner, instance);
  if (E.isLeft(sight)) return sight;
  const pod = 'pod' in sight.right ? sight.right.pod : undefined;
  if (container === undefined) return E.right(pod);
  if (pod === undefined) return rejected(`container: ${instance} is no pod here`);
  const names = pod.members.map(({ name }) => name);
  return names.includes(container)
    ? E.right(pod)
    : rejected(`container: ${instance} has no ${JSON.stringify(container)}, only ${names.join(', ')}`);
};

/** All containers' lines by their time; while following as they come, and `tail` then counts for each. */
export async function* logsOf(inner: HostRuntime, instance: string, options: LogOptions): AsyncGenerator<LogLine> {
  const { container, ...how } = options;
  const found = await podWith(inner, instance, container);
  if (E.isLeft(found)) throw new Error(found.left.message, { cause: found.left });
  const pod = found.right;
  if (pod === undefined) return yield* inner.logs(instance, how);
  const wanted = pod.members.filter(({ name, seen }) => name === container || (container === undefined && seen !== undefined));
  const over = new AbortController();
  const signal = how.signal === undefined ? over.signal : AbortSignal.any([how.signal, over.signal]);
  const streams = wanted.map(({ name }) => named(inner.logs(memberName(instance, name), { ...how, signal }), name));
  try {
    yield* options.follow ? merged(streams) : inOrder(streams, options.tail);
  } finally {
    // The others may be waiting for a line that never comes.
    over.abort();
  }
}

async function* named(lines: AsyncIterable<LogLine>, container: string): AsyncGenerator<LogLine> {
  for await (const line of lines) yield { ...line, container };
}

export const execIn = async (
  inner: HostRuntime,
  instance: string,
  argv: readonly string[],
  { container, ...how }: ExecOptions,
): Promise<Either<HostFault, ExecResult>> => {
  const found = await podWith(inner, instance, container);
  if (E.isLeft(found)) return found;
  const name = container ?? found.right?.members[0]?.name;
  return inner.exec(name === undefined ? instance : memberName(instance, name), argv, how)();
};

export const statsOf = async (
  inner: HostRuntime,
  instance: string,
  { container }: { readonly container?: string } = {},
): Promise<Either<HostFault, HostStats>> => {
  const found = await podWith(inner, instance, container);
  if (E.isLeft(found)) return found;
  const pod = found.right;
  if (pod === undefined) return inner.stats(instance)();
  if (container !== undefined) return inner.stats(memberName(instance, container))();
  const running = pod.members.filter(({ seen }) => isRunning(seen));
  const each = await Promise.all(running.map(({ name }) => inner.stats(memberName(instance, name))()));
  // One that ends between two looks uses nothing any more.
  const known = each.flatMap((result) => (E.isRight(result) ? [result.right] : []));
  if (known.length === 0) return E.left({ _tag: 'Transient', message: `nothing of ${instance} is running` });
  return E.right(known.reduce(sum));
};

const sum = (one: HostStats, other: HostStats): HostStats => ({
  cpuSeconds: one.cpuSeconds + other.cpuSeconds,
  memoryBytes: one.memoryBytes + other.memoryBytes,
  ...(one.memoryLimitBytes === undefined || other.memoryLimitBytes === undefined
    ? {}
    : { memoryLimitBytes: one.memoryLimitBytes + other.memoryLimitBytes }),
});
