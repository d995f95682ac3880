/** Resources that may stand behind an app's id in a URL; ids have many segments, so the suffix binds last. */
export const APP_SUFFIXES = ['', '/restart', '/tasks', '/tasks/{taskId}', '/versions', '/versions/{version}'] as const;
export type AppSuffix = (typeof APP_SUFFIXES)[number];

export type AppPath = {
  /** Absolute; of the group where `group` is true. */
  readonly id: string;
  /** The id ended in `*`: all apps below a group. */
  readonly group: boolean;
  readonly suffix: AppSuffix;
  /** Value of the suffix' placeholder, '' where it has none. */
  readonly leaf: string;
};

/** What a path below `/v2/apps/` means: `shop/web/tasks/t1` → task `t1` of `/shop/web`. */
export const appPath = (path: string): AppPath => {
  const segments = path.split('/').filter((segment) => segment !== '');
  const [last, parent] = [segments.at(-1), segments.at(-2)];
  const named = (taken: number, suffix: AppSuffix, leaf = ''): AppPath => {
    const id = taken === 0 ? segments : segments.slice(0, -taken);
    const group = id.at(-1) === '*';
    return { id: `/${(group ? id.slice(0, -1) : id).join('/')}`, group, suffix, leaf };
  };
  if (segments.length > 1 && (last === 'restart' || last === 'tasks' || last === 'versions')) return named(1, `/${last}`);
  if (segments.length > 2 && parent === 'tasks') return named(2, '/tasks/{taskId}', last);
  if (segments.length > 2 && parent === 'versions') return named(2, '/versions/{version}', last);
  return named(0, '');
};

/** Whether an app stands below a group, at any depth. */
export const isBelow = (app: string, group: string): boolean => group === '/' || app.startsWith(`${group}/`);
