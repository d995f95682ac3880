import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { HostFault, Observed, RunSpec } from '../../../domain/ports/hosts.ts';
import { objectionTo, resolveUser, takenPort } from './admission.ts';
import { type HostContext, transient } from './context.ts';
import { until } from './hints.ts';
import { pathsOf } from './layout.ts';
import { beginPod } from './pod.ts';
import { prepare } from './prepare.ts';
import { observeInstance } from './state.ts';

/** How long another start of the same instance, seen under way, may take before we say that it can't be told. Milliseconds. */
const OTHER_START_MS = 10_000;
const OTHER_START_LOOK_MS = 50;

/**
 * At most one start, ever: whoever holds the shim's lock first starts it, all others find its record. One who comes too late may stumble over
 * what the first has done meanwhile (its port, its swept stage), so every fault is weighed against what is there by then.
 */
export const startOnce = async (host: HostContext, spec: RunSpec): Promise<Either<HostFault, Observed>> => {
  const objection = objectionTo(spec);
  if (objection !== undefined) return E.left(objection);
  const begun = async () => {
    const seen = await observeInstance(host.root, spec.instance, host.bootId);
    return seen === undefined || seen.status === 'created' ? undefined : seen;
  };
  const before = await begun();
  if (before !== undefined) return E.right(before);
  const fault = await attempt(host, spec, begun).catch((error: unknown) =>
    transient(error instanceof Error ? error.message : String(error)),
  );
  const after = await begun();
  if (after !== undefined) return E.right(after);
  return E.left(fault ?? transient(`${spec.instance} was started and has vanished`));
};

/** @returns what stood in the way; undefined when the shim says that it has begun. */
const attempt = async (host: HostContext, spec: RunSpec, begun: () => Promise<Observed | undefined>): Promise<HostFault | undefined> => {
  const { capabilities, rotation } = host;
  const runAs = await resolveUser(spec.user, capabilities);
  if (runAs !== undefined && '_tag' in runAs) return runAs;
  const taken = await takenPort(spec);
  if (taken !== undefined) return taken;
  const paths = pathsOf(host.root, spec.instance);
  if (spec.containers !== undefined) return beginPod(paths, spec);
  if (spec.network.mode === 'join' && (await observeInstance(host.root, spec.network.instance, host.bootId))?.status !== 'running')
    return { _tag: 'StartRejected', message: `network: ${spec.network.instance}, which it joins, is not running` };
  const staging = await prepare({ spec, paths, capabilities, rotation, ...(runAs === undefined ? {} : { runAs }) });
  if (typeof staging !== 'string') {
    // Only an empty directory goes: a start that runs beside us keeps its own.
    await rmdir(paths.dir).catch(() => {});
    return staging;
  }
  const answer = await host.shim.start(paths.dir, staging);
  if (answer === 'busy') {
    await until(host.hints, spec.instance, OTHER_START_MS, OTHER_START_LOOK_MS, async () => (await begun()) !== undefined);
  }
  await sweepStaging(paths.dir);
  if (answer.startsWith('failed ')) return { _tag: 'StartRejected', message: answer.slice('failed '.length) };
  return answer.startsWith('started ') || answer === 'already'
    ? undefined
    : transient(`the shim of ${spec.instance} said ${JSON.stringify(answer)}`);
};

/** Staging directories of this start, and of any that an engine did not live to finish. */
const sweepStaging = async (dir: string): Promise<void> => {
  const names = await readdir(dir).catch(() => []);
  await Promise.all(
    names.filter((name) => name.startsWith('staging-')).map((name) => rm(join(dir, name), { recursive: true, force: true })),
  );
};
