import { AsyncLocalStorage } from 'node:async_hooks';
import { either as E } from 'fp-ts';
import type { StrategyProblems } from '../../../domain/app/definition/parse.ts';
import type { Clock } from '../../../domain/kernel/ports.ts';
import { refusal } from '../../../domain/kernel/refusal.ts';
import type { Instant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { Past } from '../../../domain/ports/past.ts';
import type { Views } from '../../../domain/ports/views.ts';

/** Where one request stands: its views are those as of the position, and its clock shows the instant. */
export type Standpoint = { readonly position: number; readonly at: Instant };

export type PastEngine = {
  readonly engine: Engine;
  /** Everything that `work` asks of the engine, now or later, it asks from there. */
  from(standpoint: Standpoint, work: () => void): void;
};

export type PastEngineOptions = {
  readonly past: Past;
  /** The stored facts, also those that nobody can read. */
  readonly log: Engine['log'];
  readonly clock: Clock;
  readonly decode: Engine['decode'];
  readonly strategyProblems: StrategyProblems;
};

const READ_ONLY = refusal('illegal-in-state', 'The past cannot be changed.');

/** An engine that only remembers: what is live only it does not know, and it refuses whatever would write. */
export const pastEngine = ({ past, log, clock, decode, strategyProblems }: PastEngineOptions): PastEngine => {
  const standing = new AsyncLocalStorage<Standpoint>();
  const standpoint = (): Standpoint => standing.getStore() ?? { position: past.head(), at: clock.now() };
  const views = (): Views => past.views(standpoint().position);
  const isWithin = ({ position }: { readonly position: number }): boolean => position <= standpoint().position;
  return {
    from: (there, work) => standing.run(there, work),
    engine: {
      views: movingViews(views, () => standpoint().position),
      log: {
        head: () => Math.min(log.head(), standpoint().position),
        readStream: async (stream, options) => (await log.readStream(stream, options)).filter(isWithin),
        readAll: async (options) => (await log.readAll(options)).filter(isWithin),
        subscribe: log.subscribe,
      },
      clock: { now: () => standpoint().at, schedule: clock.schedule },
      ids: { next: () => crypto.randomUUID() },
      startedAt: clock.now(),
      term: 0,
      submit: async () => E.left(READ_ONLY),
      precede: async () => E.left(READ_ONLY),
      recordRefusal: async () => {},
      decode,
      owedBy: () => [],
      host: () => undefined,
      probeOffer: () => async () => E.left({ _tag: 'HostUnreachable', message: 'the past has no hosts to ask' }),
      healthOf: () => [],
      readinessOf: () => [],
      checkOf: () => undefined,
      readingsOf: () => [],
      quarantined: past.unreadable,
      refusalsOf: () => [],
      preview: () => Promise.reject(new Error('the past previews nothing')),
      strategyProblems,
      logTrouble: () => undefined,
    },
  };
};

/** Each question goes to the views of whoever asks; routes may hold on to the object. */
const movingViews = (current: () => Views, position: () => number): Views => {
  const part = <K extends keyof Views>(name: K): Views[K] =>
    new Proxy({} as object, {
      get: (_, method) => (current()[name] as unknown as Record<string | symbol, unknown>)[method],
    }) as Views[K];
  return {
    roster: part('roster'),
    apps: part('apps'),
    groups: part('groups'),
    plans: part('plans'),
    instances: part('instances'),
    deployments: part('deployments'),
    nodes: part('nodes'),
    strategies: part('strategies'),
    roles: part('roles'),
    discovery: part('discovery'),
    position,
  };
};
