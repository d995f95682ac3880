import type { Engine } from '../../../domain/ports/engine.ts';
import type { AppRow, InstanceRow } from '../../../domain/ports/views.ts';
import { taskHealth } from './health.ts';
import { marathonState } from './taskStates.ts';

type Stats = {
  readonly stats: {
    readonly counts: Readonly<Record<'staged' | 'running' | 'healthy' | 'unhealthy', number>>;
    readonly lifeTime?: { readonly averageSeconds: number; readonly medianSeconds: number };
  };
};

/** Marathon's `taskStats`: counts and life times per generation of tasks; a generation without tasks is left out. */
export const taskStats = (engine: Engine, app: AppRow, rows: readonly InstanceRow[]): Readonly<Record<string, Stats>> => {
  const { configVersion } = app.target;
  const generations: readonly (readonly [string, readonly InstanceRow[]])[] = [
    ['startedAfterLastScaling', rows.filter(({ startedAt }) => startedAt !== undefined && startedAt >= app.lastScalingAt)],
    ['withLatestConfig', rows.filter(({ version }) => version === configVersion)],
    ['withOutdatedConfig', rows.filter(({ version }) => version !== configVersion)],
    ['totalSummary', rows],
  ];
  return Object.fromEntries(generations.filter(([, each]) => each.length > 0).map(([name, each]) => [name, statsOf(engine, each)]));
};

const statsOf = (engine: Engine, rows: readonly InstanceRow[]): Stats => {
  const health = rows.map((row) => taskHealth(engine, row));
  const tasks = rows.map(({ state }) => marathonState(state).task);
  const now = engine.clock.now();
  const lives = rows.flatMap(({ startedAt }) => (startedAt === undefined ? [] : [(now - startedAt) / 1000])).sort((a, b) => a - b);
  return {
    stats: {
      counts: {
        staged: tasks.filter((task) => task === 'TASK_STAGING').length,
        running: tasks.filter((task) => task === 'TASK_RUNNING').length,
        healthy: health.filter((each) => each === 'healthy').length,
        unhealthy: health.filter((each) => each === 'unhealthy').length,
      },
      ...(lives.length > 0 && {
        lifeTime: { averageSeconds: lives.reduce((sum, life) => sum + life, 0) / lives.length, medianSeconds: median(lives) },
      }),
    },
  };
};

const median = (sorted: readonly number[]): number => {
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
};
