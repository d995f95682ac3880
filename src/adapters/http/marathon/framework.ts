import { ENGINE_LEASE } from '../../../domain/lease/lease.ts';
import type { Engine } from '../../../domain/ports/engine.ts';

const known = new WeakMap<Engine, string>();

/**
 * What tells this cluster from any other: the id of the first lease that was ever taken on this log, so that it is the same after every
 * restart. undefined for a log on which nobody has led.
 */
export const clusterIdOf = async (engine: Engine): Promise<string | undefined> => {
  const cached = known.get(engine);
  if (cached !== undefined) return cached;
  const [first] = await engine.log.readStream(ENGINE_LEASE, { max: 1 });
  if (first === undefined) return undefined;
  known.set(engine, first.id);
  return first.id;
};

/** What stands for the id of Marathon's framework, made from the cluster's as Mesos makes one. */
export const frameworkIdOf = async (engine: Engine): Promise<string | undefined> => {
  const id = await clusterIdOf(engine);
  return id === undefined ? undefined : `${id}-0000`;
};
