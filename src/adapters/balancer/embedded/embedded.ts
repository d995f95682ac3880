import { Worker } from 'node:worker_threads';
import type { Balancer, PoolCounters } from '../../../domain/ports/balancer.ts';
import type { RouteTable } from '../../../domain/traffic/table.ts';
import type { Answered, Ask } from './messages.ts';

export type EmbeddedOptions = {
  /** Told when the thread failed and was started anew. */
  readonly onFailure?: (error: Error) => void;
  /** What the thread is started by. */
  readonly startThread?: () => Worker;
};

const threadBeside = (): Worker => {
  const file = `./thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`;
  return new Worker(new URL(file, import.meta.url), { name: 'balancer' });
};

type Waiting = { readonly ask: Ask; resolve(value: unknown): void; reject(error: Error): void };

/** A thread that fails more often within a minute is not started again until there is another table. */
const FAILURES_MAX = 5;
const MINUTE_MS = 60_000;

/** A load balancer within this process, in a thread of its own. */
export const embeddedBalancer = (options: EmbeddedOptions = {}): Balancer => {
  const waiting = new Map<number, Waiting>();
  let [last, restarts, isClosed, isLost, ids] = [undefined as RouteTable | undefined, 0, false, false, 0];
  let failures: readonly number[] = [];
  let warnings: readonly string[] = [];
  /** What threads before this one had counted when they were last asked. */
  let before: readonly PoolCounters[] = [];
  let told: readonly PoolCounters[] = [];
  let thread = start();

  function start(): Worker {
    const worker = (options.startThread ?? threadBeside)();
    worker.on('message', (answered: Answered) => {
      if ('warnings' in answered) {
        warnings = answered.warnings;
        return;
      }
      const asked = waiting.get(answered.id);
      waiting.delete(answered.id);
      if ('error' in answered) asked?.reject(new Error(answered.error));
      else asked?.resolve(answered.value);
    });
    worker.on('error', (error) => {
      options.onFailure?.(error instanceof Error ? error : new Error(String(error)));
    });
    worker.on('exit', () => {
      if (!isClosed && worker === thread) again();
    });
    return worker;
  }

  /** Whatever failed in the thread: it begins anew with the last table, and what was asked of it is asked again. */
  const again = (): void => {
    const asked = [...waiting];
    const now = performance.now();
    failures = [...failures.filter((at) => at > now - MINUTE_MS), now];
    if (failures.length > FAILURES_MAX) {
      isLost = true;
      waiting.clear();
      for (const [, { reject }] of asked) reject(new Error('the thread of the balancer fails whenever it is started'));
      return;
    }
    begin();
    if (last !== undefined) void send({ kind: 'apply', table: last }).catch(() => undefined);
    for (const [id, { ask }] of asked) thread.postMessage({ id, ask });
  };

  const begin = (): void => {
    restarts += 1;
    before = told;
    isLost = false;
    thread = start();
  };

  const send = <T>(ask: Ask): Promise<T> =>
    new Promise<unknown>((resolve, reject) => {
      const id = ++ids;
      waiting.set(id, { ask, resolve, reject });
      thread.postMessage({ id, ask });
    }) as Promise<T>;

  const refused = (): Promise<never> => Promise.reject(new Error('the balancer is closed'));

  return {
    name: 'embedded',
    async apply(table) {
      if (isClosed) return refused();
      last = table;
      if (isLost) begin();
      const found = await send<readonly string[]>({ kind: 'apply', table });
      if (last === table) warnings = found;
    },
    warnings: () => warnings,
    async counters() {
      if (isClosed || isLost) return told;
      const base = before;
      told = sumOf(base, await send<readonly PoolCounters[]>({ kind: 'counters' }));
      return told;
    },
    busyWith: (instance) => (isClosed || isLost ? Promise.resolve(0) : send<number>({ kind: 'busyWith', instance })),
    reloads: () => restarts,
    async close() {
      if (isClosed) return;
      const closed = isLost ? undefined : send<void>({ kind: 'close' });
      isClosed = true;
      await Promise.race([closed, new Promise((resolve) => thread.once('exit', resolve))]);
      await thread.terminate();
    },
  };
};

const sumOf = (before: readonly PoolCounters[], now: readonly PoolCounters[]): readonly PoolCounters[] =>
  now.map((each) => {
    const base = before.find(({ route, version }) => route === each.route && version === each.version);
    if (base === undefined) return each;
    return {
      ...each,
      requests: base.requests + each.requests,
      errors: base.errors + each.errors,
      retries: base.retries + each.retries,
      bytesIn: base.bytesIn + each.bytesIn,
      bytesOut: base.bytesOut + each.bytesOut,
    };
  });
