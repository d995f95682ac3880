import { StreamsService } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import { appendHandler } from './append.ts';
import { batchAppendHandler } from './batchAppend.ts';
import { readHandler } from './read.ts';
import { deleteHandler, tombstoneHandler } from './removals.ts';
import type { ServiceOf } from './rpcs.ts';

/** Appending, reading, following and deleting. */
export const streamsService: ServiceOf = (context) => ({
  definition: StreamsService,
  implementation: {
    append: appendHandler(context),
    batchAppend: batchAppendHandler(context),
    read: readHandler(context),
    delete: deleteHandler(context),
    tombstone: tombstoneHandler(context),
  },
});
