import type { AppDefinition } from './definition.ts';
import { declaredPorts } from './ports.ts';
import type { Violations } from './violations.ts';

const NO_SUCH_PORT = 'Health check port indices must address an element of the ports array or container port mappings.';

/** Health and readiness checks against the ports that the app has; Marathon's AppValidation. */
export const checkHealth = (app: AppDefinition, found: Violations): void => {
  const ports = declaredPorts(app);
  app.healthChecks.forEach((check, index) => {
    const at = `/healthChecks(${index})`;
    const { protocol, port, portIndex, command, ipProtocol } = check;
    if (protocol === 'COMMAND' && command === undefined) found.add(`${at}/command`, 'not defined');
    if (port !== undefined && portIndex !== undefined) found.add(at, 'HealthCheck must specify either a port or a portIndex');
    const addressed = portIndex === undefined ? port !== undefined : portIndex < ports.length;
    if (protocol !== 'COMMAND' && !addressed) found.add(at, NO_SUCH_PORT);
    const mesosNetwork = protocol.startsWith('MESOS_');
    if (ipProtocol === 'IPv6' && !(mesosNetwork && app.container?.type === 'DOCKER'))
      found.add(at, 'IPv6 can only be used for container type DOCKER and Mesos http/https/tcp health checks');
  });
  if (app.healthChecks.filter(({ protocol }) => protocol.startsWith('MESOS_')).length > 1)
    found.add('/', 'AppDefinition can contain at most one Mesos health check');
  if (app.check !== undefined && app.container?.type === 'DOCKER') found.add('/', "AppDefinition must not use 'checks' if using docker");
  checkCheck(app, ports.length, found);
  if (app.readinessChecks.length > 1) found.add('/readinessChecks', `got ${app.readinessChecks.length}, expected 1 or less`);
  app.readinessChecks.forEach(({ portName, timeoutSeconds, intervalSeconds }, index) => {
    const at = `/readinessChecks(${index})`;
    if (!ports.some(({ name }) => name === portName)) found.add(`${at}/portName`, `No port definition reference for portName ${portName}`);
    if (timeoutSeconds >= intervalSeconds)
      found.add(`${at}/timeoutSeconds`, `got ${timeoutSeconds}, expected less than ${intervalSeconds}`);
  });
};

const checkCheck = ({ check }: AppDefinition, ports: number, found: Violations): void => {
  if (check === undefined) return;
  const { http, tcp, exec } = check;
  if ([http, tcp, exec].filter((kind) => kind !== undefined).length !== 1)
    found.add('/check', 'must define exactly one of http, tcp, exec');
  for (const [kind, asked] of [['http', http] as const, ['tcp', tcp] as const]) {
    if (asked === undefined) continue;
    if (asked.port !== undefined && asked.portIndex !== undefined)
      found.add(`/check/${kind}`, 'HealthCheck must specify either a port or a portIndex');
    else if (asked.port === undefined && (asked.portIndex ?? 0) >= ports) found.add(`/check/${kind}`, NO_SUCH_PORT);
  }
};
