import type { CanonicalShape } from './canonical.ts';
import type { GenericCheck, HealthCheck, ReadinessCheck } from './checks.ts';
import type { HealthCheckShape } from './shape.ts';

/** Defaults of checks. A network check without port and index probes the app's first port, if it has any. */
export const completeHealthCheck = (check: HealthCheckShape, hasPorts: boolean): HealthCheck => {
  const protocol = check.protocol ?? 'HTTP';
  const first = hasPorts && protocol !== 'COMMAND' && check.port === undefined && check.portIndex === undefined;
  return {
    protocol,
    gracePeriodSeconds: 300,
    intervalSeconds: 60,
    timeoutSeconds: 20,
    maxConsecutiveFailures: 3,
    delaySeconds: 15,
    ipProtocol: 'IPv4',
    ignoreHttp1xx: false,
    ...(first ? { portIndex: 0 } : {}),
    ...check,
  };
};

export const completeReadinessCheck = (check: NonNullable<CanonicalShape['readinessChecks']>[number]): ReadinessCheck => ({
  name: 'readinessCheck',
  protocol: 'HTTP',
  path: '/',
  portName: 'http-api',
  intervalSeconds: 30,
  timeoutSeconds: 10,
  httpStatusCodesForReady: [200],
  preserveLastResponse: false,
  ...check,
});

export const completeCheck = ({ http, ...check }: NonNullable<CanonicalShape['check']>): GenericCheck => ({
  intervalSeconds: 60,
  timeoutSeconds: 20,
  delaySeconds: 15,
  ...(http === undefined ? {} : { http: { scheme: 'HTTP', ...http } }),
  ...check,
});
