import { phaseOf } from '../../../../domain/instance/instance.states.ts';
import type { Engine } from '../../../../domain/ports/engine.ts';
import type { AppRow, InstanceRow } from '../../../../domain/ports/views.ts';
import { hostOf } from '../../marathon/taskJson.ts';
import { marathonState } from '../../marathon/taskStates.ts';
import { notFound, unavailable } from '../../problem.ts';
import { remembered } from '../remembered.ts';

/** Longest name of a service, in segments of the path; Admin Router's. */
export const NAME_SEGMENTS_MAX = 10;

const NAME = 'DCOS_SERVICE_NAME';
const SCHEME = 'DCOS_SERVICE_SCHEME';
const PORT_INDEX = 'DCOS_SERVICE_PORT_INDEX';
const REWRITE = 'DCOS_SERVICE_REWRITE_REQUEST_URLS';

/** Where a request to a service goes. */
export type Target = {
  readonly scheme: 'http' | 'https';
  readonly host: string;
  readonly port: number;
  /** Path and query for the service. */
  readonly path: string;
  /** The part of our URL that is not the service's: `/service/<name>`. */
  readonly prefix: string;
};

/**
 * Admin Router's way from a URL below `/service/` to a task: of the prefixes of the path, the shortest first, that which an app has in its
 * label DCOS_SERVICE_NAME. Only addresses that placement recorded are ever gone to.
 * @throws Problem 404 where no app has such a label, or its labels say not enough; 503 while none of its tasks runs.
 */
export const resolveService = (engine: Engine, url: string): Target => {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  const segments = path.split('/').filter((segment) => segment !== '');
  const asked = segments.slice(1, 1 + NAME_SEGMENTS_MAX);
  const named = appsByName(engine);
  for (let length = 1; length <= asked.length; length++) {
    const name = asked.slice(0, length).join('/');
    const apps = named.get(name);
    if (apps === undefined) continue;
    const prefix = `/service/${name}`;
    const isKept = apps[0]?.definition.labels[REWRITE] === 'false';
    // The name may have been written with more slashes than it has.
    const rest = `/${restOf(path, length + 1)}`;
    return { ...placeOf(engine, name, apps), path: isKept ? url : `${rest}${at < 0 ? '' : url.slice(at)}`, prefix };
  }
  throw notFound(`No service '${asked.join('/')}': no app has the label ${NAME} for any part of this path.`);
};

/** The path behind its first `count` segments, as it was written. */
const restOf = (path: string, count: number): string => {
  let rest = path;
  for (let taken = 0; taken < count; taken++) rest = rest.replace(/^\/+[^/]*/, '');
  return rest.replace(/^\/+/, '');
};

/** Apps by the name of their service. */
const appsByName = remembered(
  (engine): ReadonlyMap<string, readonly AppRow[]> =>
    Map.groupBy(
      [...engine.views.apps.all()].filter(({ definition }) => nameOf(definition.labels) !== ''),
      ({ definition }) => nameOf(definition.labels),
    ),
);

const nameOf = (labels: Readonly<Record<string, string>>): string =>
  (labels[NAME] ?? '')
    .split('/')
    .filter((segment) => segment !== '')
    .join('/');

const placeOf = (engine: Engine, name: string, apps: readonly AppRow[]): Pick<Target, 'scheme' | 'host' | 'port'> => {
  let missing: string | undefined;
  for (const { id, definition } of apps) {
    const { [SCHEME]: scheme, [PORT_INDEX]: index = '' } = definition.labels;
    if (scheme !== 'http' && scheme !== 'https') missing = `App '${id}' has no label ${SCHEME} that is http or https.`;
    else if (!/^\d{1,4}$/.test(index)) missing = `App '${id}' has no label ${PORT_INDEX} that is the index of a port.`;
    else
      for (const row of runningTasks(engine, id)) {
        const place = addressOf(engine, row, Number(index));
        if (place !== undefined) return { scheme, ...place };
        missing = `App '${id}' has no port with the index ${index}.`;
      }
  }
  throw missing === undefined ? unavailable(`No task of service '${name}' runs now.`) : notFound(missing);
};

/** Those that are ready first, then by age: as long as it lasts, the same one is gone to. */
const runningTasks = ({ views }: Engine, app: string): readonly InstanceRow[] => {
  const running = views.instances.ofApp(app).filter(({ state }) => marathonState(state).task === 'TASK_RUNNING');
  const rank = ({ state }: InstanceRow): number => (phaseOf(state) === 'ready' ? 0 : 1);
  return running.toSorted((a, b) => rank(a) - rank(b) || (a.startedAt ?? 0) - (b.startedAt ?? 0));
};

/** On a container network the task's own address and the container's port; else the node's, and the host port. */
const addressOf = (engine: Engine, row: InstanceRow, index: number): Pick<Target, 'host' | 'port'> | undefined => {
  const definition = engine.views.apps.definition(row.app, row.version);
  const mapping = definition?.container?.portMappings?.[index];
  const [own] = row.ipAddresses;
  if (definition?.networks[0]?.mode === 'container' && own !== undefined && mapping !== undefined && mapping.containerPort > 0)
    return { host: own, port: mapping.containerPort };
  const host = hostOf(engine, row);
  const port = row.hostPorts[index];
  return host === '' || port === undefined ? undefined : { host, port };
};
