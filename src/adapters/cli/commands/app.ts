import { type Command, Option } from 'commander';
import { finish } from '../await.ts';
import { awaitReplaced } from '../awaitReplaced.ts';
import type { Json } from '../client.ts';
import { definitionsIn } from '../definitions.ts';
import { headOf } from '../facts.ts';
import { CliFailure, usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { appPath, instanceCalled, uuidIn } from '../names.ts';
import { age, plural } from '../render.ts';
import { openSession } from '../session.ts';
import { appText } from './appText.ts';
import { showPlan } from './planText.ts';

type Waiting = { readonly wait?: boolean; readonly force?: boolean };
type Deploying = Waiting & { readonly allowUnknown?: boolean; readonly restart?: 'marathon'; readonly plan?: boolean };

const RESTART_RULE = 'replace instances after every change but of their number, as Marathon does, not only where they need it';

/** `wharf app …`: what runs, and how to change it. */
export const addAppCommands = (program: Command, io: Io): void => {
  const app = program.command('app').description('Deploy and look after apps.');
  const changing = (declaration: string, description: string): Command =>
    app
      .command(declaration)
      .description(description)
      .option('--wait', 'wait until the deployment has ended; exit code 0 only when it succeeded')
      .option('--force', 'take over from a deployment that is running');
  const change = async (command: Command, id: string, ask: (force: string) => readonly ['POST' | 'PUT' | 'DELETE', string, unknown?]) => {
    const session = await openSession(command, io);
    const { wait = false, force = false } = command.opts<Waiting>();
    const since = await headOf(session.client);
    const [method, path, body] = ask(`force=${force}`);
    const { deploymentId, version } = await session.client.ask(method, path, body === undefined ? {} : { body });
    await finish(session, [{ id: deploymentId, app: absolute(id), version }], wait, since);
  };

  changing('deploy <file>', 'Create or change apps from a JSON file: one definition, or an array of them. `-` reads standard input.')
    .option('--allow-unknown', 'take fields that the engine does not know: they are kept at the top and dropped below')
    .option('--plan', 'only show what it would do; exit code 1 when something would fail')
    .addOption(new Option('--restart <rule>', RESTART_RULE).choices(['marathon']))
    .addHelpText('after', "\nExamples:\n  $ wharf app deploy web.json --wait\n  $ jq '.instances = 5' web.json | wharf app deploy -")
    .action(
      async (file: string, { wait = false, force = false, allowUnknown = false, restart, plan = false }: Deploying, command: Command) => {
        const session = await openSession(command, io);
        const definitions = await definitionsIn(file, io);
        const since = await headOf(session.client);
        const bodies: Json[] = [];
        for (const definition of definitions) bodies.push(await keepingScale(session.client.find, definition));
        const rule = restart === undefined ? '' : `&restart=${restart}`;
        const query = `force=${force}&partialUpdate=false&strict=${!allowUnknown}${rule}`;
        if (plan)
          return showPlan(
            session,
            await session.client.ask('POST', `/v1/plan?force=${force}&strict=${!allowUnknown}${rule}`, { body: bodies }),
          );
        const apps = definitions.map(({ id }) => absolute(String(id)));
        // One without an id has no path of its own: the engine says what is missing.
        if (bodies.length === 1 && typeof bodies[0].id === 'string') {
          const { deploymentId, version } = await session.client.ask('PUT', `${appPath(String(apps[0]))}?${query}`, { body: bodies[0] });
          return finish(session, [{ id: deploymentId, app: String(apps[0]), version }], wait, since);
        }
        const answer = await session.client.ask('PUT', `/v2/apps?${query}`, { body: bodies });
        const begun = (answer.deployments as readonly { id: string }[]).map(({ id }) => ({
          id,
          app: apps.join(', '),
          version: answer.version,
        }));
        if (begun.length === 0 && !session.json) io.out(`${apps.join(', ')}: nothing differs from what is there\n`);
        await finish(session, begun, wait, since);
      },
    );

  app
    .command('list')
    .description('All apps.')
    .action(async (_options, command: Command) => {
      const session = await openSession(command, io);
      const document = await session.client.ask('GET', '/v2/apps?embed=apps.counts&embed=apps.deployments');
      session.answer(document, () => {
        const rows = (document.apps as readonly Json[]).map((each) => [
          each.id,
          `${each.tasksRunning}/${each.instances}`,
          each.healthChecks?.length > 0 ? `${each.tasksHealthy} ok, ${each.tasksUnhealthy} bad` : '-',
          each.cpus,
          each.mem,
          age(each.version, session.io.now()),
          each.deployments.length > 0 ? 'deploying' : '',
        ]);
        return rows.length === 0 ? 'no apps\n' : session.table(['APP', 'RUNNING', 'HEALTH', 'CPUS', 'MEM', 'CHANGED', ''], rows);
      });
    });

  app
    .command('show <id>')
    .description('One app: its instances, what waits and why, its versions.')
    .action(async (id: string, _options, command: Command) => {
      const session = await openSession(command, io);
      const document = await session.client.ask('GET', appPath(id));
      const { versions } = await session.client.ask('GET', `${appPath(id)}/versions`);
      const { queue } = await session.client.ask('GET', '/v2/queue');
      const waiting = (queue as readonly Json[]).find((item) => item.app?.id === document.app.id);
      const { endpoints } = await session.client.ask('GET', `/v1/endpoints?app=${encodeURIComponent(document.app.id)}`);
      session.answer({ ...document, versions, endpoints, ...(waiting !== undefined && { queue: waiting }) }, () =>
        appText(session, document.app, { versions, waiting, endpoints }),
      );
    });

  changing('scale <id> <instances>', 'Change how many instances there are.').action(
    (id: string, count: string, _options, command: Command) => {
      if (!/^\d+$/.test(count)) throw usage(`'${count}' is no number of instances`);
      return change(command, id, (force) => ['PUT', `${appPath(id)}?${force}`, { instances: Number(count) }]);
    },
  );

  changing('restart <id>', 'Replace every instance by one of the same definition.').action((id: string, _options, command: Command) =>
    change(command, id, (force) => ['POST', `${appPath(id)}/restart?${force}`]),
  );

  changing('rollback <id> [version]', 'Go back to a version; without one, to the last of another configuration that did not fail.')
    .addHelpText('after', '\nExamples:\n  $ wharf app rollback /shop/web --wait\n  $ wharf app rollback /shop/web 2031-05-04T10:00:00.000Z')
    .action(async (id: string, version: string | undefined, _options, command: Command) => {
      const back = version ?? (await versionBefore((await openSession(command, io)).client.ask, id));
      return change(command, id, (force) => ['PUT', `${appPath(id)}?${force}`, { version: back }]);
    });

  changing('kill <id> [instance]', 'Stop all instances of an app, or one; they are replaced unless --scale says otherwise.')
    .option('--scale', 'want that many fewer from now on')
    .action(async (id: string, name: string | undefined, options: Waiting & { readonly scale?: boolean }, command: Command) => {
      const { wait = false, force = false, scale = false } = options;
      const session = await openSession(command, io);
      const { client } = session;
      const { app: before } = await client.ask('GET', appPath(id));
      const since = await headOf(client);
      const task = name === undefined ? undefined : await taskCalled(client, before, name);
      const path = `${appPath(id)}/tasks${task === undefined ? '' : `/${encodeURIComponent(task)}`}?scale=${scale}&force=${force}`;
      const answer = await client.ask('DELETE', path);
      if (scale) return finish(session, [{ id: answer.deploymentId, app: before.id, version: answer.version }], wait, since);
      const killed = ((task === undefined ? answer.tasks : [answer.task]) as readonly Json[]).flatMap((each) => uuidIn(each.id) ?? []);
      if (wait) await awaitReplaced(session, before.id, before.instances, killed);
      session.answer(
        { app: before.id, killed },
        () => `${before.id}: ${plural(killed.length, 'instance')} ${wait ? 'replaced' : 'asked to stop'}\n`,
      );
    });

  changing('remove <id>', 'Stop an app and forget its definition; its history stays.').action(
    (id: string, { force }: Waiting, command: Command) => change(command, id, () => ['DELETE', `${appPath(id)}?force=${force ?? false}`]),
  );
};

const absolute = (id: string): string => `/${id.replace(/^\/+/, '')}`;

/** A file that does not say how many leaves as many as there are. */
const keepingScale = async (find: (path: string) => Promise<Json | undefined>, definition: Json): Promise<Json> => {
  if (definition.instances !== undefined || typeof definition.id !== 'string') return definition;
  const there = await find(appPath(definition.id));
  return there === undefined ? definition : { ...definition, instances: there.app.instances };
};

const versionBefore = async (ask: (method: 'GET', path: string) => Promise<Json>, id: string): Promise<string> => {
  const { versions } = (await ask('GET', `${appPath(id)}/versions`)) as { readonly versions: readonly string[] };
  const [current, ...earlier] = versions;
  const configOf = async (version: string): Promise<string> =>
    (await ask('GET', `${appPath(id)}/versions/${encodeURIComponent(version)}`)).versionInfo.lastConfigChangeAt;
  const now = current === undefined ? '' : await configOf(current);
  const failed = failedIn((await ask('GET', `/v1/history/${absolute(id).slice(1)}?limit=10000`)).history);
  for (const version of earlier) {
    const config = await configOf(version);
    if (config !== now && !failed.has(config)) return version;
  }
  throw new CliFailure(`${absolute(id)} has no earlier version to go back to`);
};

/** Configurations that were deployed, and never with success. */
const failedIn = (history: readonly Json[]): ReadonlySet<string> => {
  const aims = new Map<string, string>();
  const [failed, good] = [new Set<string>(), new Set<string>()];
  for (const { type, data } of history) {
    if (type === 'DeploymentBegan' && data.to !== undefined) aims.set(data.deployment, data.to.configVersion);
    if (type !== 'DeploymentEnded') continue;
    const aim = aims.get(data.deployment);
    if (aim !== undefined) (data.outcome === 'succeeded' ? good : failed).add(aim);
  }
  return new Set([...failed].filter((config) => !good.has(config)));
};

const taskCalled = async (client: Parameters<typeof instanceCalled>[0], app: Json, name: string): Promise<string> => {
  const uuid = await instanceCalled(client, name);
  const task = (app.tasks as readonly Json[]).find((each) => uuidIn(each.id) === uuid);
  if (task === undefined) throw new CliFailure(`${app.id} has no running instance '${name}'`);
  return task.id;
};
