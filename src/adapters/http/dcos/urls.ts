/** What Marathon itself serves; anything else below `/service/marathon` is a path that nobody has. */
const MARATHON_PATH = /^\/(?:(?:v2|ping|metrics|config|logging|ui|help)(?:\/.*)?)?$/;

/** Mesos' own endpoints that are answered here, by the name that stands behind `/mesos/`. */
export const MESOS_ENDPOINTS = [
  'api/v1',
  'flags',
  'frameworks',
  'health',
  'metrics/snapshot',
  'monitor/statistics',
  'quota',
  'redirect',
  'reserve',
  'roles',
  'slaves',
  'state',
  'state-summary',
  'tasks',
  'unreserve',
  'version',
  'weights',
] as const;

const MESOS_PATH = new RegExp(`^(?:/mesos)?(?:/master)?/(${MESOS_ENDPOINTS.join('|')})(?:\\.json)?/?$`);
const QUOTA_PATH = /^(?:\/mesos)?(?:\/master)?\/(quota\/[^/]+)$/;

/**
 * The one URL that a route has, for each under which DC/OS offered it. Marathon stood at its own root, at `/service/marathon` behind the
 * Admin Router, and at `/marathon` before that; a Mesos master at its own root with and without `/master` and `.json`, and at `/mesos`.
 */
export const canonicalUrl = (url: string): string => {
  const at = url.indexOf('?');
  const [path, query] = at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at)];
  const [, marathon] = /^\/(?:service\/)?marathon(\/.*|$)/.exec(path) ?? [];
  if (marathon === '') return `/${query}`;
  if (marathon !== undefined && MARATHON_PATH.test(marathon)) return `${marathon}${query}`;
  const [, mesos] = MESOS_PATH.exec(path) ?? QUOTA_PATH.exec(path) ?? [];
  return mesos === undefined ? url : `/mesos/${mesos}${query}`;
};
