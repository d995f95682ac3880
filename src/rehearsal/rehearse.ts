import { either as E } from 'fp-ts';
import { APP } from '../domain/app/app.facts.ts';
import type { AppDefinition } from '../domain/app/definition/definition.ts';
import { DEPLOYMENT, type DeploymentFact, type Weights } from '../domain/deployment/deployment.facts.ts';
import { othersThan } from '../domain/deployment/kit/course.ts';
import { streamOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Millis } from '../domain/kernel/units.ts';
import { STRATEGY } from '../domain/strategy/strategy.facts.ts';
import type { LoadedStrategy } from '../strategyFiles.ts';
import { type Cluster, openCluster } from './cluster.ts';
import { FAULTY, faultsOf, USUAL } from './faults.ts';

export type RehearsalOptions = {
  /** The definition of the app, its first version; `second` is what the strategy brings. */
  readonly first: AppDefinition;
  readonly second: AppDefinition;
  /** Absent: a strategy that is built in, which `second` names. */
  readonly strategy?: LoadedStrategy;
  readonly hosts: number;
  /** Absent: nothing goes wrong. */
  readonly faults?: number;
  /** Longest time that the second deployment may take in the rehearsal, ms. */
  readonly limitMs?: Millis;
};

/** Something worth a line: a state was entered, a fault happened, somebody answered. */
export type Moment = {
  /** Since the second deployment began, ms. */
  readonly at: Millis;
  readonly kind: 'state' | 'fault' | 'answer';
  /** The state without the frame's prefix, or what happened. */
  readonly text: string;
  /** Of the new version and of the old ones, as the deployment knew them. */
  readonly now: Counts;
  readonly before: Counts;
  /** Share of new requests that the new version has, percent; absent where all servers count alike. */
  readonly share?: number;
};
export type Counts = { readonly ready: number; readonly live: number };

export type Rehearsed = {
  readonly moments: readonly Moment[];
  /** `unfinished`: the limit of time came first. */
  readonly outcome: 'succeeded' | 'failed' | 'cancelled' | 'unfinished';
  readonly reason?: string;
  readonly tookMs: Millis;
  /** Ready instances of any version, the fewest at any fact while it ran. */
  readonly leastReady: number;
  /** Live instances of any version, the most at any fact while it ran. */
  readonly mostLive: number;
  readonly facts: number;
};

/** How long one waits for an approval or a winner, ms. */
const ANSWER_AFTER_MS = 30_000;
const STEP_MS = 1_000;
export const USUAL_LIMIT_MS = 4 * 3_600_000;

/** Deploys the first version, then the second one by the strategy, on a cluster that only exists in memory. @throws Error for a refusal */
export const rehearse = async (options: RehearsalOptions): Promise<Rehearsed> => {
  const { first, second, strategy, hosts, faults: seed, limitMs = USUAL_LIMIT_MS } = options;
  const cluster = await openCluster(hosts, seed ?? 1, seed === undefined ? USUAL : FAULTY);
  try {
    if (strategy !== undefined) await register(cluster, strategy);
    await deploy(cluster, first, 'create');
    const settledBy = cluster.clock.now() + USUAL_LIMIT_MS;
    while (cluster.engine().views.deployments.running().length > 0) {
      if (cluster.clock.now() > settledBy) throw new Error(`the first version was not there after ${USUAL_LIMIT_MS / 3_600_000} hours`);
      await cluster.clock.advanceSettling(cluster.clock.now() + STEP_MS);
    }
    const log: Recorded[] = [];
    const subscription = await cluster.log.subscribe(cluster.log.head(), (batch) => {
      for (const stored of batch) log.push(cluster.engine().decode(stored));
    });
    const id = await deploy(cluster, second, 'change');
    const seen = await play(cluster, { app: second.id, id, log, seed, limitMs });
    await subscription.close();
    return seen;
  } finally {
    await cluster.close();
  }
};

const register = async (cluster: Cluster, { spec, name, version, source, sha256, file }: LoadedStrategy): Promise<void> => {
  const { id, description } = spec;
  const uncheckedBecause = 'it is rehearsed';
  const command = { type: 'RegisterStrategy', id, name, version, description, source, sha256, file, uncheckedBecause };
  require(await cluster.submit(streamOf(STRATEGY, name), command));
};

const deploy = async (cluster: Cluster, definition: AppDefinition, mode: 'create' | 'change'): Promise<string> => {
  const deployment = cluster.nextId();
  const command = { type: 'DeployApp', definition, reason: mode, deployment, mode, force: false };
  require(await cluster.submit(streamOf(APP, definition.id), command));
  return deployment;
};

const require = <A>(answer: E.Either<{ readonly message: string }, A>): void => {
  if (E.isLeft(answer)) throw new Error(answer.left.message);
};

type Play = {
  readonly app: string;
  readonly id: string;
  readonly log: Recorded[];
  readonly seed: number | undefined;
  readonly limitMs: Millis;
};

const play = async (cluster: Cluster, { app, id, log, seed, limitMs }: Play): Promise<Rehearsed> => {
  const { clock } = cluster;
  const stream = streamOf(DEPLOYMENT, id);
  const started = clock.now();
  const faults = faultsOf(seed);
  const moments: Moment[] = [];
  const target = cluster.engine().views.apps.get(app)?.target.configVersion ?? '';
  let [now, before, weights, state]: [Counts, Counts, Weights, string] = [
    { ready: 0, live: 0 },
    countsNow(cluster, app, target).before,
    {},
    '',
  ];
  let [leastReady, mostLive, read, facts] = [before.ready, before.live, 0, 0];
  const note = (kind: Moment['kind'], text: string, at = clock.now()): void => {
    const share = Object.keys(weights).length === 0 ? {} : { share: weights[target] ?? 0 };
    moments.push({ at: at - started, kind, text, now, before, ...share });
  };
  const readOn = (): void => {
    for (; read < log.length; read++) {
      facts += 1;
      const { fact, meta, stream: of } = log[read] as Recorded<DeploymentFact>;
      if (of !== stream) continue;
      if (fact.type === 'SlotsChanged') {
        const [of, others] = [fact.tallies[target], othersThan(target, fact.tallies)];
        [now, before] = [
          { ready: of?.ready ?? 0, live: of?.live ?? 0 },
          { ready: others.ready, live: others.live },
        ];
      }
      if (fact.type === 'TrafficShifted') weights = fact.weights;
      // A state that asks for no share lets all servers count alike again.
      if (!meta.owes.includes('traffic')) weights = {};
      if (meta.state !== state) note('state', meta.state.replace(/^active\./, ''), meta.at);
      state = meta.state;
    }
    const counts = countsNow(cluster, app, target);
    leastReady = Math.min(leastReady, counts.now.ready + counts.before.ready);
    mostLive = Math.max(mostLive, counts.now.live + counts.before.live);
  };
  let nextFault = soon(clock.now(), faults.next());
  let asked: { readonly what: string; readonly at: number } | undefined;
  const isOver = (): boolean => cluster.engine().views.deployments.get(id)?.endedAt !== undefined;
  while (!isOver() && clock.now() - started < limitMs) {
    await clock.advanceSettling(Math.min(clock.now() + STEP_MS, nextFault ?? Number.POSITIVE_INFINITY));
    readOn();
    if (nextFault !== undefined && clock.now() >= nextFault && !isOver()) {
      const struck = await faults.strike(cluster, app);
      readOn();
      if (struck !== undefined) note('fault', struck.text);
      nextFault = soon(clock.now(), faults.next());
    }
    const question = questionOf(cluster, stream, state);
    if (question === undefined) asked = undefined;
    else if (asked?.what !== question.what) asked = { what: question.what, at: clock.now() };
    else if (clock.now() - asked.at >= ANSWER_AFTER_MS && E.isRight(await cluster.submit(stream, question.answer))) {
      note('answer', question.text);
      asked = undefined;
    }
  }
  await clock.advanceSettling(clock.now());
  readOn();
  const row = cluster.engine().views.deployments.get(id);
  const reason = log.flatMap(({ fact }) =>
    'outcome' in fact && 'reason' in fact && fact.type === 'DeploymentEnded' ? [String(fact.reason)] : [],
  )[0];
  return {
    moments,
    outcome: row?.endedAt === undefined ? 'unfinished' : (row.outcome ?? 'unfinished'),
    ...(reason !== undefined && { reason }),
    tookMs: (row?.endedAt ?? clock.now()) - started,
    leastReady,
    mostLive,
    facts,
  };
};

const soon = (now: number, after: Millis | undefined): number | undefined => (after === undefined ? undefined : now + after);

const countsNow = (cluster: Cluster, app: string, target: string): { readonly now: Counts; readonly before: Counts } => {
  const tallies = cluster.engine().views.instances.tallies(app);
  const { ready, live } = othersThan(target, tallies);
  return { now: { ready: tallies[target]?.ready ?? 0, live: tallies[target]?.live ?? 0 }, before: { ready, live } };
};

/** What the deployment waits for that a person would say. */
const questionOf = (cluster: Cluster, stream: string, state: string) => {
  const owed = cluster.engine().performer.owedBy(stream);
  const approval = owed.find(({ type }) => type === 'approval');
  if (approval !== undefined) {
    const { question } = approval.params as { question: string };
    return { what: `${approval.entryRevision}`, answer: { type: 'ApproveDeployment' }, text: `somebody approves: ${question}` };
  }
  if (state !== 'active.trying' || !hasRules(owed)) return undefined;
  return {
    what: state,
    answer: { type: 'ChooseWinner', winner: 'new', reason: 'so the rehearsal goes' },
    text: 'somebody chooses the new version',
  };
};

const hasRules = (owed: ReturnType<ReturnType<Cluster['engine']>['performer']['owedBy']>): boolean =>
  owed.some(({ type, params }) => type === 'traffic' && ((params as { rules?: readonly unknown[] }).rules ?? []).length > 0);
