import { keyOf, nounOf } from '../../src/domain/kernel/ids.ts';
import type { Past } from '../../src/domain/ports/past.ts';
import type { Views } from '../../src/domain/ports/views.ts';

/** A moment, and what is asked about it. */
export type Moment = {
  readonly position: number;
  /** Instances that lived then. */
  readonly live: number;
  readonly app: string;
  /** Some instance that had begun by then; most have ended. */
  readonly instance: string;
  /** About one app that changed later: held then, and fails at the head. One reads that app, the other goes through all of them. */
  readonly assertions: { readonly cluster: string; readonly app: string };
};

/** Moments are drawn where so many live; of a log with fewer, where nine tenths of its end live. */
const LIVE_MIN = 100_000;
/** A log of which fewer moments are fit is not one to measure at. */
const DRAWS_PER_MOMENT = 100;

/** Moments that are drawn from all positions at which enough live. @throws Error where hardly any are fit */
export const drawMoments = (
  past: Past,
  count: number,
  random: () => number,
): { readonly liveMin: number; readonly moments: readonly Moment[] } => {
  const head = past.head();
  const end = past.views(head);
  const liveMin = Math.min(LIVE_MIN, Math.floor(liveOf(end) * 0.9));
  const pick = <A>(all: readonly A[]): A | undefined => all[Math.floor(random() * all.length)];
  const moments: Moment[] = [];
  for (let draws = 0; moments.length < count; draws++) {
    if (draws > count * DRAWS_PER_MOMENT) throw new Error(`of ${draws} moments ${moments.length} had ${liveMin} live instances`);
    const position = 1 + Math.floor(random() * head);
    const views = past.views(position);
    const live = liveOf(views);
    if (live < liveMin) continue;
    const apps = [...views.apps.all()];
    const changed = apps.filter(({ id, target }) => end.apps.get(id)?.target.version !== target.version);
    const [app, asserted, instance] = [pick(apps), pick(changed), instanceBefore(past, position, random)];
    if (app === undefined || asserted === undefined || instance === undefined) continue;
    moments.push({
      position,
      live,
      app: app.id,
      instance,
      assertions: {
        cluster: `apps.all(app, app.id != '${asserted.id}' || app.version == '${asserted.target.version}')`,
        app: `apps['${asserted.id}'].version == '${asserted.target.version}'`,
      },
    });
  }
  return { liveMin, moments };
};

const liveOf = ({ apps, instances }: Views): number => {
  let live = 0;
  for (const { id } of apps.all()) for (const tally of Object.values(instances.tallies(id))) live += tally.live;
  return live;
};

/** That of a fact drawn from all before: long lives and short ones as often as they left facts. */
const instanceBefore = (past: Past, position: number, random: () => number): string | undefined => {
  for (let draws = 0; draws < DRAWS_PER_MOMENT; draws++) {
    const stream = past.fact(1 + Math.floor(random() * position))?.stream;
    if (stream !== undefined && nounOf(stream) === 'instance') return keyOf(stream);
  }
  return undefined;
};
