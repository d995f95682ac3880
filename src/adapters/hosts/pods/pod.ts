import type { Exit, Observed, ObservedContainer } from '../../../domain/ports/hosts.ts';

/** A pod as its host shows it: who holds what is shared, and the containers in the order of the spec. */
export type Pod = {
  readonly instance: string;
  /** Undefined of one whose holder somebody took away. */
  readonly holder: Observed | undefined;
  readonly members: readonly { readonly name: string; readonly seen: Observed | undefined }[];
};

/** What is to be done about a pod by itself: whatever ended while nobody looked is seen at the next look. */
export type Due = 'nothing' | 'end the others' | 'let go of the holder';

/** Ended, and not with 0. */
export const hasFailed = (seen: Observed | undefined): boolean => seen?.status === 'exited' && seen.exit?.exitCode !== 0;

export const isRunning = (seen: Observed | undefined): boolean => seen?.status === 'running';

/**
 * One container's failure ends the pod; one that finishes with 0 lets the others go on (Mesos, task groups of the default executor).
 * @param wasComplete all containers were seen once: one that is not there any more was taken away, and has not yet to be started.
 */
export const dueOf = ({ holder, members }: Pod, wasComplete: boolean): Due => {
  const isAnyRunning = members.some(({ seen }) => isRunning(seen));
  if (holder?.status === 'created') return 'nothing';
  const isHeld = isRunning(holder);
  const isLost = members.some(({ seen }) => hasFailed(seen) || (wasComplete && seen === undefined));
  if (isAnyRunning) return !isHeld || isLost ? 'end the others' : 'nothing';
  const isOver = isLost || members.every(({ seen }) => seen?.status === 'exited');
  return isHeld && isOver ? 'let go of the holder' : 'nothing';
};

/**
 * The pod as one instance. It runs as long as it holds anything, its ports above all, though nothing else may run in it yet or any more.
 */
export const observedOf = ({ instance, holder, members }: Pod): Observed => {
  const containers = members.map(({ name, seen }) => containerOf(name, seen));
  const isAnyRunning = members.some(({ seen }) => isRunning(seen));
  const common = { instance, id: holder?.id ?? '', ipAddresses: holder?.ipAddresses ?? [], containers };
  const started = holder?.startedAt === undefined ? {} : { startedAt: holder.startedAt };
  if (isAnyRunning || isRunning(holder)) return { ...common, ...started, status: 'running' };
  if (holder?.status === 'created') return { ...common, status: 'created' };
  return { ...common, ...started, status: 'exited', exit: exitOf(containers) };
};

const containerOf = (name: string, seen: Observed | undefined): ObservedContainer => {
  if (seen === undefined) return { name, id: '', status: 'created' };
  const { id, status, startedAt, exit } = seen;
  return { name, id, status, ...(startedAt === undefined ? {} : { startedAt }), ...(exit === undefined ? {} : { exit }) };
};

/** How a pod ended is how the first of its containers failed; 0 when all have run and none did. */
const exitOf = (containers: readonly ObservedContainer[]): Exit => {
  const ends = containers.flatMap(({ status, exit }) => (status === 'exited' ? [exit ?? { oom: false }] : []));
  const times = ends.flatMap(({ at }) => (at === undefined ? [] : [at]));
  const at = times.length === 0 ? {} : { at: Math.max(...times) };
  const failures = ends.filter(({ exitCode }) => exitCode !== 0);
  const [first] = failures.toSorted(byTime);
  if (first !== undefined) return { ...first, ...at };
  return ends.length === containers.length ? { exitCode: 0, oom: false, ...at } : { oom: false, ...at };
};

/** Within one millisecond a signal is more likely the consequence of another's failure than its cause. */
const byTime = (one: Exit, other: Exit): number =>
  one.at === other.at
    ? Number(one.signal !== undefined) - Number(other.signal !== undefined)
    : (one.at ?? Number.POSITIVE_INFINITY) - (other.at ?? Number.POSITIVE_INFINITY);
