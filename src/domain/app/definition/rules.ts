import { type Capability, obeyCapabilities } from './capabilities.ts';
import { isSingleInstance } from './complete.ts';
import { ABOUT_THE_NODE, constraintError } from './constraintRules.ts';
import { checkContainer } from './containerRules.ts';
import { checkContradictions } from './contradictions.ts';
import type { AppDefinition } from './definition.ts';
import { checkHealth } from './healthRules.ts';
import { checkNetworks } from './networkRules.ts';
import { lastSegment, RESERVED_SEGMENTS } from './pathId.ts';
import { checkPlacement } from './placement.ts';
import { roleNameProblems } from './roleName.ts';
import { checkRoutes } from './routes.ts';
import type { Violations } from './violations.ts';

/**
 * What must hold of a whole definition beyond its shape, in the words of Marathon's validators (1.11), every violation collected.
 * @param roles the roles that an app may have here; the first is the default.
 */
export const checkRules = (
  app: AppDefinition,
  roles: readonly string[],
  capabilities: ReadonlySet<Capability>,
  found: Violations,
): void => {
  checkId(app.id, found);
  checkCommand(app, found);
  checkContainer(app, found);
  checkPortDefinitions(app, found);
  checkHealth(app, found);
  app.fetch.forEach(({ uri }, index) => {
    if (!isUri(uri)) found.add(`/fetch(${index})/uri`, 'URI has invalid syntax.');
  });
  for (const key of Object.keys(app.env)) if (key === '') found.add('/env', 'must not be empty');
  checkLimits(app, found);
  checkRoles(app, roles, found);
  checkMigration(app, found);
  checkUpgrade(app, found);
  app.constraints.forEach((constraint, index) => {
    const error = constraintError(constraint);
    if (error !== undefined) found.add(`/constraints(${index})`, error);
  });
  checkContradictions(app, found);
  checkPerNode(app, found);
  checkPlacement(app, found);
  checkNetworks(app, found);
  checkRoutes(app, found);
  obeyCapabilities(app, capabilities, found);
};

export const checkId = (id: string, found: Violations): void => {
  const last = lastSegment(id);
  if (last === undefined) {
    found.add('/id', 'Path must contain at least one path element');
    found.add('/', 'must not be root');
  } else if ((RESERVED_SEGMENTS as readonly string[]).includes(last)) {
    found.add('/id', `must not end with any of the following reserved keywords: ${RESERVED_SEGMENTS.join(', ')}`);
  }
};

const checkCommand = ({ cmd, args, container }: AppDefinition, found: Violations): void => {
  // A command of one character is refused too: Marathon's validator asks for more than one, and clients' tests know it.
  if (cmd !== undefined && cmd.length <= 1) found.add('/', 'must not be an empty string');
  const runsByItself = container !== undefined && (container.docker !== undefined || container.type === 'MESOS');
  const both = cmd !== undefined && args !== undefined;
  const one = cmd !== undefined || args !== undefined;
  if (both || !(one || runsByItself)) found.add('/', "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'.");
};

const checkPortDefinitions = ({ portDefinitions = [] }: AppDefinition, found: Violations): void => {
  const names = portDefinitions.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const ports = portDefinitions.flatMap(({ port }) => (port === 0 ? [] : [port]));
  if (new Set(names).size < names.length) found.add('/portDefinitions', 'Port names must be unique.');
  if (new Set(ports).size < ports.length) found.add('/portDefinitions', 'Ports must be unique.');
};

/** The characters that RFC 3986 has no place for, which is what Java's URI parser refuses. */
export const isUri = (uri: string): boolean => !/[\s"<>\\^`{|}]|%(?![0-9a-fA-F]{2})/.test(uri);

export const checkLimits = (
  { resourceLimits, cpus, mem }: Pick<AppDefinition, 'resourceLimits' | 'cpus' | 'mem'>,
  found: Violations,
): void => {
  for (const [name, request] of [['cpus', cpus] as const, ['mem', mem] as const]) {
    const limit = resourceLimits?.[name];
    if (typeof limit === 'string' && limit !== 'unlimited')
      found.add(`/resourceLimits/${name}`, `'${limit as string}' is an invalid resource limit. It must be 'unlimited' or a number`);
    if (typeof limit === 'number' && limit < request)
      found.add(`/resourceLimits/${name}`, `resource limit must be greater than or equal to requested resource (${scalaDouble(request)})`);
  }
};

/** A double as Scala prints it: whole numbers keep their `.0`. */
export const scalaDouble = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value));

export const checkRoles = ({ role, acceptedResourceRoles }: AppDefinition, roles: readonly string[], found: Violations): void => {
  if (!roles.includes(role)) found.add('/role', `got ${role}, expected one of: [${roles.join(', ')}]`);
  if (acceptedResourceRoles.length === 0) found.add('/acceptedResourceRoles', 'must not be empty');
  acceptedResourceRoles.forEach((accepted, index) => {
    const at = `/acceptedResourceRoles(${index})`;
    for (const problem of roleNameProblems(accepted)) found.add(at, problem);
  });
  const allowed = [...new Set(['*', role])].sort();
  if (!acceptedResourceRoles.every((accepted) => allowed.includes(accepted)))
    found.add('/acceptedResourceRoles', `acceptedResourceRoles can only contain ${allowed.join(' and ')}`);
};

const checkMigration = ({ labels }: AppDefinition, found: Violations): void => {
  const version = labels.DCOS_MIGRATION_API_VERSION ?? '';
  const given = (key: string): boolean => (labels[key] ?? '') !== '';
  if (version !== '' && !(version === 'v1' && given('DCOS_PACKAGE_FRAMEWORK_NAME') && given('DCOS_MIGRATION_API_PATH')))
    found.add('/', 'DCOS_PACKAGE_FRAMEWORK_NAME and DCOS_MIGRATION_API_PATH must be defined when using DCOS_MIGRATION_API_VERSION');
};

/** One on every node leaves nothing to choose, so that constraints can only ask something of the node. */
const checkPerNode = ({ perNode, constraints, labels, residency, autoscaling }: AppDefinition, found: Violations): void => {
  if (perNode !== true) return;
  constraints.forEach(([, operator], index) => {
    if (!ABOUT_THE_NODE.has(operator))
      found.add(`/constraints(${index})`, `an app on every node takes only ${[...ABOUT_THE_NODE].join(', ')}`);
  });
  if (isSingleInstance(labels)) found.add('/perNode', 'Single instance app may only have one instance');
  if (autoscaling !== undefined) found.add('/autoscaling', 'an app on every node has as many instances as there are nodes');
  if (residency !== undefined) found.add('/perNode', 'must not be set together with residency');
};

const checkUpgrade = (app: AppDefinition, found: Violations): void => {
  const { upgradeStrategy, unreachableStrategy, labels, instances, residency, autoscaling } = app;
  if (isSingleInstance(labels)) {
    if (instances > 1) found.add('/', 'Single instance app may only have one instance');
    if (autoscaling !== undefined) found.add('/autoscaling', 'Single instance app may only have one instance');
    for (const name of ['minimumHealthCapacity', 'maximumOverCapacity'] as const)
      if (upgradeStrategy[name] !== 0) found.add(`/upgradeStrategy/${name}`, 'does not equal 0.0');
  }
  if (residency !== undefined && upgradeStrategy.maximumOverCapacity !== 0)
    found.add('/upgradeStrategy/maximumOverCapacity', 'does not equal 0.0');
  if (unreachableStrategy === 'disabled') return;
  if (residency !== undefined) found.add('/', 'unreachableStrategy must be disabled for resident tasks');
  const { inactiveAfterSeconds: inactive, expungeAfterSeconds: expunge } = unreachableStrategy;
  if (inactive > expunge)
    found.add(
      '/unreachableStrategy',
      `inactiveAfterSeconds (${inactive}) must be less or equal to expungeAfterSeconds, which is ${expunge}`,
    );
};
