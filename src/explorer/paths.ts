import type { DeploymentFact } from '../domain/deployment/deployment.facts.ts';
import { answerMoves } from './answering.ts';
import { conductorMoves } from './conducting.ts';
import { hostMoves } from './hosting.ts';
import { type Hosts, NONE } from './hosts.ts';
import type { Move } from './moves.ts';
import { operatorMoves } from './operating.ts';
import type { ExploreOptions, Start } from './options.ts';
import { NEW, OLD } from './rules.ts';
import { type AnyChart, fold, type World } from './world.ts';

/**
 * All that can happen next, always in the same order. As a rule the conductor has looked before anything happens but that instances come
 * and go; that something else is faster counts as a fault, for else every order of everything would have to be walked.
 */
export const movesFrom = (chart: AnyChart, world: World, options: ExploreOptions): readonly Move[] => {
  const looks = conductorMoves(chart, world, options);
  const others = [...hostMoves(chart, world, options), ...answerMoves(chart, world), ...operatorMoves(chart, world, options)];
  if (looks.length === 0) return others;
  const hurried = others.flatMap((move): readonly Move[] => {
    if (move.from === 'Hosts' && move.isFair) return [move];
    const faults = move.next.faults + 1;
    if (faults > options.faults) return [];
    return [{ ...move, isFair: false, next: { ...move.next, faults }, says: () => `Before the conductor has looked: ${move.says()}` }];
  });
  return [...looks, ...hurried];
};

/** Where it begins. */
export const startsOf = (chart: AnyChart, options: ExploreOptions): readonly { readonly world: World; readonly says: string }[] =>
  options.starts
    .filter((start) => start !== 'mixed' || options.instances > 1)
    .map((start) => ({ world: startOf(chart, start, options), says: SAYS[start] }));

const SAYS: Readonly<Record<Start, string>> = {
  whole: 'All of the old version serve, and a deployment of the new one begins',
  mixed: 'Another deployment left one instance of the new version beside the old ones, and the deployment begins again',
  nothing: 'Nothing is there, and a first deployment begins',
};

const startOf = (chart: AnyChart, start: Start, options: ExploreOptions): World => {
  const { instances, minimumHealthCapacity, maximumOverCapacity, policy } = options;
  const ready = { whole: [instances, 0], mixed: [instances - 1, 1], nothing: [0, 0] }[start] as [number, number];
  const begun: DeploymentFact = {
    type: 'DeploymentStarted',
    app: '/app',
    from: Object.fromEntries([[OLD, ready[0]] as const, [NEW, ready[1]] as const].filter(([, count]) => count > 0)),
    to: { version: NEW, configVersion: NEW, instances },
    ...(start !== 'nothing' && { previous: { version: OLD, configVersion: OLD, instances } }),
    minimumHealthCapacity,
    maximumOverCapacity,
    retire: [],
    policy,
  };
  const deployment = fold(chart, chart.initial(), begun);
  if (deployment === undefined) throw new Error(`${chart.id} does not accept that a deployment begins`);
  const hosts: Hosts = { [OLD]: { ...NONE, ready: ready[0] }, [NEW]: { ...NONE, ready: ready[1] } };
  return { deployment, hosts, report: undefined, weights: {}, answered: [], faults: 0, isAborted: false, isCancelled: false };
};
