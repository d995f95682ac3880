import type { AppFact, AppFactOf } from '../../domain/app/app.facts.ts';
import type { AppDefinition } from '../../domain/app/definition/definition.ts';
import type { DeploymentFact } from '../../domain/deployment/deployment.facts.ts';
import { DEPLOYMENT } from '../../domain/deployment/deployment.facts.ts';
import { nameOf } from '../../domain/deployment/strategies/index.ts';
import { keyOf, type StreamName, streamOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Past } from '../../domain/ports/past.ts';
import type { DeploymentReceipt } from '../../domain/ports/receipt.ts';
import { STRATEGY, type StrategyFact } from '../../domain/strategy/strategy.facts.ts';
import { maskedDiff, sealedChanges } from '../definitions.ts';
import { markerOf } from '../mark.ts';
import { visitsOf } from '../timeline/visits.ts';
import { voidsOf } from '../voids.ts';
import { askedBy } from './asked.ts';
import { instancesOf } from './instances.ts';

type Began = Recorded & { readonly fact: AppFactOf<'DeploymentBegan'> };
export type Made = { readonly receipt: DeploymentReceipt; readonly sealed: readonly string[] };

/** @param app stream of the app that the deployment moved */
export const deploymentReceipt = (past: Past, app: StreamName, id: string): Made | undefined => {
  const isVoid = voidsOf(past);
  const valid = (recorded: Recorded): boolean => !isVoid(recorded);
  const ofApp = past.stream(app).filter(valid);
  const began = ofApp.find(({ fact }) => fact.type === 'DeploymentBegan' && (fact as AppFactOf<'DeploymentBegan'>).deployment === id);
  if (began === undefined) return undefined;
  const { fact } = began as Began;
  const all = past.stream(streamOf(DEPLOYMENT, id)).filter(valid);
  const end = endOf(ofApp, all, id);
  const upTo = end?.position ?? past.head();
  const own = all.filter(({ position }) => position <= upTo);
  const chart = own.at(0)?.meta.chart;
  const [before, after] = [definitionAt(ofApp, fact.previous?.version), definitionAt(ofApp, fact.to?.version)];
  const until = end?.meta.at ?? past.fact(upTo)?.meta.at ?? began.meta.at;
  const mark = markerOf(past);
  const told = (types: ReadonlySet<string>) =>
    own.filter((recorded) => types.has(recorded.fact.type)).map((recorded) => ({ ...mark(recorded), data: dataOf(recorded) }));
  const receipt: DeploymentReceipt = {
    form: 'wharf.receipt.v1',
    deployment: id,
    app: keyOf(app),
    ...(fact.partOf !== undefined && { partOf: fact.partOf }),
    asked: askedBy(past, began),
    ...(fact.supersedes !== undefined && { supersedes: fact.supersedes }),
    from: fact.from,
    ...(fact.to !== undefined && { to: fact.to }),
    ...(fact.previous !== undefined && { previous: fact.previous }),
    definition: {
      ...(before !== undefined && { before: fact.previous?.version ?? '' }),
      ...(after !== undefined && { after: fact.to?.version ?? '' }),
      fields: after === undefined ? [] : maskedDiff(before, after),
    },
    strategy: strategyOf(past, fact.strategy, chart, upTo),
    limits: { minimumHealthCapacity: fact.minimumHealthCapacity, maximumOverCapacity: fact.maximumOverCapacity },
    ...(fact.policy !== undefined && { policy: fact.policy }),
    phases: visitsOf(own, until, isOver).map(({ state, since, ms, type, position }) => ({ state, since, ms, type, position })),
    ...instancesOf(past, keyOf(app), id, { after: began.position, upTo }),
    gates: own.flatMap(verdictOf),
    steps: told(STEPS),
    said: told(SAID),
    ...(end !== undefined && { outcome: outcomeOf(end, own, id) }),
    firstPosition: began.position,
    ...(end !== undefined && { lastPosition: end.position }),
  };
  return { receipt, sealed: after === undefined || before === undefined ? [] : sealedChanges(before, after) };
};

const OVER: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled']);
const isOver = (state: string): boolean => OVER.has(state);
const STEPS: ReadonlySet<string> = new Set<DeploymentFact['type']>(['HookSucceeded', 'HookFailed', 'TrafficShifted', 'ProgressStalled']);
const SAID: ReadonlySet<string> = new Set<DeploymentFact['type']>([
  'DeploymentApproved',
  'DeploymentPaused',
  'DeploymentResumed',
  'DeploymentAborted',
  'DeploymentCancelled',
  'WinnerChosen',
  'TargetChanged',
]);

/**
 * The fact behind which nothing is added to a deployment: its app took the lock back. One that was taken over from gives it back itself,
 * unless it had not begun when it lost it.
 */
const endOf = (ofApp: readonly Recorded[], own: readonly Recorded[], id: string): Recorded | undefined => {
  const ended = ofApp.find(({ fact }) => fact.type === 'DeploymentEnded' && (fact as AppFactOf<'DeploymentEnded'>).deployment === id);
  if (ended !== undefined) return ended;
  const lost = ofApp.find(({ fact }) => fact.type === 'DeploymentBegan' && (fact as AppFactOf<'DeploymentBegan'>).supersedes === id);
  if (lost === undefined) return undefined;
  const first = own.at(0);
  return first === undefined || first.position > lost.position ? lost : own.find(({ fact }) => fact.type === 'AppReleased');
};

const outcomeOf = (end: Recorded, own: readonly Recorded[], id: string): NonNullable<DeploymentReceipt['outcome']> => {
  const { fact, meta } = end as Recorded<AppFact>;
  if (fact.type === 'DeploymentEnded') {
    const { outcome, reason, slots } = fact;
    return { outcome, ...(reason !== undefined && { reason }), slots, at: meta.at };
  }
  const cancelled = own.findLast((recorded) => recorded.fact.type === 'DeploymentCancelled');
  const why = cancelled === undefined ? undefined : String(dataOf(cancelled).reason);
  if (fact.type === 'DeploymentBegan' && fact.deployment !== id)
    return { outcome: 'cancelled', reason: `deployment ${fact.deployment} took over`, at: meta.at };
  return { outcome: meta.state, ...(why !== undefined && { reason: why }), at: meta.at };
};

const definitionAt = (ofApp: readonly Recorded[], version: string | undefined): AppDefinition | undefined => {
  const added = ofApp.find(({ fact }) => fact.type === 'AppVersionAdded' && (fact as AppFactOf<'AppVersionAdded'>).version === version);
  return (added?.fact as AppFactOf<'AppVersionAdded'> | undefined)?.definition;
};

const strategyOf = (past: Past, name: string, chart: string | undefined, upTo: number): DeploymentReceipt['strategy'] => {
  const registered = past
    .stream(streamOf(STRATEGY, nameOf(chart ?? name)), upTo)
    .map(({ fact }) => fact as StrategyFact)
    .findLast(({ id }) => id === chart);
  return {
    name: nameOf(name),
    ...(chart !== undefined && { id: chart }),
    ...(registered !== undefined && { sha256: registered.sha256, file: registered.file }),
  };
};

const verdictOf = ({ fact, meta, position }: Recorded): DeploymentReceipt['gates'] => {
  const told = fact as DeploymentFact;
  if (told.type === 'GatesPassed') return [{ verdict: 'passed', readings: told.readings, at: meta.at, position }];
  if (told.type !== 'GateFailed') return [];
  const { gate, reason, readings } = told;
  return [{ verdict: 'failed', gate, reason, readings, at: meta.at, position }];
};

const dataOf = ({ fact }: Recorded): Readonly<Record<string, unknown>> => {
  const { type: _, ...data } = fact;
  return data;
};
