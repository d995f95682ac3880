/**
 * The publisher to Kafka as its thread puts it together, in a process of its own: `node publisher.ts <log> <file> <broker> <prefix>`. Prints a
 * line for each page that the broker has acknowledged, `<position> <ms since 1970>`; ends with its stdin.
 */
import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import { kafkaOf } from '../../src/adapters/kafka/connection.ts';
import { openKafkaSender } from '../../src/adapters/kafka/kafkaSender.ts';
import { publishedFile } from '../../src/adapters/kafka/publishedFile.ts';
import { startPublisher } from '../../src/adapters/kafka/publisher.ts';
import { openFactReader } from '../../src/adapters/log/sqlite/factReader.ts';

const [logFile = '', file = '', broker = '', prefix = ''] = process.argv.slice(2);
const connection = { brokers: [broker] };
const store = publishedFile(file);
const publisher = startPublisher({
  brokers: connection.brokers,
  reader: openFactReader(logFile),
  store: {
    ...store,
    save: (published) => {
      process.stdout.write(`${published.position} ${performance.timeOrigin + performance.now()}\n`);
      return store.save(published);
    },
  },
  clock: systemClock(),
  open: async () => openKafkaSender(kafkaOf(connection, 'wharfinger'), { isCompacted: () => false, create: {} }),
  message: { prefix, mode: 'structured' },
  onTrouble: (text) => console.error(text),
});
for await (const _ of process.stdin);
await publisher.close();
process.exit(0);
