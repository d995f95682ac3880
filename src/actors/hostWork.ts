import { either as E } from 'fp-ts';
import { drainOf, graceOf } from '../domain/app/definition/leaving.ts';
import { instanceSpecOf } from '../domain/app/instanceSpec.ts';
import type { InstanceCommand, StartFault } from '../domain/instance/instance.commands.ts';
import { keyOf, type StreamName } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Exit, HostFault, HostRuntime, Observed } from '../domain/ports/hosts.ts';
import type { Trace } from '../domain/ports/trace.ts';
import type { Views } from '../domain/ports/views.ts';
import { unreachable } from './crossing.ts';
import { within } from './deadline.ts';
import { type Debt, type Effect, isSameEntry, type Performer } from './performer.ts';
import { engineCause, type Tell } from './tell.ts';

/** A start may pull an image first, ms. */
export const RUN_DEADLINE_MS = 15 * 60_000;
/** A stop answers this long after its `killAt` at the latest, ms. */
export const STOP_DEADLINE_MS = 30_000;
/** Wait before a transient fault is tried again: doubles from the first to the last, ms. */
export const RETRY_FIRST_MS = 500;
export const RETRY_LAST_MS = 15_000;

type Ports = {
  readonly views: Views;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly trace?: Trace;
  host(node: string): HostRuntime | undefined;
  performer(): Performer;
  /** Answers when nobody is led to an instance any more and what it was asked has ended, or has had its time. */
  left?(instance: string, drainMs: number): Promise<void>;
  /** Position at which this engine began: what was owed before may have been told to a host by another one. */
  since(): number;
};

export type HostWork = {
  readonly run: Effect;
  readonly stop: Effect;
  /** Whether a host is starting it at this moment, wanted still or not. */
  isStarting(instance: string): boolean;
  busy(): number;
};

/**
 * Runs and stops what instances owe, one call at a time per instance, reading again before each call what is still owed.
 * An outcome comes back as a command that names the entry it answers; a transient fault is tried again while it is owed.
 */
export const createHostWork = (ports: Ports): HostWork => {
  const { views, clock, tell } = ports;
  const busy = new Set<StreamName>();

  const begin = ({ stream }: Debt): void => {
    if (busy.has(stream)) return;
    busy.add(stream);
    void work(stream).finally(() => {
      busy.delete(stream);
      // Something else may be owed since the last look, while this one was on its way out.
      const debt = next(stream);
      if (debt !== undefined && !answered.has(debt)) begin(debt);
    });
  };

  const again = (debt: Debt): void => {
    const now = next(debt.stream);
    if (now !== undefined && isSameEntry(now, debt)) begin(now);
  };

  /** Entries whose outcome was told and whose commit has not come back yet. */
  const answered = createEntries();
  const next = (stream: StreamName): Debt | undefined =>
    ports
      .performer()
      .owedBy(stream)
      .find(({ type }) => type === 'run' || type === 'stop');

  const work = async (stream: StreamName): Promise<void> => {
    let wait = RETRY_FIRST_MS;
    for (let debt = next(stream); debt !== undefined; debt = next(stream)) {
      const current = debt;
      const commands = await (current.type === 'run' ? run(current) : stop(current));
      if (commands !== 'again') return answer(current, commands);
      const still = next(stream);
      if (still !== undefined && isSameEntry(still, current)) {
        await new Promise<void>((resolve) => clock.schedule(wait, resolve));
        wait = Math.min(RETRY_LAST_MS, wait * 2);
      } else wait = RETRY_FIRST_MS;
    }
  };

  /** Instances for which a call to start them is under way. */
  const starting = new Set<string>();
  /** Starts that a host was told of and that have no outcome yet. */
  const begun = createEntries();
  const mayHaveBegun = (debt: Debt): boolean => begun.has(debt) || (views.roster.get(debt.stream)?.position ?? 0) <= ports.since();

  /** The news about its node that an instance has missed: it was placed there while the others on it were being told. */
  const whereabouts = (stream: StreamName, node: string): InstanceCommand | undefined => {
    const state = views.nodes.get(node)?.state;
    if (state === undefined) return { type: 'ReportNodeGone', node, why: 'its node is no longer in the pool' };
    const row = views.instances.get(keyOf(stream));
    return state === 'attached.unreachable' && row !== undefined ? unreachable(node, row, views) : undefined;
  };

  const answer = (debt: Debt, commands: readonly InstanceCommand[]): void => {
    answered.add(debt);
    begun.delete(debt);
    commands.forEach((command, nth) => {
      const isLast = nth === commands.length - 1;
      tell(debt.stream, command, engineCause(debt.cause), () => {
        if (!isLast) return;
        answered.delete(debt);
        const after = next(debt.stream);
        if (after === undefined) return;
        // Owed still by the same entry: what was told changed nothing, so it is not asked again at once.
        if (isSameEntry(after, debt)) clock.schedule(RETRY_LAST_MS, () => again(after));
        else begin(after);
      });
    });
  };

  /** A call to a host belongs to the trace of the fact that owes it. */
  const traced = <A>(name: string, { stream, cause: { traceparent } }: Debt, node: string, work: () => Promise<E.Either<HostFault, A>>) =>
    ports.trace === undefined || traceparent === undefined
      ? work()
      : ports.trace(name, traceparent, { 'wharfinger.stream': stream, 'wharfinger.node': node }, work);

  const run = async (debt: Debt): Promise<readonly InstanceCommand[] | 'again'> => {
    const { app, version, node, slot, hostPorts } = debt.params as {
      app: string;
      version: string;
      node: string;
      slot: number;
      hostPorts: readonly number[];
    };
    const { entryRevision } = debt;
    const row = views.nodes.get(node);
    const lost = whereabouts(debt.stream, node);
    if (lost !== undefined) return [lost];
    // Asked again right before the launch: a node that was cordoned meanwhile takes nothing new. What may have been begun there stays.
    if (row?.state === 'attached.answering.cordoned' && !mayHaveBegun(debt))
      return [{ type: 'RevokePlacement', entryRevision, node, why: 'the node is cordoned' }];
    const host = ports.host(node);
    const definition = views.apps.definition(app, version);
    if (row === undefined || host === undefined || definition === undefined) return 'again';
    const spec = instanceSpecOf(definition, {
      instance: keyOf(debt.stream),
      version,
      slot,
      node: { hostname: row.offer.hostname, address: row.offer.address },
      hostPorts,
    });
    begun.add(debt);
    starting.add(spec.instance);
    const result = await traced('host.run', debt, node, () => within(clock, RUN_DEADLINE_MS, 'run', host.run(spec)));
    starting.delete(spec.instance);
    if (E.isLeft(result))
      return isTransient(result.left) ? 'again' : [{ type: 'ReportStartFailed', entryRevision, fault: result.left as StartFault }];
    return startOutcome(result.right, entryRevision);
  };

  const stop = async (debt: Debt): Promise<readonly InstanceCommand[] | 'again'> => {
    const { node, signal, ...asked } = debt.params as { node: string; signal: string; killAt: number };
    const row = views.instances.get(keyOf(debt.stream));
    // Nobody asked one that was forgotten with its node to stop: its grace begins when it is told.
    const definition = row && views.apps.definition(row.app, row.version);
    const began = clock.now();
    // Who still comes to one that is signalled would be turned away. The wait is nobody's loss: its grace begins after it.
    await ports.left?.(keyOf(debt.stream), drainOf(definition));
    const killAt = (asked.killAt || began + graceOf(definition)) + clock.now() - began;
    const lost = whereabouts(debt.stream, node);
    if (lost !== undefined) return [lost];
    const host = ports.host(node);
    if (host === undefined) return 'again';
    const deadline = Math.max(0, killAt - clock.now()) + STOP_DEADLINE_MS;
    const result = await traced('host.stop', debt, node, () =>
      within(clock, deadline, 'stop', host.stop(keyOf(debt.stream), { signal, killAt })),
    );
    if (E.isLeft(result)) return 'again';
    if (result.right === undefined) return [{ type: 'ReportContainerGone', node }];
    return result.right.status === 'exited' ? [exitOf(result.right)] : 'again';
  };

  return {
    run: { perform: begin, release: begun.delete },
    stop: { perform: begin },
    isStarting: (instance) => starting.has(instance),
    busy: () => busy.size,
  };
};

/** Entries of streams, one of each: what a stream owes a host it owes once at a time. */
const createEntries = () => {
  const entries = new Map<StreamName, Debt>();
  return {
    has: (debt: Debt): boolean => {
      const known = entries.get(debt.stream);
      return known !== undefined && isSameEntry(known, debt);
    },
    add: (debt: Debt): void => void entries.set(debt.stream, debt),
    delete: (debt: Debt): void => {
      const known = entries.get(debt.stream);
      if (known !== undefined && isSameEntry(known, debt)) entries.delete(debt.stream);
    },
  };
};

const isTransient = (fault: HostFault): boolean => fault._tag === 'Transient' || fault._tag === 'HostUnreachable';

const startOutcome = (observed: Observed, entryRevision: number): readonly InstanceCommand[] | 'again' => {
  if (observed.status === 'created') return 'again';
  const started: InstanceCommand = { type: 'ReportContainerStarted', entryRevision, ...sightOf(observed) };
  return observed.status === 'running' ? [started, ...endsIn(observed)] : [started, exitOf(observed)];
};

/** What runs there, as facts tell it. */
export const sightOf = ({ id, ipAddresses, containers }: Observed) => ({
  containerId: id,
  ipAddresses,
  ...(containers !== undefined && { containers: containers.map((each) => ({ name: each.name, id: each.id })) }),
});

/** Containers of a pod that have ended though it runs on. */
export const endsIn = ({ containers = [] }: Observed): readonly Extract<InstanceCommand, { type: 'ReportPodContainerExited' }>[] =>
  containers.flatMap(({ name, status, exit }) =>
    status === 'exited' ? [{ type: 'ReportPodContainerExited' as const, name, ...endOf(exit) }] : [],
  );

export const exitOf = ({ exit, containers }: Observed): InstanceCommand => ({
  type: 'ReportContainerExited',
  ...endOf(exit),
  ...(containers !== undefined && {
    containers: containers.flatMap((each) => (each.status === 'exited' ? [{ name: each.name, ...endOf(each.exit) }] : [])),
  }),
});

/** How something ended, as facts tell it. */
const endOf = (exit: Exit | undefined) => ({
  oom: exit?.oom ?? false,
  ...(exit?.exitCode !== undefined && { exitCode: exit.exitCode }),
  ...(exit?.signal !== undefined && { signal: exit.signal }),
});
