import { CliFailure, EXIT } from './failure.ts';
import { createProgress } from './progress.ts';
import type { Session } from './session.ts';
import { type Course, watchDeployment } from './watch.ts';

/** A deployment that the engine has accepted, and what is known of it. */
export type Begun = { readonly id: string; readonly app?: string; readonly version?: string };

/** How one ended, as far as it was waited for. */
export type End = {
  readonly id: string;
  readonly app: string;
  readonly version: string | undefined;
  readonly outcome: NonNullable<Course['outcome']> | 'running';
  readonly why?: string;
};

/**
 * Waits for deployments to end, showing how they go. At Ctrl-C they go on without us.
 * @param since a position behind which all of them began.
 */
export const endsOf = async ({ io, client, json }: Session, begun: readonly Begun[], since?: number): Promise<readonly End[]> => {
  const progress = createProgress(io, json);
  const follow = async ({ id, app, version }: Begun): Promise<End> => {
    let last: Course = { id, app: app ?? '' };
    for await (const course of watchDeployment(client, id, {
      signal: io.interrupted,
      now: io.now,
      ...(since !== undefined && { since }),
    })) {
      // What a plan moves is known better by those who asked for it than by its group.
      last = course.plan === undefined || app === undefined ? course : { ...course, app };
      progress.show(last);
    }
    return {
      id,
      app: last.app,
      version: version ?? last.to?.version,
      outcome: last.outcome ?? 'running',
      ...(last.why !== undefined && { why: last.why }),
    };
  };
  try {
    return await Promise.all(begun.map(follow));
  } finally {
    progress.end();
  }
};

/** @throws CliFailure unless all succeeded. */
export const mustHaveSucceeded = (ends: readonly End[]): void => {
  const running = ends.filter(({ outcome }) => outcome === 'running');
  if (running.length > 0) {
    const goOn = running.map(({ id }) => `wharf deployment watch ${id}`);
    throw new CliFailure(`no longer waiting; ${running.length === 1 ? 'the deployment goes' : 'the deployments go'} on`, {
      exitCode: EXIT.interrupted,
      details: goOn,
    });
  }
  const bad = ends.filter(({ outcome }) => outcome !== 'succeeded');
  if (bad.length > 0)
    throw new CliFailure(
      bad.length === 1 ? `the deployment was not completed: ${bad[0]?.outcome}` : `${bad.length} deployments were not completed`,
      {
        details: bad.map(({ app, id, outcome, why }) => `${app} (${id}): ${outcome}${why === undefined ? '' : `, ${why}`}`),
      },
    );
};

/**
 * Waits for deployments to end and answers how.
 * @throws CliFailure unless all succeeded.
 */
export const awaitDeployments = async (session: Session, begun: readonly Begun[], since?: number): Promise<void> => {
  const ends = await endsOf(session, begun, since);
  if (session.json) session.answer({ deployments: ends }, () => '');
  mustHaveSucceeded(ends);
};

/** Ends a command that began deployments: waits for them, or tells how to. */
export const finish = async (session: Session, begun: readonly Begun[], wait: boolean, since: number): Promise<void> => {
  if (wait) return awaitDeployments(session, begun, since);
  session.answer({ deployments: begun }, () =>
    begun
      .map(({ id, app }) => `${app === undefined ? '' : `${app}: `}deployment ${id} began; follow it with 'wharf deployment watch ${id}'\n`)
      .join(''),
  );
};
