import { either as E } from 'fp-ts';
import type { ChartState } from '../kernel/chart/state.ts';
import type { Decision, Noun } from '../kernel/decider.ts';
import { refusal } from '../kernel/refusal.ts';
import { same } from '../kernel/same.ts';
import type { Instant } from '../kernel/units.ts';
import { type InstanceContext, instanceChart } from './instance.chart.ts';
import { instanceCodec } from './instance.codec.ts';
import type { InstanceCommand, StartFault } from './instance.commands.ts';
import { INSTANCE, type InstanceFact, type InstanceFactOf } from './instance.facts.ts';

type State = ChartState<InstanceContext>;
type Accepts = (fact: InstanceFact) => boolean;

const SILENCE: Decision<InstanceFact> = E.right([]);

/**
 * What the chart cannot say: idempotence, and the choice between facts.
 * A report that the chart does not accept is old news and passes in silence; a wish that it does not accept is refused.
 */
const decide = (command: InstanceCommand, state: State, at: Instant, accepts: Accepts): Decision<InstanceFact> => {
  const report = (fact: InstanceFact): Decision<InstanceFact> => (accepts(fact) ? E.right([fact]) : SILENCE);
  switch (command.type) {
    case 'RequestInstance': {
      if (state.value !== 'absent') return SILENCE;
      const { type: _, ...data } = command;
      return E.right([{ type: 'InstanceRequested', ...data }]);
    }
    case 'ResetLaunchDelay':
      return report({ type: 'LaunchDelayReset' });
    case 'StopInstance':
      return stop(command, state, at, accepts);
    case 'DeferPlacement': {
      const { considered, excluded, gang } = command;
      const deferred = { considered, excluded, ...(gang !== undefined && { gang }) };
      if (same(state.context.deferred, deferred)) return SILENCE;
      return answers(state, command.entryRevision) ? report({ type: 'PlacementDeferred', ...deferred }) : SILENCE;
    }
    case 'PlaceInstance':
    case 'NominateInstance':
    case 'LapseNomination':
    case 'RevokePlacement':
    case 'ReportContainerStarted':
    case 'ReportStartFailed':
      return answers(state, command.entryRevision) ? report(outcome(command)) : SILENCE;
    case 'ReportContainerExited': {
      const { exitCode, signal, oom, containers } = command;
      return report({
        type: 'ContainerExited',
        oom,
        ...(exitCode !== undefined && { exitCode }),
        ...(signal !== undefined && { signal }),
        ...(containers !== undefined && { containers }),
      });
    }
    case 'ReportPodContainerExited': {
      const { type: _, ...end } = command;
      return state.context.ended.includes(end.name) ? SILENCE : report({ type: 'PodContainerExited', ...end });
    }
    case 'ReportContainerGone':
      return command.node === state.context.node ? report({ type: 'ContainerVanished', node: command.node }) : SILENCE;
    case 'ReportContainerFound':
      return found(command, state, report);
    case 'ReportReady':
      return report({ type: 'InstanceBecameReady' });
    case 'ReportUnhealthy': {
      const { probe, failures, cause } = command;
      return report({ type: 'InstanceBecameUnhealthy', probe, failures, cause });
    }
    case 'ReportHealthy':
      return report({ type: 'InstanceBecameHealthy', probe: command.probe });
    case 'ReportNodeUnreachable': {
      if (command.node !== state.context.node) return SILENCE;
      const { type: _, ...data } = command;
      return report({ type: 'InstanceBecameUnreachable', ...data });
    }
    case 'ReportNodeGone':
      return command.node === state.context.node ? report({ type: 'InstanceLost', node: command.node, why: command.why }) : SILENCE;
  }
};

/** Whether the entry that an outcome speaks of is still the current one. */
const answers = ({ active }: State, entryRevision: number): boolean => active.some(({ revision }) => revision === entryRevision);

type Outcome = Extract<
  InstanceCommand,
  { type: 'PlaceInstance' | 'NominateInstance' | 'LapseNomination' | 'RevokePlacement' | 'ReportContainerStarted' | 'ReportStartFailed' }
>;

const outcome = (command: Outcome): InstanceFact => {
  switch (command.type) {
    case 'PlaceInstance': {
      const { node, hostPorts, considered, excluded, score } = command;
      return { type: 'InstancePlaced', node, hostPorts, considered, excluded, score };
    }
    case 'NominateInstance': {
      const { node, priority, victims, patienceMs } = command;
      return { type: 'InstanceNominated', node, priority, victims, patienceMs };
    }
    case 'LapseNomination':
      return { type: 'NominationLapsed', node: command.node, why: command.why };
    case 'RevokePlacement':
      return { type: 'PlacementRevoked', node: command.node, why: command.why };
    case 'ReportContainerStarted':
      return started(command);
    case 'ReportStartFailed':
      return startFailure(command.fault);
  }
};

const started = ({ containerId, ipAddresses, containers }: Omit<InstanceFactOf<'ContainerStarted'>, 'type'>): InstanceFact => ({
  type: 'ContainerStarted',
  containerId,
  ipAddresses,
  ...(containers !== undefined && { containers }),
});

/** A fault of the host becomes a fact of its own name, so that a reader reacts without parsing prose. */
const startFailure = (fault: StartFault): InstanceFact => {
  const { _tag, ...data } = fault;
  return { type: _tag, ...data } as InstanceFact;
};

const stop = (
  { reason, signal, drainMs, graceMs }: Extract<InstanceCommand, { type: 'StopInstance' }>,
  state: State,
  at: Instant,
  accepts: Accepts,
): Decision<InstanceFact> => {
  if (state.value === 'absent') return E.left(refusal('not-found', 'There is no such instance.'));
  if (state.value === 'unreachable.doomed') return SILENCE;
  const cancelled: InstanceFact = { type: 'InstanceCancelled', reason };
  if (accepts(cancelled)) return E.right([cancelled]);
  // Only what serves has something to drain.
  const drain = state.value.startsWith('running') ? drainMs : 0;
  const asked: InstanceFact = { type: 'InstanceStopRequested', reason, signal, drainMs: drain, killAt: at + drain + graceMs };
  return accepts(asked) ? E.right([asked]) : SILENCE;
};

/** An inventory that lists it as running: news to an instance that was out of sight, or whose start was never reported. */
const found = (
  { node, ...sighted }: Extract<InstanceCommand, { type: 'ReportContainerFound' }>,
  state: State,
  report: (fact: InstanceFact) => Decision<InstanceFact>,
): Decision<InstanceFact> => {
  if (node !== state.context.node) return SILENCE;
  if (state.value === 'starting') return report(started(sighted));
  return report({ type: 'InstanceBecameReachable', node });
};

export const instanceNoun: Noun<InstanceContext, InstanceCommand, InstanceFact> = {
  noun: INSTANCE,
  charts: { [instanceChart.id]: instanceChart },
  chartFor: () => instanceChart.id,
  codec: instanceCodec,
  decide,
};
