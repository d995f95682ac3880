import { connect, type Socket } from 'node:net';
import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { Clock } from '../../../../domain/kernel/ports.ts';
import type { HostFault, HostHint, LogLine } from '../../../../domain/ports/hosts.ts';
import type { SimulatedOffer } from '../simulatedHosts.ts';
import { placeOf } from './address.ts';
import { frameReader, frameWriter } from './frames.ts';
import { type Channel, HELLO, type Operation, type Response } from './wire.ts';

/** Time for a connection to come about, ms. */
const CONNECT_MAX_MS = 5_000;
/** Between two tries to connect again, ms. */
const AGAIN_MS = 500;
/** How often the other side is asked whether it is there, and how long it may be silent, ms. */
const LOOK_MS = 2_000;
const SILENT_MAX_MS = 10_000;

type Answer = Either<HostFault, unknown>;
type Waiting = { readonly settle: (answer: Answer) => void; readonly onLine: ((line: LogLine) => void) | undefined };
type Opened = { readonly node: string; readonly offer: SimulatedOffer | undefined; readonly onHint: (hint: HostHint) => void };

/** One stream to simulated hosts in another process, shared by all of them. Calls fail HostUnreachable while it is down. */
export type Connection = {
  /** Resolves once it is up. @throws Error where it does not come up in time */
  ready(): Promise<void>;
  /** Whether the hosts keep the environments that they are sent. */
  keepsEnv(): boolean;
  open(node: string, offer: SimulatedOffer | undefined, onHint: (hint: HostHint) => void): Channel;
  close(channel: Channel): void;
  call(channel: Channel, operation: Operation, args: readonly unknown[], more?: Streamed): Promise<Answer>;
};

export type Streamed = { readonly signal?: AbortSignal | undefined; readonly onLine?: (line: LogLine) => void };

/** Connects at the first need, and again whenever it breaks while hosts are open; ends when none is. */
export const connectionTo = (address: string, clock: Clock): Connection => {
  const place = placeOf(address);
  const channels = new Map<Channel, Opened>();
  const waiting = new Map<number, Waiting>();
  let socket: Socket | undefined;
  let write: ((message: unknown) => void) | undefined;
  let connecting: Promise<void> | undefined;
  let why = 'it was never reached';
  let keepsEnv = true;
  let lastCall = 0;
  let lastChannel: Channel = 0;

  const unreachable = (): HostFault => ({ _tag: 'HostUnreachable', message: `the simulated hosts at ${address} do not answer: ${why}` });
  const tellAll = (hint: HostHint): void => {
    for (const { onHint } of channels.values()) onHint(hint);
  };
  const openOn = (say: (message: unknown) => void, channel: Channel, { node, offer }: Opened): void =>
    say([0, channel, 'open', node, offer ?? null]);

  const letGo = (): void => {
    socket = undefined;
    write = undefined;
    const all = [...waiting.values()];
    waiting.clear();
    for (const { settle } of all) settle(E.left(unreachable()));
  };
  const lost = (ended: Socket): void => {
    if (socket !== ended) return;
    letGo();
    tellAll({ type: 'Disconnected', message: why });
    again();
  };
  const again = (): void => {
    if (channels.size === 0) return;
    clock.schedule(AGAIN_MS, () => {
      if (channels.size > 0 && socket === undefined) void connection().catch(again);
    });
  };
  const up = (connected: Socket): void => {
    socket = connected;
    const say = frameWriter(connected);
    write = say;
    for (const [channel, opened] of channels) openOn(say, channel, opened);
    tellAll({ type: 'Connected' });
  };

  const take = (response: Response): void => {
    const [kind, id, value] = response;
    if (kind === 'hint') channels.get(id)?.onHint(value);
    const call = kind === 'hint' ? undefined : waiting.get(id);
    if (call === undefined) return;
    if (kind === 'line') {
      call.onLine?.(value);
      return;
    }
    waiting.delete(id);
    call.settle(kind === 'fault' ? E.left(value) : E.right(value));
  };

  const connection = (): Promise<void> => {
    if (socket !== undefined) return Promise.resolve();
    connecting ??= dial().finally(() => {
      connecting = undefined;
    });
    return connecting;
  };
  const dial = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const dialled = connect(place);
      dialled.setNoDelay(true);
      const read = frameReader();
      let heardAt = clock.now();
      let isGreeted = false;
      let stopLooking = clock.schedule(CONNECT_MAX_MS, () => dialled.destroy(new Error(`no greeting in ${CONNECT_MAX_MS} ms`)));
      const look = (): void => {
        if (clock.now() - heardAt > SILENT_MAX_MS) dialled.destroy(new Error(`silent for ${SILENT_MAX_MS} ms`));
        else {
          void call(0, 'ping', []);
          stopLooking = clock.schedule(LOOK_MS, look);
        }
      };
      dialled.on('data', (chunk) => {
        heardAt = clock.now();
        try {
          for (const message of read(chunk)) {
            if (isGreeted) take(message as Response);
            else {
              keepsEnv = greeted(message);
              isGreeted = true;
              stopLooking();
              up(dialled);
              stopLooking = clock.schedule(LOOK_MS, look);
              resolve();
            }
          }
        } catch (error) {
          dialled.destroy(error as Error);
        }
      });
      dialled.on('error', ({ message }) => {
        why = message;
      });
      dialled.on('close', (hadError) => {
        stopLooking();
        if (!hadError) why = 'it closed the connection';
        lost(dialled);
        reject(new Error(unreachable().message));
      });
    });

  const call: Connection['call'] = (channel, operation, args, { signal, onLine } = {}) => {
    const say = write;
    if (say === undefined) return Promise.resolve(E.left(unreachable()));
    const id = ++lastCall;
    return new Promise((resolve) => {
      const cancel = (): void => say([id, channel, 'cancel']);
      const settle = (answer: Answer): void => {
        signal?.removeEventListener('abort', cancel);
        resolve(answer);
      };
      waiting.set(id, { settle, onLine });
      say([id, channel, operation, ...args]);
      if (signal?.aborted) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
    });
  };

  /** What was said has gone out by then. */
  const hangUp = (): void => {
    if (channels.size > 0) return;
    socket?.end();
    letGo();
  };

  return {
    ready: connection,
    keepsEnv: () => keepsEnv,
    open: (node, offer, onHint) => {
      const channel = ++lastChannel;
      const opened = { node, offer, onHint };
      channels.set(channel, opened);
      if (write !== undefined) openOn(write, channel, opened);
      return channel;
    },
    close: (channel) => {
      if (!channels.delete(channel)) return;
      write?.([0, channel, 'close']);
      if (channels.size === 0) setImmediate(hangUp);
    },
    call,
  };
};

/** Whether they keep environments. @throws Error unless both sides speak the same */
const greeted = (message: unknown): boolean => {
  const { speaks, version, keepsEnv } = (message ?? {}) as Readonly<Record<string, unknown>>;
  if (speaks !== HELLO.speaks) throw new Error('what listens there are no simulated hosts');
  if (version !== HELLO.version) throw new Error(`the simulated hosts speak version ${version}, this engine speaks ${HELLO.version}`);
  return keepsEnv !== false;
};
