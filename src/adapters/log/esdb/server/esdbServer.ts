import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { EventStore } from '../../../../domain/ports/eventStore.ts';
import { admitting } from './admission.ts';
import { featuresService } from './features.ts';
import { gossipService } from './gossip.ts';
import type { Service, ServiceOf } from './rpcs.ts';
import { streamsService } from './streamsRpcs.ts';

/** The largest message, bytes: what the clients themselves take. */
const MESSAGE_BYTES_MAX = 17 * 1024 * 1024;
/** How long calls under way may take to end when the server closes, ms. */
const CLOSING_MS = 2_000;
/** How often a connection without traffic is asked whether anybody is there, and how long that may take, ms. */
const KEEPALIVE_MS = 30_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;

export type EsdbServerOptions = {
  readonly store: EventStore;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** PEM of the certificate and its key. Without it nothing is encrypted and nobody is asked who they are. */
  readonly tls?: { readonly certificate: Buffer; readonly key: Buffer; readonly token: string };
  /** Services besides those on streams, such as persistent subscriptions. */
  readonly services?: readonly ServiceOf[];
};

export type EsdbServer = {
  readonly host: string;
  readonly port: number;
  /** Whoever follows a stream is told that it may try again; calls under way are answered. The store stays open. */
  close(): Promise<void>;
};

/** Speaks EventStoreDB's gRPC protocol over a store. @throws Error with `code` EADDRINUSE where the port is taken */
export const startEsdbServer = async ({ store, host, port, tls, services = [] }: EsdbServerOptions): Promise<EsdbServer> => {
  const closing = new AbortController();
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': -1,
    'grpc.keepalive_time_ms': KEEPALIVE_MS,
    'grpc.keepalive_timeout_ms': KEEPALIVE_TIMEOUT_MS,
  });
  let bound = { host, port };
  const context = { store, closing: closing.signal };
  const all: Service[] = [streamsService, ...services].map((serviceOf) => serviceOf(context));
  all.push(
    featuresService(() => all),
    gossipService(() => bound),
  );
  for (const service of all) {
    const { definition, implementation } = tls === undefined ? service : admitting(tls.token, service);
    server.addService(definition, implementation);
  }
  const credentials =
    tls === undefined
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ cert_chain: tls.certificate, private_key: tls.key }]);
  const found = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`${host.includes(':') ? `[${host}]` : host}:${port}`, credentials, (error, at) =>
      error === null ? resolve(at) : reject(takenOr(error)),
    ),
  );
  bound = { host, port: found };
  return {
    ...bound,
    close: () =>
      new Promise((resolve) => {
        closing.abort();
        const force = setTimeout(() => server.forceShutdown(), CLOSING_MS);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      }),
  };
};

/** gRPC says in words alone why a port can't be had. */
const takenOr = (error: Error): Error =>
  error.message.includes('EADDRINUSE') ? Object.assign(new Error(error.message), { code: 'EADDRINUSE' }) : error;
