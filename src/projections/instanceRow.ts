import type { InstanceFact, InstanceFactOf } from '../domain/instance/instance.facts.ts';
import { phaseOf } from '../domain/instance/instance.states.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Exit } from '../domain/ports/hosts.ts';
import type { ContainerRow, InstanceRow } from '../domain/ports/views.ts';

export type MutableRow = { -readonly [K in keyof InstanceRow]: InstanceRow[K] };

const NONE: readonly never[] = [];

/** One instance's row after one more fact. */
export const evolveRow = (before: MutableRow | undefined, id: string, { fact, meta, revision }: Recorded<InstanceFact>): MutableRow => {
  // Asked first: a row never comes to stand in a state that nobody knows.
  const phase = phaseOf(meta.state);
  const row = before ?? requested(id, fact as Extract<InstanceFact, { type: 'InstanceRequested' }>, meta.at);
  if (row.state !== meta.state) row.since = meta.at;
  if (row.state === 'nominated' && meta.state !== 'nominated') delete row.nominated;
  row.state = meta.state;
  row.revision = revision;
  if (meta.state === 'waiting' && meta.due !== undefined) row.notBefore = meta.due;
  else if (row.notBefore !== undefined) delete row.notBefore;
  take(row, fact, meta.at);
  if (phase === 'ended' && row.endedAt === undefined) row.endedAt = meta.at;
  return row;
};

/** With places for all that a running one has: a row that grows field by field takes twice the memory, and there are a million. */
const requested = (id: string, fact: Extract<InstanceFact, { type: 'InstanceRequested' }>, at: number): MutableRow =>
  ({
    id,
    app: fact.app,
    version: fact.version,
    slot: fact.slot,
    attempt: fact.attempt,
    owner: fact.owner,
    gated: fact.gated,
    ...(fact.gang !== undefined && { gang: fact.gang }),
    state: '',
    since: at,
    revision: -1,
    node: undefined,
    hostPorts: NONE,
    containerId: undefined,
    ipAddresses: NONE,
    requestedAt: at,
    placedAt: undefined,
    startedAt: undefined,
    readyAt: undefined,
  }) as unknown as MutableRow;

const take = (row: MutableRow, fact: InstanceFact, at: number): void => {
  switch (fact.type) {
    case 'InstanceRequested':
      if (fact.gang !== undefined) row.gang = fact.gang;
      return;
    case 'InstancePlaced':
      row.node = fact.node;
      row.hostPorts = fact.hostPorts;
      row.placedAt = at;
      if (row.deferred !== undefined) delete row.deferred;
      return;
    case 'InstanceNominated':
      row.nominated = { node: fact.node, victims: fact.victims.map(({ instance }) => instance) };
      return;
    case 'PlacementDeferred':
      row.deferred = { considered: fact.considered, excluded: fact.excluded, ...(fact.gang !== undefined && { gang: fact.gang }), at };
      return;
    case 'PlacementRevoked':
      (row as Partial<MutableRow>).node = undefined as never;
      (row as Partial<MutableRow>).placedAt = undefined as never;
      row.hostPorts = NONE;
      return;
    case 'ContainerStarted':
      row.containerId = fact.containerId;
      row.ipAddresses = fact.ipAddresses;
      if (fact.containers !== undefined) row.containers = fact.containers;
      row.startedAt = at;
      if (!row.gated) row.readyAt = at;
      return;
    case 'ContainerExited':
      row.exit = exitOf(fact);
      if (row.containers !== undefined) row.containers = ended(row.containers, fact.containers ?? [], at);
      return;
    case 'PodContainerExited':
      if (row.containers !== undefined) row.containers = ended(row.containers, [fact], at);
      return;
    case 'InstanceBecameReady':
    case 'InstanceBecameHealthy':
      row.readyAt ??= at;
      if (row.unhealthy !== undefined) delete row.unhealthy;
      return;
    case 'InstanceBecameUnhealthy':
      row.unhealthy = { probe: fact.probe, failures: fact.failures, cause: fact.cause };
      return;
    case 'InstanceStopRequested':
    case 'InstanceCancelled':
      row.stopReason = fact.reason;
      return;
    case 'ImagePullFailed':
    case 'ImageMissing':
    case 'PortTaken':
    case 'CommandNotFound':
    case 'ArtifactFetchFailed':
    case 'StartRejected':
      row.failure = { type: fact.type, message: fact.message };
      return;
    case 'InstanceLost':
      row.failure = { type: fact.type, message: fact.why };
      return;
    case 'ContainerVanished':
      row.failure = { type: fact.type, message: `node ${fact.node} has nothing of that name` };
      return;
  }
};

const exitOf = ({ oom, exitCode, signal }: Omit<InstanceFactOf<'ContainerExited'>, 'type'>): Exit => ({
  oom,
  ...(exitCode !== undefined && { exitCode }),
  ...(signal !== undefined && { signal }),
});

const ended = (
  containers: readonly ContainerRow[],
  ends: NonNullable<InstanceFactOf<'ContainerExited'>['containers']>,
  at: number,
): readonly ContainerRow[] =>
  containers.map((container) => {
    const end = ends.find(({ name }) => name === container.name);
    return end === undefined || container.exit !== undefined ? container : { ...container, exit: { ...exitOf(end), at } };
  });
