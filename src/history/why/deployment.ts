import type { DeploymentFact, Tallies } from '../../domain/deployment/deployment.facts.ts';
import { strategies } from '../../domain/deployment/strategies/index.ts';
import type { Owed } from '../../domain/kernel/chart/state.ts';
import { evolve } from '../../domain/kernel/decider.ts';
import { keyOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import { isoInstant } from '../../domain/kernel/units.ts';
import type { PastLog } from '../../domain/ports/past.ts';
import { sentenceOf } from '../../projections/sentences.ts';
import { clause, some, type Telling, when } from './account.ts';
import { chainOf } from './causes.ts';
import { launchesOf } from './launches.ts';
import { dataOf, lastOf } from './steps.ts';

/** Why a deployment waits, goes back, failed or is done. */
export const tellDeployment = (past: PastLog, facts: readonly Recorded[], position: number): Telling | undefined => {
  const [first] = facts;
  const last = facts.at(-1);
  if (last === undefined || first?.fact.type !== 'DeploymentStarted') return undefined;
  const { app, to } = dataOf<DeploymentFact, 'DeploymentStarted'>(first);
  const name = `Deployment ${keyOf(first.stream)} of ${app}`;
  const { state } = last.meta;
  const launches = launchesOf(past, facts, position);
  const asides = launches.failed
    .slice(-FAILURES_SHOWN)
    .map((end) => ({ title: `a launch that failed, ${keyOf(end.stream)}`, chain: chainOf(past, end) }));
  const because = launchFailures(launches.failed);
  const turn = facts.find(({ meta }) => GOES_BACK.has(meta.state));
  if (turn !== undefined && state !== 'releasing.stopped' && state !== 'cancelled') {
    const does = state === 'returning' ? 'goes back to what was there before' : `did not succeed, and stands in '${state}'`;
    return {
      question: state === 'returning' ? 'why does it go back' : 'why did it fail',
      fact: turn,
      sentences: [`${name} ${does}, decided at ${when(turn)}: ${decidedBy(turn)}`, ...because],
      asides,
    };
  }
  const cancelled = lastOf(facts, 'DeploymentCancelled');
  if (cancelled !== undefined)
    return { question: 'why was it cancelled', fact: cancelled, sentences: [`${name}: ${sentenceOf(cancelled)}`] };
  if (state === 'succeeded' || state === 'releasing.done') {
    const done = facts.find(({ meta }) => meta.state === 'releasing.done') ?? last;
    return {
      question: 'why is it done',
      fact: done,
      sentences: [`${name} succeeded at ${when(done)}: all that it was to bring was there.`],
      asides,
    };
  }
  const target =
    to === undefined ? `to remove ${app}` : `to bring ${some(targetOf(facts) ?? to.instances, 'instance')} of version ${to.version}`;
  const entered = facts.findLast(({ meta }, nth) => facts[nth - 1]?.meta.state !== meta.state) ?? first;
  return {
    question: 'why does it wait',
    fact: lastOf(facts, 'DeploymentPaused') !== undefined && isPaused(facts) ? (lastOf(facts, 'DeploymentPaused') ?? entered) : entered,
    sentences: [
      `${name} is ${target}, and stands in '${state.replace(/^active\./, '')}' since ${when(entered)}.`,
      ...waits(facts, to?.configVersion),
      ...(launches.waiting.length > 0
        ? [
            `${some(launches.waiting.length, 'instance')} of it ${launches.waiting.length === 1 ? 'waits' : 'wait'} for a place: ${sentenceOf(launches.waiting[0] as Recorded)}`,
          ]
        : []),
      ...because,
    ],
    asides,
  };
};

/** Launches that failed, whose chains are shown. */
const FAILURES_SHOWN = 3;
const GOES_BACK: ReadonlySet<string> = new Set(['returning', 'releasing.failed']);

const targetOf = (facts: readonly Recorded[]): number | undefined => {
  const changed = lastOf(facts, 'TargetChanged');
  return changed === undefined ? undefined : dataOf<DeploymentFact, 'TargetChanged'>(changed).instances;
};

const decidedBy = (turn: Recorded): string => {
  if (turn.fact.type === 'SlotsChanged') return `too many launches of the new version had failed, by what it saw then. ${sentenceOf(turn)}`;
  if (turn.fact.type === 'TimerElapsed') return `its time was up. ${sentenceOf(turn)}`;
  return sentenceOf(turn);
};

const launchFailures = (failures: readonly Recorded[]): readonly string[] => {
  const last = failures.at(-1);
  if (last === undefined) return [];
  return [
    `${some(failures.length, 'launch')} of it failed that could be looked at; the last: ${clause(sentenceOf(last))}, at ${when(last)}.`.replace(
      'launchs',
      'launches',
    ),
  ];
};

const isPaused = (facts: readonly Recorded[]): boolean => {
  const change = facts.findLast(({ fact }) =>
    ['DeploymentPaused', 'DeploymentResumed', 'DeploymentAborted', 'DeploymentCancelled'].includes(fact.type),
  );
  return change?.fact.type === 'DeploymentPaused';
};

/** What its state owes, in words. */
const waits = (facts: readonly Recorded[], version: string | undefined): readonly string[] => {
  const last = facts.at(-1);
  if (last === undefined) return [];
  const paused = lastOf(facts, 'DeploymentPaused');
  const owed = owedBy(facts);
  const kinds = new Set(owed?.map(({ type }) => type) ?? last.meta.owes.split(','));
  const question = owed?.find(({ type }) => type === 'approval')?.params.question;
  const tallies = lastOf(facts, 'SlotsChanged');
  const want = owed?.find(({ type }) => type === 'want')?.params.slots as Readonly<Record<string, number>> | undefined;
  return [
    ...(paused !== undefined && isPaused(facts)
      ? [`It is paused since ${when(paused)} by ${paused.meta.by}: ${dataOf<DeploymentFact, 'DeploymentPaused'>(paused).reason}.`]
      : []),
    ...(kinds.has('approval') ? [`It waits for somebody to approve${question === undefined ? '' : `: ${String(question)}`}.`] : []),
    ...(kinds.has('gates') ? ['It waits for its gates, which are measured now; what they read is recorded when they pass or fail.'] : []),
    ...(kinds.has('hook') ? ['It waits for the command that runs before or after it.'] : []),
    ...(want === undefined || tallies === undefined ? [] : missing(want, dataOf<DeploymentFact, 'SlotsChanged'>(tallies).tallies, version)),
    ...(last.meta.due === undefined ? [] : [`The next of its times is up at ${isoInstant(last.meta.due)}.`]),
  ];
};

/** What it wants beside what it saw. */
const missing = (want: Readonly<Record<string, number>>, tallies: Tallies, version: string | undefined): readonly string[] => {
  const versions = [...new Set([...Object.keys(want), ...Object.keys(tallies)])];
  return versions.flatMap((each) => {
    const { live, ready, leaving, failed, unhealthy = 0, late = 0 } = tallies[each] ?? { live: 0, ready: 0, leaving: 0, failed: 0 };
    const wanted = want[each] ?? 0;
    if (ready >= wanted && live <= wanted && leaving === 0) return [];
    const notes = [
      `${live} live`,
      `${ready} ready`,
      ...[
        [leaving, 'leaving'],
        [failed, 'failed so far'],
        [unhealthy, 'unhealthy'],
        [late, 'late'],
      ].flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`])),
    ];
    return [`It wants ${wanted} of ${each === version ? 'the new' : 'the old'} version ${each}, and saw ${notes.join(', ')}.`];
  });
};

/** Undefined where its strategy is not loaded here: then its last fact alone tells which kinds it owes. */
const owedBy = (facts: readonly Recorded[]): readonly Owed[] | undefined => {
  const chart = strategies[facts[0]?.meta.chart ?? ''];
  if (chart === undefined) return undefined;
  const state = facts.reduce((so, { fact, meta }) => evolve(chart, so, fact as DeploymentFact, meta.at), chart.initial());
  return chart.owed(state);
};
