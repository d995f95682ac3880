import { z } from 'zod';
import { APP, type AppFact } from '../../../domain/app/app.facts.ts';
import { absolutePathId } from '../../../domain/app/definition/pathId.ts';
import { DEPLOYMENT, type DeploymentFact } from '../../../domain/deployment/deployment.facts.ts';
import { backtest } from '../../../domain/gate/backtest.ts';
import { gateSpecs } from '../../../domain/gate/gate.facts.ts';
import { type Trial, trialsOf, withCourse } from '../../../domain/gate/trials.ts';
import { keyOf, nounOf, type StreamName, streamOf } from '../../../domain/kernel/ids.ts';
import type { StoredFact } from '../../../domain/kernel/ports.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { notFound } from '../problem.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { voidTeller } from '../terms.ts';

/** Newest deployments of an app that are looked at. */
export const MAX_DEPLOYMENTS_PER_APP = 1_000;
/** How long a version must have stayed to be called good, s, unless told otherwise. */
export const STAYED_SECONDS = 3_600;
const LONGEST_STAY_SECONDS = 30 * 86_400;

/** Thresholds tried on what was: nothing is changed, and no request is recorded. */
export const serveBacktest = (server: Server, { engine }: Surroundings): void => {
  server.route({
    method: 'POST',
    url: '/v1/gates/backtest',
    schema: {
      summary: 'What gates would have done to the recorded deployments of an app, or of all apps, and whether that would have been right.',
      tags: ['gates'],
      body: z.object({
        gates: gateSpecs.min(1),
        app: z.string().min(1).optional().describe('All apps where it is absent, those that are gone included.'),
        withinSeconds: z
          .number()
          .min(0)
          .max(LONGEST_STAY_SECONDS)
          .default(STAYED_SECONDS)
          .describe('A version that is replaced sooner was bad.'),
      }),
    },
    handler: async ({ body: { gates, app, withinSeconds } }) => {
      const apps = app === undefined ? appsOf(engine) : [absolutePathId(app)];
      const isVoid = await voidTeller(engine);
      const trials: (readonly Trial[])[] = [];
      for (const id of apps) trials.push(await trialsIn(engine, id, isVoid));
      if (app !== undefined && trials[0]?.length === 0) throw notFound(`No deployment of '${absolutePathId(app)}' is recorded`);
      const { rows, totals } = backtest(gates, trials, engine.clock.now(), withinSeconds * 1000);
      return { deployments: rows.map(({ beganAt, ...row }) => ({ ...row, beganAt: isoInstant(beganAt) })), totals };
    },
  });
};

const appsOf = ({ views }: Engine): readonly string[] =>
  [...views.roster.all()].flatMap(({ stream }) => (nounOf(stream as StreamName) === APP ? [keyOf(stream as StreamName)] : []));

/** Deployments of one app, oldest first, each with what its own stream tells. */
const trialsIn = async (engine: Engine, app: string, isVoid: (stored: StoredFact) => boolean): Promise<readonly Trial[]> => {
  const factsOf = async <F>(stream: StreamName): Promise<readonly { at: number; fact: F }[]> =>
    (await engine.log.readStream(stream))
      .filter((stored) => !isVoid(stored))
      .map((stored) => ({ at: stored.meta.at, fact: engine.decode(stored).fact as F }));
  const trials: Trial[] = [];
  for (const trial of trialsOf(app, await factsOf<AppFact>(streamOf(APP, app))).slice(-MAX_DEPLOYMENTS_PER_APP)) {
    const told = await factsOf<DeploymentFact>(streamOf(DEPLOYMENT, trial.deployment));
    trials.push(
      withCourse(
        trial,
        told.map(({ fact }) => fact),
      ),
    );
  }
  return trials;
};
