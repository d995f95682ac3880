import type { RunningEngine } from '../actors/engine.ts';
import type { Io } from '../adapters/cli/io.ts';
import { megabytes, whole } from './report.ts';
import { GROUP } from './workload.ts';

const EVERY_MS = 1000;

/** What people see while it goes: one line a second, written over on a terminal. */
export type Live = { end(): void };

export const showLive = (
  io: Io,
  { views, scheduler, log }: RunningEngine,
  { wanted, started }: { readonly wanted: number; readonly started: () => number },
): Live => {
  let before = started();
  let at = performance.now();
  const line = (): string => {
    const now = performance.now();
    const rate = ((started() - before) * 1000) / Math.max(1, now - at);
    before = started();
    at = now;
    const away = [...views.nodes.all()].reduce((count, { state }) => count + (state.endsWith('unreachable') ? 1 : 0), 0);
    return [
      `running ${whole(runningOf(views))}/${whole(wanted)}`,
      `${whole(rate)}/s`,
      `waiting ${whole(scheduler.waiting())}`,
      `facts ${whole(log.head())}`,
      `memory ${megabytes(process.memoryUsage.rss())}`,
      ...(away > 0 ? [`hosts away ${whole(away)}`] : []),
    ].join(' · ');
  };
  const show = (): void => io.err(io.terminal === undefined ? `${line()}\n` : `\r\u001b[2K${line().slice(0, io.terminal.columns - 1)}`);
  const timer = setInterval(show, EVERY_MS);
  return {
    end: () => {
      clearInterval(timer);
      show();
      if (io.terminal !== undefined) io.err('\n');
    },
  };
};

/** Instances of the workload that run, by the counts that the view keeps: no instance is looked at. */
export const runningOf = ({ apps, instances }: RunningEngine['views']): number => {
  let running = 0;
  for (const { id } of apps.all()) {
    if (!id.startsWith(`${GROUP}/`)) continue;
    for (const states of instances.statesOf(id).values())
      for (const [state, count] of states) if (state.startsWith('running')) running += count;
  }
  return running;
};
