import { type Command, Option } from 'commander';
import { either as E } from 'fp-ts';
import { readPod } from '../../../domain/app/pod/parse.ts';
import { type Begun, finish } from '../await.ts';
import { awaitReplaced } from '../awaitReplaced.ts';
import type { Client, Json } from '../client.ts';
import { definitionsIn } from '../definitions.ts';
import { headOf } from '../facts.ts';
import { CliFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { absoluteId, podPath, uuidIn } from '../names.ts';
import { problemOf } from '../problem.ts';
import { age, plural } from '../render.ts';
import { openSession } from '../session.ts';
import { podText } from './podText.ts';

type Waiting = { readonly wait?: boolean; readonly force?: boolean };
type Writing = Waiting & { readonly allowUnknown?: boolean; readonly restart?: 'marathon' };

const RESTART_RULE = 'replace instances after every change but of their number, as Marathon does, not only where they need it';

/** `wharf pod …`: containers that live and die together. */
export const addPodCommands = (program: Command, io: Io): void => {
  const pod = program.command('pod').description('Deploy and look after pods: containers that are placed, started and ended together.');
  const changing = (declaration: string, description: string): Command =>
    pod
      .command(declaration)
      .description(description)
      .option('--wait', 'wait until the deployment has ended; exit code 0 only when it succeeded')
      .option('--force', 'take over from a deployment that is running');
  const writing = (declaration: string, description: string): Command =>
    changing(declaration, description).option(
      '--allow-unknown',
      'take fields that the engine does not know: they are kept at the top and dropped below',
    );

  writing('add <file>', 'Create pods from a JSON file: one definition, or an array of them. `-` reads standard input.')
    .addHelpText('after', '\nExample:\n  $ wharf pod add shop.json --wait')
    .action(async (file: string, options: Writing, command: Command) => {
      const session = await openSession(command, io);
      const definitions = await definitionsIn(file, io, 'pod');
      const since = await headOf(session.client);
      const query = `force=${options.force ?? false}&strict=${options.allowUnknown !== true}`;
      refuseInvalid(definitions, options);
      const begun = await eachInTurn(definitions, (body) => session.client.begin('POST', `/v2/pods?${query}`, { body }));
      await finish(session, begun, options.wait ?? false, since);
    });

  writing('update <file>', 'Replace the definitions of pods by those in a JSON file, or create them. `-` reads standard input.')
    .addOption(new Option('--restart <rule>', RESTART_RULE).choices(['marathon']))
    .addHelpText(
      'after',
      "\nExamples:\n  $ wharf pod update shop.json --wait\n  $ wharf pod show /shop --json | jq '.spec.scaling.instances = 5 | .spec' | wharf pod update -",
    )
    .action(async (file: string, options: Writing, command: Command) => {
      const session = await openSession(command, io);
      const { client } = session;
      const definitions = await definitionsIn(file, io, 'pod');
      const since = await headOf(client);
      const rule = options.restart === undefined ? '' : `&restart=${options.restart}`;
      const query = `force=${options.force ?? false}&strict=${options.allowUnknown !== true}${rule}`;
      refuseInvalid(definitions, options);
      const begun = await eachInTurn(definitions, async (definition) =>
        client.begin('PUT', `${podPath(definition.id)}?${query}`, { body: await keepingScale(client, definition) }),
      );
      await finish(session, begun, options.wait ?? false, since);
    });

  pod
    .command('list')
    .description('All pods.')
    .action(async (_options, command: Command) => {
      const session = await openSession(command, io);
      const document = (await session.client.ask('GET', '/v2/pods::status')) as readonly Json[];
      session.answer(document, () => {
        const rows = document.map(({ id, status, spec, instances }) => [
          id,
          `${(instances as readonly Json[]).filter((each) => each.status === 'STABLE').length}/${spec.scaling.instances}`,
          status.toLowerCase(),
          (spec.containers as readonly Json[]).map(({ name }) => name).join(', '),
          age(spec.version, session.io.now()),
        ]);
        return rows.length === 0 ? 'no pods\n' : session.table(['POD', 'STABLE', 'STATUS', 'CONTAINERS', 'CHANGED'], rows);
      });
    });

  pod
    .command('show <id>')
    .description('One pod: its instances with their containers, and those that have ended.')
    .action(async (id: string, _options, command: Command) => {
      const session = await openSession(command, io);
      const document = await session.client.ask('GET', `${podPath(id)}::status`);
      const { queue } = await session.client.ask('GET', '/v2/queue');
      const waiting = (queue as readonly Json[]).find((item) => item.pod?.id === document.id);
      session.answer({ ...document, ...(waiting !== undefined && { queue: waiting }) }, () => podText(session, document, waiting));
    });

  pod
    .command('kill <id> [instances...]')
    .description('Stop instances of a pod, all unless some are named; they are replaced.')
    .option('--wait', 'wait until they are replaced')
    .action(async (id: string, names: readonly string[], { wait = false }: Waiting, command: Command) => {
      const session = await openSession(command, io);
      const { client } = session;
      const before = await client.ask('GET', `${podPath(id)}::status`);
      const ids = names.length === 0 ? idsOf(before) : names.map((name) => instanceOf(before, name));
      const answer = (await client.ask('DELETE', `${podPath(id)}::instances`, { body: ids })) as readonly Json[];
      const killed = answer.flatMap(({ instanceId }) => uuidIn(instanceId) ?? []);
      if (wait) await awaitReplaced(session, before.id, before.spec.scaling.instances, killed);
      session.answer(
        { pod: before.id, killed },
        () => `${before.id}: ${plural(killed.length, 'instance')} ${wait ? 'replaced' : 'asked to stop'}\n`,
      );
    });

  changing('remove <id>', 'Stop a pod and forget its definition; its history stays.').action(
    async (id: string, { wait = false, force = false }: Waiting, command: Command) => {
      const session = await openSession(command, io);
      const since = await headOf(session.client);
      const { deployment } = await session.client.begin('DELETE', `${podPath(id)}?force=${force}`);
      await finish(session, [{ id: deployment, app: absoluteId(id) }], wait, since);
    },
  );
};

/** The API takes one pod at a time: what can be known to be wrong is found before the first is sent. */
const refuseInvalid = (definitions: readonly Json[], { allowUnknown = false }: Writing): void => {
  for (const definition of definitions) {
    const read = readPod(definition, { strict: !allowUnknown });
    if (E.isLeft(read)) throw problemOf(read.left.status, read.left, '');
  }
};

/** @throws CliFailure that names what had begun before, when one is refused. */
const eachInTurn = async (
  definitions: readonly Json[],
  ask: (definition: Json) => ReturnType<Client['begin']>,
): Promise<readonly Begun[]> => {
  const begun: Begun[] = [];
  for (const definition of definitions)
    try {
      const { body, deployment } = await ask(definition);
      begun.push({ id: deployment, app: body.id, version: body.version });
    } catch (error) {
      if (!(error instanceof CliFailure) || begun.length === 0) throw error;
      const before = begun.map(({ id, app }) => `${app}: deployment ${id} had begun before, and goes on`);
      throw new CliFailure(`${definition.id}: ${error.message}`, { exitCode: error.exitCode, details: [...error.details, ...before] });
    }
  return begun;
};

/** A file that does not say how many leaves as many as there are. */
const keepingScale = async (client: Client, definition: Json): Promise<Json> => {
  if (definition.scaling !== undefined) return definition;
  const there = await client.find(podPath(definition.id));
  return there === undefined ? definition : { ...definition, scaling: there.scaling };
};

const idsOf = ({ instances }: Json): readonly string[] => (instances as readonly Json[]).map(({ id }) => id);

/** The one instance of the pod whose id begins so. */
const instanceOf = (status: Json, name: string): string => {
  const wanted = uuidIn(name) ?? name.toLowerCase();
  const found = idsOf(status).filter((id) => uuidIn(id)?.startsWith(wanted));
  const [only] = found;
  if (only === undefined) throw new CliFailure(`${status.id} has no running instance '${name}'`);
  if (found.length > 1) throw new CliFailure(`'${name}' may be any of ${found.length} instances; give more of it`, { details: found });
  return only;
};
