import { type AnyStateMachine, assign, setup } from 'xstate';
import { type Chart, chartOf } from '../../kernel/chart/chart.ts';
import { same } from '../../kernel/same.ts';
import type { DeploymentFact, DeploymentFactOf } from '../deployment.facts.ts';
import { nothingYet, reasonOf, withFact } from './assigns.ts';
import { type Names, statesOf } from './compileStates.ts';
import { type Course, isHopeless, isThere, wanted } from './course.ts';
import { wantedOf } from './owes.ts';
import { type AnyStrategy, shiftsTraffic } from './strategy.ts';
import { asItStands, carefully, slotsOf } from './want.ts';
import { canReturn, isBack, leftBack, leftBehind, trafficBack, wantedBack } from './wayBack.ts';

export type StrategyChart = Chart<Course, DeploymentFact>;
type Scope = { context: Course; event: DeploymentFact };

/** The facts between which a deployment's timers stand still. */
const PAUSES = { from: ['DeploymentPaused'], until: ['DeploymentResumed', 'DeploymentAborted', 'DeploymentCancelled'] };

/**
 * Puts a strategy into the frame that all of them have: the first look, the commands before and after, pause, deadlines, giving up, the way
 * back, and the app's lock. The result is one XState machine, and its states owe what the performers know.
 * @throws Error where the strategy names a state, a delay or an end that there is not
 */
export const composeStrategy = (spec: AnyStrategy): StrategyChart => {
  const way = spec.wayBack ?? 'rolling';
  const shifts = shiftsTraffic(spec);
  const names: Names = { guards: {}, assigns: {}, delays: {}, shifts };
  const course = statesOf(spec, names);
  const shared = ({ context }: { context: Course }) => ({ app: context.app, paused: context.paused !== undefined });
  const wants = (wish: (context: Course) => ReturnType<typeof carefully>) => ({
    type: 'want',
    params: ({ context }: Scope) => ({ app: context.app, ...wantedOf(context, wish(context)), retire: context.retire }),
  });
  const watch = { type: 'watch', params: ({ context }: Scope) => watchOf(context) };
  const into = (target: string, action: string) => ({ target, actions: action });
  const toCourse = into(spec.initial, 'begin');
  const start = [
    { guard: 'isSettled', target: '#releasing.done', actions: 'finish' },
    { guard: 'hasBefore', target: 'preparing', actions: 'begin' },
    toCourse,
  ];
  const held = {
    TargetChanged: { actions: 'note' },
    DeploymentPaused: { guard: 'isGoing', actions: 'note' },
    DeploymentResumed: { guard: 'isPaused', actions: 'note' },
    TrafficShifted: { guard: 'isNewShare', actions: 'note' },
    DeploymentCancelled: into('#releasing.stopped', 'cancel'),
  };
  const fails = [
    { guard: 'canReturn', ...into('#returning', 'fail') },
    { guard: 'isGoing', ...into('#releasing.failed', 'failHere') },
  ];
  const machine = setup({
    types: { context: {} as Course, events: {} as DeploymentFact },
    actions: {
      ...inert('want', 'watch', 'traffic', 'gates', 'approval', 'hook', 'deadline', 'release'),
      start: assign(({ event }: Scope) => started(event as DeploymentFactOf<'DeploymentStarted'>, spec)),
      begin: assign(({ context, event }: Scope) => ({ ...withFact(context, event), isStale: true })),
      note: assign(({ context, event }: Scope) => withFact(context, event)),
      fail: assign(({ context, event }: Scope) => failed(context, event, shifts)),
      failHere: assign(({ context, event }: Scope) => ({ ...failed(context, event, shifts), left: leftBehind(context) })),
      late: assign(({ context }: Scope) => ({ ...failed(context, undefined, shifts), failure: 'it took longer than it may' })),
      lateHere: assign(({ context }: Scope) => ({
        ...failed(context, undefined, shifts),
        failure: 'it took longer than it may',
        left: leftBehind(context),
      })),
      cancel: assign(({ context, event }: Scope) => ({
        outcome: 'cancelled' as const,
        failure: (event as DeploymentFactOf<'DeploymentCancelled'>).reason,
        left: context.paused?.slots ?? asItStands(context),
        paused: undefined,
      })),
      finish: assign(({ context, event }: Scope) => {
        const seen = withFact(context, event);
        return { ...seen, outcome: 'succeeded' as const, left: whole(seen) };
      }),
      comeBack: assign(({ context, event }: Scope) => {
        const seen = withFact(context, event);
        return { ...seen, left: leftBack(seen) };
      }),
      ...names.assigns,
    } as never,
    guards: {
      startsFromNothing: ({ event }: Scope) =>
        event.type === 'DeploymentStarted' && Object.keys(event.from).length === 0 && event.policy?.before === undefined,
      startsWithCommand: ({ event }: Scope) => event.type === 'DeploymentStarted' && Object.keys(event.from).length === 0,
      isSettled: ({ context, event }: Scope) =>
        context.paused === undefined && isThere(withFact(context, event)) && context.policy.before === undefined,
      hasBefore: ({ context }: Scope) => context.paused === undefined && context.policy.before !== undefined,
      isNewShare: ({ context, event }: Scope) =>
        context.paused === undefined && event.type === 'TrafficShifted' && (context.isTurning || !same(event.weights, context.weights)),
      isGoing: ({ context }: Scope) => context.paused === undefined,
      isPaused: ({ context }: Scope) => context.paused !== undefined,
      canReturn: ({ context }: Scope) => canReturn(context),
      givesUp: ({ context, event }: Scope) => givesUp(context, event) && canReturn(context),
      givesUpHere: ({ context, event }: Scope) => givesUp(context, event),
      isBack: ({ context, event }: Scope) => context.paused === undefined && isBack(withFact(context, event)),
      ...names.guards,
    } as never,
    delays: {
      deadline: ({ context }: Scope) => seconds(context.policy.deadlineSeconds),
      approvalDeadline: ({ context }: Scope) => seconds(context.policy.approvalDeadlineSeconds),
      ...names.delays,
    } as never,
  }).createMachine({
    id: spec.id,
    description: spec.description,
    context: { ...nothingYet, memory: spec.memory ?? {} },
    initial: 'absent',
    states: {
      absent: {
        on: {
          DeploymentStarted: [
            { guard: 'startsFromNothing', target: `active.${spec.initial}`, actions: 'start' },
            { guard: 'startsWithCommand', target: 'active.preparing', actions: 'start' },
            { target: 'active.looking', actions: 'start' },
          ],
        },
      },
      active: {
        entry: [
          watch,
          { type: 'deadline', params: ({ context }: Scope) => ({ kind: 'progress', at: context.progressBy, ...shared({ context }) }) },
        ],
        after: {
          deadline: [
            { guard: 'canReturn', target: '#returning', actions: 'late' },
            { target: '#releasing.failed', actions: 'lateHere' },
          ],
        },
        on: {
          SlotsChanged: [
            { guard: 'givesUp', target: '#returning', actions: 'fail' },
            { guard: 'givesUpHere', target: '#releasing.failed', actions: 'failHere' },
            { actions: 'note' },
          ],
          ...held,
          ProgressStalled: fails,
          DeploymentAborted: [
            { guard: 'canReturn', target: '#returning', actions: 'fail' },
            { target: '#releasing.failed', actions: 'failHere' },
          ],
        },
        initial: 'looking',
        states: {
          looking: {
            description: 'Wants nothing yet: what is there may differ from what was left, and nobody is started or stopped on trust.',
            on: { SlotsChanged: start.map((way) => ('guard' in way ? way : { guard: 'isGoing', ...way })) },
          },
          preparing: {
            description: 'The command before it runs; what serves goes on serving.',
            entry: [
              wants((context) => carefully(context, { new: 0, old: oldCount(context) })),
              { type: 'hook', params: ({ context }: Scope) => hookOf(context, 'before') },
            ],
            on: {
              HookSucceeded: { guard: 'isGoing', ...toCourse },
              HookFailed: fails,
            },
          },
          ...course,
          finishing: {
            id: 'finishing',
            description: 'The new version is there; the command after it runs.',
            entry: [
              wants((context) => carefully(context, { new: wanted(context), old: 0 })),
              { type: 'hook', params: ({ context }: Scope) => hookOf(context, 'after') },
            ],
            on: {
              HookSucceeded: { guard: 'isGoing', ...into('#releasing.done', 'finish') },
              HookFailed: fails,
            },
          },
        },
      },
      returning: {
        id: 'returning',
        description: 'Goes back to what was there before; nobody who must serve goes before another one is ready in its place.',
        entry: [
          wants((context) => wantedBack(context, way)),
          { type: 'traffic', params: ({ context }: Scope) => ({ ...shared({ context }), ...trafficBack(context) }) },
          watch,
        ],
        on: {
          SlotsChanged: [{ guard: 'isBack', ...into('#releasing.failed', 'comeBack') }, { actions: 'note' }],
          ...held,
        },
      },
      releasing: {
        id: 'releasing',
        description: 'Gives the lock back to the app, with what it left.',
        entry: { type: 'release', params: ({ context }: Scope) => releaseOf(context) },
        initial: 'done',
        states: {
          done: { on: { AppReleased: '#succeeded' } },
          stopped: { on: { AppReleased: '#cancelled' } },
          failed: { on: { AppReleased: '#failed' } },
        },
      },
      succeeded: { id: 'succeeded', type: 'final' },
      cancelled: { id: 'cancelled', type: 'final' },
      failed: { id: 'failed', type: 'final' },
    },
  } as never);
  return chartOf<Course, DeploymentFact>(machine as unknown as AnyStateMachine, PAUSES);
};

/** Entry actions are read as data, and never run. */
const inert = (...types: readonly string[]) => Object.fromEntries(types.map((type) => [type, () => {}]));

const seconds = (value: number | undefined): number => (value === undefined ? Number.POSITIVE_INFINITY : value * 1000);

const started = (fact: DeploymentFactOf<'DeploymentStarted'>, { memory = {}, parameters }: AnyStrategy): Course => {
  const { app, from, to, previous, minimumHealthCapacity, maximumOverCapacity, retire, untried, policy = nothingYet.policy } = fact;
  return {
    ...nothingYet,
    app,
    from,
    to,
    previous,
    minimumHealthCapacity,
    maximumOverCapacity,
    retire,
    untried,
    policy: policy as Course['policy'],
    // What was accepted before is taken as it is where the schema has become stricter since.
    parameters: parameters?.safeParse(policy.parameters).data ?? { ...parameters?.safeParse({}).data, ...policy.parameters },
    memory,
  };
};

const failed = (context: Course, event: DeploymentFact | undefined, shifts: boolean): Course => {
  const seen = event === undefined ? context : withFact(context, event);
  return {
    ...seen,
    outcome: 'failed',
    failure: event === undefined ? seen.failure : reasonOf(event, ''),
    paused: undefined,
    isStale: true,
    isTurning: shifts,
    progressBy: undefined,
  };
};

const givesUp = (context: Course, event: DeploymentFact): boolean => context.paused === undefined && isHopeless(withFact(context, event));

const whole = (course: Course) => (course.to === undefined ? {} : slotsOf([[course.to.configVersion, course.to.instances]]));

const oldCount = ({ tallies, from, to }: Course): number =>
  Object.entries(tallies ?? from).reduce(
    (sum, [version, there]) => (version === to?.configVersion ? sum : sum + (typeof there === 'number' ? there : there.live)),
    0,
  );

const watchOf = ({ app, tallies, isStale, to, policy }: Course) => ({
  app,
  tallies: isStale ? undefined : tallies,
  ...(policy.healthyDeadlineSeconds !== undefined &&
    to !== undefined && { late: { version: to.configVersion, afterMs: policy.healthyDeadlineSeconds * 1000 } }),
});

const hookOf = ({ app, to, policy, paused }: Course, hook: 'before' | 'after') => ({
  app,
  hook,
  version: to?.configVersion ?? '',
  spec: policy[hook],
  paused: paused !== undefined,
});

const releaseOf = (context: Course) => {
  const { app, outcome, left, failure } = context;
  const [only, ...others] = Object.keys(left);
  const isRestored = outcome === 'failed' && only !== undefined && others.length === 0 && only !== context.to?.configVersion;
  return { app, outcome, slots: left, ...(isRestored && { restored: only }), ...(failure !== undefined && { reason: failure }) };
};
