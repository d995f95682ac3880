import type { FastifyReply, FastifyRequest } from 'fastify';
import { either as E } from 'fp-ts';
import type { AppCommand } from '../../../domain/app/app.commands.ts';
import { APP, type AppFact } from '../../../domain/app/app.facts.ts';
import { diffOf } from '../../../domain/app/definition/change.ts';
import type { AppDefinition } from '../../../domain/app/definition/definition.ts';
import type { RestartRule } from '../../../domain/app/definition/restarts.ts';
import { READ_ONLY_FIELDS } from '../../../domain/app/definition/shape.ts';
import { isPod } from '../../../domain/app/pod/pod.ts';
import { streamOf } from '../../../domain/kernel/ids.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Accepted, Engine } from '../../../domain/ports/engine.ts';
import type { AppRow } from '../../../domain/ports/views.ts';
import { ask, rootOf, tryAsk } from '../ask.ts';
import { appNotFound, notFound, Problem, refused, wrong } from '../problem.ts';
import { warn } from '../warnings.ts';
import { withServicePorts } from './chosenPorts.ts';
import { askWithId } from './claims.ts';
import { forewarnings } from './forewarnings.ts';
import { type Written, writtenApp } from './written.ts';

export type Deploy = Extract<AppCommand, { type: 'DeployApp' }>;

/** What Marathon answers to a change, with the same id in a header. */
export type DeploymentResult = { readonly version: string; readonly deploymentId: string };

export const DEPLOYMENT_HEADER = 'marathon-deployment-id';

export const appOf = ({ views }: Engine, id: string): AppRow => {
  const row = views.apps.get(id);
  if (row === undefined || isPod(row.definition)) throw appNotFound(id);
  return row;
};

/**
 * What a command of an app led to. A change that a running deployment takes up as its new target has no deployment of its own, and what
 * is already so is a change no more: then the one that holds the lock is named, or the last one that there was. A removal has no version, and is told by its time.
 */
const resultOf = (engine: Engine, app: string, asked: string, { facts }: Accepted): DeploymentResult => {
  const row = engine.views.apps.get(app);
  const own = facts.map(({ fact }) => fact as AppFact);
  const began = own.find((fact) => fact.type === 'DeploymentBegan');
  const added = own.find((fact) => fact.type === 'AppVersionAdded');
  const removedAt = began === undefined ? undefined : isoInstant(facts.at(-1)?.meta.at ?? engine.clock.now());
  return {
    version: added?.version ?? removedAt ?? row?.target.version ?? isoInstant(engine.clock.now()),
    deploymentId: began?.deployment ?? row?.deployment ?? row?.lastDeployment ?? asked,
  };
};

export const announce = <R extends DeploymentResult>(reply: FastifyReply, result: R): R => {
  reply.header(DEPLOYMENT_HEADER, result.deploymentId);
  return result;
};

/** Asks for a command that begins a deployment. @throws Problem for a refusal */
export const begin = async (
  engine: Engine,
  request: FastifyRequest,
  app: string,
  command: (deployment: string) => AppCommand,
): Promise<DeploymentResult> => {
  const deployment = engine.ids.next();
  return resultOf(engine, app, deployment, await ask(engine, request, streamOf(APP, app), command(deployment)));
};

export type Change = Omit<Deploy, 'type' | 'deployment' | 'force'> & Partial<Pick<Written, 'warnings'>>;

/**
 * Makes a change of one app from what is there now, and asks for its deployment. When the app was changed by someone else in between,
 * the change is made once more from what is there then.
 */
export const deploy = async (
  engine: Engine,
  request: FastifyRequest,
  id: string,
  force: boolean,
  make: (current: AppRow | undefined) => Change,
): Promise<DeploymentResult> => {
  const once = async () => {
    const root = rootOf(engine, request);
    const { warnings, ...made } = make(engine.views.apps.get(id));
    return withServicePorts(engine, [made.definition], async ([definition = made.definition]) => {
      if (warnings !== undefined) warn(request, warnings);
      // A kill brings nothing new.
      if (made.retire === undefined) warn(request, forewarnings(engine, [definition], besides(engine, definition)));
      const deployment = engine.ids.next();
      const command: Deploy = { type: 'DeployApp', ...made, definition, deployment, force };
      const answer = await askWithId(engine, root, definition, () => tryAsk(engine, request, streamOf(APP, id), command, root));
      return { deployment, answer };
    });
  };
  let { deployment, answer } = await once();
  if (E.isLeft(answer) && answer.left.code === 'illegal-in-state') ({ deployment, answer } = await once());
  if (E.isLeft(answer)) throw refused(answer.left);
  return resultOf(engine, id, deployment, answer.right);
};

/** All apps and pods, with one of them as it is to be. */
const besides = function* ({ views }: Engine, definition: AppDefinition): Generator<AppDefinition> {
  yield definition;
  for (const { id, definition: other } of views.apps.all()) if (id !== definition.id) yield other;
};

export type Update = {
  /** Fields of the body replace those that are there; else the body is the whole definition. */
  readonly partial: boolean;
  /** Whether an app that is not there is created. */
  readonly upsert: boolean;
  readonly strict?: boolean;
  readonly restart?: RestartRule | undefined;
};

/** The change that a body asks for. @throws Problem for a body that is no definition, or an app that must be there. */
export const changeFrom = (engine: Engine, id: string | undefined, body: unknown, { partial, upsert, strict = false, restart }: Update) => {
  return (there: AppRow | undefined): Change => {
    // What an app is not is not there for it; creating one of a pod's id is refused by whoever holds the id.
    const current = isPod(there?.definition) ? undefined : there;
    if (current === undefined && !upsert) throw appNotFound(id ?? '');
    const base = partial ? current?.definition : undefined;
    const written = writtenApp(engine, body, { strict, ...(id !== undefined && { pathId: id }), ...(base !== undefined && { base }) });
    const { definition } = written;
    if (current === undefined) return { ...written, reason: 'create', mode: 'create' };
    return {
      ...written,
      reason: isScale(current.definition, definition) ? 'scale' : 'change',
      mode: partial ? 'change' : 'either',
      ...(partial && { basedOn: current.target.version }),
      ...(restart !== undefined && { restart }),
    };
  };
};

export const isScale = (before: AppDefinition, after: AppDefinition): boolean =>
  diffOf(before, after).every(({ field }) => field === 'instances') && before.instances !== after.instances;

/**
 * Marathon's rollback: a body of `version` and perhaps `id`, nothing else. undefined where the body is a definition.
 * @param there the app as it is
 * @throws Problem for a body that asks for another version and a change at once
 */
export const rollbackFrom = (
  id: string,
  body: Readonly<Record<string, unknown>>,
  there: AppRow | undefined,
  restart?: RestartRule,
): ((current: AppRow | undefined) => Change) | undefined => {
  const { version } = body;
  if (version === undefined || version === null) return undefined;
  if (Object.keys(body).some((key) => key !== 'version' && key !== 'id')) {
    if (isReadBack(body, there)) return undefined;
    throw new Problem(422, { message: "The 'version' field may only be combined with the 'id' field." });
  }
  if (typeof version !== 'string') throw wrong('/version', 'error.expected.jsstring');
  return (current) => {
    if (current === undefined || isPod(current.definition)) throw appNotFound(id);
    const { definition } = versionOf(current, version);
    return { definition, reason: 'rollback', mode: 'change', basedOn: current.target.version, ...(restart !== undefined && { restart }) };
  };
};

/**
 * Whether a body with a version is what a GET answered, perhaps edited, rather than a rollback mixed with a change: it carries another
 * field that only answers have, or names the version that is there, so that both readings come to the same.
 */
const isReadBack = (body: Readonly<Record<string, unknown>>, there: AppRow | undefined): boolean =>
  Object.keys(body).some((key) => key !== 'version' && READ_ONLY_FIELDS.has(key)) || body.version === there?.target.version;

export const versionOf = ({ id, versions }: AppRow, version: string) => {
  const there = versions.find((each) => each.version === version);
  if (there === undefined) throw notFound(`App '${id}' does not exist in version ${version}`);
  return there;
};
