import { setTimeout as pause } from 'node:timers/promises';
import { either as E } from 'fp-ts';
import type { RunningEngine } from '../actors/engine.ts';
import type { Workload } from '../adapters/hosts/simulated/cluster/description.ts';
import { inTurn } from '../adapters/hosts/simulated/cluster/members.ts';
import { drawSpan } from '../adapters/hosts/simulated/profile.ts';
import { seededRandom, seedFor } from '../adapters/hosts/simulated/random.ts';
import type { AppCommand } from '../domain/app/app.commands.ts';
import { parseApp } from '../domain/app/definition/parse.ts';
import { streamOf, type Uuid } from '../domain/kernel/ids.ts';

/** Where the workload's apps stand in the tree. */
export const GROUP = '/simulated';
const APP = 'app';
const HOUR_MS = 3_600_000;
const BY = 'simulate';

export type Submitted = {
  /** The engine has answered: it deploys. */
  onDeploying(deployment: Uuid, app: string): void;
  onRefused(app: string, why: string): void;
};

export type Submission = {
  /** Every app of the workload has been submitted and answered. */
  readonly done: Promise<void>;
  /** Of a workload whose apps come and go: this one runs, and is removed when its lifetime is over. */
  ran(app: string): void;
  stop(): void;
};

export const isSubmittedIn = ({ views }: RunningEngine): boolean => views.apps.get(appId(1)) !== undefined;

const appId = (nth: number): string => `${GROUP}/app-${String(nth).padStart(5, '0')}`;

/** Submits a workload's apps, so many at a time, or one by one as they arrive. */
export const submitWorkload = (engine: RunningEngine, workload: Workload, seed: number, told: Submitted): Submission => {
  const { apps, instances, submitters, arrivals } = workload;
  const stopped = new AbortController();
  const random = seededRandom(seedFor(seed, 'arrivals'));
  const templateOf = inTurn(workload.templates);
  const definitions = Array.from({ length: apps }, () => templateOf().definition);
  const ask = (app: string, command: AppCommand) =>
    engine.submit(streamOf(APP, app), command, { id: engine.ids.next(), by: BY, body: { id: app } });

  const deploy = async (nth: number): Promise<void> => {
    const app = appId(nth + 1);
    const parsed = parseApp({ ...definitions[nth], id: app, instances });
    if (E.isLeft(parsed)) return told.onRefused(app, JSON.stringify(parsed.left));
    const deployment = engine.ids.next();
    told.onDeploying(deployment, app);
    const answer = await ask(app, {
      type: 'DeployApp',
      definition: parsed.right,
      deployment,
      mode: 'create',
      force: false,
      reason: 'create',
    });
    if (E.isLeft(answer)) told.onRefused(app, answer.left.message);
  };

  const atOnce = async (): Promise<void> => {
    let next = 0;
    const submit = async (): Promise<void> => {
      for (let nth = next++; nth < apps && !stopped.signal.aborted; nth = next++) await deploy(nth);
    };
    await Promise.all(Array.from({ length: Math.min(submitters, apps) }, submit));
  };
  const oneByOne = async (perHour: number): Promise<void> => {
    for (let nth = 0; nth < apps && !stopped.signal.aborted; nth++) {
      await deploy(nth);
      const span = (-Math.log(1 - random()) * HOUR_MS) / perHour;
      if (nth + 1 < apps) await pause(span, undefined, { signal: stopped.signal }).catch(() => {});
    }
  };

  const lifetimes = new Map<string, () => void>();
  return {
    done: arrivals === undefined ? atOnce() : oneByOne(arrivals.perHour),
    ran: (app) => {
      if (arrivals === undefined || stopped.signal.aborted) return;
      const cancel = engine.clock.schedule(drawSpan(arrivals.lifetime, random), () => {
        lifetimes.delete(app);
        void ask(app, { type: 'DestroyApp', deployment: engine.ids.next(), force: true });
      });
      lifetimes.set(app, cancel);
    },
    stop: () => {
      stopped.abort();
      for (const cancel of lifetimes.values()) cancel();
      lifetimes.clear();
    },
  };
};
