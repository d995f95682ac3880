import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { PublisherStatus } from '../../../domain/ports/publishing.ts';
import type { CoreMetric } from './core.ts';
import { kafkaMetrics } from './kafka.ts';
import { trafficMetrics } from './traffic.ts';

/** Counts by a label, all labels seen before set to 0, so that a state that nobody is in any more says so. */
const gaugeBy = (registry: Registry, name: string, help: string, label: string, values: () => Iterable<string>): void => {
  const seen = new Set<string>();
  new Gauge({
    name,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      const counts = new Map<string, number>([...seen].map((each) => [each, 0]));
      for (const value of values()) counts.set(value, (counts.get(value) ?? 0) + 1);
      for (const [value, count] of counts) {
        seen.add(value);
        this.set({ [label]: value }, count);
      }
    },
  });
};

const gauge = (registry: Registry, name: string, help: string, value: () => number): void => {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(value());
    },
  });
};

function* statesOf(rows: Iterable<{ readonly state: string }>): Generator<string> {
  for (const { state } of rows) yield state;
}

/** Marathon's names with what Prometheus allows in one, as Marathon's own reporter writes them. */
const prometheusName = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, '_');

const coreMetric = (registry: Registry, { name, kind, help, value }: CoreMetric): void => {
  if (kind === 'gauge') {
    gauge(registry, prometheusName(name), help, value);
    return;
  }
  new Counter({
    name: prometheusName(name),
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(value());
    },
  });
};

export type Prometheus = {
  readonly contentType: string;
  text(): Promise<string>;
  /** How long a request took, seconds. */
  observe(labels: Readonly<Record<'method' | 'route' | 'status', string>>, seconds: number): void;
};

/** Our own gauges, read from the views when asked, Marathon's by their names, and how long requests took by route. */
export const prometheusOf = (
  { views, log, clock, startedAt, term, logTrouble, quarantined, traffic }: Engine,
  core: readonly CoreMetric[],
  kafka?: () => PublisherStatus,
): Prometheus => {
  const registry = new Registry();
  gauge(registry, 'wharf_apps', 'Apps.', () => [...views.apps.all()].length);
  gaugeBy(registry, 'wharf_instances', 'Instances that are kept in the views, by state.', 'state', () => statesOf(views.instances.all()));
  gaugeBy(registry, 'wharf_nodes', 'Nodes in the pool, by state.', 'state', () => statesOf(views.nodes.all()));
  gauge(registry, 'wharf_deployments_running', 'Deployments that have not ended.', () => views.deployments.running().length);
  gauge(registry, 'wharf_log_head_position', 'Position of the last fact.', () => log.head());
  gauge(registry, 'wharf_views_position', 'Position up to which the views have read.', () => views.position());
  gauge(registry, 'wharf_log_writable', '1 while the log can be written.', () => (logTrouble() === undefined ? 1 : 0));
  gauge(registry, 'wharf_quarantined_streams', 'Streams whose history does not fold; their actors stand still.', () => quarantined().size);
  gauge(registry, 'wharf_term', 'Term of this leader; 0 while this engine stands by.', () => term);
  gauge(registry, 'wharf_uptime_seconds', 'Seconds since this engine started.', () => (clock.now() - startedAt) / 1000);
  if (traffic !== undefined) trafficMetrics(registry, traffic);
  if (kafka !== undefined) kafkaMetrics(registry, kafka);
  const requests = new Histogram({
    name: 'wharf_http_request_duration_seconds',
    help: 'Time to answer a request, by route.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    registers: [registry],
  });
  for (const metric of core) coreMetric(registry, metric);
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    observe: (labels, seconds) => requests.observe(labels, seconds),
  };
};
