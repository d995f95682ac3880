import type { MutableRow } from './instanceRow.ts';
import type { SnapshotSink, SnapshotSource } from './snapshot.ts';

/** What most rows have, each by a bit of its own, in the order in which facts bring it. */
const PLACED = 1;
const STARTED = 2;
const READY = 4;
const ENDED = 8;
const NODE = 16;
const CONTAINER = 32;
const RARE = 64;
const GATED = 128;

const RARE_FIELDS = ['containers', 'notBefore', 'exit', 'failure', 'stopReason', 'unhealthy', 'deferred', 'nominated'] as const;
type Rare = Pick<MutableRow, (typeof RARE_FIELDS)[number]>;

const rareOf = (row: MutableRow): Rare | undefined => {
  let rare: Record<string, unknown> | undefined;
  for (const field of RARE_FIELDS) {
    if (row[field] === undefined) continue;
    rare ??= {};
    rare[field] = row[field];
  }
  return rare as Rare | undefined;
};

export const writeRow = (row: MutableRow, sink: SnapshotSink): void => {
  const { requestedAt, placedAt, startedAt, readyAt, endedAt } = row;
  const rare = rareOf(row);
  sink.uint(
    (placedAt === undefined ? 0 : PLACED) |
      (startedAt === undefined ? 0 : STARTED) |
      (readyAt === undefined ? 0 : READY) |
      (endedAt === undefined ? 0 : ENDED) |
      (row.node === undefined ? 0 : NODE) |
      (row.containerId === undefined ? 0 : CONTAINER) |
      (rare === undefined ? 0 : RARE) |
      (row.gated ? GATED : 0),
  );
  sink.text(row.id);
  sink.word(row.app);
  sink.word(row.version);
  sink.uint(row.slot);
  sink.uint(row.attempt);
  sink.word(row.owner);
  sink.word(row.state);
  sink.uint(row.revision);
  sink.number(requestedAt);
  sink.number(row.since - requestedAt);
  sink.uint(row.hostPorts.length);
  for (const port of row.hostPorts) sink.uint(port);
  sink.uint(row.ipAddresses.length);
  for (const address of row.ipAddresses) sink.word(address);
  if (row.node !== undefined) sink.word(row.node);
  if (placedAt !== undefined) sink.number(placedAt - requestedAt);
  if (row.containerId !== undefined) sink.text(row.containerId);
  if (startedAt !== undefined) sink.number(startedAt - requestedAt);
  if (readyAt !== undefined) sink.number(readyAt - requestedAt);
  if (endedAt !== undefined) sink.number(endedAt - requestedAt);
  if (rare !== undefined) sink.plain(rare);
};

const NONE: readonly never[] = [];

const portsFrom = (source: SnapshotSource): readonly number[] => {
  const count = source.uint();
  if (count === 0) return NONE;
  const ports: number[] = [];
  for (let nth = 0; nth < count; nth++) ports.push(source.uint());
  return ports;
};

const addressesFrom = (source: SnapshotSource): readonly string[] => {
  const count = source.uint();
  if (count === 0) return NONE;
  const addresses: string[] = [];
  for (let nth = 0; nth < count; nth++) addresses.push(source.word());
  return addresses;
};

export const readRow = (source: SnapshotSource): MutableRow => {
  const has = source.uint();
  const id = source.text();
  const app = source.word();
  const version = source.word();
  const slot = source.uint();
  const attempt = source.uint();
  const owner = source.word();
  const state = source.word();
  const revision = source.uint();
  const requestedAt = source.number();
  const since = requestedAt + source.number();
  const hostPorts = portsFrom(source);
  const ipAddresses = addressesFrom(source);
  const gated = (has & GATED) !== 0;
  const row: MutableRow = {
    id,
    app,
    version,
    slot,
    attempt,
    owner,
    gated,
    state,
    since,
    revision,
    hostPorts,
    ipAddresses,
    requestedAt,
  };
  if ((has & NODE) !== 0) row.node = source.word();
  if ((has & PLACED) !== 0) row.placedAt = requestedAt + source.number();
  if ((has & CONTAINER) !== 0) row.containerId = source.text();
  if ((has & STARTED) !== 0) row.startedAt = requestedAt + source.number();
  if ((has & READY) !== 0) row.readyAt = requestedAt + source.number();
  if ((has & ENDED) !== 0) row.endedAt = requestedAt + source.number();
  if ((has & RARE) !== 0) Object.assign(row, source.plain() as Rare);
  return row;
};
