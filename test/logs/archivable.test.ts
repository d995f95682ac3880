import { describe, expect, test } from 'vitest';
import { learnStrategies } from '../../src/actors/strategyBook.ts';
import { hookAppId } from '../../src/domain/deployment/hookApp.ts';
import { nounOf } from '../../src/domain/kernel/ids.ts';
import type { StoredFact } from '../../src/domain/kernel/ports.ts';
import type { Recorded } from '../../src/domain/kernel/recorded.ts';
import type { Views } from '../../src/domain/ports/views.ts';
import { recordedOf } from '../../src/domain/recordedOf.ts';
import { ARCHIVABLE } from '../../src/domain/retention/retention.facts.ts';
import { attemptsOf, hasEnded, isDispensable } from '../../src/logs/archivable.ts';
import { createViews } from '../../src/projections/views.ts';
import { readStrategy } from '../../src/strategyFiles.ts';
import { retention } from '../support/facts.ts';
import { historyNames, storedHistory } from '../support/histories.ts';
import { plainSealer } from '../support/sealer.ts';

const viewsOf = (facts: readonly Recorded[]) => {
  const views = createViews();
  learnStrategies(
    facts.filter(({ stream }) => nounOf(stream) === 'strategy'),
    readStrategy,
  );
  views.take(facts);
  return views;
};

/** What an engine decides by. */
const decisive = (
  { apps, instances, nodes, groups, plans, deployments, discovery, strategies, roster }: Views,
  ids: readonly string[],
) => ({
  apps: [...apps.all()],
  perNode: [...apps.perNode()],
  versions: groups.versions().map((version) => apps.at(version)),
  live: ids.map((id) => [id, instances.ofApp(id), instances.tallies(id), instances.forsaken(id)]),
  counts: [...apps.all()].flatMap(({ id, versions }) =>
    versions.map(({ version }) => [
      id,
      version,
      [...instances.slotsOf(id, version)],
      instances.failures(id, version),
      [0, 1, 2, 3, 4, 5].map((slot) => instances.attempts(id, version, slot)),
    ]),
  ),
  onNodes: [...nodes.all()].map((node) => [
    node,
    instances
      .onNode(node.id)
      .map(({ id }) => id)
      .sort(),
  ]),
  groups: [groups.version(), [...groups.all()], [...groups.members()], groups.versions().map((version) => groups.at(version))],
  plans: plans.running(),
  deployments: deployments.running(),
  outcomes: [...apps.all()].map(({ lastDeployment = '' }) => deployments.get(lastDeployment)?.outcome),
  ready: [...discovery.ready()].map(({ app, ready }) => [app, [...ready].sort()]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  strategies: [...strategies.all()],
  owing: [...roster.all()].filter(({ owes, due }) => owes !== '' || due !== undefined),
});

/* Every cut: an engine that archives there and starts again must stand where it stood. */
describe.for(historyNames().filter((name) => !/^(seldom|retired)/.test(name)))('the stored history %s', (name) => {
  const facts = storedHistory(name).map((stored) => recordedOf(stored, plainSealer));
  const cuts = [0.3, 0.5, 0.7, 0.9, 1].map((share) => Math.floor(facts.length * share));

  test.for(cuts)('is decided by in the same way without what has ended up to %i', (cut) => {
    const there = facts.slice(0, cut);
    const whole = viewsOf(there);
    const streams = Map.groupBy(there, ({ stream }) => stream);
    const archived = [...whole.roster.all()]
      .filter((row) => (ARCHIVABLE as readonly string[]).includes(nounOf(row.stream)) && hasEnded(row))
      .map(({ stream }) => streams.get(stream) ?? [])
      .filter((told) => isDispensable(told, whole));
    const gone = new Set(archived.map(([first]) => first?.stream));
    const last = there.at(-1) as unknown as StoredFact;
    const { due: _, ...meta } = last.meta;
    const told = {
      ...{ id: 'archived', type: 'StreamsArchived.v1', data: '', stream: 'retention-log', revision: 0, position: last.position + 1 },
      meta: { ...meta, state: 'kept', owes: '', chart: 'retention.v1' },
      fact: retention.StreamsArchived({ attempts: attemptsOf(archived) }),
    } as unknown as Recorded;
    // Of an app that is gone nothing is decided any more; one of its name has other versions.
    const ids = [...whole.apps.all()].flatMap(({ id }) => [id, ...(['before', 'after'] as const).map((hook) => hookAppId(id, hook))]);
    expect(decisive(viewsOf([...there.filter(({ stream }) => !gone.has(stream)), told]), ids)).toEqual(decisive(whole, ids));
    if (cut === facts.length) expect(archived.length).toBeGreaterThan(0);
  });
});
