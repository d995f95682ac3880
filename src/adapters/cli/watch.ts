import type { Client, Json } from './client.ts';
import { followFacts, headOf, queryOf, type ToldFact } from './facts.ts';
import { CliFailure, EXIT } from './failure.ts';
import { appPath, uuidIn } from './names.ts';
import { plural, printable } from './render.ts';

type Tally = { readonly live: number; readonly ready: number; readonly leaving: number; readonly failed: number };

type Step = { readonly actions: readonly { readonly action: string; readonly id: string }[] };

/** A deployment as its facts so far tell it. */
export type Course = {
  readonly id: string;
  /** '' until its first fact; of a plan, the group. */
  readonly app: string;
  /** Of the deployment of a group: its steps, and the one that is under way, from 0. */
  readonly plan?: { readonly steps: readonly Step[]; readonly step: number };
  /** Absent for a removal. */
  readonly to?: { readonly version: string; readonly configVersion: string; readonly instances: number };
  /** Absent before the deployment has looked. */
  readonly tallies?: Readonly<Record<string, Tally>>;
  readonly startedAt?: string;
  /** State of its strategy; absent while that is the only one it has. */
  readonly state?: string;
  /** Weights of the versions at the balancer. */
  readonly weights?: Readonly<Record<string, number>>;
  readonly paused?: string;
  readonly why?: string;
  readonly outcome?: 'succeeded' | 'cancelled' | 'failed';
  /** What it waits for now, in words; as of the last look at the queue. */
  readonly waits?: string;
  /** Why the last of its app's instances became unhealthy. */
  readonly sick?: string;
};

const OWN = [
  ...['DeploymentStarted', 'SlotsChanged', 'TargetChanged', 'DeploymentCancelled', 'AppReleased'],
  ...['DeploymentAborted', 'DeploymentPaused', 'DeploymentResumed', 'DeploymentApproved', 'WinnerChosen', 'TrafficShifted', 'TimerElapsed'],
  ...['GatesPassed', 'GateFailed', 'HookSucceeded', 'HookFailed', 'ProgressStalled'],
  // Of apps: a deployment that was taken over from before it began may never say so itself.
  'DeploymentBegan',
  ...['PlanStarted', 'MembersHeld', 'StepCompleted', 'PlanCancelled', 'PlanReleased'],
];
/** Of instances: after these the queue says something new. */
const TROUBLE = [
  'PlacementDeferred',
  'ImagePullFailed',
  'ImageMissing',
  'PortTaken',
  'CommandNotFound',
  'ArtifactFetchFailed',
  'StartRejected',
  'ContainerExited',
  'InstanceBecameUnhealthy',
];

const advance = (course: Course, fact: ToldFact): Course => {
  const next = withFact(course, fact);
  const { state } = fact;
  return next.plan !== undefined || state === undefined || next.outcome !== undefined
    ? next
    : { ...next, state: state.replace(/^active\./, '') };
};

const withFact = (course: Course, { type, data, at, state }: ToldFact): Course => {
  switch (type) {
    case 'DeploymentStarted':
      return { ...course, app: data.app, startedAt: at, ...(data.to !== undefined && { to: data.to }) };
    case 'PlanStarted':
      return { ...course, app: data.group, startedAt: at, plan: { steps: data.steps, step: 0 } };
    case 'StepCompleted':
      return course.plan === undefined ? course : { ...course, plan: { ...course.plan, step: data.step + 1 } };
    case 'SlotsChanged':
      return { ...course, tallies: data.tallies };
    case 'TargetChanged':
      return course.to === undefined ? course : { ...course, to: { ...course.to, instances: data.instances } };
    case 'DeploymentCancelled':
    case 'PlanCancelled':
      return { ...course, why: printable(data.reason) };
    case 'DeploymentAborted':
      return { ...course, why: `aborted: ${printable(data.reason)}` };
    case 'GateFailed':
      return { ...course, why: `gate '${printable(data.gate)}' failed: ${printable(data.reason)}` };
    case 'HookFailed':
      return { ...course, why: `the command ${data.hook} it failed: ${printable(data.reason)}` };
    case 'ProgressStalled':
      return { ...course, why: 'nothing became ready for too long' };
    case 'TrafficShifted':
      return { ...course, weights: data.weights };
    case 'DeploymentPaused':
      return { ...course, paused: printable(data.reason) };
    case 'DeploymentResumed': {
      const { paused: _, ...rest } = course;
      return rest;
    }
    case 'AppReleased':
    case 'PlanReleased':
      return { ...course, outcome: state as NonNullable<Course['outcome']> };
    default:
      return course;
  }
};

/**
 * The course of a deployment from its first fact to its outcome, once for each change, from the stream of facts. Ends early with the signal.
 * @param since a position behind which the deployment began; where absent, it has begun or holds its app's lock, so that it will.
 * @throws CliFailure for a deployment of which nothing is known.
 */
export async function* watchDeployment(
  client: Client,
  id: string,
  { signal, now, since }: { readonly signal: AbortSignal; readonly now: () => number; readonly since?: number },
): AsyncGenerator<Course, void> {
  const streams = [`deployment-${id}`, `plan-${id}`];
  const head = since ?? (await headOf(client));
  let course: Course = { id, app: '' };
  let after = head;
  const factsSoFar = async (): Promise<readonly ToldFact[]> => {
    const answers = await Promise.all(streams.map((stream) => client.ask('GET', queryOf({ stream }, { after: 0, limit: 1000 }))));
    return answers.flatMap((answer) => answer.facts as readonly ToldFact[]);
  };
  let facts = await factsSoFar();
  if (facts.length === 0 && since === undefined && !(await isRunning(client, id))) {
    // Begun and ended between the two questions.
    facts = await factsSoFar();
    if (facts.length === 0) throw new CliFailure(`there is no deployment '${id}'`);
  }
  for (const fact of facts) {
    course = advance(course, fact);
    after = Math.max(after, fact.position);
  }
  if (facts.length > 0 && course.outcome === undefined) course = await withQueue(client, course);
  if (facts.length > 0) yield course;
  if (course.outcome !== undefined) return;
  for await (const fact of followFacts(client, { types: [...OWN, ...TROUBLE] }, after, signal, now)) {
    const isOwn = streams.includes(fact.stream);
    if (fact.type === 'DeploymentBegan') {
      if (course.startedAt !== undefined || fact.data.supersedes !== id) continue;
      yield { ...course, app: fact.stream.slice('app-'.length), outcome: 'cancelled', why: `taken over by ${fact.data.deployment}` };
      return;
    }
    if (!isOwn && !TROUBLE.includes(fact.type)) continue;
    const next = isOwn ? advance(course, fact) : await withSickness(client, course, fact);
    const told = next.outcome === undefined && next.app !== '' ? await withQueue(client, next) : next;
    if (isOwn || told.waits !== course.waits || told.sick !== course.sick) yield told;
    course = told;
    if (course.outcome !== undefined) return;
  }
}

const isRunning = async (client: Client, id: string): Promise<boolean> =>
  ((await client.ask('GET', '/v2/deployments')) as readonly Json[]).some((each) => each.id === id);

/** Asks what holds launches of this app up. */
const withQueue = async (client: Client, course: Course): Promise<Course> => {
  const { waits: _, ...rest } = course;
  const ids = idsNow(course);
  const item = (await queueOf(client)).find(({ app, pod }) => ids.includes((app ?? pod).id));
  const waits = item === undefined ? undefined : waitsOf(item, course.startedAt);
  return waits === undefined ? rest : { ...rest, waits };
};

/** What it moves now: its app, or those of the step that is under way. */
const idsNow = ({ app, plan }: Course): readonly string[] =>
  plan === undefined ? [app] : (plan.steps[plan.step]?.actions ?? []).map(({ id }) => id);

/** Its own fact does not say which app an unhealthy instance is of. */
const withSickness = async (client: Client, course: Course, { type, stream, data }: ToldFact): Promise<Course> => {
  if (type !== 'InstanceBecameUnhealthy' || course.app === '' || course.plan !== undefined) return course;
  const app = await unlessAway(() => client.find(appPath(course.app)));
  const isOurs = ((app?.app.tasks ?? []) as readonly Json[]).some(({ id }) => `instance-${uuidIn(id)}` === stream);
  return isOurs ? { ...course, sick: printable(`${data.probe}: ${data.cause}`) } : course;
};

const queueOf = async (client: Client): Promise<readonly Json[]> =>
  (await unlessAway(async () => (await client.ask('GET', '/v2/queue')).queue as readonly Json[])) ?? [];

/** An engine that is away just now says nothing; its facts are waited for, and come. */
const unlessAway = async <A>(ask: () => Promise<A>): Promise<A | undefined> => {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof CliFailure && error.exitCode === EXIT.unreachable) return undefined;
    throw error;
  }
};

/** `1 waits: no node fits (cpus on 2 nodes)`. A failure from before `since` is not this deployment's. */
export const waitsOf = (item: Json, since?: string): string | undefined => {
  const reasons = Object.entries((item.processedOffersSummary.excluded ?? {}) as Readonly<Record<string, number>>);
  const failure = item.lastTaskFailure;
  const isOwn = failure !== undefined && (since === undefined || failure.timestamp >= since);
  const why = [
    ...(reasons.length > 0
      ? [`no node fits (${reasons.map(([filter, declined]) => `${lacking(filter)} on ${plural(declined, 'node')}`).join(', ')})`]
      : []),
    ...(item.delay.overdue ? [] : [`next try in ${item.delay.timeLeftSeconds} s`]),
    ...(isOwn ? [`last failure: ${printable(failure.message)}`] : []),
  ];
  return why.length === 0 ? undefined : `${item.count} ${item.count === 1 ? 'waits' : 'wait'}: ${why.join('; ')}`;
};

/** Most filters are named by what is lacking. */
const lacking = (filter: string): string => FILTERS[filter] ?? filter;
const FILTERS: Readonly<Record<string, string>> = {
  runtime: 'another runtime',
  constraint: 'a constraint',
  maintenance: 'nothing new is taken',
};

/** How far a course is: what is right already, of how much. */
export const shareOf = ({ to, plan, tallies = {} }: Course): { readonly done: number; readonly total: number } => {
  if (plan !== undefined) return { done: plan.step, total: plan.steps.length };
  const others = Object.entries(tallies).filter(([version]) => version !== to?.configVersion);
  const left = others.reduce((sum, [, { live, leaving }]) => sum + live + leaving, 0);
  const ready = to === undefined ? 0 : (tallies[to.configVersion]?.ready ?? 0);
  if (to === undefined) return { done: 0, total: left };
  return { done: Math.min(ready, to.instances), total: to.instances + left };
};

/** `step 2 of 4: Scale /shop/api, /shop/web`. */
const stepOf = ({ steps, step }: NonNullable<Course['plan']>): string => {
  const actions = Object.entries(Object.groupBy(steps[step]?.actions ?? [], ({ action }) => action));
  const told = actions.map(([action, all = []]) => `${action} ${all.map(({ id }) => id).join(', ')}`);
  return told.length === 0 ? 'ends' : `step ${step + 1} of ${steps.length}: ${told.join('; ')}`;
};

/** `2 of 3 ready; 1 of the old still up; 1 waits: …`. */
/** States that say no more than the numbers do. */
const PLAIN: ReadonlySet<string> = new Set([
  'absent',
  'looking',
  'rolling',
  'emptying',
  'filling',
  'working.emptying',
  'working.filling',
  'releasing.done',
]);

export const describe = (course: Course): string => {
  const { to, tallies, plan, outcome, why, waits, sick } = course;
  if (outcome !== undefined) return `${outcome}${why === undefined ? '' : `: ${why}`}`;
  if (plan !== undefined) return [stepOf(plan), ...(waits === undefined ? [] : [waits])].join('; ');
  if (tallies === undefined) return 'begins';
  const others = Object.entries(tallies).filter(([version]) => version !== to?.configVersion);
  const old = others.reduce((sum, [, { live }]) => sum + live, 0);
  const fresh = to === undefined ? undefined : tallies[to.configVersion];
  const leaving = Object.values(tallies).reduce((sum, each) => sum + each.leaving, 0);
  const share = to === undefined ? 0 : (course.weights?.[to.configVersion] ?? 0);
  return [
    to === undefined
      ? old > 0
        ? `${plural(old, 'instance')} still up`
        : 'removing'
      : `${Math.min(fresh?.ready ?? 0, to.instances)} of ${to.instances} ready`,
    ...(to !== undefined && (fresh?.live ?? 0) > to.instances ? [`${(fresh?.live ?? 0) - to.instances} too many`] : []),
    ...(to !== undefined && old > 0 ? [`${old} of the old still up`] : []),
    ...(leaving > 0 ? [`${leaving} leaving`] : []),
    ...(share > 0 && share < 100 ? [`${Math.round(share * 10) / 10} % of requests to the new`] : []),
    ...(course.state === undefined || PLAIN.has(course.state) ? [] : [course.state]),
    ...(course.paused === undefined ? [] : [`paused: ${course.paused}`]),
    ...(waits === undefined ? [] : [waits]),
    ...(sick === undefined || to === undefined || (fresh?.ready ?? 0) >= to.instances ? [] : [`last unhealthy: ${sick}`]),
  ].join('; ');
};
