import { APP } from '../../domain/app/app.facts.ts';
import { GROUP } from '../../domain/group/group.facts.ts';
import { isBelow } from '../../domain/group/tree.ts';
import { INSTANCE } from '../../domain/instance/instance.facts.ts';
import { keyOf, nounOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import { NODE } from '../../domain/node/node.facts.ts';
import type { Difference, DifferenceKind, DifferenceQuery, Differences } from '../../domain/ports/difference.ts';
import type { Past } from '../../domain/ports/past.ts';
import { STRATEGY } from '../../domain/strategy/strategy.facts.ts';
import { markerOf } from '../mark.ts';
import { voidsOf } from '../voids.ts';
import { appDifferences } from './apps.ts';
import { instanceDifferences } from './instances.ts';
import { deploymentDifferences, planDifferences, strategyDifferences } from './moves.ts';
import { groupDifferences, nodeDifferences } from './pool.ts';

/** What changed between two positions: what stood there, compared, and the facts between them, which say who and why. */
export const differencesOf = (past: Past): Differences => ({
  between: (query) => {
    const { from, to, app, group } = query;
    const isApp = (id: string): boolean => (app === undefined || id === app) && (group === undefined || id === group || isBelow(id, group));
    const isGroup = (id: string): boolean => app === undefined && (group === undefined || id === group || isBelow(id, group));
    const byNoun = Map.groupBy(factsOf(past, query), ({ stream }) => nounOf(stream));
    const of = (noun: string): readonly Recorded[] => byNoun.get(noun) ?? [];
    const ofApps = of(APP).filter(({ stream }) => isApp(keyOf(stream)));
    const markOf = markerOf(past);
    const [before, after] = [past.views(from), past.views(to)];
    // What belongs to no app or group is asked for without them.
    const everywhere = app === undefined && group === undefined;
    const answers: { readonly [K in DifferenceKind]: () => Difference[K] } = {
      apps: () => appDifferences(before, after, ofApps, markOf),
      groups: () => groupDifferences(before, after, of(GROUP), isGroup, markOf),
      nodes: () => (everywhere ? nodeDifferences(before, after, of(NODE), markOf) : []),
      instances: () => instanceDifferences(past, before, after, of(INSTANCE), isApp, markOf),
      deployments: () => deploymentDifferences(ofApps, markOf),
      plans: () => planDifferences(of(GROUP), (plan) => before.plans.get(plan)?.group, isGroup, markOf),
      strategies: () => (everywhere ? strategyDifferences(of(STRATEGY), markOf) : []),
    };
    const kinds = Object.keys(answers) as readonly DifferenceKind[];
    const told = kinds.filter((kind) => query.kinds.length === 0 || query.kinds.includes(kind)).map((kind) => [kind, answers[kind]()]);
    return { from: momentAt(past, from), to: momentAt(past, to), ...Object.fromEntries(told) };
  },
});

const NOUNS: ReadonlySet<string> = new Set([APP, GROUP, NODE, INSTANCE, STRATEGY]);

/** Of one app the facts of its streams; else what was recorded in between. */
const factsOf = (past: Past, { from, to, app }: DifferenceQuery): readonly Recorded[] => {
  const facts: Recorded[] = [];
  if (app !== undefined)
    for (const stream of past.streamsOf(app, to)) facts.push(...past.stream(stream, to).filter(({ position }) => position > from));
  else for (const recorded of past.between(from, to)) if (NOUNS.has(nounOf(recorded.stream))) facts.push(recorded);
  const isVoid = voidsOf(past);
  return facts.filter((recorded) => !isVoid(recorded));
};

const momentAt = (past: Past, position: number) => {
  const at = past.fact(position)?.meta.at;
  return { position, ...(at !== undefined && { at }) };
};
