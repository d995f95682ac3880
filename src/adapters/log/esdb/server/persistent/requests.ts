import type PersistentMessages from '@eventstore/db-client/generated/persistent_pb.js';
import type SharedMessages from '@eventstore/db-client/generated/shared_pb.js';
import { streamIn } from '../streamNames.ts';
import type { Filter } from './filter.ts';
import type { GroupName } from './names.ts';
import type { GroupSettings, StartFrom, Strategy } from './settings.ts';

type CreateOptions = PersistentMessages.CreateReq.Options;
type UpdateOptions = PersistentMessages.UpdateReq.Options;
type SettingsMessage = PersistentMessages.CreateReq.Settings | PersistentMessages.UpdateReq.Settings;

/** Something in a request that makes no sense: its field and the rule. */
export class WrongRequest extends Error {}

const TICKS_PER_MS = 10_000n;
/** "The end", as a revision of 64 bits without sign; also -1 as clients write it. */
const END = 2n ** 64n - 1n;
const POSITION_MAX = 2n ** 63n - 1n;

type Named = {
  getGroupName(): string;
  hasAll(): boolean;
  getStreamIdentifier(): SharedMessages.StreamIdentifier | undefined;
};

/** @throws WrongRequest where no stream is named */
export const nameIn = (options: Named | undefined): GroupName => {
  if (options === undefined) throw new WrongRequest('options are missing');
  const group = options.getGroupName();
  return options.hasAll() ? { stream: '$all', group } : { stream: requireStream(options.getStreamIdentifier()), group };
};

/** As `nameIn`; clients of before and since 21.10 name the stream at different places. */
export const targetIn = (options: CreateOptions | UpdateOptions | undefined): GroupName => {
  if (options === undefined) throw new WrongRequest('options are missing');
  if (options.hasAll()) return { stream: '$all', group: options.getGroupName() };
  const stream = requireStream(options.getStream()?.getStreamIdentifier() ?? options.getStreamIdentifier());
  return { stream, group: options.getGroupName() };
};

export const requireStream = (identifier: SharedMessages.StreamIdentifier | undefined): string => {
  const stream = streamIn(identifier);
  if (stream === '') throw new WrongRequest('stream_identifier: a stream needs a name');
  if (stream === '$all') throw new WrongRequest("stream_identifier: a subscription to '$all' is asked for by its own option");
  return stream;
};

/** @throws WrongRequest for an unknown consumer strategy or a place that is none */
export const settingsIn = (options: CreateOptions | UpdateOptions): GroupSettings => {
  const settings = options.getSettings();
  if (settings === undefined) throw new WrongRequest('settings are missing');
  return {
    startFrom: startIn(options, settings),
    resolveLinks: settings.getResolveLinks(),
    extraStatistics: settings.getExtraStatistics(),
    messageTimeout: settings.hasMessageTimeoutTicks() ? msOf(settings.getMessageTimeoutTicks()) : settings.getMessageTimeoutMs(),
    checkpointAfter: settings.hasCheckpointAfterTicks() ? msOf(settings.getCheckpointAfterTicks()) : settings.getCheckpointAfterMs(),
    maxRetryCount: settings.getMaxRetryCount(),
    minCheckpointCount: settings.getMinCheckpointCount(),
    maxCheckpointCount: settings.getMaxCheckpointCount(),
    maxSubscriberCount: settings.getMaxSubscriberCount(),
    liveBufferSize: settings.getLiveBufferSize(),
    readBatchSize: settings.getReadBatchSize(),
    historyBufferSize: settings.getHistoryBufferSize(),
    strategy: strategyIn(settings),
  };
};

const msOf = (ticks: string): number => Number(BigInt(ticks) / TICKS_PER_MS);

const startIn = (options: CreateOptions | UpdateOptions, settings: SettingsMessage): StartFrom => {
  const all = options.getAll();
  if (all !== undefined) {
    if (all.hasEnd()) return 'end';
    const position = all.getPosition();
    return position === undefined ? 'start' : placeOf(position.getCommitPosition(), POSITION_MAX);
  }
  const stream = options.getStream();
  if (stream?.hasEnd() === true) return 'end';
  if (stream?.hasStart() === true) return 'start';
  return placeOf(stream === undefined ? settings.getRevision() : stream.getRevision(), BigInt(Number.MAX_SAFE_INTEGER));
};

const placeOf = (text: string, most: bigint): StartFrom => {
  const place = BigInt(text);
  if (place === 0n) return 'start';
  if (place === END || place === -1n) return 'end';
  if (place < 0n || place > most) throw new WrongRequest(`the place to start from must be at most ${most}, not ${place}`);
  return place;
};

/** By name since 21.10, before by number. */
const BY_NUMBER: readonly Strategy[] = ['DispatchToSingle', 'RoundRobin', 'Pinned'];
const BY_NAME: Readonly<Record<string, Strategy>> = {
  RoundRobin: 'RoundRobin',
  DispatchToSingle: 'DispatchToSingle',
  Pinned: 'Pinned',
  PinnedByCorrelation: 'PinnedByCorrelation',
};

const strategyIn = (settings: SettingsMessage): Strategy => {
  const name = 'getConsumerStrategy' in settings ? settings.getConsumerStrategy() : '';
  const strategy = name === '' ? BY_NUMBER[settings.getNamedConsumerStrategy()] : BY_NAME[name];
  if (strategy === undefined)
    throw new WrongRequest(
      `consumer_strategy '${name || settings.getNamedConsumerStrategy()}' is none of ${Object.keys(BY_NAME).join(', ')}`,
    );
  return strategy;
};

/** @returns undefined where every event is wanted */
export const filterIn = (options: CreateOptions): Filter | undefined => {
  const filter = options.getAll()?.getFilter();
  if (filter === undefined) return undefined;
  const ofStream = filter.getStreamIdentifier();
  const expression = ofStream ?? filter.getEventType();
  if (expression === undefined) return undefined;
  const prefixes = expression.getPrefixList();
  const on = ofStream === undefined ? 'type' : 'stream';
  return { on, by: prefixes.length > 0 ? { prefixes } : { regex: expression.getRegex() } };
};
