import { rollingLimits } from '../../src/domain/deployment/strategies/limits.ts';
import type { InstanceFact } from '../../src/domain/instance/instance.facts.ts';
import { phaseOf } from '../../src/domain/instance/instance.states.ts';
import { nextTimer } from '../../src/domain/kernel/chart/state.ts';
import { keyOf, nounOf, type StreamName, streamOf } from '../../src/domain/kernel/ids.ts';
import type { RosterView } from '../../src/domain/ports/views.ts';
import { type Audit, isReserved, type Known, type KnownDeployment } from './audit.ts';
import type { Told } from './life.ts';
import { placementInvariants } from './placementInvariants.ts';
import { planInvariants } from './planInvariants.ts';

/** What must never be otherwise, as sentences. Each check answers with what is wrong, or with nothing. */
export type Broken = { readonly subject: StreamName; readonly says: string } | undefined;
export type Invariant<Subject> = { readonly sentence: string; readonly check: (audit: Audit, subject: Subject) => Broken };

// ── after every fact, which the audit has taken

const everyStreamFolds: Invariant<Known> = {
  sentence: 'no stream fails to fold, and each fact says rightly what its chart makes of it',
  check: (audit, { stored }) => {
    const { stream, meta } = stored;
    const there = audit.streams.get(stream);
    if (there?.problem !== undefined) return { subject: stream, says: there.problem };
    if (there === undefined) return undefined;
    const { chart, state } = there;
    const computed = [state.value, chart.owes(state), nextTimer(state)?.due, state.revision];
    const recorded = [meta.state, meta.owes, meta.due, stored.revision];
    return computed.join() === recorded.join()
      ? undefined
      : { subject: stream, says: `recorded ${recorded.join()}, folds to ${computed.join()}` };
  },
};

const finalStaysFinal: Invariant<Known> = {
  sentence: 'nothing happens in a stream behind its final state',
  check: (audit, { stored }) => {
    const there = audit.streams.get(stored.stream);
    const before = there?.facts.at(-2)?.meta.state;
    if (there === undefined || before === undefined) return undefined;
    const wasFinal = there.chart.isFinal({ ...there.state, value: before, active: [{ node: before, revision: 0, timers: [] }] });
    return wasFinal ? { subject: stored.stream, says: `${stored.type} behind '${before}'` } : undefined;
  },
};

const RESOURCES = ['cpus', 'mem', 'disk', 'gpus'] as const;

const withinCapacity: Invariant<Known> = {
  sentence: 'reserved ≤ capacity on every node at every position',
  check: (audit, { stored, fact }) => {
    if (fact.type !== 'InstancePlaced') return undefined;
    const { node: id } = fact as Extract<InstanceFact, { type: 'InstancePlaced' }>;
    const node = audit.nodes.get(id);
    if (node === undefined) return undefined;
    const there = audit.onNode(id).filter((one) => isReserved(audit, one));
    for (const resource of RESOURCES) {
      const reserved = there.reduce((sum, { app, version }) => sum + (audit.definitions.get(`${app} ${version}`)?.[resource] ?? 0), 0);
      const lent = node.offer[resource] * (node.lends[resource] ?? 1);
      if (reserved > lent + 1e-6)
        return { subject: stored.stream, says: `${id} lends ${lent} ${resource}, and ${reserved} are reserved by ${there.length}` };
    }
    return undefined;
  },
};

const portsOnce: Invariant<Known> = {
  sentence: 'no port of a node is given twice at a time',
  check: (audit, { stored, fact }) => {
    if (fact.type !== 'InstancePlaced') return undefined;
    const { node, hostPorts } = fact as Extract<InstanceFact, { type: 'InstancePlaced' }>;
    const id = keyOf(stored.stream);
    const other = audit
      .onNode(node)
      .find((one) => one.id !== id && isReserved(audit, one) && one.ports.some((port) => hostPorts.includes(port)));
    return other === undefined
      ? undefined
      : {
          subject: stored.stream,
          says: `${hostPorts.join()} on ${node} are also held by ${other.id} (${other.state}: ${other.ports.join()})`,
        };
  },
};

const oneAttemptOfANumber: Invariant<Known> = {
  sentence: 'a slot of a version has one attempt of each number',
  check: (audit, { stored, fact }) => {
    if (fact.type !== 'InstanceRequested') return undefined;
    const { app, version, slot, attempt } = fact as Extract<InstanceFact, { type: 'InstanceRequested' }>;
    const id = keyOf(stored.stream);
    const twin = audit.ofApp(app).find((one) => one.id !== id && one.version === version && one.slot === slot && one.attempt === attempt);
    return twin === undefined ? undefined : { subject: stored.stream, says: `${twin.id} is the same attempt` };
  },
};

const isMoving = (audit: Audit, { id }: KnownDeployment): boolean => {
  const there = audit.streams.get(streamOf('deployment', id));
  return there?.chart.owes(there.state).includes('want') === true;
};

/** One whose beginning crossed with that of its successor starts, is told so, and never looks. */
const onlyTheHolderMoves: Invariant<Known> = {
  sentence: 'a deployment that looks at its slots holds the lock of its app, or is about to be cancelled',
  check: (audit, { stored, fact }) => {
    if (fact.type !== 'SlotsChanged') return undefined;
    const one = audit.deployments.get(keyOf(stored.stream));
    if (one === undefined) return undefined;
    const holder = audit.locks.get(one.app)?.deployment;
    if (holder === one.id || holder === undefined) return undefined;
    const other = audit.deployments.get(holder);
    return other === undefined || !isMoving(audit, other)
      ? undefined
      : { subject: stored.stream, says: `${holder} holds the lock of ${one.app} and moves it` };
  },
};

const keepsMinimumHealthy: Invariant<Known> = {
  sentence: 'a rolling deployment stops no ready instance below its minimum healthy',
  check: (audit, { stored, fact }) => {
    if (fact.type !== 'InstanceStopRequested' || !stoppedByConductor(fact as Extract<InstanceFact, { type: 'InstanceStopRequested' }>))
      return undefined;
    const stopped = audit.instances.get(keyOf(stored.stream));
    const before = audit.streams.get(stored.stream)?.facts.at(-2)?.meta.state;
    if (stopped === undefined || before === undefined || phaseOf(before) !== 'ready') return undefined;
    const mover = audit.deployments.get(audit.locks.get(stopped.app)?.deployment ?? '');
    if (mover === undefined || mover.chart !== 'rolling.v1' || mover.readyLeft === undefined) return undefined;
    // Whom an operator names goes whatever is left; the strategy had counted on that one.
    if (mover.retire.length > 0) return undefined;
    const least = Math.ceil(mover.instances * mover.minimumHealthCapacity);
    // One that comes back into sight is ready without a look of the deployment.
    const ready = audit.ofApp(stopped.app).filter(({ state }) => phaseOf(state) === 'ready').length;
    return Math.max(mover.readyLeft, ready) >= least || ready >= mover.readySeen
      ? undefined
      : { subject: stored.stream, says: `${mover.readyLeft} ready ones are left of at least ${least} (${mover.id})` };
  },
};

const stoppedByConductor = ({ reason }: Extract<InstanceFact, { type: 'InstanceStopRequested' }>): boolean =>
  reason === 'replaced by another version' || reason === 'scaled down';

const staysBelowSurge: Invariant<Known> = {
  sentence: 'a rolling deployment asks for no more than its surge allows',
  check: (audit, { stored, fact }) => {
    if (fact.type !== 'InstanceRequested') return undefined;
    const { app, owner } = fact as Extract<InstanceFact, { type: 'InstanceRequested' }>;
    const mover = audit.deployments.get(keyOf(owner));
    if (mover === undefined || mover.chart !== 'rolling.v1' || nounOf(owner) !== 'deployment') return undefined;
    const there = audit.ofApp(app).filter(({ state }) => phaseOf(state) !== 'forsaken');
    // One that was out of sight for so long that it was replaced may be back: nobody asked for that one more.
    if (
      there.some(({ id }) =>
        audit.streams.get(streamOf('instance', id))?.facts.some((known) => known.fact.type === 'InstanceBecameReachable'),
      )
    )
      return undefined;
    const { instances, minimumHealthCapacity, maximumOverCapacity } = mover;
    const { maxCapacity } = rollingLimits({
      instances,
      minimumHealthCapacity,
      maximumOverCapacity,
      running: there.length,
      healthy: there.length,
      resident: false,
    });
    return there.length <= maxCapacity
      ? undefined
      : { subject: stored.stream, says: `${there.length} instances of ${app}, at most ${maxCapacity} are allowed` };
  },
};

export const afterEveryFact: readonly Invariant<Known>[] = [
  everyStreamFolds,
  finalStaysFinal,
  withinCapacity,
  portsOnce,
  oneAttemptOfANumber,
  onlyTheHolderMoves,
  keepsMinimumHealthy,
  staysBelowSurge,
  ...placementInvariants,
  ...planInvariants,
];

// ── whenever a host is told something

/** After an append without an answer the engine waits this long at most until it reads the stream again, ms. */
const UNHEARD_MS = 1000;

export const toldIsRecorded: Invariant<Told> = {
  sentence: 'what a host was told is in the log',
  check: (audit, { kind, node, instance, spec, at }) => {
    const subject = streamOf('instance', instance);
    const facts = audit.streams.get(subject)?.facts ?? [];
    const placed = facts.map(({ fact }) => fact as InstanceFact).findLast((fact) => fact.type === 'InstancePlaced');
    const known = audit.instances.get(instance);
    const wrong = (says: string): Broken => ({ subject, says: `${kind} on ${node}: ${says}` });
    if (known === undefined || placed === undefined) return wrong('no fact places it anywhere');
    if (kind === 'run') {
      if (placed.node !== node) return wrong(`it was placed on ${placed.node}`);
      // The engine may not know yet of what it has not heard the acknowledgement.
      const isNews = (audit.streams.get(subject)?.state.at ?? 0) + UNHEARD_MS >= at;
      if (known.state !== 'starting' && !isNews) return wrong(`it is ${known.state}`);
      const bound = spec?.ports.map(({ hostPort }) => hostPort) ?? [];
      return bound.join() === placed.hostPorts.join()
        ? undefined
        : wrong(`with ports ${bound.join()} instead of ${placed.hostPorts.join()}`);
    }
    const mayStop = known.state === 'stopping' || phaseOf(known.state) === 'ended' || known.node !== node;
    if (kind === 'stop') return mayStop ? undefined : wrong(`it is ${known.state}`);
    return phaseOf(known.state) === 'ended' ? undefined : wrong(`it is ${known.state}`);
  },
};

// ── whenever a host changes

export type Lives = { readonly instance: string; readonly starts: readonly string[]; readonly running: readonly string[] };

export const startsOnce: Invariant<Lives> = {
  sentence: 'an instance starts at most once, and at most one live container of it is on all hosts together',
  check: (_, { instance, starts, running }) =>
    starts.length <= 1 && running.length <= 1
      ? undefined
      : { subject: streamOf('instance', instance), says: `started on ${starts.join(', ')}; runs on ${running.join(', ')}` },
};

// ── after every step

export const rosterIsTheFold: Invariant<RosterView> = {
  sentence: 'the roster says of every stream what folding it says',
  check: (audit, roster) => {
    const rows = [...roster.all()];
    if (rows.length !== audit.streams.size) return { subject: 'roster', says: `${rows.length} rows, ${audit.streams.size} streams` };
    for (const { stream, chart, state, owes, due, revision } of rows) {
      const there = audit.streams.get(stream);
      if (there === undefined) return { subject: stream, says: 'in the roster, not in the log' };
      const folded = [there.chart.id, there.state.value, there.chart.owes(there.state), nextTimer(there.state)?.due, there.state.revision];
      const row = [chart, state, owes, due, revision];
      if (folded.join() !== row.join()) return { subject: stream, says: `roster: ${row.join()}; fold: ${folded.join()}` };
    }
    return undefined;
  },
};
