import { z } from 'zod';
import { isPod } from '../../../domain/app/pod/pod.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { AppRow } from '../../../domain/ports/views.ts';
import { LongList } from '../longList.ts';
import { notFound } from '../problem.ts';
import { minPosition, repeated } from '../queries.ts';
import { appJson, appList, embeds, versionJson } from './appJson.ts';
import { isBelow } from './appPaths.ts';
import { type AppRoute, appRoute } from './appRoute.ts';
import { appOf, versionOf } from './changes.ts';
import { taskRows, tasksJson } from './taskJson.ts';
import { refuseText } from './textTasks.ts';

/** Apps and pods, ids in order, so that two lists of the same are the same list. */
export const sortedRows = ({ views }: Engine): readonly AppRow[] => [...views.apps.all()].sort((a, b) => (a.id < b.id ? -1 : 1));

export const sortedApps = (engine: Engine): readonly AppRow[] => sortedRows(engine).filter(({ definition }) => !isPod(definition));

/** Versions in the list of an app's, as Marathon's `--zk_max_versions` has it; older ones can still be read and gone back to. */
export const VERSIONS_LISTED = 50;

/** Apps below a group; a group other than the root is there when an app is. */
const appsBelow = (engine: Engine, group: string): readonly AppRow[] => {
  const rows = sortedApps(engine).filter(({ id }) => isBelow(id, group));
  if (rows.length === 0 && group !== '/') throw notFound(`Group '${group}' does not exist`);
  return rows;
};

const plain = z.object({ minPosition });

export const appReads: readonly AppRoute[] = [
  appRoute({
    method: 'GET',
    suffix: '',
    summary: 'One app, or with an id that ends in `*` all apps of a group.',
    query: z.object({ embed: repeated, minPosition }),
    ofGroups: true,
    handle: ({ engine, id, group, query }) => {
      const embed = embeds(query.embed, ['counts', 'tasks', 'lastTaskFailure', 'deployments']);
      if (group) return { '*': appList(engine, appsBelow(engine, id), embed) };
      return { app: appJson(engine, appOf(engine, id), embed) };
    },
  }),
  appRoute({
    method: 'GET',
    suffix: '/tasks',
    summary: 'Tasks of an app, or of all apps of a group.',
    query: plain,
    ofGroups: true,
    handle: ({ engine, id, group, request }) => {
      refuseText(request);
      const rows = group ? appsBelow(engine, id) : [appOf(engine, id)];
      const instances = rows.flatMap((row) => taskRows(engine, row.id));
      return { tasks: new LongList(instances, (row) => tasksJson(engine, row)) };
    },
  }),
  appRoute({
    method: 'GET',
    suffix: '/versions',
    summary: `The newest ${VERSIONS_LISTED} versions of an app, newest first.`,
    query: plain,
    handle: ({ engine, id }) => ({
      versions: appOf(engine, id)
        .versions.slice(-VERSIONS_LISTED)
        .map(({ version }) => version)
        .reverse(),
    }),
  }),
  appRoute({
    method: 'GET',
    suffix: '/versions/{version}',
    summary: 'The definition of one version.',
    query: plain,
    handle: ({ engine, id, leaf }) => versionJson(versionOf(appOf(engine, id), leaf)),
  }),
];
