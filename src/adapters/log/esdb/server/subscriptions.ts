import { randomUUID } from 'node:crypto';
import StreamsMessages from '@eventstore/db-client/generated/streams_pb.js';
import type { EventStore } from '../../../../domain/ports/eventStore.ts';
import { advancesOf } from './advances.ts';
import { streamDeleted } from './faults.ts';
import type { EventFilter } from './filters.ts';
import type { Outgoing } from './outgoing.ts';
import { type EventForm, readAnswer } from './recordedEvents.ts';

type ReadResp = StreamsMessages.ReadResp;
const { ReadResp } = StreamsMessages;

/** Events that are taken from the store at once. */
const PAGE = 128;

const confirmation = (): ReadResp =>
  new ReadResp().setConfirmation(new ReadResp.SubscriptionConfirmation().setSubscriptionId(randomUUID()));
const caughtUp = (): ReadResp => new ReadResp().setCaughtUp(new ReadResp.CaughtUp());
const checkpoint = (position: bigint): ReadResp =>
  new ReadResp().setCheckpoint(new ReadResp.Checkpoint().setCommitPosition(String(position)).setPreparePosition(String(position)));

/**
 * One stream behind a revision, and whatever is appended to it, until the client goes. It is read from the store as the client takes it:
 * a slow one falls behind and loses nothing.
 */
export const followStream = async (
  store: EventStore,
  stream: string,
  after: number | 'end',
  form: EventForm,
  out: Outgoing<ReadResp>,
): Promise<void> => {
  const advances = advancesOf(store);
  out.onOver(advances.stop);
  let next = after === 'end' ? (store.lastOf(stream)?.revision ?? -1) + 1 : after + 1;
  let isLive = false;
  await out.write(confirmation());
  while (!out.isOver()) {
    advances.look();
    const page = store.readStream(stream, { from: next, direction: 'forwards', max: PAGE });
    if (page === 'deleted') throw streamDeleted(stream);
    for (const event of page ?? []) {
      if (!(await out.write(readAnswer(store, event, form)))) return;
      next = event.revision + 1;
    }
    if (page !== undefined && page.length > 0) continue;
    if (!isLive) await out.write(caughtUp());
    isLive = true;
    await advances.next();
  }
};

/** All streams behind a place, and whatever is appended, as `followStream`; with a filter also how far it has looked. */
export const followAll = async (
  store: EventStore,
  after: bigint,
  filter: EventFilter | undefined,
  form: EventForm,
  out: Outgoing<ReadResp>,
): Promise<void> => {
  const advances = advancesOf(store);
  out.onOver(advances.stop);
  let place = after;
  let looked = 0;
  let isLive = false;
  await out.write(confirmation());
  while (!out.isOver()) {
    advances.look();
    const page = store.readBehind(place, PAGE);
    for (const event of page) {
      if ((filter === undefined || filter.takes(event)) && !(await out.write(readAnswer(store, event, form)))) return;
      place = event.position;
      looked++;
      if (filter === undefined || looked < filter.checkpointEvery) continue;
      looked = 0;
      if (!(await out.write(checkpoint(place)))) return;
    }
    if (page.length > 0) {
      // Where nothing is taken nothing waits for the client, and others want their turn.
      if (filter !== undefined) await new Promise(setImmediate);
      continue;
    }
    if (!isLive) {
      if (filter !== undefined && looked > 0) await out.write(checkpoint(place));
      looked = 0;
      await out.write(caughtUp());
    }
    isLive = true;
    await advances.next();
  }
};
