/**
 * The newer client of the protocol as a process of its own: its generated code and that of @eventstore/db-client can't share one.
 * `node kurrentClient.ts <connection string>`; each line on stdin is a question as JSON, each line on stdout its answer.
 */
import { createInterface } from 'node:readline';
import {
  BACKWARDS,
  END,
  eventTypeFilter,
  FORWARDS,
  jsonEvent,
  KurrentDBClient,
  type ResolvedEvent,
  START,
  streamNameFilter,
} from '@kurrent/kurrentdb-client';

export type KurrentQuestion =
  | {
      readonly do: 'append';
      readonly stream: string;
      readonly types: readonly string[];
      readonly at?: number | 'any' | 'no_stream' | 'stream_exists';
    }
  | { readonly do: 'read'; readonly stream: string; readonly backwards?: boolean; readonly max?: number }
  | { readonly do: 'readAll'; readonly backwards?: boolean; readonly max?: number; readonly streams?: readonly string[] }
  | {
      readonly do: 'follow';
      readonly stream?: string;
      readonly types?: string;
      readonly streams?: readonly string[];
      readonly until: string;
    }
  | { readonly do: 'describe'; readonly stream: string; readonly maxCount: number }
  | { readonly do: 'delete' | 'tombstone' | 'description'; readonly stream: string };

export type KurrentAnswer = { readonly error?: string; readonly message?: string; readonly value?: never };

const client = KurrentDBClient.connectionString(process.argv[2] ?? '');

const told = ({ event }: ResolvedEvent) => ({
  stream: event?.streamId,
  revision: Number(event?.revision),
  type: event?.type,
  data: event?.data,
  metadata: event?.metadata,
});

const answerTo = async (question: KurrentQuestion): Promise<unknown> => {
  switch (question.do) {
    case 'append': {
      const { stream, types, at = 'any' } = question;
      const events = types.map((type) => jsonEvent({ type, data: { of: type } }));
      const { nextExpectedRevision } = await client.appendToStream(stream, events, {
        streamState: typeof at === 'number' ? BigInt(at) : at,
      });
      return Number(nextExpectedRevision);
    }
    case 'read': {
      const { stream, backwards = false, max = 1_000 } = question;
      const found: unknown[] = [];
      const direction = backwards ? BACKWARDS : FORWARDS;
      for await (const each of client.readStream(stream, { direction, fromRevision: backwards ? END : START, maxCount: max }))
        found.push(told(each));
      return found;
    }
    case 'readAll': {
      const { backwards = false, max = 1_000, streams } = question;
      const found: unknown[] = [];
      const filter = streams === undefined ? {} : { filter: streamNameFilter({ prefixes: [...streams] }) };
      const direction = backwards ? BACKWARDS : FORWARDS;
      for await (const each of client.readAll({ direction, fromPosition: backwards ? END : START, maxCount: max, ...filter }))
        found.push(told(each));
      return found;
    }
    case 'follow': {
      const { stream, types, streams, until } = question;
      const filter =
        types !== undefined
          ? { filter: eventTypeFilter({ regex: types }) }
          : streams !== undefined
            ? { filter: streamNameFilter({ prefixes: [...streams] }) }
            : {};
      const following =
        stream === undefined
          ? client.subscribeToAll({ fromPosition: START, ...filter })
          : client.subscribeToStream(stream, { fromRevision: START });
      following.on('caughtUp', () => process.stdout.write('caught up\n'));
      const found: unknown[] = [];
      for await (const each of following) {
        found.push(told(each as ResolvedEvent));
        if (each.event?.type === until) break;
      }
      return found;
    }
    case 'describe':
      await client.setStreamMetadata(question.stream, { maxCount: question.maxCount });
      return true;
    case 'description':
      return (await client.getStreamMetadata(question.stream)).metadata;
    case 'delete':
      await client.deleteStream(question.stream);
      return true;
    case 'tombstone':
      await client.tombstoneStream(question.stream);
      return true;
  }
};

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await answerTo(JSON.parse(line) as KurrentQuestion).then(
    (value) => ({ value }),
    (error: Error & { readonly type?: string }) => ({ error: error.type ?? error.name, message: error.message }),
  );
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await client.dispose();
process.exit(0);
