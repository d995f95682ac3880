import PersistentMessages from '@eventstore/db-client/generated/persistent_pb.js';
import type { ConnectionInfo, GroupInfo } from './consumers.ts';
import type { StartFrom } from './settings.ts';

type SubscriptionInfo = PersistentMessages.SubscriptionInfo;
const { SubscriptionInfo } = PersistentMessages;

/** What a group is told as, in the words of EventStoreDB and its clients. */
export const infoMessage = ({
  record,
  isLive,
  isReplaying,
  counts,
  parked,
  measured,
  lastKnown,
  connections,
}: GroupInfo): SubscriptionInfo => {
  const { settings, stream, group } = record;
  const isAll = stream === '$all';
  return (
    new SubscriptionInfo()
      .setEventSource(stream)
      .setGroupName(group)
      .setStatus([isReplaying ? ['ReplayingParkedMessages'] : [], isLive ? 'Live' : 'Behind'].flat().join(', '))
      .setConnectionsList(connections.map(connectionMessage))
      .setAveragePerSecond(measured.average)
      .setTotalItems(String(measured.total))
      .setCountSinceLastMeasurement(String(measured.sinceLast))
      .setLastCheckpointedEventPosition(
        record.checkpoint === undefined || record.checkpoint < 0n ? '' : placeText(record.checkpoint, isAll),
      )
      .setLastKnownEventPosition(lastKnown === undefined ? '' : placeText(lastKnown, isAll))
      .setResolveLinkTos(settings.resolveLinks)
      .setStartFrom(placeText(startNumber(settings.startFrom), isAll))
      .setMessageTimeoutMilliseconds(settings.messageTimeout)
      .setExtraStatistics(settings.extraStatistics)
      .setMaxRetryCount(settings.maxRetryCount)
      .setLiveBufferSize(settings.liveBufferSize)
      .setBufferSize(settings.historyBufferSize)
      .setReadBatchSize(settings.readBatchSize)
      .setCheckPointAfterMilliseconds(settings.checkpointAfter)
      .setMinCheckPointCount(settings.minCheckpointCount)
      .setMaxCheckPointCount(settings.maxCheckpointCount)
      .setReadBufferCount(counts.waiting)
      // Events are read when there is room for them, live ones too, so none waits here.
      .setLiveBufferCount('0')
      .setRetryBufferCount(counts.retrying)
      .setTotalInFlightMessages(counts.flying)
      .setOutstandingMessagesCount(counts.open)
      .setNamedConsumerStrategy(settings.strategy)
      .setMaxSubscriberCount(settings.maxSubscriberCount)
      .setParkedMessageCount(String(parked))
  );
};

const startNumber = (from: StartFrom): bigint => (from === 'start' ? 0n : from === 'end' ? -1n : from);

/** Of a stream a revision, of `$all` a position with both its parts. */
const placeText = (place: bigint, isAll: boolean): string => (isAll ? `C:${place}/P:${place}` : String(place));

const connectionMessage = ({ from, username, connectionName, measured, spread, freeSlots, flying }: ConnectionInfo) =>
  new SubscriptionInfo.ConnectionInfo()
    .setFrom(from)
    .setUsername(username)
    .setConnectionName(connectionName)
    .setAverageItemsPerSecond(measured.average)
    .setTotalItems(String(measured.total))
    .setCountSinceLastMeasurement(String(measured.sinceLast))
    .setAvailableSlots(freeSlots)
    .setInFlightMessages(flying)
    .setObservedMeasurementsList(
      [...(spread ?? [])].map(([key, value]) => new SubscriptionInfo.Measurement().setKey(key).setValue(String(value))),
    );
