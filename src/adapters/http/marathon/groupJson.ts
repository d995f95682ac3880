import type { AppDefinition } from '../../../domain/app/definition/definition.ts';
import type { GroupNode } from '../../../domain/group/group.facts.ts';
import { isBelow, parentOf } from '../../../domain/group/tree.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { AppRow } from '../../../domain/ports/views.ts';
import { appJson, type Embed, embeds, versionJson } from './appJson.ts';
import { sortedRows } from './apps.read.ts';
import { podVersionJson } from './podJson.ts';

type Json = Readonly<Record<string, unknown>>;

/** What a GET of a group shows of what is below it. */
export type GroupEmbed = {
  readonly groups: boolean;
  readonly apps: boolean;
  readonly pods: boolean;
  readonly ofApps: ReadonlySet<Embed>;
};

/** Marathon's `embed` of groups: everything unless something is named. */
export const groupEmbeds = (asked: readonly string[]): GroupEmbed => {
  const has = (name: string): boolean => asked.length === 0 || asked.includes(`group.${name}`);
  const ofApps = asked.filter((name) => name.startsWith('group.apps.'));
  return { groups: has('groups'), apps: has('apps') || ofApps.length > 0, pods: has('pods'), ofApps: embeds(ofApps, []) };
};

type Shown = { readonly id: string; readonly version: string; readonly definition: AppDefinition; readonly json: () => Json };

/** A group with all that is asked for below it, now. */
export const groupJson = (engine: Engine, id: string, embed: GroupEmbed): Json => {
  const members = sortedRows(engine).map((row): Shown => shownNow(engine, row, embed.ofApps));
  return treeJson(id, [...engine.views.groups.all()], members, embed, engine.views.groups.version());
};

/** A group as it was at a version. */
export const groupJsonAt = (engine: Engine, id: string, version: string): Json => {
  const members = [...engine.views.apps.at(version)]
    .sort((a, b) => (a.app < b.app ? -1 : 1))
    .map((row): Shown => ({ id: row.app, version: row.version, definition: row.definition, json: () => memberJson(row) }));
  return treeJson(id, engine.views.groups.at(version), members, groupEmbeds([]), version);
};

const shownNow = (engine: Engine, row: AppRow, ofApps: ReadonlySet<Embed>): Shown => ({
  id: row.id,
  version: row.target.version,
  definition: row.definition,
  json: () => (row.definition.pod === undefined ? appJson(engine, row, ofApps) : memberJson({ ...row.target, definition: row.definition })),
});

const memberJson = (row: Parameters<typeof versionJson>[0]): Json =>
  row.definition.pod === undefined ? versionJson(row) : podVersionJson(row.definition, row.version);

const treeJson = (id: string, nodes: readonly GroupNode[], members: readonly Shown[], embed: GroupEmbed, treeVersion: string): Json => {
  const groupsOf = Map.groupBy(
    nodes.filter((node) => node.id !== '/'),
    (node) => parentOf(node.id) ?? '/',
  );
  const membersOf = Map.groupBy(members, (member) => parentOf(member.id) ?? '/');
  const known = new Map(nodes.map((node) => [node.id, node]));
  const json = (group: string): { readonly json: Json; readonly version: string } => {
    const direct = membersOf.get(group) ?? [];
    const inner = (groupsOf.get(group) ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1)).map((node) => json(node.id));
    const { dependencies = [], enforceRole } = known.get(group) ?? {};
    const versions = [...direct, ...inner].map(({ version }): string => version);
    const newest = [group === '/' ? treeVersion : '', ...versions].sort().at(-1) ?? '';
    const of = (isPod: boolean): readonly Json[] =>
      direct.flatMap((member) => ((member.definition.pod !== undefined) === isPod ? [member.json()] : []));
    return {
      version: newest,
      json: {
        id: group,
        dependencies,
        version: newest === '' ? NEVER : newest,
        ...(embed.apps && { apps: of(false) }),
        ...(embed.pods && { pods: of(true) }),
        ...(embed.groups && { groups: inner.map((each) => each.json) }),
        ...(enforceRole !== undefined && { enforceRole }),
      },
    };
  };
  return json(id).json;
};

/** Version of a group in which nothing ever stood. */
const NEVER = '1970-01-01T00:00:00.000Z';

/** Whether a group is there: named itself, or with something in it. */
export const isGroup = ({ views }: Engine, id: string): boolean =>
  id === '/' || views.groups.get(id) !== undefined || [...views.apps.all()].some((row) => isBelow(row.id, id));

/**
 * Versions of a group, newest first: each change of the groups or of what stands below it made one. Those at which something stood there that
 * is forgotten by now are none: whoever went back to one would lose it.
 */
export const groupVersions = ({ views }: Engine, id: string): readonly string[] => {
  const from = views.apps.knownFrom(id);
  return [...new Set([...views.groups.versions(), ...views.apps.versionsBelow(id)])]
    .filter((version) => version >= from)
    .sort()
    .reverse();
};
