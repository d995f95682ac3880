import type { RunningEngine } from '../../src/actors/engine.ts';
import { createScheduler } from '../../src/actors/scheduler.ts';
import { placementAskOf } from '../../src/domain/app/definition/ask.ts';
import { isHookApp } from '../../src/domain/deployment/hookApp.ts';
import { memberOf } from '../../src/domain/group/difference.ts';
import { ROOT_GROUP } from '../../src/domain/group/group.facts.ts';
import { phaseOf } from '../../src/domain/instance/instance.states.ts';
import { keyOf, nounOf, streamOf } from '../../src/domain/kernel/ids.ts';
import type { Recorded } from '../../src/domain/kernel/recorded.ts';
import { same } from '../../src/domain/kernel/same.ts';
import { requestOf } from '../../src/domain/placement/account.ts';
import { eligibleIn } from '../../src/domain/placement/perNode.ts';
import { whyNot } from '../../src/domain/placement/place.ts';
import type { AppRow, InstanceRow, PlanRow, Views } from '../../src/domain/ports/views.ts';
import { createViews } from '../../src/projections/views.ts';
import { endsByItself } from './apps.ts';
import type { Broken } from './invariants.ts';
import { asStored } from './life.ts';
import type { SimulatedWorld } from './world.ts';

/** What holds some time after the last fault and the last wish. Each check answers with what is still missing. */
export type Rest = { readonly sentence: string; readonly check: (world: SimulatedWorld, engine: RunningEngine) => Broken };

/** An app whose instances end by themselves never rests, and neither does its deployment. */
const mayRest = (engine: RunningEngine, app: string): boolean => {
  const row = engine.views.apps.get(app);
  if (row !== undefined && endsByItself(row.definition)) return false;
  return engine.views.instances.ofApp(app).every(({ version }) => {
    const definition = engine.views.apps.definition(app, version);
    return definition === undefined || !endsByItself(definition);
  });
};

/** Nodes of the ledger's own reckoning that would take one more instance of this version now. */
const wouldTake = (engine: RunningEngine, row: InstanceRow): readonly string[] => {
  const definition = engine.views.apps.definition(row.app, row.version);
  if (definition === undefined) return [];
  const { ledger } = createLedger(engine.views, engine);
  return [...engine.views.nodes.all()]
    .map(({ id }) => id)
    .filter((id) => whyNot(requestOf(definition, row.version), ledger, id)?.length === 0);
};

/** A ledger made afresh from the views, beside the scheduler's own. */
const createLedger = (views: Views, { clock }: RunningEngine) => {
  const scheduler = createScheduler(views, clock, () => {});
  scheduler.load();
  return scheduler;
};

const rows = (engine: RunningEngine): readonly AppRow[] => [...engine.views.apps.all()];
/** Waits for a place that no node has: all that could be done is done. */
const isStranded = (engine: RunningEngine, row: InstanceRow): boolean => row.state === 'requested' && wouldTake(engine, row).length === 0;
const hasStranded = (engine: RunningEngine, app: string): boolean =>
  engine.views.instances.ofApp(app).some((row) => isStranded(engine, row));

/** All that it moves can come to rest, so that it has no reason to run on. */
const couldEnd = (engine: RunningEngine, { changes }: PlanRow): boolean =>
  changes.every(({ id }) => mayRest(engine, id) && !hasStranded(engine, id));

const plansEnd: Rest = {
  sentence: 'no plan hangs that could finish',
  check: (_, engine) => {
    for (const plan of engine.views.plans.running())
      if (couldEnd(engine, plan)) return { subject: streamOf('plan', plan.id), says: `still ${plan.state} at step ${plan.step}` };
    for (const { stream, state } of engine.views.roster.all()) {
      const plan = nounOf(stream) === 'plan' ? engine.views.plans.get(keyOf(stream)) : undefined;
      if (plan?.outcome !== undefined && state !== plan.outcome)
        return { subject: stream, says: `${state}, and the tree says ${plan.outcome}` };
    }
    return undefined;
  },
};

const noneIsHeldInVain: Rest = {
  sentence: 'no app waits for its turn in a plan that does not run, or keeps nothing up meanwhile',
  check: (_, engine) => {
    for (const { id, held, deployment = '' } of rows(engine)) {
      const { partOf = '' } = engine.views.deployments.get(deployment) ?? {};
      const plan = engine.views.plans.get(partOf);
      if (held === true && (plan === undefined || plan.outcome !== undefined))
        return { subject: streamOf('app', id), says: `held by ${partOf}, which is ${plan?.outcome}` };
      if (engine.views.roster.get(streamOf('app', id))?.state === 'frozen')
        return { subject: streamOf('app', id), says: 'keeps nothing up while it waits' };
    }
    return undefined;
  },
};

const idsAreTrue: Rest = {
  sentence: 'the ids that are taken are those of the apps there are, with what each depends on, and of those that are to come',
  check: (_, engine) => {
    const planned = new Set(engine.views.plans.running().flatMap(({ changes }) => changes.map(({ id }) => id)));
    for (const { id, definition } of rows(engine)) {
      const { claim: __, ...member } = engine.views.groups.member(id) ?? {};
      if (!planned.has(id) && !same(member, memberOf(definition)))
        return { subject: ROOT_GROUP, says: `${JSON.stringify(memberOf(definition))} is there, ${JSON.stringify(member)} is taken` };
    }
    for (const { id } of engine.views.groups.members())
      if (engine.views.apps.get(id) === undefined && !planned.has(id)) return { subject: ROOT_GROUP, says: `${id} is taken by nobody` };
    return undefined;
  },
};

const deploymentsEnd: Rest = {
  sentence: 'no deployment hangs that could finish',
  check: (_, engine) => {
    for (const { id, app, partOf = '' } of engine.views.deployments.running()) {
      const plan = engine.views.plans.get(partOf);
      if (plan !== undefined && plan.outcome === undefined && !couldEnd(engine, plan)) continue;
      const holder = engine.views.apps.get(app)?.deployment;
      if (holder !== id) return { subject: streamOf('deployment', id), says: `runs on though ${holder} holds the lock of ${app}` };
      if (mayRest(engine, app) && !hasStranded(engine, app))
        return {
          subject: streamOf('deployment', id),
          says: `still ${engine.views.deployments.get(id)?.state}: ${JSON.stringify(engine.views.instances.tallies(app))}`,
        };
    }
    for (const { id, deployment } of rows(engine)) {
      const isThere = deployment === undefined || engine.views.deployments.get(deployment)?.outcome === undefined;
      if (!isThere) return { subject: streamOf('app', id), says: `its lock is held by ${deployment}, which has ended` };
      if (deployment !== undefined && engine.views.deployments.get(deployment) === undefined)
        return { subject: streamOf('app', id), says: `${deployment} never started` };
    }
    return undefined;
  },
};

const desiredIsObserved: Rest = {
  sentence: 'every app has exactly its wanted instances, ready where they can be placed',
  check: (_, engine) => {
    for (const { id, slots, deployment } of rows(engine)) {
      // One that waits for its turn in a plan keeps what it has.
      const isKept = deployment === undefined || engine.views.roster.get(streamOf('app', id))?.state === 'held';
      if (!isKept || !mayRest(engine, id)) continue;
      const live = engine.views.instances.ofApp(id).filter(({ state }) => phaseOf(state) !== 'forsaken');
      for (const version of new Set([...Object.keys(slots), ...live.map((row) => row.version)])) {
        const there = live.filter((row) => row.version === version);
        const good = there.filter((row) => phaseOf(row.state) === 'ready' || isStranded(engine, row));
        const wanted = slots[version] ?? 0;
        if (there.length !== wanted || good.length !== wanted)
          return {
            subject: streamOf('app', id),
            says: `wants ${wanted} of ${version} and has ${there.map((row) => `${row.id} ${row.state}`).join(', ') || 'none'}`,
          };
        if (new Set(there.map(({ slot }) => slot)).size !== there.length)
          return { subject: streamOf('app', id), says: `two share a slot of ${version}` };
      }
    }
    return undefined;
  },
};

const noOrphans: Rest = {
  sentence: 'what hosts run is what the log says runs',
  check: (world, engine) => {
    const running = world.running();
    for (const [instance, on] of running) {
      const row = engine.views.instances.get(instance);
      const known = world.audit.instances.get(instance);
      if (known !== undefined && phaseOf(known.state) !== 'ended' && known.node === on[0]) continue;
      // Out of the pool, out of reach: a host that was removed keeps what it has.
      if (on.every((node) => engine.views.nodes.get(node) === undefined)) continue;
      return {
        subject: streamOf('instance', instance),
        says: `runs on ${on.join()} but is ${row?.state ?? known?.state} on ${known?.node}`,
      };
    }
    for (const row of engine.views.instances.all()) {
      const isUp = phaseOf(row.state) === 'ready' || phaseOf(row.state) === 'up';
      if (isUp && !running.has(row.id) && mayRest(engine, row.app))
        return { subject: streamOf('instance', row.id), says: `is ${row.state} but runs nowhere` };
    }
    return undefined;
  },
};

const nothingIsUnseen: Rest = {
  sentence: 'nothing is on its way out or out of sight, nobody waits who could be placed',
  check: (_, engine) => {
    for (const row of engine.views.instances.all()) {
      if (phaseOf(row.state) === 'ended' || !mayRest(engine, row.app)) continue;
      if (['leaving', 'unseen', 'forsaken'].includes(phaseOf(row.state)) || row.state === 'starting' || row.state === 'waiting')
        return { subject: streamOf('instance', row.id), says: `still ${row.state}` };
      const takers = row.state === 'requested' ? wouldTake(engine, row) : [];
      if (takers.length > 0) return { subject: streamOf('instance', row.id), says: `waits though ${takers.join()} would take it` };
      if (row.state === 'requested' && row.deferred === undefined)
        return { subject: streamOf('instance', row.id), says: 'waits without a reason' };
    }
    return undefined;
  },
};

const ledgerIsTheFold: Rest = {
  sentence: "the scheduler's ledger is what the views say",
  check: (_, engine) => {
    const { ledger } = createLedger(engine.views, engine);
    for (const { id } of engine.views.nodes.all()) {
      const [live, fresh] = [engine.scheduler.ledger.freeOf(id), ledger.freeOf(id)];
      if (JSON.stringify(live) !== JSON.stringify(fresh))
        return { subject: streamOf('node', id), says: `ledger: ${JSON.stringify(live)}; views: ${JSON.stringify(fresh)}` };
    }
    return undefined;
  },
};

const viewsAreTheFold: Rest = {
  sentence: 'views rebuilt from zero are the live views',
  check: (world, engine) => {
    const rebuilt = createViews();
    rebuilt.take(world.log.facts.map((fact) => engine.decode(asStored(fact)) as Recorded));
    const [live, fresh] = [textOf(engine.views), textOf(rebuilt)];
    const at = Object.keys(live).find((name) => live[name] !== fresh[name]);
    return at === undefined ? undefined : { subject: at, says: `live: ${live[at]}\nrebuilt: ${fresh[at]}` };
  },
};

/** All that the views say, name by name. */
const textOf = ({ apps, groups, plans, instances, deployments, nodes, roster }: Views): Readonly<Record<string, string>> => {
  const text: Record<string, string> = {};
  for (const row of apps.all()) {
    text[`app ${row.id}`] = JSON.stringify(row);
    text[`ended of ${row.id}`] = JSON.stringify(instances.endedOf(row.id));
    text[`tallies of ${row.id}`] = JSON.stringify(instances.tallies(row.id));
  }
  for (const row of instances.all()) text[`instance ${row.id}`] = JSON.stringify(row);
  text.groups = JSON.stringify([groups.version(), [...groups.all()], [...groups.members()], groups.versions()]);
  for (const row of plans.running()) text[`plan ${row.id}`] = JSON.stringify(row);
  for (const row of deployments.running()) text[`deployment ${row.id}`] = JSON.stringify(row);
  for (const row of nodes.all()) {
    text[`node ${row.id}`] = JSON.stringify(row);
    text[`on ${row.id}`] = JSON.stringify(instances.onNode(row.id).map(({ id }) => id));
  }
  for (const row of roster.all()) text[`roster ${row.stream}`] = JSON.stringify(row);
  return text;
};

const everyNodeHasOne: Rest = {
  sentence: 'an app on every node has one on each that is eligible, and no other',
  check: (_, engine) => {
    for (const { id, definition, deployment, slots } of rows(engine)) {
      if (definition.perNode !== true || deployment !== undefined || !mayRest(engine, id) || hasStranded(engine, id)) continue;
      // One that was given up in its midst leaves what it left, until somebody wants something else.
      if (Object.values(slots).reduce((sum, count) => sum + count, 0) !== definition.instances) continue;
      const eligible = [...eligibleIn(engine.views.nodes, placementAskOf(definition))].sort();
      const there = engine.views.instances.ofApp(id).map(({ node = 'nowhere' }) => node);
      if (eligible.join() !== there.sort().join())
        return { subject: streamOf('app', id), says: `${eligible.join()} are eligible, and it is on ${there.join()}` };
    }
    return undefined;
  },
};

const hooksAreOwed: Rest = {
  sentence: 'no command runs for a deployment that does not wait for it',
  check: (_, engine) => {
    for (const { id, app, owner, state } of engine.views.instances.all())
      if (isHookApp(app) && phaseOf(state) !== 'ended' && engine.views.roster.get(owner)?.owes.includes('hook') !== true)
        return { subject: streamOf('instance', id), says: `still ${state} for ${owner}` };
    return undefined;
  },
};

export const atRest: readonly Rest[] = [
  viewsAreTheFold,
  ledgerIsTheFold,
  noOrphans,
  nothingIsUnseen,
  desiredIsObserved,
  everyNodeHasOne,
  hooksAreOwed,
  deploymentsEnd,
  plansEnd,
  noneIsHeldInVain,
  idsAreTrue,
];
