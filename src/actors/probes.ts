import { graceOf } from '../domain/app/definition/leaving.ts';
import { declaredPorts } from '../domain/app/definition/ports.ts';
import type { InstanceCommand } from '../domain/instance/instance.commands.ts';
import { keyOf, streamOf } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { HostRuntime } from '../domain/ports/hosts.ts';
import type { Probe } from '../domain/ports/probes.ts';
import type { Views } from '../domain/ports/views.ts';
import type { Cause } from './envelope.ts';
import type { Debt, Effect } from './performer.ts';
import { createProber, type ProbeEvent, type Prober } from './prober.ts';
import type { Tell } from './tell.ts';

type Ports = {
  readonly views: Views;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly probe: Probe;
  host(node: string): HostRuntime | undefined;
  report(): Cause;
};

/** A checked instance owes being probed for as long as it runs; what a probe changes comes back as a command. */
export const createProbing = ({ views, clock, tell, probe, host, report }: Ports): { readonly effect: Effect; readonly prober: Prober } => {
  const prober = createProber({
    clock,
    probe,
    report: (instance, event) => tell(streamOf('instance', instance), commandOf(instance, event, views), report()),
  });
  const watch = ({ stream, params }: Debt): void => {
    const { app, version, node, hostPorts } = params as { app: string; version: string; node: string; hostPorts: readonly number[] };
    const definition = views.apps.definition(app, version);
    const row = views.instances.get(keyOf(stream));
    const offer = views.nodes.get(node)?.offer;
    if (definition === undefined || offer === undefined) return;
    const bound = declaredPorts(definition).filter(({ hostPort }) => hostPort !== undefined);
    prober.watch({
      instance: keyOf(stream),
      startedAt: row?.startedAt ?? clock.now(),
      address: offer.address,
      ports: bound.flatMap(({ name }, index) => {
        const port = hostPorts[index];
        return port === undefined ? [] : [{ port, ...(name !== undefined && { name }) }];
      }),
      healthChecks: definition.healthChecks,
      readinessChecks: definition.readinessChecks,
      get host() {
        return host(node);
      },
    });
  };
  return { prober, effect: { perform: watch, release: ({ stream }) => prober.unwatch(keyOf(stream)) } };
};

const commandOf = (instance: string, event: ProbeEvent, views: Views): InstanceCommand => {
  switch (event.type) {
    case 'ready':
      return { type: 'ReportReady' };
    case 'healthy':
      return { type: 'ReportHealthy', probe: event.probe };
    case 'unhealthy':
      return { type: 'ReportUnhealthy', probe: event.probe, failures: event.failures, cause: event.cause };
    case 'kill': {
      const row = views.instances.get(instance);
      const definition = row === undefined ? undefined : views.apps.definition(row.app, row.version);
      return {
        type: 'StopInstance',
        reason: `${event.probe}: ${event.reason}`,
        signal: 'SIGTERM',
        drainMs: 0,
        graceMs: graceOf(definition),
      };
    }
  }
};
