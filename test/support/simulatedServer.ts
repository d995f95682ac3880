import { onTestFinished } from 'vitest';
import { type Server, type ServerOptions, startServer } from '../../src/main.ts';
import { type Api, apiOf } from './api.ts';
import { BRISK } from './liveEngine.ts';
import { temporaryFolder } from './temporaryFolder.ts';

const LOOK_MS = 50;

/** A simulated host outlives the engine that knew it, as a real one does; no two servers of a process meet on one. */
let nextSeed = 1;

export type SimulatedServer = Pick<Server, 'engine' | 'url' | 'tokenFile'> & {
  readonly api: Api;
  /** Resolves once the views say so; looked at after each fact, and where `everyMs` is given now and then, for what is no fact. */
  until(holds: () => boolean, everyMs?: number): Promise<void>;
  /** Resolves when no deployment runs, and the views show it. */
  atRest(): Promise<void>;
  close(): Promise<void>;
};

type Options = Partial<ServerOptions> & { readonly nodes?: number; readonly dataDir: string };

/** The whole server in this process, with nodes that only exist in memory: `berth-1` on rack `r1`, and so on. Whoever opens it closes it. */
export const openSimulatedServer = async ({ nodes = 2, ...options }: Options): Promise<SimulatedServer> => {
  const server = await startServer({ listen: { port: 0 }, noAuth: true, localNodes: false, pace: BRISK, ...options });
  const api = apiOf(server.url, 'nobody asks');
  for (let nth = 1; nth <= nodes; nth++)
    await api.ask('POST', '/v1/nodes', {
      id: `berth-${nth}`,
      endpoint: { kind: 'simulated', seed: nextSeed++ },
      attributes: { rack: `r${nth}` },
    });
  const { engine, url, tokenFile } = server;
  const until = (holds: () => boolean, everyMs = LOOK_MS): Promise<void> =>
    new Promise((resolve, reject) => {
      if (holds()) return resolve();
      const look = (): void => {
        if (!holds()) return;
        resolve();
        clearInterval(timer);
        void subscribed.then((subscription) => subscription.close());
      };
      // The views may take a fact a moment after this listener hears of it, and it may be the last.
      const timer = setInterval(look, everyMs);
      const subscribed = engine.log.subscribe(engine.log.head(), look);
      subscribed.catch(reject);
    });
  const { plans, deployments } = engine.views;
  const atRest = (): Promise<void> => until(() => plans.running().length === 0 && deployments.running().length === 0);
  return { engine, url, tokenFile, api, until, atRest, close: server.close };
};

/** As `openSimulatedServer`, closed with the test. */
export const simulatedServer = async (nodes = 2, more: Partial<ServerOptions> = {}): Promise<SimulatedServer> => {
  const server = await openSimulatedServer({ nodes, dataDir: temporaryFolder(), ...more });
  onTestFinished(() => server.close());
  return server;
};
