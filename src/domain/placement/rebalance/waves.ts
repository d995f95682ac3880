import type { Step } from './trial.ts';

/**
 * Which moves may be under way together, in their order: a wave ends before a move that needs what one of it leaves behind, that would
 * take an app beyond its budget, or whose constraints count others of its app that are on their way. Where any of them is bound to other apps
 * or kept apart from them, each is a wave of its own.
 */
export const wavesOf = (steps: readonly Step[], mayLose: (app: string) => number): readonly number[] => {
  const areBound = steps.some(({ tenant: { need } }) => need.affinity.length > 0 || need.antiAffinity.length > 0);
  let wave = 0;
  const left = new Set<number>();
  const away = new Map<string, number>();
  return steps.map(({ tenant: { app, need }, from, to }) => {
    const most = need.counted.length > 0 ? 1 : Math.max(1, mayLose(app));
    if ((areBound && left.size > 0) || left.has(to) || (away.get(app) ?? 0) >= most) {
      wave++;
      left.clear();
      away.clear();
    }
    left.add(from);
    away.set(app, (away.get(app) ?? 0) + 1);
    return wave;
  });
};
