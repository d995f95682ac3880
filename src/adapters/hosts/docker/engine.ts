import type { Container, ContainerInspectInfo } from 'dockerode';
import type { Clock } from '../../../domain/kernel/ports.ts';
import { within } from './calls.ts';
import type { Connections } from './connections.ts';
import { statusOf } from './faults.ts';
import { containerName, LABEL } from './labels.ts';
import { DEADLINES } from './options.ts';

/** What every part of this adapter needs: the connections, the clock, whose containers are ours, and whom the kernel killed. */
export type Engine = {
  readonly connections: Connections;
  readonly clock: Clock;
  readonly cluster: string;
  /** Name servers of containers; the engine's choice where empty. */
  readonly dns: readonly string[];
  /** Containers of which an `oom` event was seen, by id. */
  readonly oomSeen: Set<string>;
};

/** Our container of that name; undefined where there is none, or one that carries another's label. */
export const findOwn = async (engine: Engine, instance: string): Promise<ContainerInspectInfo | undefined> => {
  const found = await findNamed(engine, instance);
  return found !== undefined && isOwn(engine, found, instance) ? found : undefined;
};

/** Whoever's container of that name. */
export const findNamed = (engine: Engine, instance: string): Promise<ContainerInspectInfo | undefined> => {
  const name = containerName(instance);
  return within<ContainerInspectInfo | undefined>(engine.clock, `inspect ${name}`, DEADLINES.ask, (abortSignal) =>
    engine.connections.calls.getContainer(name).inspect({ abortSignal }),
  ).catch((error: unknown) => {
    if (statusOf(error) === 404) return undefined;
    throw error;
  });
};

export const isOwn = ({ cluster }: Engine, { Name, Config }: ContainerInspectInfo, instance: string): boolean =>
  Name === `/${containerName(instance)}` && Config.Labels[LABEL.cluster] === cluster && Config.Labels[LABEL.instance] === instance;

/** Only whole ids: the engine takes a shorter text for the beginning of any id. */
export const byId = (engine: Engine, id: string, over: 'calls' | 'streams' = 'calls'): Container =>
  engine.connections[over].getContainer(id);
