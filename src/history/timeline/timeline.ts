import { APP } from '../../domain/app/app.facts.ts';
import { DEPLOYMENT } from '../../domain/deployment/deployment.facts.ts';
import { INSTANCE, type InstanceFactOf } from '../../domain/instance/instance.facts.ts';
import { phaseOf } from '../../domain/instance/instance.states.ts';
import { keyOf, nounOf, type StreamName } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Past } from '../../domain/ports/past.ts';
import type { DeploymentTimeline, InstanceTimeline, Timelines, Visit } from '../../domain/ports/timeline.ts';
import { voidsOf } from '../voids.ts';
import { dwellOf } from './dwell.ts';
import { createPaths } from './paths.ts';
import { type IsFinal, visitsOf } from './visits.ts';

/** How long things stood in which state, and what they had never done before. Computed from the facts' own metadata: no chart is asked. */
export const timelinesOf = (past: Past): Timelines => {
  const validIn = (upTo: number) => {
    const isVoid = voidsOf(past);
    return (stream: StreamName): readonly Recorded[] => past.stream(stream, upTo).filter((recorded) => !isVoid(recorded));
  };
  return {
    apps: (upTo) => [...past.views(upTo).apps.all()].map(({ id }) => id).sort(),
    ofStream: (stream, { after, upTo, at }) => visitsOf(validIn(upTo)(stream), at, finalOf(nounOf(stream))).filter(isIn(after)),
    ofApp: (app, query) => {
      const { after, upTo, at } = query;
      const valid = validIn(upTo);
      const paths = createPaths(after);
      const visits: Visit[] = [];
      const instances = newest<InstanceTimeline>(query.instances);
      const deployments = newest<DeploymentTimeline>(query.deployments);
      for (const stream of past.streamsOf(app, upTo)) {
        const facts = valid(stream);
        const [begin] = facts;
        if (begin === undefined) continue;
        paths.take(facts);
        const noun = nounOf(stream);
        if (noun === APP || !(facts.some(({ position }) => position > after) || isOpen(facts, noun))) continue;
        const own = visitsOf(facts, at, finalOf(noun)).filter(isIn(after));
        if (noun === DEPLOYMENT) deployments.add(deploymentTimeline(stream, facts, at));
        if (noun !== INSTANCE) continue;
        for (const visit of own) visits.push(visit);
        const { version } = begin.fact as InstanceFactOf<'InstanceRequested'>;
        instances.add({ instance: keyOf(stream), version, visits: own });
      }
      const fresh = paths.fresh();
      return {
        app,
        states: dwellOf(visits),
        instances: instances.all(),
        deployments: deployments.all(),
        ...(fresh !== undefined && { newPaths: fresh }),
      };
    },
  };
};

const FINAL_OF_MOVES: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled']);

const finalOf =
  (noun: string): IsFinal =>
  (state) => {
    if (noun === INSTANCE) return phaseOf(state) === 'ended';
    return (noun === DEPLOYMENT || noun === 'plan') && FINAL_OF_MOVES.has(state);
  };

const isOpen = (facts: readonly Recorded[], noun: string): boolean => !finalOf(noun)(facts.at(-1)?.meta.state ?? '');

/** Whether a visit ended, or lasts, behind a position. */
const isIn =
  (after: number): ((visit: Visit) => boolean) =>
  ({ endedAt }) =>
    endedAt === undefined || endedAt > after;

const newest = <A>(count: number) => {
  const kept: A[] = [];
  return {
    add: (one: A): void => {
      kept.push(one);
      if (kept.length > count) kept.shift();
    },
    all: (): readonly A[] => kept,
  };
};

const deploymentTimeline = (stream: StreamName, facts: readonly Recorded[], at: number): DeploymentTimeline => {
  const phases = visitsOf(facts, at, finalOf(DEPLOYMENT));
  const [first, last] = [facts[0] as Recorded, facts.at(-1) as Recorded];
  const byState = [...Map.groupBy(phases, ({ state }) => state)].map(([state, visits]) => ({
    state,
    ms: visits.reduce((sum, { ms }) => sum + ms, 0),
  }));
  const slowest = byState.reduce((most, each) => (each.ms > most.ms ? each : most), { state: '', ms: 0 });
  return {
    deployment: keyOf(stream),
    strategy: first.meta.chart ?? '',
    startedAt: first.meta.at,
    state: last.meta.state,
    ms: phases.reduce((sum, { ms }) => sum + ms, 0),
    phases,
    ...(slowest.ms > 0 && { slowest }),
  };
};
