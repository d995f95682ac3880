import { chmod, unlink } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { HostFault, HostRuntime } from '../../../../domain/ports/hosts.ts';
import { PLAIN_OFFER, type SimulatedHosts, type SimulatedOffer } from '../simulatedHosts.ts';
import { placeOf } from './address.ts';
import { frameReader, frameWriter } from './frames.ts';
import { HELLO, type Operation, type Response, specOf } from './wire.ts';

export type HostsServer = {
  /** As clients write it; of port 0 the one that was free. */
  readonly address: string;
  /** Connections now, and hosts that they have opened. */
  counts(): { readonly connections: number; readonly hosts: number };
  close(): Promise<void>;
};

/**
 * Simulated hosts for engines in other processes: what runs belongs to the hosts, and outlives every connection.
 * @param options.onFirst called when the first host is opened
 * @throws Error for an address that is none, or is taken
 */
export const serveHosts = async (options: {
  readonly address: string;
  readonly hosts: SimulatedHosts;
  readonly offerOf?: (node: string) => SimulatedOffer | undefined;
  /** False where the hosts keep no environments: then none is sent. */
  readonly keepsEnv?: boolean;
  readonly onFirst?: () => void;
}): Promise<HostsServer> => {
  const place = placeOf(options.address);
  const sessions = new Map<Socket, Session>();
  let isFirst = true;
  const opened = (): void => {
    if (isFirst) options.onFirst?.();
    isFirst = false;
  };
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    const session = sessionOn(socket, options, opened);
    sessions.set(socket, session);
    socket.on('close', () => {
      sessions.delete(socket);
      session.end();
    });
  });
  if ('path' in place) await removeAbandoned(place.path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(place, resolve);
  });
  if ('path' in place) await chmod(place.path, 0o600);
  return {
    address: 'path' in place ? options.address : options.address.replace(/\d+$/, String((server.address() as AddressInfo).port)),
    counts: () => ({
      connections: sessions.size,
      hosts: [...sessions.values()].reduce((sum, { hosts }) => sum + hosts(), 0),
    }),
    close: async () => {
      for (const socket of sessions.keys()) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};

/** A socket that a killed process left behind is in the way; one that answers is somebody's. */
const removeAbandoned = async (path: string): Promise<void> => {
  const code = await new Promise<string | undefined>((resolve) => {
    const probe = connect({ path }, () => {
      probe.destroy();
      resolve(undefined);
    });
    probe.on('error', (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  if (code === 'ECONNREFUSED') await unlink(path);
};

type Session = { hosts(): number; end(): void };

const sessionOn = (
  socket: Socket,
  { hosts, offerOf, keepsEnv = true }: Pick<Parameters<typeof serveHosts>[0], 'hosts' | 'offerOf' | 'keepsEnv'>,
  onOpened: () => void,
): Session => {
  const channels = new Map<number, HostRuntime>();
  const cancels = new Map<number, AbortController>();
  const write = frameWriter(socket);
  const say = (response: Response): void => write(response);

  const answer = (id: number, result: Either<HostFault, unknown>): void =>
    say(E.isRight(result) ? (result.right === undefined ? ['done', id] : ['done', id, result.right]) : ['fault', id, result.left]);
  const settle = (id: number, asked: Promise<Either<HostFault, unknown>>): void => {
    asked.then(
      (result) => answer(id, result),
      (error: unknown) => answer(id, E.left(faultOf(error))),
    );
  };
  const cancellable = (id: number): AbortSignal => {
    const controller = new AbortController();
    cancels.set(id, controller);
    return controller.signal;
  };
  const logs = async (id: number, host: HostRuntime, instance: string, told: object): Promise<Either<HostFault, undefined>> => {
    const options = { follow: false, ...told, signal: cancellable(id) };
    for await (const line of host.logs(instance, options)) say(['line', id, line]);
    return E.right(undefined);
  };
  // biome-ignore lint/suspicious/noExplicitAny: both sides are of one version, which the greeting has told.
  const performed = (id: number, host: HostRuntime, operation: Operation, [first, second, third]: readonly any[]) => {
    const ended = <A>(work: Promise<A>): Promise<A> => work.finally(() => cancels.delete(id));
    switch (operation) {
      case 'run':
        return host.run(specOf(first))();
      case 'stop':
        return host.stop(first, second)();
      case 'remove':
        return host.remove(first)();
      case 'inspect':
        return host.inspect(first)();
      case 'stats':
        return host.stats(first)();
      case 'ping':
      case 'offer':
      case 'inventory':
        return host[operation]()();
      case 'logs':
        return ended(logs(id, host, first, second));
      case 'exec':
        return ended(host.exec(first, second, { ...third, signal: cancellable(id) })());
    }
  };
  const open = (channel: number, node: string, offer: SimulatedOffer | null): void => {
    const host = hosts.host(node, offer ?? offerOf?.(node) ?? PLAIN_OFFER);
    host.observe((hint) => say(['hint', channel, hint]));
    channels.set(channel, host);
    onOpened();
  };
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  const take = ([id, channel, what, ...args]: readonly any[]): void => {
    const host = channels.get(channel);
    if (what === 'open') open(channel, args[0], args[1]);
    else if (what === 'cancel') cancels.get(id)?.abort();
    else if (channel === 0) answer(id, E.right(undefined));
    else if (what === 'close') {
      channels.delete(channel);
      void host?.close();
    } else if (host === undefined) answer(id, E.left({ _tag: 'Transient', message: `channel ${channel} is not open` }));
    else settle(id, performed(id, host, what, args));
  };

  write({ ...HELLO, keepsEnv });
  const read = frameReader();
  socket.on('data', (chunk) => {
    try {
      for (const message of read(chunk)) take(message as readonly unknown[]);
    } catch {
      // Whatever this is, it is no engine of this version.
      socket.destroy();
    }
  });
  socket.on('error', () => socket.destroy());
  return {
    hosts: () => channels.size,
    end: () => {
      for (const controller of cancels.values()) controller.abort();
      for (const host of channels.values()) void host.close();
      channels.clear();
    },
  };
};

const faultOf = (error: unknown): HostFault => {
  const cause = error instanceof Error ? error.cause : undefined;
  if (typeof cause === 'object' && cause !== null && '_tag' in cause) return cause as HostFault;
  return { _tag: 'Transient', message: error instanceof Error ? error.message : String(error) };
};
