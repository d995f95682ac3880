import type { AppDefinition, Labels, Volume } from '../app/definition/definition.ts';

export type HookName = 'before' | 'after';

/**
 * What an instance that runs a deployment's one-off command counts as: no app's id has such a sign, so whoever asks for the instances of
 * an app never meets one, while whoever places, runs and stops instances knows no difference.
 */
export const hookAppId = (app: string, hook: HookName): string => `${app}${SIGN}${hook}`;

/** What instances of an app may count as: the app itself, and its one-off commands. */
export const namesOf = (app: string): readonly string[] => [app, hookAppId(app, 'before'), hookAppId(app, 'after')];

/** Whether this is the name of a one-off command rather than an app's. */
export const isHookApp = (id: string): boolean => id.includes(SIGN);

/** The app whose one-off command it is. */
export const appOfHook = (id: string): string => id.slice(0, id.indexOf(SIGN));

/** `before` or `after`. */
export const hookOf = (id: string): string => id.slice(id.indexOf(SIGN) + 1);

const SIGN = '#';

/** Labels by which load balancers and directories find whom to send requests to. */
const ROUTES = /^(HAPROXY|WHARF|DCOS_SERVICE|DCOS_PACKAGE|VIP|traefik)([._-]|\d|$)/i;

const withoutRoutes = (labels: Labels): Labels => Object.fromEntries(Object.entries(labels).filter(([key]) => !ROUTES.test(key)));

/** A persistent volume is one instance's own; a one-off command comes without. */
const isShared = (volume: Volume): boolean => !('persistent' in volume);

/**
 * The definition that a one-off command runs by: the app's own (image, environment with its secrets, files to fetch, user, network,
 * resources, constraints) with another command, on ports that nobody else waits for, and with nothing that asks whether it serves.
 * Its node is waited for: whether the command has done its work there is not known before.
 */
export const hookDefinition = (definition: AppDefinition, hook: HookName, cmd: string): AppDefinition => {
  const {
    args: _,
    check: __,
    residency: ___,
    deployment: ____,
    perNode: _____,
    autoscaling: ______,
    container,
    portDefinitions,
    ...rest
  } = definition;
  return {
    ...rest,
    id: hookAppId(definition.id, hook),
    cmd,
    instances: 1,
    healthChecks: [],
    readinessChecks: [],
    dependencies: [],
    labels: withoutRoutes(definition.labels),
    requirePorts: false,
    unreachableStrategy: 'disabled',
    ...(portDefinitions !== undefined && { portDefinitions: portDefinitions.map((port) => ({ ...port, port: 0, labels: {} })) }),
    ...(container !== undefined && {
      container: {
        ...container,
        volumes: container.volumes.filter(isShared),
        ...(container.portMappings !== undefined && {
          portMappings: container.portMappings.map(({ hostPort, ...mapping }) => ({
            ...mapping,
            servicePort: 0,
            labels: {},
            ...(hostPort !== undefined && { hostPort: 0 }),
          })),
        }),
      },
    }),
  };
};
