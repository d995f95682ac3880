import type { InstanceFact } from '../../domain/instance/instance.facts.ts';
import { FAILURES } from '../../domain/instance/instance.states.ts';
import { keyOf, nounOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Instant, Millis } from '../../domain/kernel/units.ts';
import type { InstanceRow } from '../../domain/ports/views.ts';

/** Something that the world did to an instance, counted from its start. */
export type LifeEvent = { readonly afterMs: Millis; readonly node: string; readonly fact: Extract<InstanceFact, { type: Told }> };

type Told =
  | 'InstanceBecameReady'
  | 'InstanceBecameUnhealthy'
  | 'InstanceBecameHealthy'
  | 'InstanceStopRequested'
  | 'ContainerExited'
  | 'ContainerVanished'
  | 'PodContainerExited';

/** What its host and its checks made of one instance, as recorded: none of it was the engine's decision. */
export type Life = {
  readonly id: string;
  readonly app: string;
  readonly version: string;
  /** Where it was placed last. */
  readonly node?: string;
  readonly startedAt?: Instant;
  /** From its placement to its start, or to the failure of it. */
  readonly startMs?: Millis;
  /** Why it did not start. */
  readonly failure?: InstanceFact;
  readonly events: readonly LifeEvent[];
  /** From the end of its drain time to its end. */
  readonly stopMs?: Millis;
};

export type Lives = {
  /** As recorded, or as those of its version went: a version that never got ready in the record does not either. */
  of(instance: string, app: string, version: string): Life;
  recorded(instance: string): Life | undefined;
};

type Growing = { -readonly [K in keyof Omit<Life, 'events'>]: Life[K] } & {
  events: LifeEvent[];
  placedAt?: Instant;
  stopAt?: Instant;
  endedAt?: Instant;
};

/** Lives as a span of the log tells them. @param before instances as they stood when it began */
export const livesIn = (facts: Iterable<Recorded>, before: Iterable<InstanceRow>, isRequest: (id: string) => boolean): Lives => {
  const lives = new Map<string, Growing>();
  for (const { id, app, version, node, placedAt, startedAt } of before)
    lives.set(id, {
      id,
      app,
      version,
      events: [],
      ...(node !== undefined && { node }),
      ...(placedAt !== undefined && { placedAt }),
      ...(startedAt !== undefined && { startedAt }),
    });
  for (const recorded of facts) {
    if (nounOf(recorded.stream) !== 'instance') continue;
    const { fact, meta } = recorded as Recorded<InstanceFact>;
    const id = keyOf(recorded.stream);
    if (fact.type === 'InstanceRequested') {
      lives.set(id, { id, app: fact.app, version: fact.version, events: [] });
      continue;
    }
    const life = lives.get(id);
    if (life !== undefined) live(life, fact, meta, isRequest);
  }
  return livesOf(lives);
};

const live = (
  life: Growing,
  fact: InstanceFact,
  { at, causationId, correlationId }: Recorded['meta'],
  isRequest: (id: string) => boolean,
) => {
  const tell = (told: LifeEvent['fact']): void => {
    if (life.startedAt !== undefined) life.events.push({ afterMs: Math.max(0, at - life.startedAt), node: life.node ?? '', fact: told });
  };
  const isAskedToStop = life.stopAt !== undefined;
  switch (fact.type) {
    case 'InstancePlaced':
      life.node = fact.node;
      life.placedAt = at;
      return;
    case 'ContainerStarted':
      // Found again after its node was away: it had started before.
      if (life.startedAt !== undefined) return;
      life.startedAt = at;
      life.startMs = at - (life.placedAt ?? at);
      return;
    case 'InstanceStopRequested':
      // A check that killed it is the world's doing; all else that asks it to stop is decided again.
      if (causationId === correlationId && !isRequest(causationId)) tell(fact);
      life.stopAt = at + fact.drainMs;
      return;
    case 'ContainerExited':
    case 'ContainerVanished':
      life.endedAt = at;
      if (isAskedToStop) life.stopMs = Math.max(0, at - (life.stopAt ?? at));
      else if (life.startedAt === undefined) fail(life, fact, at);
      else tell(fact);
      return;
    case 'InstanceBecameReady':
    case 'InstanceBecameUnhealthy':
    case 'InstanceBecameHealthy':
    case 'PodContainerExited':
      if (!isAskedToStop) tell(fact);
      return;
    default:
      if (FAILURES.has(fact.type)) fail(life, fact, at);
  }
};

const fail = (life: Growing, fact: InstanceFact, at: Instant): void => {
  life.failure = fact;
  life.startMs = at - (life.placedAt ?? at);
};

/** Where nothing at all was recorded. */
const USUAL_START_MS = 1_000;

const livesOf = (lives: ReadonlyMap<string, Growing>): Lives => {
  const versions = new Map<string, Growing[]>();
  for (const life of lives.values()) {
    const key = `${life.app} ${life.version}`;
    const known = versions.get(key);
    if (known === undefined) versions.set(key, [life]);
    else known.push(life);
  }
  const all = median([...lives.values()].flatMap(({ startMs, failure }) => (failure === undefined ? (startMs ?? []) : [])));
  const typical = new Map<string, Omit<Life, 'id'>>();
  const typicalOf = (app: string, version: string): Omit<Life, 'id'> => {
    const key = `${app} ${version}`;
    const known = typical.get(key) ?? typicalLife(app, version, versions.get(key) ?? [], all ?? USUAL_START_MS);
    typical.set(key, known);
    return known;
  };
  const recorded = (id: string): Growing | undefined => {
    const life = lives.get(id);
    // One that never got as far as to be started or to fail tells nothing of how it would have gone.
    return life?.startedAt === undefined && life?.failure === undefined ? undefined : life;
  };
  return {
    recorded,
    of: (id, app, version) => {
      const own = recorded(id);
      const usual = typicalOf(app, version);
      if (own === undefined) return { ...usual, id };
      const wasCutShort = own.stopAt !== undefined && !own.events.some(({ fact }) => ENDS.has(fact.type));
      // Asked to stop before it could become ready: how long it would have taken is known of the others.
      if (wasCutShort && !own.events.some(isReady)) return { ...own, events: [...own.events, ...usual.events.filter(isReady)] };
      return own;
    },
  };
};

const ENDS: ReadonlySet<string> = new Set(['ContainerExited', 'ContainerVanished', 'InstanceStopRequested']);
const isReady = ({ fact }: LifeEvent): boolean => fact.type === 'InstanceBecameReady';

const typicalLife = (app: string, version: string, lives: readonly Growing[], startMs: Millis): Omit<Life, 'id'> => {
  const began = lives.filter(({ startedAt, failure }) => startedAt !== undefined || failure !== undefined);
  const isBad = (life: Growing): boolean => life.failure !== undefined || life.events.some(({ fact }) => ENDS.has(fact.type));
  const last = began.at(-1);
  if (last !== undefined && began.every(isBad)) {
    const { node: _, ...rest } = last;
    return rest;
  }
  const stopMs = median(lives.flatMap(({ stopMs }) => stopMs ?? []));
  const readyMs = median(began.flatMap(({ events }) => events.find(isReady)?.afterMs ?? []));
  return {
    app,
    version,
    startMs: median(began.flatMap((life) => (life.failure === undefined ? (life.startMs ?? []) : []))) ?? startMs,
    events: readyMs !== undefined ? [readyAfter(readyMs)] : began.some(({ startMs }) => startMs !== undefined) ? [] : [readyAfter(0)],
    ...(stopMs !== undefined && { stopMs }),
  };
};

const readyAfter = (afterMs: Millis): LifeEvent => ({ afterMs, node: '', fact: { type: 'InstanceBecameReady' } });

export const median = (values: readonly number[]): number | undefined => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1];
};
