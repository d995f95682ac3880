import { type Move, telling } from './moves.ts';
import type { ExploreOptions } from './options.ts';
import { type AnyChart, owedOf, type World } from './world.ts';

/** What people do, at any moment, and what restarts of the engine lose. */
export const operatorMoves = (chart: AnyChart, world: World, options: ExploreOptions): readonly Move[] => {
  const { deployment, faults } = world;
  const by = (kind: string, says: string, isFair = false): Omit<Move, 'next' | 'to'> => ({
    kind,
    from: 'Operator',
    isFair,
    says: () => says,
  });
  const isPaused = deployment.context.paused !== undefined;
  const free = [
    ...(world.isAborted
      ? []
      : telling(chart, world, { type: 'AbortDeployment', reason: 'abort' }, by('abort', 'Somebody aborts the deployment')).map(abort)),
    ...(owedOf(chart, world, 'approval') === undefined
      ? []
      : telling(chart, world, { type: 'ApproveDeployment' }, by('approve', 'Somebody lets it go on', true))),
    ...(isPaused ? telling(chart, world, { type: 'ResumeDeployment' }, by('resume', 'Somebody resumes the deployment', true)) : []),
    ...(['new', 'old'] as const).flatMap((winner) =>
      telling(
        chart,
        world,
        { type: 'ChooseWinner', winner, reason: 'it did better' },
        by(`winner ${winner}`, `Somebody chooses the ${winner} version`, true),
      ),
    ),
    ...restart(world, options),
  ];
  if (faults >= options.faults) return free;
  const patch = { faults: faults + 1 };
  const scales = [options.instances + 1, options.instances - 1].filter((count) => count > 0);
  const deed = (moves: readonly Move[]): readonly Move[] => moves.filter(({ next }) => next.deployment !== deployment);
  return [
    ...free,
    ...deed(telling(chart, world, { type: 'PauseDeployment', reason: 'pause' }, by('pause', 'Somebody pauses the deployment'), patch)),
    ...deed(
      scales.flatMap((instances) =>
        telling(
          chart,
          world,
          { type: 'ChangeTarget', instances },
          by(`scale ${instances}`, `Somebody wants ${instances} instances now`),
          patch,
        ),
      ),
    ),
    ...deed(
      telling(chart, world, { type: 'CancelDeployment', reason: 'cancel' }, by('cancel', 'Somebody cancels the deployment'), {
        ...patch,
        isCancelled: true,
      }),
    ),
  ];
};

const abort = (move: Move): Move => ({ ...move, next: { ...move.next, isAborted: true } });

/** The log stays; what was told and is not in it is lost, and all that is owed is performed again. */
const restart = (world: World, options: ExploreOptions): readonly Move[] => {
  if (world.faults >= options.faults || (world.report === undefined && world.answered.length === 0)) return [];
  const next = { ...world, report: undefined, answered: [], faults: world.faults + 1 };
  return [{ kind: 'restart', from: 'Engine', to: 'Engine', isFair: false, says: () => 'The engine dies and starts again', next }];
};
