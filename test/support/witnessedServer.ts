import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeSigningKey } from '../../src/adapters/witness/signingKeys.ts';
import { openSimulatedServer, type SimulatedServer } from './simulatedServer.ts';

export type WitnessedServer = {
  readonly dataDir: string;
  readonly logFile: string;
  readonly witness: string;
  readonly key: string;
  readonly publicKey: string;
  readonly server: SimulatedServer;
};

/** A server with simulated hosts that signs checkpoints for a witness; all of it in one folder, beside each other. */
export const openWitnessedServer = async (folder: string): Promise<WitnessedServer> => {
  const dataDir = join(folder, 'data');
  mkdirSync(dataDir);
  const key = join(folder, 'key');
  const { publicFile } = makeSigningKey(key);
  const witness = join(folder, 'witness.jsonl');
  const server = await openSimulatedServer({ dataDir, checkpoints: { keyFile: key, witnesses: [witness] } });
  return { dataDir, logFile: join(dataDir, 'log.sqlite'), witness, key, publicKey: publicFile, server };
};

/** Some life in a log: an app that is deployed, changed, scaled and removed, and one that stays. */
export const live = async ({ server }: WitnessedServer, removed: string): Promise<void> => {
  const { api } = server;
  const app = (id: string) => ({ id, cmd: 'sleep 1000', instances: 3, cpus: 0.1, mem: 16, env: { TOKEN: 's3cret' } });
  await api.ask('POST', '/v2/apps', app(removed));
  await server.atRest();
  await api.ask('PUT', `/v2/apps${removed}`, { env: { TOKEN: 'another' } });
  await server.atRest();
  await api.ask('DELETE', `/v2/apps${removed}`);
  await server.atRest();
  await api.ask('POST', '/v2/apps', app(`${removed}-that-stays`));
  await server.atRest();
};
