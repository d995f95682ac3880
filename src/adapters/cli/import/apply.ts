import { type Begun, type End, endsOf, mustHaveSucceeded } from '../await.ts';
import { headOf } from '../facts.ts';
import { CliFailure, EXIT } from '../failure.ts';
import { plural } from '../render.ts';
import type { Session } from '../session.ts';
import type { Step } from './order.ts';
import type { Target } from './target.ts';

export type Applying = { readonly wait: boolean; readonly force: boolean };

const AGAIN = 'run the same command again to go on: what is there already is left alone';

/**
 * Writes the steps in their order, each when the deployments of the one before have ended. However it is broken off, what was written
 * stays, and the next run finds the rest.
 * @returns how the deployments ended, those included that an earlier run began and that are still running.
 * @throws CliFailure for a step that is refused, a deployment that does not succeed, and at Ctrl-C.
 */
export const apply = async (
  session: Session,
  target: Target,
  steps: readonly Step[],
  ids: ReadonlySet<string>,
  { wait, force }: Applying,
): Promise<readonly End[]> => {
  const { io, json } = session;
  const ends: End[] = [];
  const follow = async (begun: readonly Begun[], since?: number): Promise<void> => {
    if (!wait) {
      ends.push(...begun.map(({ id, app = '', version }) => ({ id, app, version, outcome: 'running' as const })));
      return;
    }
    const ended = await endsOf(session, begun, since);
    ends.push(...ended);
    mustHaveSucceeded(ended);
  };
  for (const [done, step] of steps.entries()) {
    if (io.interrupted.aborted) throw stopped(done, steps.length);
    if (!json) io.out(`${done + 1}/${steps.length}  ${describe(step)}\n`);
    const since = await headOf(session.client);
    await follow(await written(target, step, force, done, steps.length), since);
  }
  const known = new Set(ends.map(({ id }) => id));
  await follow((await target.runningOn(ids)).filter(({ id }) => !known.has(id)));
  return ends;
};

const written = async (target: Target, step: Step, force: boolean, done: number, total: number): Promise<readonly Begun[]> => {
  try {
    return await target.write(step, force);
  } catch (error) {
    if (!(error instanceof CliFailure)) throw error;
    throw new CliFailure(`${describe(step)}: ${error.message}`, {
      exitCode: error.exitCode,
      details: [...error.details, `${done} of ${plural(total, 'step')} done; ${AGAIN}`],
    });
  }
};

const stopped = (done: number, total: number): CliFailure =>
  new CliFailure(`stopped after ${done} of ${plural(total, 'step')}`, { exitCode: EXIT.interrupted, details: [AGAIN] });

const describe = (step: Step): string => {
  if (step.kind !== 'apps') return `${step.kind} ${step.item.id}`;
  const [first] = step.items;
  return step.items.length === 1 ? `app ${first?.id}` : `${plural(step.items.length, 'app')}, from ${first?.id} on`;
};
