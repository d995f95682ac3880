import { fromSafePath, safePath } from './pathId.ts';

/**
 * Marathon's ids of instances and tasks, which clients take apart: `group_app.instance-<uuid>` and
 * `group_app.instance-<uuid>._app.<incarnation>`. Older ones (`.marathon-`, `group_app.<uuid>`) are understood too.
 */
export type InstanceId = { readonly app: string; readonly prefix: 'instance-' | 'marathon-' | ''; readonly uuid: string };
export type TaskId = InstanceId & {
  /** `_app` for apps; absent in the forms before 1.4. */
  readonly container?: string;
  readonly incarnation?: number;
};

export const instanceIdOf = (app: string, uuid: string): string => renderInstanceId({ app, prefix: 'instance-', uuid });

/** What stands for a container in the id of an app's task; in a pod's it is the container's name. */
export const APP_CONTAINER = '_app';

export const taskIdOf = (app: string, uuid: string, incarnation = 1, container = APP_CONTAINER): string =>
  `${instanceIdOf(app, uuid)}.${container}.${incarnation}`;

export const renderInstanceId = ({ app, prefix, uuid }: InstanceId): string => `${safePath(app)}.${prefix}${uuid}`;

export const renderTaskId = (id: TaskId): string =>
  [
    renderInstanceId(id),
    ...(id.container === undefined ? [] : [id.container]),
    ...(id.incarnation === undefined ? [] : [id.incarnation]),
  ].join('.');

/** undefined for what is no instance id. */
export const parseInstanceId = (id: string): InstanceId | undefined => {
  const [, safe, prefix, uuid] = /^(.+)\.(instance-|marathon-)([^.]+)$/.exec(id) ?? [];
  if (safe === undefined || uuid === undefined) return undefined;
  return { app: fromSafePath(safe), prefix: prefix as 'instance-' | 'marathon-', uuid };
};

/** Any form of task id that Marathon ever wrote; undefined for what is none. */
export const parseTaskId = (id: string): TaskId | undefined => {
  const [, instance, container, count] = /^(.+\.(?:instance-|marathon-)[^._]+)[._](_?[^.]+?)(?:\.(\d+))?$/.exec(id) ?? [];
  const known = instance === undefined ? undefined : parseInstanceId(instance);
  if (known !== undefined && container !== undefined)
    return { ...known, container, ...(count === undefined ? {} : { incarnation: Number(count) }) };
  const [, safe, uuid, incarnation] = LEGACY.exec(id) ?? [];
  if (safe === undefined || uuid === undefined) return undefined;
  return { app: fromSafePath(safe), prefix: '', uuid, ...(incarnation === undefined ? {} : { incarnation: Number(incarnation) }) };
};

const LEGACY = /^(.+)[._]([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:\.(\d+))?$/i;
