import PersistentMessages from '@eventstore/db-client/generated/persistent_pb.js';
import { recordedAs } from '../recordedEvents.ts';
import type { UuidForm } from '../uuids.ts';
import type { Delivery } from './group.ts';

type ReadResp = PersistentMessages.ReadResp;
const { ReadResp } = PersistentMessages;
const { RecordedEvent } = ReadResp.ReadEvent;

export const confirmation = (id: string): ReadResp =>
  new ReadResp().setSubscriptionConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId(id));

export const deliveryMessage = ({ message: { event, link }, retryCount }: Delivery, uuids: UuidForm): ReadResp => {
  const read = new ReadResp.ReadEvent().setEvent(recordedAs(new RecordedEvent(), event, uuids)).setRetryCount(retryCount);
  if (link !== undefined) read.setLink(recordedAs(new RecordedEvent(), link, uuids));
  return new ReadResp().setEvent(read.setCommitPosition(String((link ?? event).position)));
};
