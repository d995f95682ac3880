import type { Subscription } from '../../../domain/kernel/ports.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { type CoreMetric, coreMetrics } from './core.ts';
import { countFacts, noCounts } from './counts.ts';
import { prometheusOf } from './prometheus.ts';
import { meterOf, sampleOf } from './rates.ts';

/**
 * `/metrics` as Marathon answers it, in Dropwizard's shape, or for Prometheus where that is what the request takes; `/metrics/prometheus`
 * for Prometheus in any case.
 */
export const serveMetrics = (server: Server, { engine, kafka }: Pick<Surroundings, 'engine' | 'kafka'>): void => {
  const counts = noCounts();
  const core = coreMetrics(engine, counts);
  const prometheus = prometheusOf(engine, core, kafka);
  const duration = sampleOf();
  const requests = meterOf(engine.clock);
  const responses = [1, 2, 3, 4, 5].map((hundreds) => ({ hundreds, meter: meterOf(engine.clock) }));

  let counting: Subscription | undefined;
  server.addHook('onReady', async () => {
    counting = await countFacts(engine, counts);
  });
  server.addHook('onClose', async () => counting?.close());
  server.addHook('onResponse', async (request, reply) => {
    const seconds = reply.elapsedTime / 1000;
    prometheus.observe({ method: request.method, route: request.routeOptions.url ?? 'unknown', status: String(reply.statusCode) }, seconds);
    duration.add(seconds);
    requests.mark();
    responses.find(({ hundreds }) => hundreds === Math.floor(reply.statusCode / 100))?.meter.mark();
  });

  const dropwizard = () => ({
    version: '4.0.0',
    gauges: named(core, 'gauge', (value) => ({ value })),
    counters: named(core, 'counter', (count) => ({ count })),
    histograms: {},
    meters: Object.fromEntries(
      responses.map(({ hundreds, meter }) => [`marathon.http.responses.${hundreds}xx.rate.meter`, meter.snapshot()]),
    ),
    timers: {
      'marathon.http.requests.duration.timer.seconds': {
        ...requests.snapshot(),
        ...duration.snapshot(),
        duration_units: 'seconds',
        rate_units: 'calls/second',
      },
    },
  });

  server.get(
    '/metrics',
    { schema: { summary: "Metrics in Dropwizard's shape; for who takes text/plain those of Prometheus.", tags: ['cluster'] } },
    async (request, reply) => {
      if (TEXT.test(request.headers.accept ?? '')) return reply.type(prometheus.contentType).send(await prometheus.text());
      return dropwizard();
    },
  );
  server.get('/metrics/prometheus', { schema: { summary: 'Metrics for Prometheus.', tags: ['cluster'] } }, async (_request, reply) =>
    reply.type(prometheus.contentType).send(await prometheus.text()),
  );
};

/** What Prometheus' own scraper asks for. */
const TEXT = /text\/plain|application\/openmetrics-text/;

const named = <A>(metrics: readonly CoreMetric[], kind: CoreMetric['kind'], render: (value: number) => A): Readonly<Record<string, A>> =>
  Object.fromEntries(metrics.filter((metric) => metric.kind === kind).map(({ name, value }) => [name, render(value())]));
