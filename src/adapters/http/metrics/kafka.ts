import { Counter, Gauge, type Registry } from 'prom-client';
import type { PublisherStatus } from '../../../domain/ports/publishing.ts';

type Told = { readonly name: string; readonly help: string; readonly of: (status: PublisherStatus) => number };

const GAUGES: readonly Told[] = [
  { name: 'lag_facts', help: 'Facts that Kafka has not acknowledged yet.', of: ({ lagFacts }) => lagFacts },
  { name: 'lag_seconds', help: 'Age of the oldest of them, 0 where there is none.', of: ({ lagSeconds }) => lagSeconds },
  { name: 'connected', help: '1 while a cluster is connected to.', of: ({ cluster }) => (cluster === null ? 0 : 1) },
];
const COUNTERS: readonly Told[] = [
  { name: 'published', help: 'Facts that Kafka has acknowledged.', of: ({ published }) => published },
  { name: 'by_reference', help: 'Of those, too large to be sent with their data.', of: ({ byReference }) => byReference },
  { name: 'errors', help: 'Attempts to publish that failed and were repeated.', of: ({ errors }) => errors },
];

/** How far the log has been published. */
export const kafkaMetrics = (registry: Registry, status: () => PublisherStatus): void => {
  for (const { name, help, of } of GAUGES)
    new Gauge({
      name: `wharf_kafka_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(of(status()));
      },
    });
  for (const { name, help, of } of COUNTERS)
    new Counter({
      name: `wharf_kafka_${name}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(of(status()));
      },
    });
};
