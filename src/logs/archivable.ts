import { appOfHook, isHookApp } from '../domain/deployment/hookApp.ts';
import type { InstanceFact } from '../domain/instance/instance.facts.ts';
import { isLaunchFailure } from '../domain/instance/instance.states.ts';
import { keyOf, nounOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { nouns } from '../domain/nouns.ts';
import type { RosterRow, Views } from '../domain/ports/views.ts';
import type { ChainedFact } from '../domain/proof/chained.ts';

/** Whether nothing can follow in a stream: its chart is in a final state, owes nothing and waits for nothing. */
export const hasEnded = ({ stream, chart, state, owes, due }: RosterRow): boolean =>
  owes === '' && due === undefined && nouns[nounOf(stream)]?.charts[chart]?.stateCalled(state)?.isFinal === true;

/**
 * Whether an engine decides the same without an ended stream, when it folds the log anew:
 * - an instance counts for the back-off of its app's version while its launch failed, or its delay was reset, and the app is there; so does a one-off command of the app;
 * - a one-off command counts as an attempt while the deployment that owns it runs;
 * - a deployment is asked about while its app's lock, or a plan that it is part of, still names it; so is a plan while it runs.
 * That an attempt's number was given is kept with the archive itself.
 */
export const isDispensable = (facts: readonly Recorded[], views: Views): boolean => {
  const [first] = facts;
  if (first === undefined) return false;
  const id = keyOf(first.stream);
  switch (nounOf(first.stream)) {
    case 'instance': {
      const told = facts as readonly Recorded<InstanceFact>[];
      const requested = told[0]?.fact;
      if (requested?.type !== 'InstanceRequested') return false;
      const owner = requested.owner ?? '';
      if (nounOf(owner) === 'deployment' && isRunning(views, keyOf(owner))) return false;
      const counts = told.some(({ fact, meta }) => fact.type === 'LaunchDelayReset' || isLaunchFailure(fact, meta.state));
      return !counts || views.apps.get(isHookApp(requested.app) ? appOfHook(requested.app) : requested.app) === undefined;
    }
    case 'deployment': {
      const row = views.deployments.get(id);
      if (isRunning(views, id) || (row?.partOf !== undefined && views.plans.running().some((plan) => plan.id === row.partOf))) return false;
      return ![...views.apps.all()].some(({ deployment }) => deployment === id);
    }
    case 'plan':
      return !views.plans.running().some((plan) => plan.id === id);
    default:
      return true;
  }
};

const isRunning = (views: Views, deployment: string): boolean => views.deployments.running().some(({ id }) => id === deployment);

/** The highest attempt of each slot among instances that are archived, by app and configuration version. */
export const attemptsOf = (streams: readonly (readonly Recorded[])[]): Record<string, Record<string, Record<string, number>>> => {
  const attempts: Record<string, Record<string, Record<string, number>>> = {};
  for (const [first] of streams) {
    const fact = first?.fact as InstanceFact | undefined;
    if (fact?.type !== 'InstanceRequested') continue;
    const { app, version, slot, attempt } = fact;
    const ofApp = attempts[app] ?? {};
    const ofVersion = ofApp[version] ?? {};
    ofVersion[slot] = Math.max(ofVersion[slot] ?? 0, attempt);
    ofApp[version] = ofVersion;
    attempts[app] = ofApp;
  }
  return attempts;
};

export type Chosen = { readonly chained: readonly ChainedFact[]; readonly recorded: readonly Recorded[] };
