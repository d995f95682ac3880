import type { Socket } from 'node:net';
import type { Route } from '../../../domain/traffic/table.ts';
import type { Asker, Choice } from './choosing.ts';
import { type Ends, proxyHeader } from './proxyHeader.ts';
import type { Serving } from './serving.ts';
import { CannotConnect } from './upstreams.ts';

/** Servers that are tried for one request. */
const TRIES_MAX = 5;

/** A connection to the server that was chosen, which counts as busy until `end`. */
export type Reached = {
  readonly choice: Choice;
  readonly socket: Socket;
  /** It has served before, and may have been closed by the server. */
  readonly isReused: boolean;
  end(): void;
};

/**
 * Chooses servers until one can be connected to. Nothing has been sent to those that could not.
 * @param mayReuse the request may be sent again, so that a connection may be tried that has served before
 * @returns why nobody could be reached, if so
 */
export const reach = async (
  serving: Serving,
  route: Route,
  asker: Asker,
  ends: Ends,
  mayReuse: boolean,
  signal: AbortSignal,
): Promise<Reached | 'nobody' | 'failed'> => {
  const tried = new Set<string>();
  while (tried.size < TRIES_MAX) {
    const choice = serving.chooserOf(route).choose(asker, tried);
    if (choice === undefined) return tried.size === 0 ? 'nobody' : 'failed';
    const { server, version } = choice;
    const end = serving.upstreams.begin(server);
    const kept = mayReuse && route.sendsProxy === undefined ? serving.upstreams.reuse(server) : undefined;
    if (kept !== undefined) return { choice, socket: kept, isReused: true, end };
    try {
      const socket = await serving.upstreams.dial(server, route.timeouts.connectMs, signal);
      if (route.sendsProxy !== undefined) socket.write(proxyHeader(route.sendsProxy, ends));
      if (tried.size > 0) serving.tallyOf(route, version).retries += 1;
      return { choice, socket, isReused: false, end };
    } catch (error) {
      end();
      if (!(error instanceof CannotConnect)) throw error;
      if (signal.aborted) return 'failed';
      tried.add(server.instance);
    }
  }
  return 'failed';
};
