import { Counter, Gauge, type Registry } from 'prom-client';
import type { PoolCounters } from '../../../domain/ports/balancer.ts';
import type { Traffic } from '../../../domain/ports/traffic.ts';

const LABELS = ['balancer', 'app', 'route', 'version'] as const;

const COUNTERS: readonly { readonly name: string; readonly help: string; readonly of: (pool: PoolCounters) => number }[] = [
  { name: 'requests', help: 'Requests (HTTP) or connections (TCP) passed on, by route and version.', of: ({ requests }) => requests },
  { name: 'errors', help: 'Of those, answered with 5xx or by no server.', of: ({ errors }) => errors },
  { name: 'retries', help: 'Of those, passed to another server since the first could not be connected to.', of: ({ retries }) => retries },
  { name: 'received_bytes', help: 'Bytes from clients.', of: ({ bytesIn }) => bytesIn },
  { name: 'sent_bytes', help: 'Bytes to clients.', of: ({ bytesOut }) => bytesOut },
];

/** What balancers count, read once for each scrape. */
export const trafficMetrics = (registry: Registry, traffic: Traffic): void => {
  let reading: Promise<Awaited<ReturnType<Traffic['counters']>>> | undefined;
  const read = () => {
    reading ??= traffic.counters().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const labelsOf = ({ balancer, app, route, version }: Awaited<ReturnType<typeof read>>[number]) => ({ balancer, app, route, version });
  for (const { name, help, of } of COUNTERS)
    new Counter({
      name: `wharf_traffic_${name}_total`,
      help,
      labelNames: LABELS,
      registers: [registry],
      async collect() {
        const pools = await read();
        this.reset();
        for (const pool of pools) this.inc(labelsOf(pool), of(pool));
      },
    });
  new Gauge({
    name: 'wharf_traffic_current',
    help: 'Requests and connections that are under way, by route and version.',
    labelNames: LABELS,
    registers: [registry],
    async collect() {
      const pools = await read();
      this.reset();
      for (const pool of pools) this.set(labelsOf(pool), pool.current);
    },
  });
  new Gauge({
    name: 'wharf_traffic_balancer_current',
    help: '1 while a load balancer does what it is to.',
    labelNames: ['balancer'],
    registers: [registry],
    collect() {
      for (const { name, isCurrent } of traffic.balancers()) this.set({ balancer: name }, isCurrent ? 1 : 0);
    },
  });
  new Counter({
    name: 'wharf_traffic_reloads_total',
    help: 'New processes or workers of a load balancer for another structure of routes.',
    labelNames: ['balancer'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { name, reloads } of traffic.balancers()) this.inc({ balancer: name }, reloads);
    },
  });
};
