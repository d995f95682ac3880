import type { ExecOptions, HostFault, HostHint, LogLine, LogOptions, RunSpec } from '../../../../domain/ports/hosts.ts';
import type { SimulatedOffer } from '../simulatedHosts.ts';

/** First message of the hosts' side, with `keepsEnv`. Both sides are of one version, or they do not talk. */
export const HELLO = { speaks: 'wharf-simulated-hosts', version: 1 } as const;

export type CallId = number;
/** One opened host of a connection, numbered by who opened it. Channel 0 is the connection itself. */
export type Channel = number;

export type Operation = 'ping' | 'offer' | 'inventory' | 'inspect' | 'run' | 'stop' | 'remove' | 'logs' | 'exec' | 'stats';

/** From the engine. `open` and `close` are not answered; `cancel` ends the call of its id early. */
export type Request =
  | readonly [id: CallId, channel: Channel, operation: Operation, ...args: readonly unknown[]]
  | readonly [id: 0, channel: Channel, 'open', node: string, offer: SimulatedOffer | null]
  | readonly [id: 0, channel: Channel, 'close']
  | readonly [id: CallId, channel: Channel, 'cancel'];

/** From the hosts: an answer, a fault, a line of output before the answer, a hint of a channel. */
export type Response =
  | readonly [kind: 'done', id: CallId, value?: unknown]
  | readonly [kind: 'fault', id: CallId, fault: HostFault]
  | readonly [kind: 'line', id: CallId, line: LogLine]
  | readonly [kind: 'hint', channel: Channel, hint: HostHint];

/** What a simulated host looks at of a spec. The rest stays where it is: a run is most of what is sent. */
export type SentSpec = Pick<RunSpec, 'instance' | 'command' | 'cpus' | 'mem'> &
  Partial<Omit<RunSpec, 'containers'>> & { readonly pod?: Pod };
type Pod = { readonly names: readonly string[]; readonly killGraceMs?: number };

export const sentSpec = (
  { instance, image, forcePull, command, env, cpus, mem, network, ports, containers, killGraceMs }: RunSpec,
  withEnv: boolean,
): SentSpec => ({
  instance,
  command,
  cpus,
  mem,
  ...(image !== undefined && { image }),
  ...(forcePull && { forcePull }),
  ...(withEnv && { env }),
  ...(network.mode === 'join' && { network }),
  ...(ports.length > 0 && { ports }),
  ...(containers !== undefined && {
    pod: { names: containers.map(({ name }) => name), ...(killGraceMs !== undefined && { killGraceMs }) },
  }),
});

export const specOf = ({ pod, ...sent }: SentSpec): RunSpec => ({
  ...PLAIN,
  ...sent,
  ...(pod !== undefined && {
    containers: pod.names.map((name) => ({ ...PLAIN, name, command: {}, cpus: 0, mem: 0 })),
    ...(pod.killGraceMs !== undefined && { killGraceMs: pod.killGraceMs }),
  }),
});

const PLAIN = {
  taskId: '',
  app: '',
  version: '',
  slot: 0,
  forcePull: false,
  env: {},
  labels: {},
  disk: 0,
  gpus: 0,
  network: { mode: 'host' },
  ports: [],
  mounts: [],
  artifacts: [],
  privileged: false,
  tty: false,
  parameters: [],
} as const satisfies Partial<RunSpec>;

/** Options without their signal, which travels as `cancel`. */
export const sentLogOptions = ({ signal: _, ...options }: LogOptions): Omit<LogOptions, 'signal'> => options;
export const sentExecOptions = ({ signal: _, ...options }: ExecOptions): Omit<ExecOptions, 'signal'> => options;
