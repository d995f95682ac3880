import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { Clock } from '../../../../domain/kernel/ports.ts';
import type { HostFault, HostHint, HostRuntime, LogLine } from '../../../../domain/ports/hosts.ts';
import type { SimulatedOffer } from '../simulatedHosts.ts';
import { type Connection, connectionTo, type Streamed } from './connection.ts';
import { type Operation, sentExecOptions, sentLogOptions, sentSpec } from './wire.ts';

/** Engines of this process share one connection per address. */
const connections = new Map<string, Connection>();

/** A simulated host in another process. @throws Error where nobody answers at the address */
export const openRemoteHost = async (
  address: string,
  node: string,
  offer: SimulatedOffer | undefined,
  clock: Clock,
): Promise<HostRuntime> => {
  const connection = connections.get(address) ?? connectionTo(address, clock);
  connections.set(address, connection);
  await connection.ready();
  return remoteHost(connection, node, offer);
};

const remoteHost = (connection: Connection, node: string, offer: SimulatedOffer | undefined): HostRuntime => {
  const observers = new Set<(hint: HostHint) => void>();
  let closed = false;
  const channel = connection.open(node, offer, (hint) => {
    for (const observer of observers) observer(hint);
  });
  const call = <A>(operation: Operation, args: readonly unknown[], more?: Streamed): Promise<Either<HostFault, A>> =>
    closed ? Promise.resolve(CLOSED) : (connection.call(channel, operation, args, more) as Promise<Either<HostFault, A>>);
  const asked =
    <A>(operation: Operation, ...args: readonly unknown[]): TaskEither<HostFault, A> =>
    () =>
      call<A>(operation, args);

  return {
    kind: 'simulated',
    ping: () => asked('ping'),
    offer: () => asked('offer'),
    inventory: () => asked('inventory'),
    inspect: (instance) => asked('inspect', instance),
    observe: (onHint) => {
      const observer = (hint: HostHint): void => onHint(hint);
      observers.add(observer);
      return { close: () => observers.delete(observer) };
    },
    run: (spec) => asked('run', sentSpec(spec, connection.keepsEnv())),
    stop: (instance, options) => asked('stop', instance, options),
    remove: (instance) => asked('remove', instance),
    logs: async function* (instance, options) {
      const lines: LogLine[] = [];
      let changed = Promise.withResolvers<void>();
      let answer: Either<HostFault, unknown> | undefined;
      const left = new AbortController();
      const signal = options.signal === undefined ? left.signal : AbortSignal.any([left.signal, options.signal]);
      const onLine = (line: LogLine): void => {
        lines.push(line);
        changed.resolve();
      };
      void call<unknown>('logs', [instance, sentLogOptions(options)], { signal, onLine }).then((ended) => {
        answer = ended;
        changed.resolve();
      });
      try {
        for (;;) {
          yield* lines.splice(0);
          if (lines.length > 0) continue;
          if (answer !== undefined) break;
          await changed.promise;
          changed = Promise.withResolvers();
        }
      } finally {
        left.abort();
      }
      if (E.isLeft(answer)) throw new Error(answer.left.message, { cause: answer.left });
    },
    exec: (instance, argv, options) => () => call('exec', [instance, argv, sentExecOptions(options)], { signal: options.signal }),
    stats: (instance) => asked('stats', instance),
    close: async () => {
      if (closed) return;
      closed = true;
      observers.clear();
      connection.close(channel);
    },
  };
};

const CLOSED: Either<HostFault, never> = E.left({ _tag: 'HostUnreachable', message: 'the connection was closed' });
