import type { Command } from 'commander';
import { absolutePathId } from '../../../domain/app/definition/pathId.ts';
import { finish } from '../await.ts';
import type { Json } from '../client.ts';
import { confirm } from '../confirm.ts';
import { definitionsIn } from '../definitions.ts';
import { headOf } from '../facts.ts';
import { CliFailure, usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { groupPath } from '../names.ts';
import { age, plural } from '../render.ts';
import { openSession, type Session } from '../session.ts';
import { allMembers, changeText, removedIn, treeText } from './groupText.ts';

type Changing = {
  readonly wait?: boolean;
  readonly force?: boolean;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly allowUnknown?: boolean;
};

const COUNTED = ['group.groups', 'group.apps', 'group.pods', 'group.apps.counts', 'group.apps.deployments']
  .map((embed) => `embed=${embed}`)
  .join('&');

/** `wharf group …`: folders of apps and pods, each changed as a whole by one deployment. */
export const addGroupCommands = (program: Command, io: Io): void => {
  const group = program.command('group').description('Groups of apps and pods, each changed as a whole by one deployment.');
  const changing = (declaration: string, description: string): Command =>
    group
      .command(declaration)
      .description(description)
      .option('--dry-run', 'only show what would be created, changed and removed')
      .option('--yes', 'remove without asking')
      .option('--wait', 'wait until the deployment has ended; exit code 0 only when it succeeded')
      .option('--force', 'take over from deployments that are running');

  changing('deploy <file>', 'Create or replace a group from a JSON file: what it does not list is removed. `-` reads standard input.')
    .option('--allow-unknown', 'take fields that the engine does not know')
    .addHelpText('after', '\nExamples:\n  $ wharf group deploy shop.json --dry-run\n  $ wharf group deploy shop.json --wait')
    .action(async (file: string, options: Changing, command: Command) => {
      const session = await openSession(command, io);
      const [body, ...others] = await definitionsIn(file, io, 'group');
      if (others.length > 0) throw usage(`${file} holds ${others.length + 1} groups; one was expected`);
      const id = absolutePathId(String(body.id ?? '/'));
      const there = await session.client.find(`${groupPath(id)}?embed=group.groups&embed=group.apps`);
      const scales = new Map(
        allMembers(there ?? {}).flatMap(([kind, { id: each, instances }]) => (kind === 'app' ? [[String(each), Number(instances)]] : [])),
      );
      await change(session, id, { ...keepingScale(body, id, scales), id }, options);
    });

  changing('scale <id> <factor>', 'Multiply the number of instances of every app and pod below a group.').action(
    async (name: string, factor: string, options: Changing, command: Command) => {
      if (!/^\d+(\.\d+)?$/.test(factor)) throw usage(`'${factor}' is no factor; 1.5 makes half as many again`);
      await change(await openSession(command, io), absolutePathId(name), { scaleBy: Number(factor) }, options);
    },
  );

  changing('rollback <id> [version]', 'Go back to a version; without one, to the last before the present.')
    .addHelpText('after', '\nExamples:\n  $ wharf group rollback /shop --dry-run\n  $ wharf group rollback /shop 2031-05-04T10:00:00.000Z')
    .action(async (name: string, version: string | undefined, options: Changing, command: Command) => {
      const session = await openSession(command, io);
      const id = absolutePathId(name);
      await change(session, id, { version: version ?? (await versionBefore(session, id)) }, options);
    });

  changing('remove <id>', 'Stop all that stands in a group and forget it; its history stays.').action(
    async (name: string, options: Changing, command: Command) => {
      const session = await openSession(command, io);
      const id = absolutePathId(name);
      const there = await session.client.ask('GET', `${groupPath(id)}?embed=group.groups&embed=group.apps&embed=group.pods`);
      const members = allMembers(there).map(([kind, member]) => ({ id: member.id, kind, change: 'remove', fields: [] }));
      const foreseen = { diff: members, groups: { set: [], removed: id === '/' ? [] : [id] } };
      await decide(session, id, foreseen, options, () => session.client.ask('DELETE', `${groupPath(id)}?force=${options.force ?? false}`));
    },
  );

  group
    .command('list [id]')
    .description('The tree of groups with what stands in them, or the part of it below one.')
    .action(async (name: string | undefined, _options, command: Command) => {
      const session = await openSession(command, io);
      const document = await session.client.ask('GET', `${groupPath(absolutePathId(name ?? '/'))}?${COUNTED}`);
      const pods = await podsOf(session, document);
      session.answer(document, () => treeText(session, document, pods));
    });

  group
    .command('show <id>')
    .description('One group: what it depends on, its versions, and what stands in it.')
    .action(async (name: string, _options, command: Command) => {
      const session = await openSession(command, io);
      const path = groupPath(absolutePathId(name));
      const document = await session.client.ask('GET', `${path}?${COUNTED}`);
      const versions = (await session.client.ask('GET', `${path}/versions`)) as readonly string[];
      const pods = await podsOf(session, document);
      session.answer({ ...document, versions }, () => {
        const apps = allMembers(document).filter(([kind]) => kind === 'app').length;
        const facts = [
          ['Group', document.id],
          ['Version', `${document.version} (${age(document.version, session.io.now())} ago; ${versions.length} in all)`],
          ['Holds', `${plural(apps, 'app')}, ${plural(pods.size, 'pod')}`],
          ...(document.dependencies.length > 0 ? [['Depends on', document.dependencies.join(', ')]] : []),
          ...(document.enforceRole === undefined ? [] : [['Role', document.enforceRole ? 'enforced' : 'free']]),
        ];
        const head = facts.map(([label = '', value = '']) => `${`${label}:`.padEnd(14)}${value}\n`).join('');
        return `${head}\n${treeText(session, document, pods)}`;
      });
    });

  group
    .command('versions <id>')
    .description('The versions of a group, newest first: each change of it or of what stands in it made one.')
    .action(async (name: string, _options, command: Command) => {
      const session = await openSession(command, io);
      const versions = (await session.client.ask('GET', `${groupPath(absolutePathId(name))}/versions`)) as readonly string[];
      session.answer({ versions }, () => versions.map((version) => `${version}  ${age(version, session.io.now())} ago\n`).join(''));
    });
};

/** Shows what a write would do, asks where something would go, and does it. */
const change = async (session: Session, id: string, body: Json, options: Changing): Promise<void> => {
  const pathOf = (dryRun: boolean): string =>
    `${groupPath(id)}?force=${options.force ?? false}&strict=${!(options.allowUnknown ?? false)}&dryRun=${dryRun}`;
  const foreseen = await session.client.ask('PUT', pathOf(true), { body });
  await decide(session, id, foreseen, options, () => session.client.ask('PUT', pathOf(false), { body }));
};

const decide = async (
  session: Session,
  id: string,
  foreseen: Json,
  { dryRun = false, yes = false, wait = false }: Changing,
  write: () => Promise<Json>,
): Promise<void> => {
  const { io, json } = session;
  if (!json) io.out(changeText(foreseen, id));
  if (dryRun) {
    if (json) session.answer(foreseen, () => '');
    else io.out('this was a dry run\n');
    return;
  }
  const gone = removedIn(foreseen);
  if (gone !== undefined && !yes) await confirm(session, `Remove ${gone}? [y/N] `);
  const since = await headOf(session.client);
  const { version, deployments } = await write();
  const begun = (deployments as readonly { readonly id: string }[]).map((each) => ({ id: each.id, app: id, version }));
  await finish(session, begun, wait, since);
};

/** A file that does not say how many instances an app has leaves as many as there are. */
const keepingScale = (body: Json, id: string, scales: ReadonlyMap<string, number>): Json => ({
  ...body,
  ...(Array.isArray(body.apps) && {
    apps: body.apps.map((app: Json) => {
      const instances = typeof app?.id === 'string' ? scales.get(absolutePathId(app.id, id)) : undefined;
      return instances === undefined || app.instances !== undefined ? app : { ...app, instances };
    }),
  }),
  ...(Array.isArray(body.groups) && {
    groups: body.groups.map((inner: Json) =>
      typeof inner?.id === 'string' ? keepingScale(inner, absolutePathId(inner.id, id), scales) : inner,
    ),
  }),
});

const podsOf = async ({ client }: Session, group: Json): Promise<ReadonlyMap<string, Json>> => {
  if (!allMembers(group).some(([kind]) => kind === 'pod')) return new Map();
  const all = (await client.ask('GET', '/v2/pods/::status')) as readonly Json[];
  const within = group.id === '/' ? '/' : `${group.id}/`;
  return new Map(all.filter(({ id }) => id.startsWith(within)).map((status) => [status.id, status]));
};

const versionBefore = async ({ client }: Session, id: string): Promise<string> => {
  const [, before] = (await client.ask('GET', `${groupPath(id)}/versions`)) as readonly string[];
  if (before === undefined) throw new CliFailure(`${id} has no earlier version to go back to`);
  return before;
};
