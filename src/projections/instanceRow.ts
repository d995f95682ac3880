import type { InstanceFact } from '../domain/instance/instance.facts.ts';
import { phaseOf } from '../domain/instance/instance.states.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { InstanceRow } from '../domain/ports/views.ts';

export type MutableRow = { -readonly [K in keyof InstanceRow]: InstanceRow[K] };

const NONE: readonly never[] = [];

/** One instance's row after one more fact. */
export const evolveRow = (before: MutableRow | undefined, id: string, { fact, meta, revision }: Recorded<InstanceFact>): MutableRow => {
  // Asked first: a row never comes to stand in a state that nobody knows.
  const phase = phaseOf(meta.state);
  const row = before ?? requested(id, fact as Extract<InstanceFact, { type: 'InstanceRequested' }>, meta.at);
  row.state = meta.state;
  row.revision = revision;
  if (meta.due === undefined || meta.state !== 'waiting') delete row.notBefore;
  else row.notBefore = meta.due;
  take(row, fact, meta.at);
  if (phase === 'ended' && row.endedAt === undefined) row.endedAt = meta.at;
  return row;
};

const requested = (id: string, fact: Extract<InstanceFact, { type: 'InstanceRequested' }>, at: number): MutableRow => ({
  id,
  app: fact.app,
  version: fact.version,
  slot: fact.slot,
  attempt: fact.attempt,
  owner: fact.owner,
  gated: fact.gated,
  state: '',
  revision: -1,
  hostPorts: NONE,
  ipAddresses: NONE,
  requestedAt: at,
});

const take = (row: MutableRow, fact: InstanceFact, at: number): void => {
  switch (fact.type) {
    case 'InstancePlaced':
      row.node = fact.node;
      row.hostPorts = fact.hostPorts;
      row.placedAt = at;
      delete row.deferred;
      return;
    case 'PlacementDeferred':
      row.deferred = { considered: fact.considered, excluded: fact.excluded, at };
      return;
    case 'PlacementRevoked':
      delete row.node;
      delete row.placedAt;
      row.hostPorts = NONE;
      return;
    case 'ContainerStarted':
      row.containerId = fact.containerId;
      row.ipAddresses = fact.ipAddresses;
      row.startedAt = at;
      if (!row.gated) row.readyAt = at;
      return;
    case 'ContainerExited':
      row.exit = {
        oom: fact.oom,
        ...(fact.exitCode !== undefined && { exitCode: fact.exitCode }),
        ...(fact.signal !== undefined && { signal: fact.signal }),
      };
      return;
    case 'InstanceBecameReady':
    case 'InstanceBecameHealthy':
      row.readyAt ??= at;
      delete row.unhealthy;
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
