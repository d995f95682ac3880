import { onTestFinished } from 'vitest';
import { type Server, type ServerOptions, startServer } from '../../src/main.ts';
import { type Api, apiOf } from './api.ts';
import { BRISK } from './liveEngine.ts';
import { temporaryFolder } from './temporaryFolder.ts';

export type SimulatedServer = Pick<Server, 'engine' | 'url'> & {
  readonly api: Api;
  /** Resolves when no deployment runs, and the views show it. */
  atRest(): Promise<void>;
};

/** The whole server in this process, with nodes that only exist in memory. */
export const simulatedServer = async (nodes = 2, more: Partial<ServerOptions> = {}): Promise<SimulatedServer> => {
  const usual = { dataDir: temporaryFolder(), listen: { port: 0 }, noAuth: true, localNodes: false, pace: BRISK };
  const server = await startServer({ ...usual, ...more });
  onTestFinished(() => server.close());
  const api = apiOf(server.url, 'nobody asks');
  for (let nth = 1; nth <= nodes; nth++)
    await api.ask('POST', '/v1/nodes', { id: `berth-${nth}`, endpoint: { kind: 'simulated', seed: nth }, attributes: { rack: `r${nth}` } });
  const { views } = server.engine;
  const isAtRest = (): boolean => views.plans.running().length === 0 && views.deployments.running().length === 0;
  const atRest = (): Promise<void> =>
    new Promise((resolve, reject) => {
      if (isAtRest()) return resolve();
      const subscribed = server.engine.log.subscribe(server.engine.log.head(), () => {
        if (!isAtRest()) return;
        resolve();
        void subscribed.then((subscription) => subscription.close());
      });
      subscribed.catch(reject);
    });
  return { engine: server.engine, url: server.url, api, atRest };
};
