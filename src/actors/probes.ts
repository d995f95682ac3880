import { APP, type AppFact } from '../domain/app/app.facts.ts';
import { graceOf } from '../domain/app/definition/leaving.ts';
import type { InstanceCommand } from '../domain/instance/instance.commands.ts';
import { keyOf, nounOf, streamOf } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { HostRuntime } from '../domain/ports/hosts.ts';
import type { Probe } from '../domain/ports/probes.ts';
import type { Views } from '../domain/ports/views.ts';
import type { Cause } from './envelope.ts';
import type { Debt, Effect } from './performer.ts';
import { createProber, type ProbeEvent, type Prober } from './prober.ts';
import { portsOf } from './probing/ports.ts';
import type { Tell } from './tell.ts';

type Ports = {
  readonly views: Views;
  readonly clock: Clock;
  readonly tell: Tell;
  readonly probe: Probe;
  host(node: string): HostRuntime | undefined;
  report(): Cause;
};

export type Probing = {
  readonly effect: Effect;
  readonly prober: Prober;
  /** A new version of an app may have its checks asked at other times; who is asked already goes on with them. */
  take(batch: readonly Recorded[]): void;
};

/** A checked instance owes being probed for as long as it runs; what a probe changes comes back as a command. */
export const createProbing = ({ views, clock, tell, probe, host, report }: Ports): Probing => {
  const owed = new Map<string, Debt>();
  const prober = createProber({
    clock,
    probe,
    report: (instance, event) => tell(streamOf('instance', instance), commandOf(instance, event, views), report()),
  });
  const perform = (debt: Debt): void => {
    owed.set(keyOf(debt.stream), debt);
    watch(debt);
  };
  const watch = ({ stream, params }: Debt): void => {
    const { app, version, node, hostPorts } = params as { app: string; version: string; node: string; hostPorts: readonly number[] };
    const definition = views.apps.definition(app, version);
    const row = views.instances.get(keyOf(stream));
    const offer = views.nodes.get(node)?.offer;
    if (definition === undefined || offer === undefined) return;
    prober.watch({
      instance: keyOf(stream),
      startedAt: row?.startedAt ?? clock.now(),
      address: offer.address,
      get ports() {
        return portsOf(definition, hostPorts, views.instances.get(keyOf(stream))?.ipAddresses ?? []);
      },
      healthChecks: definition.healthChecks,
      readinessChecks: definition.readinessChecks,
      ...(definition.check !== undefined && { check: definition.check }),
      get host() {
        return host(node);
      },
    });
  };
  const release = ({ stream }: Debt): void => {
    owed.delete(keyOf(stream));
    prober.unwatch(keyOf(stream));
  };
  return {
    prober,
    effect: { perform, release },
    take: (batch) => {
      for (const { stream, fact } of batch) {
        if (nounOf(stream) !== APP || (fact as AppFact).type !== 'AppVersionAdded') continue;
        for (const { id } of views.instances.ofApp(keyOf(stream))) {
          const debt = owed.get(id);
          if (debt !== undefined) watch(debt);
        }
      }
    },
  };
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
