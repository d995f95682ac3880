import type { Weights } from '../domain/deployment/deployment.facts.ts';
import type { Owed } from '../domain/kernel/chart/state.ts';
import { type Move, type Party, telling } from './moves.ts';
import { type AnyChart, fold, owedOf, type World, withDeployment } from './world.ts';

/** What is owed besides instances is performed, and its outcome told once for each entry that owes it. */
export const answerMoves = (chart: AnyChart, world: World): readonly Move[] => {
  const owing = (type: string): Owed | undefined => (world.answered.includes(type) ? undefined : owedOf(chart, world, type));
  const [traffic, gates, hook] = ['traffic', 'gates', 'hook'].map(owing);
  return [
    ...(traffic === undefined ? [] : shiftMoves(chart, world, traffic)),
    ...(gates === undefined || gates.params.paused === true ? [] : gateMoves(chart, world, gates)),
    ...(hook === undefined ? [] : hookMoves(chart, world, hook)),
    ...timerMoves(chart, world),
    ...stallMoves(chart, world),
    ...(owedOf(chart, world, 'release') === undefined
      ? []
      : telling(
          chart,
          world,
          { type: 'ReportReleased' },
          { kind: 'release', from: 'Engine', isFair: true, says: () => 'The app takes its lock back' },
        )),
  ];
};

const withAnswer = ({ answered }: World, type: string): Partial<World> => ({ answered: [...answered, type].sort() });

/** First requests go by the new weights, and then the deployment is told: between the two much can happen. */
const shiftMoves = (chart: AnyChart, world: World, owed: Owed): readonly Move[] => {
  const weights = owed.params.weights as Weights;
  const text =
    Object.entries(weights)
      .map(([version, weight]) => `${version} ${Math.round(weight)}`)
      .join(', ') || 'all servers alike';
  if (JSON.stringify(weights) !== JSON.stringify(world.weights))
    return [
      {
        kind: 'shift',
        from: 'Balancer',
        to: 'Balancer',
        isFair: true,
        says: () => `The balancer sends new requests so: ${text}`,
        next: { ...world, weights },
      },
    ];
  const says = () => `The deployment learns that requests go so: ${text}`;
  return telling(
    chart,
    world,
    { type: 'ReportTrafficShifted', weights, answers: owed.entryRevision },
    { kind: 'shifted', from: 'Balancer', isFair: true, says },
    withAnswer(world, 'traffic'),
  );
};

const gateMoves = (chart: AnyChart, world: World, { entryRevision: answers }: Owed): readonly Move[] => [
  ...telling(
    chart,
    world,
    { type: 'ReportGatesPassed', readings: [], answers },
    { kind: 'gates', from: 'Engine', isFair: true, says: () => 'The gates pass' },
    withAnswer(world, 'gates'),
  ),
  ...telling(
    chart,
    world,
    { type: 'ReportGateFailed', gate: 'gate', reason: 'too many errors', readings: [], answers },
    { kind: 'gate fails', from: 'Engine', isFair: false, says: () => 'A gate fails' },
    withAnswer(world, 'gates'),
  ),
];

const hookMoves = (chart: AnyChart, world: World, { entryRevision: answers, params }: Owed): readonly Move[] => {
  const hook = params.hook as 'before' | 'after';
  const end = (failure: string | undefined, says: string): readonly Move[] =>
    telling(
      chart,
      world,
      { type: 'ReportHookEnded', hook, instance: 'hook', answers, ...(failure !== undefined && { failure }) },
      { kind: `hook ${says}`, from: 'Engine', isFair: failure === undefined, says: () => `The command ${hook} the deployment ${says}` },
      withAnswer(world, 'hook'),
    );
  return [...end(undefined, 'succeeds'), ...end('exit 1', 'fails')];
};

/** Long waits that end a deployment: one that needs them hangs. */
const DEADLINES: ReadonlySet<string> = new Set(['deadline', 'approvalDeadline']);

const timerMoves = (chart: AnyChart, world: World): readonly Move[] => {
  const { deployment } = world;
  if (deployment.heldAt !== undefined) return [];
  return deployment.active.flatMap(({ node, revision, timers }) =>
    timers.flatMap(({ key }): readonly Move[] => {
      const next = fold(chart, deployment, { type: 'TimerElapsed', node, entryRevision: revision, timer: key });
      if (next === undefined) return [];
      const says = (): string =>
        `The wait '${key}' is over${next.value === deployment.value ? '' : ` (it goes from '${deployment.value}' to '${next.value}')`}`;
      const from: Party = 'Engine';
      return [{ kind: `timer ${key}`, from, to: 'Strategy', isFair: !DEADLINES.has(key), says, next: withDeployment(chart, world, next) }];
    }),
  );
};

const stallMoves = (chart: AnyChart, world: World): readonly Move[] => {
  const at = owedOf(chart, world, 'deadline')?.params.at as number | undefined;
  if (at === undefined) return [];
  const says = () => 'Nothing has become ready for too long';
  return telling(chart, world, { type: 'ReportStalled', progressBy: at }, { kind: 'stall', from: 'Engine', isFair: false, says }, {}, at);
};
