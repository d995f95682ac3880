/**
 * The publisher to Kafka as a process of its own, so that a test can kill it: `node publisherProcess.ts <KafkaThreadData as JSON>`. Prints a line
 * of JSON for each trouble; ends in good order with its stdin.
 */
import { startKafka } from '../../src/kafkaServer.ts';
import type { KafkaThreadData } from '../../src/kafkaThread.ts';

const server = startKafka(JSON.parse(process.argv[2] ?? '') as KafkaThreadData, (text) =>
  process.stdout.write(`${JSON.stringify(text)}\n`),
);
for await (const _ of process.stdin);
await server.close();
process.exit(0);
