import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Api } from '../support/api.ts';

/** A simulated node whose one port is a real one: what is placed there answers HTTP. */
export type Berth = {
  readonly port: number;
  /** What an app says to be placed there. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Requests so far, by path. */
  asked(path: string): number;
  /** From now on everything is answered with this status. */
  answers(status: number): void;
  close(): Promise<void>;
};

export const openBerth = async (api: Api): Promise<Berth> => {
  let status = 200;
  const paths: string[] = [];
  const server = createServer(({ url = '', method, headers }: IncomingMessage, response) => {
    paths.push(url);
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ url, method, authorization: headers.authorization ?? null }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await api.ask('POST', '/v1/nodes', {
    id: `berth-${port}`,
    endpoint: { kind: 'simulated', seed: port },
    attributes: { rack: `rack-${port}` },
    portRanges: [[port, port]],
  });
  return {
    port,
    fields: {
      constraints: [['rack', 'IS', `rack-${port}`]],
      requirePorts: true,
      portDefinitions: [{ port, name: 'http-api' }],
      // One port is one instance: the old one goes before the new one comes.
      upgradeStrategy: { minimumHealthCapacity: 0, maximumOverCapacity: 0 },
    },
    asked: (path) => paths.filter((each) => each === path).length,
    answers: (next) => {
      status = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
