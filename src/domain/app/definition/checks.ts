/** Checks of an app as the prober reads them: normalised, every default filled in. Times in seconds, as Marathon writes them. */
export const HEALTH_PROTOCOLS = ['HTTP', 'HTTPS', 'TCP', 'COMMAND', 'MESOS_HTTP', 'MESOS_HTTPS', 'MESOS_TCP'] as const;
export type HealthProtocol = (typeof HEALTH_PROTOCOLS)[number];

export type HealthCheck = {
  readonly protocol: HealthProtocol;
  readonly gracePeriodSeconds: number;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** 0: never kill. */
  readonly maxConsecutiveFailures: number;
  /** Wait before the first probe; Mesos checks only. */
  readonly delaySeconds: number;
  readonly ipProtocol: 'IPv4' | 'IPv6';
  readonly ignoreHttp1xx: boolean;
  readonly path?: string;
  /** A fixed port, or `portIndex` into the app's ports. */
  readonly port?: number;
  readonly portIndex?: number;
  /** Run by `/bin/sh -c`, unless `argv` is what to run. */
  readonly command?: { readonly value: string; readonly argv?: readonly string[] };
  /** Of a pod: the container that is asked; a command runs beside it. */
  readonly container?: string;
};

export type ReadinessCheck = {
  readonly name: string;
  readonly protocol: 'HTTP' | 'HTTPS';
  readonly path: string;
  readonly portName: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly httpStatusCodesForReady: readonly number[];
  readonly preserveLastResponse: boolean;
};

type Checked = {
  readonly healthChecks: readonly HealthCheck[];
  readonly readinessChecks: readonly ReadinessCheck[];
  readonly check?: GenericCheck;
};

/** Whether anything is asked of a running instance. */
export const isChecked = ({ healthChecks, readinessChecks, check }: Checked): boolean =>
  healthChecks.length + readinessChecks.length > 0 || check !== undefined;

export type PortOfCheck = { readonly port?: number; readonly portIndex?: number };
/** Marathon's informational check: its result is shown, nothing follows from it. */
export type GenericCheck = {
  readonly http?: PortOfCheck & { readonly path?: string; readonly scheme: 'HTTP' | 'HTTPS' };
  readonly tcp?: PortOfCheck;
  readonly exec?: { readonly command: { readonly shell: string } | { readonly argv: readonly string[] } };
  /** Of a pod: the container that is asked; a command runs beside it. */
  readonly container?: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly delaySeconds: number;
};
