import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AppCommand } from '../../../domain/app/app.commands.ts';
import { APP } from '../../../domain/app/app.facts.ts';
import { DEPLOYMENT } from '../../../domain/deployment/deployment.facts.ts';
import { GROUP } from '../../../domain/group/group.facts.ts';
import { parentOf } from '../../../domain/group/tree.ts';
import { keyOf, nounOf, streamOf } from '../../../domain/kernel/ids.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { Intent } from '../../../domain/ports/preview.ts';
import type { AppRow } from '../../../domain/ports/views.ts';
import { deedOf, type Undoing, undoingOf } from '../../../domain/undo/undo.ts';
import { ask } from '../ask.ts';
import { begin, deploy, isScale } from '../marathon/changes.ts';
import { changeTree } from '../marathon/groupChange.ts';
import { notFound, Problem } from '../problem.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { type Plan, planOf } from './plan.ts';
import { type Asked, appsOf, askedAs, causedOf, refuseTwice, UNDO_PATH } from './undoable.ts';

const body = z.strictObject({
  /** Id of the request; of a deployment that follows from it; or `last`. */
  undoes: z.string().min(1),
  /** Absent or false: only what it would do is answered. */
  apply: z.boolean().default(false),
  force: z.boolean().default(false),
  /** As the preview answered it: what somebody has changed since then is a conflict. */
  basedOn: z.record(z.string(), z.string().nullable()).optional(),
});

/** Takes back what a recorded request changed, from what is there now. */
export const serveUndo = (server: Server, { engine }: Surroundings): void => {
  server.route({
    method: 'POST',
    url: UNDO_PATH,
    schema: {
      summary: 'Takes a recorded request back: what others changed since stays. Without `apply` it is only shown, and nothing is written.',
      tags: ['deployments'],
      body,
    },
    handler: async (request) => {
      const { undoes, apply, force, basedOn } = request.body;
      const asked = await askedAs(engine, undoes, request.principal);
      // History and whoever looks for it later go by the request's own id.
      if (apply && undoes !== asked.id) throw new Problem(422, { message: `Apply it by the id of the request: ${asked.id}` });
      if (asked.isRefused) throw cannot(asked, 'it was refused and changed nothing');
      const noun = nounOf(asked.subject);
      if (noun === APP || noun === GROUP)
        return undoApps(engine, request, asked, { apply, force, ...(basedOn !== undefined && { basedOn }) });
      return undoOther(engine, request, asked, apply);
    },
  });
};

const cannot = ({ id, command }: Asked, why: string): Problem =>
  new Problem(409, { message: `The request ${id} (${command}) cannot be undone: ${why}` });

type How = { readonly apply: boolean; readonly force: boolean; readonly basedOn?: Readonly<Record<string, string | null>> };
/** `version`: that of the app when this was worked out; undefined where there was none. */
type Part = { readonly app: string; readonly undoing: Undoing; readonly version: string | undefined };

const undoApps = async (engine: Engine, request: FastifyRequest, asked: Asked, { apply, force, basedOn }: How) => {
  const apps = await appsOf(engine, asked);
  await refuseTwice(
    engine,
    asked,
    apps.map((app) => streamOf(APP, app)),
  );
  const parts: Part[] = [];
  for (const app of apps) {
    const deed = deedOf(await causedOf(engine, app), asked.id);
    const there = engine.views.apps.get(app);
    if (deed !== undefined) parts.push({ app, undoing: undoingOf(deed, there?.definition), version: there?.target.version });
  }
  if (parts.length === 0) throw cannot(asked, 'it changed no app');
  const open = parts.filter(({ undoing }) => undoing.does !== 'nothing');
  if (open.length === 0) throw cannot(asked, parts.map(({ app, undoing }) => `${app}: ${because(undoing)}`).join('; '));
  for (const { app, version } of open) if (basedOn !== undefined && basedOn[app] !== (version ?? null)) throw changedMeanwhile(asked, app);
  const plan = await planOf(
    engine,
    open.map((part) => intentOf(engine, part, force)),
  );
  const seen = Object.fromEntries(open.map(({ app, version }) => [app, version ?? null]));
  const answer = { ...aboutOf(asked), parts: parts.map(partJson), plan, basedOn: seen };
  return apply ? { ...answer, applied: await applied(engine, request, asked, open, force) } : answer;
};

const changedMeanwhile = (asked: Asked, app: string): Problem => cannot(asked, `${app} was changed meanwhile; look at it again`);

const because = (undoing: Undoing): string => (undoing.does === 'nothing' ? undoing.because : '');
const aboutOf = ({ id, command, subject, by }: Asked) => ({ undoes: id, command, subject, by });

const partJson = ({ app, undoing }: Part) => ({
  app,
  does: undoing.does,
  ...(undoing.does === 'nothing' && { because: undoing.because }),
  restored: undoing.does === 'deploy' ? undoing.restored : [],
  conflicts: undoing.conflicts,
});

const commandOf = ({ undoing, version }: Part, there: AppRow | undefined, deployment: string, force: boolean): Intent['command'] => {
  if (undoing.does !== 'deploy') return { type: 'DestroyApp', deployment, force };
  return { type: 'DeployApp', ...changeOf(there, version, undoing), deployment, force };
};

const changeOf = (
  there: AppRow | undefined,
  version: string | undefined,
  { definition, configVersion }: Extract<Undoing, { does: 'deploy' }>,
) => {
  const reason =
    there === undefined ? ('create' as const) : isScale(there.definition, definition) ? ('scale' as const) : ('rollback' as const);
  return {
    definition,
    reason,
    mode: there === undefined ? ('create' as const) : ('change' as const),
    ...(version !== undefined && { basedOn: version }),
    ...(configVersion !== undefined && { configVersion }),
  };
};

const intentOf = (engine: Engine, part: Part, force: boolean): Intent => ({
  app: part.app,
  command: commandOf(part, engine.views.apps.get(part.app), engine.ids.next(), force),
});

/** @throws Problem where somebody has changed one of the apps since this was worked out */
const mustBeAsSeen = ({ views }: Engine, asked: Asked, parts: readonly Part[]): void => {
  for (const { app, version } of parts) if (views.apps.get(app)?.target.version !== version) throw changedMeanwhile(asked, app);
};

/** One app goes by itself; of several, all in one change of the tree. */
const applied = async (engine: Engine, request: FastifyRequest, asked: Asked, parts: readonly Part[], force: boolean) => {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) {
    const { app, undoing, version } = only;
    mustBeAsSeen(engine, asked, parts);
    if (undoing.does !== 'deploy') return begin(engine, request, app, (id) => commandOf(only, undefined, id, force) as AppCommand);
    return deploy(engine, request, app, force, (current) => {
      // Others came in between: what is kept of theirs was not looked at.
      if (current?.target.version !== version) throw changedMeanwhile(asked, app);
      return changeOf(current, version, undoing);
    });
  }
  return changeTree(engine, request, {
    group: '/',
    force,
    isRollback: true,
    configVersions: new Map(
      parts.flatMap(({ app, undoing }) =>
        undoing.does === 'deploy' && undoing.configVersion !== undefined ? [[app, undoing.configVersion] as const] : [],
      ),
    ),
    make: (tree) => {
      mustBeAsSeen(engine, asked, parts);
      const [groups, members] = [new Map(tree.groups), new Map(tree.members)];
      for (const { app, undoing } of parts) {
        if (undoing.does !== 'deploy') members.delete(app);
        else members.set(app, undoing.definition);
        for (let above = parentOf(app); undoing.does === 'deploy' && above !== undefined && above !== '/'; above = parentOf(above))
          if (!groups.has(above)) groups.set(above, { id: above, dependencies: [] });
      }
      return { groups, members };
    },
  });
};

/** Commands whose opposite is another one. */
const OPPOSITES: Readonly<Record<string, { readonly type: string; readonly reason?: string; readonly isOpen: RegExp }>> = {
  CordonNode: { type: 'UncordonNode', isOpen: /^NodeCordoned\./ },
  UncordonNode: { type: 'CordonNode', reason: 'undone', isOpen: /^NodeUncordoned\./ },
  PauseDeployment: { type: 'ResumeDeployment', isOpen: /^DeploymentPaused\./ },
  ResumeDeployment: { type: 'PauseDeployment', reason: 'undone', isOpen: /^DeploymentResumed\./ },
};

const FINAL: Readonly<Record<string, string>> = {
  RemoveNode: 'what ran there was ended; add the node again',
  OversubscribeNode: 'instances may run on what was lent by now; set the factors of before',
  RegisterNode: 'instances may run there by now; drain and remove the node',
  AbortDeployment: 'it went back already; deploy the version again',
  ApproveDeployment: 'what followed has been seen by clients; abort the deployment, or undo the change that began it',
  ChooseWinner: 'the other version is on its way out; deploy it again',
  CancelDeployment: 'what it stopped at is kept; deploy again',
  CancelPlan: 'what it stopped at is kept; change the group again',
  StopInstance: 'an instance that was stopped does not come back; it was replaced where it was wanted',
};

const undoOther = async (engine: Engine, request: FastifyRequest, asked: Asked, apply: boolean) => {
  const opposite = OPPOSITES[asked.command];
  if (opposite === undefined) throw cannot(asked, FINAL[asked.command] ?? 'there is no command that takes it back');
  await refuseTwice(engine, asked, [asked.subject]);
  const facts = await engine.log.readStream(asked.subject);
  const own = facts.findLast(({ meta }) => meta.correlationId === asked.id);
  const same = new RegExp(`${opposite.isOpen.source}|${OPPOSITES[opposite.type]?.isOpen.source ?? ''}`);
  const last = facts.findLast(({ type }) => same.test(type));
  if (own === undefined || last?.id !== own.id) throw cannot(asked, 'it changed nothing, or somebody has changed it since');
  if (nounOf(asked.subject) === DEPLOYMENT && engine.views.deployments.get(keyOf(asked.subject))?.outcome !== undefined)
    throw cannot(asked, 'the deployment has ended');
  const command = { type: opposite.type, ...(opposite.reason !== undefined && { reason: opposite.reason }) };
  const plan: Plan = { goes: true, warnings: [], changes: [] };
  const answer = { ...aboutOf(asked), does: opposite.type, parts: [], plan };
  if (!apply) return answer;
  if (facts.length === 0) throw notFound(`Nothing is recorded of '${asked.subject}'`);
  const { position } = await ask(engine, request, asked.subject as never, command as never);
  return { ...answer, applied: { position } };
};
