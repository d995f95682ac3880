import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { Instant } from '../../../domain/kernel/units.ts';
import type { HostFault, Observed } from '../../../domain/ports/hosts.ts';
import { type HostContext, transient } from './context.ts';
import { until } from './hints.ts';
import { HINTS, isInstanceName, pathsOf } from './layout.ts';
import { endPod } from './pod.ts';
import { observeInstance } from './state.ts';

/** What SIGKILL has not ended by then hangs in the kernel. Milliseconds. */
const KILLED_WITHIN_MS = 10_000;
/** The end of a process whose shim was killed is told by nobody. Milliseconds. */
const LOOK_EVERY_MS = 200;

/** Signal to everything of the instance, SIGKILL at `killAt`; resolves when it has ended. */
export const stopInstance = async (
  host: HostContext,
  instance: string,
  { signal, killAt }: { readonly signal: string; readonly killAt: Instant },
): Promise<Either<HostFault, Observed | undefined>> => {
  const name = signal.toUpperCase().replace(/^SIG/, '');
  if (!/^[A-Z0-9+-]{1,12}$/.test(name)) return E.left({ _tag: 'StartRejected', message: `${JSON.stringify(signal)} is no signal` });
  const observe = () => observeInstance(host.root, instance, host.bootId);
  const hasEnded = async () => {
    const now = await observe();
    return now === undefined || now.status === 'exited';
  };
  const tell = (what: string) => host.shim.call(['tell', pathsOf(host.root, instance).dir, what]);
  const before = isInstanceName(instance) ? await observe() : undefined;
  if (before === undefined) return E.right(undefined);
  if (before.status === 'exited') {
    // Nobody saw it end, so nobody has cleared away what it left running either.
    if (before.exit?.at === undefined) await tell('KILL');
    return E.right(before);
  }
  if (before.holds !== undefined) {
    await endPod(host.root, instance);
    return E.right(await observe());
  }
  const graceMs = killAt - host.now();
  if (graceMs > 0 || before.status === 'created') {
    await tell(name);
    if (await until(host.hints, instance, Math.max(0, graceMs), LOOK_EVERY_MS, hasEnded)) return E.right(await observe());
  }
  await tell('KILL');
  if (await until(host.hints, instance, KILLED_WITHIN_MS, LOOK_EVERY_MS, hasEnded)) return E.right(await observe());
  return E.left(transient(`${instance} has not ended ${KILLED_WITHIN_MS} ms after SIGKILL`));
};

/** Sandbox, output, records and cgroups of an ended instance; absent is success. */
export const removeInstance = async (host: HostContext, instance: string): Promise<Either<HostFault, void>> => {
  const observed = isInstanceName(instance) ? await observeInstance(host.root, instance, host.bootId) : undefined;
  if (observed === undefined) return E.right(undefined);
  if (observed.status === 'running') return E.left(transient(`${instance} is still running`));
  const { dir } = pathsOf(host.root, instance);
  await host.shim.call(['sweep', dir]);
  await rm(dir, { recursive: true, force: true, maxRetries: 3 });
  await rm(join(host.root, HINTS, instance), { force: true });
  return E.right(undefined);
};
