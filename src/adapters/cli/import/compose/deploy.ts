import type { Json } from '../../client.ts';
import type { Remarks } from './remarks.ts';
import { numberIn, secondsIn, textIn } from './values.ts';

const KNOWN = ['mode', 'replicas', 'resources', 'update_config', 'restart_policy', 'placement', 'labels'];

/** How many, where, and how they are replaced: `deploy` and what says the same beside it. */
export const deploymentOf = (service: Json, at: string, mayOverlap: boolean, found: Remarks): Json => {
  const deploy = service.deploy ?? {};
  for (const key of Object.keys(deploy))
    if (!KNOWN.includes(key) && !key.startsWith('x-')) found.leave(`${at}.deploy.${key}`, 'there is nothing of the kind here');
  const { mode = 'replicated' } = deploy;
  if (mode === 'global') found.leave(`${at}.deploy.mode`, 'one instance on every node is not possible; there will be one instance');
  else if (mode !== 'replicated') found.refuse(`${at}.deploy.mode`, 'jobs that end are not possible here: what ends is started again');
  const written = deploy.replicas ?? service.scale;
  const replicas = written === undefined ? undefined : numberIn(written);
  if (written !== undefined && (replicas === undefined || !Number.isInteger(replicas) || replicas < 0))
    found.refuse(`${at}.deploy.replicas`, `'${textIn(written)}' is no number of instances`);
  return {
    ...(replicas !== undefined && { instances: replicas }),
    ...restartOf(service, at, found),
    ...constraintsOf(deploy.placement ?? {}, `${at}.deploy.placement`, found),
    ...upgradeOf(deploy.update_config, replicas ?? 1, mayOverlap, `${at}.deploy.update_config`, found),
  };
};

const ENDS = 'an instance that ends is always replaced here';

const restartOf = (service: Json, at: string, found: Remarks): Json => {
  const { condition = 'any', delay, ...rest } = service.deploy?.restart_policy ?? {};
  const restart = textIn(service.restart) ?? 'always';
  if (restart !== 'always' && restart !== 'unless-stopped') found.leave(`${at}.restart`, ENDS);
  if (condition !== 'any') found.leave(`${at}.deploy.restart_policy.condition`, ENDS);
  for (const key of Object.keys(rest)) found.leave(`${at}.deploy.restart_policy.${key}`, 'starting again goes on, ever more slowly');
  const seconds = delay === undefined ? undefined : secondsIn(delay);
  if (delay !== undefined && seconds === undefined) found.refuse(`${at}.deploy.restart_policy.delay`, `'${textIn(delay)}' is no duration`);
  return seconds === undefined ? {} : { backoffSeconds: Math.ceil(seconds) };
};

const constraintsOf = ({ constraints = [], preferences = [], ...rest }: Json, path: string, found: Remarks): Json => {
  const all: (readonly string[])[] = [];
  (constraints as readonly Json[]).forEach((each, i) => {
    const constraint = constraintOf(textIn(each) ?? '');
    if (constraint === undefined) found.leave(`${path}.constraints.${i}`, `'${textIn(each)}' asks for what nodes do not tell here`);
    else all.push(constraint);
  });
  (preferences as readonly Json[]).forEach((each, i) => {
    const attribute = attributeOf(textIn(each?.spread) ?? '');
    if (attribute === undefined) found.leave(`${path}.preferences.${i}`, 'spreading is possible over node.labels and node.hostname');
    else all.push([attribute, 'GROUP_BY']);
  });
  const { max_replicas_per_node: most, ...unknown } = rest;
  if (numberIn(most) !== undefined && numberIn(most) !== 0) all.push(['hostname', 'MAX_PER', String(numberIn(most))]);
  for (const key of Object.keys(unknown)) found.leave(`${path}.${key}`, 'it is not known here');
  return all.length === 0 ? {} : { constraints: all };
};

const attributeOf = (name: string): string | undefined =>
  name === 'node.hostname' ? 'hostname' : /^node\.labels\.([\w.-]+)$/.exec(name)?.[1];

/** `node.labels.zone==a`: a label of a node is an attribute here. */
const constraintOf = (text: string): readonly string[] | undefined => {
  const [, name = '', operator, value = ''] = /^\s*([\w.-]+)\s*(==|!=)\s*(.*?)\s*$/.exec(text) ?? [];
  const attribute = attributeOf(name);
  if (attribute === undefined || operator === undefined || value === '') return undefined;
  const exactly = value.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return operator === '==' ? [attribute, 'LIKE', exactly] : [attribute, 'UNLIKE', exactly];
};

/** Fractions, rounded so that the engine's own rounding up finds the number that was meant. */
const fraction = (part: number, whole: number): number =>
  whole === 0 ? 0 : Math.floor(Math.min(1, Math.max(0, part / whole)) * 1000) / 1000;

/**
 * Compose stops the old before it starts the new. Where both can live at a time, new ones come first here and nothing is missing; where
 * they cannot (a fixed port, a volume that is written), the old must go first.
 */
const upgradeOf = (config: Json | undefined, instances: number, mayOverlap: boolean, path: string, found: Remarks): Json => {
  const { order, parallelism, ...rest } = config ?? {};
  for (const key of Object.keys(rest)) found.leave(`${path}.${key}`, 'a deployment here waits for health, and is undone by hand');
  const together = numberIn(parallelism) ?? 1;
  const most = together === 0 ? instances : together;
  if (order === 'start-first' && !mayOverlap)
    found.note(`${path}.order`, 'two instances cannot be up at a time on one node: they hold a port or write a volume');
  if (order === 'start-first' || (order === undefined && config === undefined && mayOverlap))
    return order === undefined
      ? {}
      : { upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: Math.max(0.001, fraction(most, instances)) } };
  return { upgradeStrategy: { minimumHealthCapacity: fraction(instances - most, instances), maximumOverCapacity: 0 } };
};
