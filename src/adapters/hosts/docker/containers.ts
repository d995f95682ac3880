import type { Instant } from '../../../domain/kernel/units.ts';
import type { Observed } from '../../../domain/ports/hosts.ts';
import { within } from './calls.ts';
import type { Engine } from './engine.ts';
import { byId, findOwn } from './engine.ts';
import { answerOf, HostFaultError, statusOf } from './faults.ts';
import { containerName, LABEL } from './labels.ts';
import { listedOf, observedOf } from './observed.ts';
import { DEADLINES } from './options.ts';

/** One of ours as it stands; undefined when the engine has nothing of that name. */
export const inspectOwn = async (engine: Engine, instance: string): Promise<Observed | undefined> => {
  const found = await findOwn(engine, instance);
  return found === undefined ? undefined : observedOf(found, engine.oomSeen.has(found.Id));
};

/** All of ours; how those ended that did, which the list does not tell. */
export const inventoryOf = async (engine: Engine): Promise<readonly Observed[]> => {
  const listed = await listOwn(engine);
  const results: Observed[] = [];
  for (let at = 0; at < listed.length; at += INSPECTIONS_AT_ONCE)
    results.push(
      ...(await Promise.all(
        listed
          .slice(at, at + INSPECTIONS_AT_ONCE)
          .map(async (row) => (row.status === 'exited' ? ((await inspectOwn(engine, row.instance)) ?? row) : row)),
      )),
    );
  return results;
};

const INSPECTIONS_AT_ONCE = 16;

/** All of ours in one call. */
export const listOwn = async (engine: Engine): Promise<readonly Observed[]> => {
  const rows = await within(engine.clock, 'list containers', DEADLINES.list, (abortSignal) =>
    engine.connections.calls.listContainers({ all: true, filters: { label: [`${LABEL.cluster}=${engine.cluster}`] }, abortSignal }),
  );
  return rows.filter(({ Names, Labels }) => Names.includes(`/${containerName(Labels[LABEL.instance] ?? '')}`)).map(listedOf);
};

/** Removes a container with its anonymous volumes, running or not. */
export const removeContainer = async (engine: Engine, id: string): Promise<void> => {
  try {
    await within(engine.clock, `remove ${id}`, DEADLINES.change, (abortSignal) => {
      const options: { force: boolean; v: boolean; abortSignal: AbortSignal } = { force: true, v: true, abortSignal };
      return byId(engine, id).remove(options);
    });
  } catch (error) {
    if (statusOf(error) !== 404) throw error;
  }
  engine.oomSeen.delete(id);
};

export const stopOwn = async (
  engine: Engine,
  instance: string,
  options: { readonly signal: string; readonly killAt: Instant },
): Promise<Observed | undefined> => {
  const before = await inspectOwn(engine, instance);
  if (before === undefined || before.status === 'exited') return before;
  if (before.status === 'created') {
    // It never ran and never shall.
    await removeContainer(engine, before.id);
    return undefined;
  }
  const grace = options.killAt - engine.clock.now();
  const ended = grace > 0 && (await endsWithin(engine, before.id, grace, options.signal));
  if (!ended && !(await endsWithin(engine, before.id, DEADLINES.ask, 'SIGKILL')))
    throw new HostFaultError({ _tag: 'Transient', message: `${containerName(instance)} does not end` });
  return inspectOwn(engine, instance);
};

/** Signals and waits; false when it still runs after `ms`. */
const endsWithin = async (engine: Engine, id: string, ms: number, signal: string): Promise<boolean> => {
  try {
    await within(engine.clock, `kill ${id}`, DEADLINES.ask, (abortSignal) => {
      const options: { signal: string; abortSignal: AbortSignal } = { signal, abortSignal };
      return byId(engine, id).kill(options);
    });
    await within(engine.clock, `wait for ${id}`, ms, (abortSignal) => byId(engine, id, 'streams').wait({ abortSignal }));
    return true;
  } catch (error) {
    const { status, late } = answerOf(error);
    // Gone or ended meanwhile: what was wanted.
    if (status === 404 || status === 409) return true;
    if (late) return false;
    throw error;
  }
};
