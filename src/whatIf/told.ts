import { DEPLOYMENT } from '../domain/deployment/deployment.facts.ts';
import { INSTANCE } from '../domain/instance/instance.facts.ts';
import type { Command } from '../domain/kernel/decider.ts';
import { ENGINE, keyOf, nounOf, type StreamName, streamOf } from '../domain/kernel/ids.ts';
import type { Ids } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Instant } from '../domain/kernel/units.ts';
import type { LifeEvent } from '../history/whatIf/lives.ts';
import type { Script } from '../history/whatIf/script.ts';
import type { Fork } from './fork.ts';

/** What is told to an engine that looks at nobody by itself: health, crashes and the verdicts of gates, as recorded. */
export type Teller = {
  tell(stream: StreamName, command: Command): Promise<unknown>;
  /** What had to be assumed for want of a record, each with how often. */
  readonly assumed: Record<string, number>;
  close(): Promise<void>;
};

/** A gate of which no verdict is recorded passes so long after it was asked, ms. */
export const UNRECORDED_GATE_MS = 1_000;
/** A command before or after a deployment of which nothing is recorded ends well so long after its start, ms. */
const UNRECORDED_HOOK_MS = 1_000;
/** What one that its checks kill is given; how long it really takes is in the record, ms. */
const GRACE_MS = 3_000;

export const tellerOf = async (fork: Fork, { lives, verdicts }: Script, ids: Ids): Promise<Teller> => {
  const { engine, clock, log } = fork;
  const assumed: Record<string, number> = {};
  const assume = (what: string): void => {
    assumed[what] = (assumed[what] ?? 0) + 1;
  };
  const tell: Teller['tell'] = (stream, command) => engine.precede(stream, command, { id: ids.next(), by: ENGINE, body: undefined });
  const at = (instant: Instant, work: () => void): void => void clock.schedule(Math.max(0, instant - clock.now()), work);

  const enact = async (instance: string, { fact, node }: LifeEvent): Promise<void> => {
    const stream = streamOf(INSTANCE, instance);
    const row = engine.views.instances.get(instance);
    if (row?.node === undefined || row.endedAt !== undefined) return;
    const { type, ...data } = fact;
    switch (type) {
      case 'InstanceBecameReady':
        return void (await tell(stream, { type: 'ReportReady' } as Command));
      case 'InstanceBecameHealthy':
        return void (await tell(stream, { type: 'ReportHealthy', ...data } as Command));
      case 'InstanceBecameUnhealthy':
        return void (await tell(stream, { type: 'ReportUnhealthy', ...data } as Command));
      case 'InstanceStopRequested': {
        const { reason, signal, drainMs } = fact;
        return void (await tell(stream, { type: 'StopInstance', reason, signal, drainMs, graceMs: GRACE_MS } as Command));
      }
      case 'PodContainerExited':
        fork.controls(row.node).crash(`${instance}.${fact.name}`, endOf(fact));
        return;
      case 'ContainerExited':
        fork.controls(row.node).crash(instance, endOf(fact));
        return;
      case 'ContainerVanished':
        // What vanished with its node stays where it is elsewhere.
        if (row.node !== node) return assume('a container that vanished with its node stays where it was placed elsewhere');
        await tell(stream, { type: 'ReportContainerGone', node } as Command);
        fork.controls(row.node).crash(instance);
    }
  };

  /** @param from events of before are over */
  const begin = (instance: string, app: string, version: string, startedAt: Instant, gated: boolean, from = startedAt): void => {
    const life = lives.of(instance, app, version);
    if (lives.recorded(instance) === undefined) assume('an instance that was never started then goes as those of its version went');
    const isHook = app.includes('#');
    if (isHook && lives.recorded(instance) === undefined)
      at(startedAt + UNRECORDED_HOOK_MS, () => {
        const { node = '' } = engine.views.instances.get(instance) ?? {};
        if (node !== '') fork.controls(node).crash(instance, { exitCode: 0, oom: false });
      });
    for (const event of life.events) {
      if (startedAt + event.afterMs < from || (!gated && event.fact.type === 'InstanceBecameReady')) continue;
      at(startedAt + event.afterMs, () => void enact(instance, event));
    }
  };

  const gated = new Map<string, number>();
  const judge = (deployment: string): void => {
    const nth = gated.get(deployment) ?? 0;
    gated.set(deployment, nth + 1);
    const verdict = verdicts.get(deployment)?.[nth];
    if (verdict === undefined) assume('a gate without a recorded verdict passes');
    const { type, ...data } = verdict?.fact ?? { type: 'GatesPassed' as const, readings: [] };
    const command = { type: type === 'GatesPassed' ? 'ReportGatesPassed' : 'ReportGateFailed', ...data } as Command;
    at(clock.now() + (verdict?.afterMs ?? UNRECORDED_GATE_MS), () => void tell(streamOf(DEPLOYMENT, deployment), command));
  };

  const asking = new Set<string>();
  const take = ({ stream, fact, meta }: Recorded): void => {
    const noun = nounOf(stream);
    const id = keyOf(stream);
    if (noun === INSTANCE && fact.type === 'ContainerStarted') {
      const row = engine.views.instances.get(id);
      if (row !== undefined) begin(id, row.app, row.version, row.startedAt ?? meta.at, row.gated, meta.at);
    }
    if (noun !== DEPLOYMENT) return;
    const asks = meta.owes.split(',').includes('gates');
    if (asks && !asking.has(id)) judge(id);
    if (asks) asking.add(id);
    else asking.delete(id);
  };

  for (const { id, app, version, startedAt, gated: isGated, state, endedAt } of engine.views.instances.all())
    if (startedAt !== undefined && endedAt === undefined)
      begin(id, app, version, startedAt, isGated && state === 'running.checked.settling', clock.now());
  for (const { id } of engine.views.deployments.running())
    if (engine.views.roster.get(streamOf(DEPLOYMENT, id))?.owes.split(',').includes('gates') === true) {
      asking.add(id);
      judge(id);
    }
  const subscription = await log.subscribe(log.head(), (batch) => {
    for (const stored of batch) take(engine.decode(stored));
  });
  return { tell, assumed, close: subscription.close };
};

const endOf = ({
  exitCode,
  signal,
  oom,
}: {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly oom: boolean;
}) => ({
  oom,
  ...(exitCode !== undefined && { exitCode }),
  ...(signal !== undefined && { signal }),
});
