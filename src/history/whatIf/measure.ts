import type { AppFact } from '../../domain/app/app.facts.ts';
import type { AppDefinition } from '../../domain/app/definition/definition.ts';
import type { InstanceFact } from '../../domain/instance/instance.facts.ts';
import { holdsResources, isLaunchFailure, phaseOf } from '../../domain/instance/instance.states.ts';
import { keyOf, nounOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { Instant, Millis } from '../../domain/kernel/units.ts';
import type { NodeFact } from '../../domain/node/node.facts.ts';
import type { DeploymentOutcome, Measured, PlacedInstance, Shortfalls, Usage } from '../../domain/ports/whatIf.ts';
import type { Beginning } from './beginning.ts';

const MINUTE_MS = 60_000;

/** What a span of facts made of the cluster. @param before as it stood when the span began */
export const measure = (facts: Iterable<Recorded>, before: Beginning, span: { readonly from: Instant; readonly to: Instant }): Measured => {
  const gauge = gaugeOf(span);
  const placed = new Map<string, PlacedInstance>();
  const asked = new Map<string, { readonly app: string; readonly version: string; readonly slot: number }>();
  /** Since when each waits for its place. */
  const waiting = new Map<string, Instant>();
  const unready = new Map<string, Instant>();
  const unplaced = new Set<string>();
  const byReason: Record<string, number> = {};
  const deployments = new Map<string, { -readonly [K in keyof DeploymentOutcome]: DeploymentOutcome[K] }>();
  const definitions = new Map<string, AppDefinition>();
  let [waitMs, unreadyMs, failures, requested, deferrals, mostUnplaced, shortMs, shortSince] = [0, 0, 0, 0, 0, 0, 0, 0];
  const everUnplaced = new Set<string>();
  const definitionOf = (app: string, version: string) => definitions.get(`${app} ${version}`) ?? before.apps.definition(app, version);

  const reserve = (id: string): void => {
    const of = asked.get(id);
    const definition = of === undefined ? undefined : definitionOf(of.app, of.version);
    if (definition !== undefined) gauge.hold(id, definition);
  };
  const settle = (id: string, at: Instant): void => {
    if (!unplaced.delete(id) || unplaced.size > 0) return;
    shortMs += at - shortSince;
  };
  const waitOver = (id: string, at: Instant): void => {
    const since = waiting.get(id);
    if (since !== undefined) waitMs += Math.max(0, at - since);
    waiting.delete(id);
    settle(id, at);
  };
  const readyOver = (id: string, at: Instant): void => {
    const since = unready.get(id);
    if (since !== undefined) unreadyMs += Math.max(0, at - since);
    unready.delete(id);
  };

  for (const row of before.nodes.all()) gauge.node(row.id, row.offer);
  for (const row of before.instances.all()) {
    asked.set(row.id, row);
    if (holdsResources(row.state)) reserve(row.id);
    else if (phaseOf(row.state) === 'coming') waiting.set(row.id, Math.max(span.from, row.notBefore ?? 0));
    if (phaseOf(row.state) === 'coming' || row.state === 'running.checked.settling') unready.set(row.id, span.from);
  }
  for (const { id, app, startedAt } of before.deployments.running()) deployments.set(id, { id, app, startedAt });

  for (const { stream, fact, meta } of facts) {
    const { at } = meta;
    gauge.upTo(at);
    const id = keyOf(stream);
    switch (nounOf(stream)) {
      case 'node':
        takeNode(gauge, id, fact as NodeFact);
        break;
      case 'app': {
        const told = fact as AppFact;
        if (told.type === 'AppVersionAdded') definitions.set(`${id} ${told.configVersion}`, told.definition);
        if (told.type === 'DeploymentEnded') endDeployment(deployments.get(told.deployment), told, at);
        break;
      }
      case 'deployment':
        if (fact.type === 'DeploymentStarted') deployments.set(id, { id, app: (fact as unknown as { app: string }).app, startedAt: at });
        else if (meta.state in OUTCOMES) endDeployment(deployments.get(id), { ...fact, outcome: meta.state as Outcome }, at);
        break;
      case 'instance': {
        const told = fact as InstanceFact;
        if (told.type === 'InstanceRequested') {
          requested += 1;
          const { app, version, slot, delayMs } = told;
          asked.set(id, { app, version, slot });
          waiting.set(id, at + delayMs);
          unready.set(id, at + delayMs);
        } else if (told.type === 'InstancePlaced') {
          waitOver(id, at);
          const of = asked.get(id);
          placed.set(id, { instance: id, app: of?.app ?? '', version: of?.version ?? '', slot: of?.slot ?? 0, node: told.node, at });
          reserve(id);
        } else if (told.type === 'PlacementRevoked') waiting.set(id, at);
        else if (told.type === 'PlacementDeferred') {
          deferrals += 1;
          if (unplaced.size === 0) shortSince = at;
          unplaced.add(id);
          everUnplaced.add(id);
          mostUnplaced = Math.max(mostUnplaced, unplaced.size);
          for (const reason of Object.keys(told.excluded)) byReason[reason] = (byReason[reason] ?? 0) + 1;
        }
        if (isLaunchFailure(fact, meta.state)) failures += 1;
        if (!holdsResources(meta.state)) gauge.free(id);
        const phase = phaseOf(meta.state);
        if (phase === 'ended') waitOver(id, at);
        if (phase !== 'coming' && meta.state !== 'running.checked.settling') readyOver(id, at);
        break;
      }
    }
  }
  gauge.upTo(span.to);
  const leftUnplaced = unplaced.size;
  for (const id of [...waiting.keys()]) waitOver(id, span.to);
  for (const id of [...unready.keys()]) readyOver(id, span.to);
  const shortfalls: Shortfalls = {
    deferrals,
    instances: everUnplaced.size,
    mostAtOnce: mostUnplaced,
    minutes: minutes(shortMs),
    byReason,
    leftUnplaced,
  };
  return {
    placements: [...placed.values()],
    requested,
    waitingMinutes: minutes(waitMs),
    unreadyMinutes: minutes(unreadyMs),
    failures,
    deployments: [...deployments.values()],
    utilisation: gauge.read(),
    shortfalls,
  };
};

const minutes = (ms: Millis): number => Math.round((ms / MINUTE_MS) * 1000) / 1000;

const takeNode = (gauge: Gauge, id: string, fact: NodeFact): void => {
  if (fact.type === 'NodeRegistered' || fact.type === 'NodeOfferChanged') gauge.node(id, fact.offer);
  else if (fact.type === 'NodeRemoved') gauge.node(id, undefined);
};

type Outcome = NonNullable<DeploymentOutcome['outcome']>;
const OUTCOMES: Readonly<Record<Outcome, true>> = { succeeded: true, failed: true, cancelled: true };

/** The app's lock given back, or the deployment's own last state where another one had taken it: whichever is told first. */
const endDeployment = (
  row: { -readonly [K in keyof DeploymentOutcome]: DeploymentOutcome[K] } | undefined,
  { outcome, reason }: { readonly outcome: Outcome; readonly reason?: string | undefined },
  at: Instant,
): void => {
  if (row === undefined || row.outcome !== undefined) return;
  row.outcome = outcome;
  if (reason !== undefined) row.reason = reason;
  row.tookMs = at - row.startedAt;
};

type Amounts = { readonly cpus: number; readonly mem: number };

type Gauge = {
  upTo(at: Instant): void;
  node(id: string, offer: Amounts | undefined): void;
  hold(id: string, amounts: Amounts): void;
  free(id: string): void;
  read(): { readonly cpus: Usage; readonly mem: Usage };
};

/** Reserved and offered amounts, integrated over time. */
const gaugeOf = ({ from, to }: { readonly from: Instant; readonly to: Instant }): Gauge => {
  const nodes = new Map<string, Amounts>();
  const held = new Map<string, Amounts>();
  const now = { cpus: 0, mem: 0 };
  const offered = { cpus: 0, mem: 0 };
  const sum = { cpus: 0, mem: 0 };
  const sumOffered = { cpus: 0, mem: 0 };
  const peak = { cpus: 0, mem: 0 };
  const peakShare = { cpus: 0, mem: 0 };
  let last = from;
  const RESOURCES = ['cpus', 'mem'] as const;
  const change = (into: { cpus: number; mem: number }, { cpus, mem }: Amounts, by: 1 | -1): void => {
    into.cpus += by * cpus;
    into.mem += by * mem;
  };
  const usageOf = (of: 'cpus' | 'mem'): Usage => ({
    mean: round(sumOffered[of] === 0 ? 0 : sum[of] / sumOffered[of]),
    peak: round(peakShare[of]),
    peakAmount: round(peak[of]),
  });
  return {
    upTo: (at) => {
      const until = Math.min(at, to);
      const took = until - last;
      if (took <= 0) return;
      for (const of of RESOURCES) {
        sum[of] += now[of] * took;
        sumOffered[of] += offered[of] * took;
        peak[of] = Math.max(peak[of], now[of]);
        if (offered[of] > 0) peakShare[of] = Math.max(peakShare[of], now[of] / offered[of]);
      }
      last = until;
    },
    node: (id, offer) => {
      const before = nodes.get(id);
      if (before !== undefined) change(offered, before, -1);
      nodes.delete(id);
      if (offer === undefined) return;
      nodes.set(id, offer);
      change(offered, offer, 1);
    },
    hold: (id, { cpus, mem }) => {
      if (held.has(id)) return;
      held.set(id, { cpus, mem });
      change(now, { cpus, mem }, 1);
    },
    free: (id) => {
      const amounts = held.get(id);
      if (amounts === undefined) return;
      held.delete(id);
      change(now, amounts, -1);
    },
    read: () => ({ cpus: usageOf('cpus'), mem: usageOf('mem') }),
  };
};

const round = (value: number): number => Math.round(value * 10_000) / 10_000;
